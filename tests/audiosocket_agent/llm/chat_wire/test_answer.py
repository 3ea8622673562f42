"""Whole answers from literal bytes."""

import pytest

from audiosocket_agent.errors import StreamBroken, ToolUseFailed, VendorDown, WireViolation
from audiosocket_agent.llm.chat_wire.answer import Answer
from audiosocket_agent.llm.chat_wire.request import Settings
from audiosocket_agent.seams import ToolCall, Usage

SETTINGS = Settings("KEY", "URL", "MODEL", "VOICEAGENT_GROQ_MAX_TOKENS")
GROQ = (
    b'data: {"id":"chatcmpl-a","object":"chat.completion.chunk","created":1,'
    b'"model":"openai/gpt-oss-20b","system_fingerprint":"fp","choices":[{"index":0,'
    b'"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],'
    b'"x_groq":{"id":"req_01"}}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"reasoning":"A greeting."},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"Hi \xc2\xa33"},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function",'
    b'"function":{"name":"book","arguments":"{}"}}]}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}],'
    b'"x_groq":{"id":"req_01","usage":{"queue_time":0.01,"prompt_tokens":23,'
    b'"completion_tokens":19}}}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":23,"completion_tokens":19}}\n\n'
    b"data: [DONE]\n\n"
)
LLAMA = (
    b': ping\r\n\r\ndata: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant",'
    b'"content":null}}]}\r\n\r\ndata: {"choices":[{"finish_reason":null,"index":0,"delta":'
    b'{"reasoning_content":"Hm."}}]}\r\n\r\ndata: {"choices":\r\ndata: [{"finish_reason":"stop",'
    b'"index":0,"delta":{"content":"Hello."}}],"timings":{"prompt_n":1}}'
)


def read(stream, size=None):
    answer = Answer("groq", SETTINGS, "x")
    size = size or len(stream) or 1
    words = ["".join(answer.feed(stream[at : at + size])) for at in range(0, len(stream), size)]
    return "".join([*words, *answer.finish()]), answer.rest()


@pytest.mark.parametrize("size", [None, 1, 7, 64])
def test_groq(size):
    words, rest = read(GROQ, size)
    assert words == "Hi \u00a33"
    assert rest == [ToolCall("c1", "book", "{}"), Usage(23, 19)]


@pytest.mark.parametrize("size", [None, 1, 7, 64])
def test_llama_cpp_that_just_closes(size):
    assert read(LLAMA, size) == ("Hello.", [])


def text(content, finish="null"):
    delta = b'data: {"choices":[{"delta":{"content":"%s"},"finish_reason":%s}]}\n\n'
    return delta % (content.encode(), finish.encode())


def test_words_held_back_as_a_possible_tag_are_not_lost():
    assert read(text("1 ") + text("<t", '"stop"') + b"data: [DONE]\n\n")[0] == "1 <t"


def test_what_follows_the_end_is_ignored():
    assert read(text("a", '"stop"') + b"data: [DONE]\n\ndata: rubbish\n\n" + text("b"))[0] == "a"


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        (b"", StreamBroken),
        (text("Hel"), StreamBroken),
        (text("", '"stop"') + b"data: [DONE]\n\n", StreamBroken),
        (b"data: [DONE]\n\n", StreamBroken),
        (text("<think>hm", '"stop"') + b"data: [DONE]\n\n", StreamBroken),
        (b"data: {not json}\n\n", WireViolation),
        (b"data: []\n\n", WireViolation),
        (b"data: 1\n\n", WireViolation),
        (b'data: {"choices":[{"delta":{"content":1}}]}\n\n', WireViolation),
        (b'data: {"choices":[{"delta":{"tool_calls":[{"function":{}}]},'
         b'"finish_reason":"stop"}]}\n\n', WireViolation),
        (b"data: " + b"x" * (1 << 20) + b"\n\n", WireViolation),
        (b'data: {"error":{"message":"x"}}\n\ndata: [DONE]\n\n', VendorDown),
        (b'data: {"error":"x"}\n\n', VendorDown),
        (b'event: error\ndata: {"error":{"code":"tool_use_failed"}}\n\n', ToolUseFailed),
        (b'error: {"code":500}\n\n', VendorDown),
    ],
)  # fmt: skip
def test_broken_answers(stream, kind):
    with pytest.raises(kind) as caught:
        read(stream)
    assert type(caught.value) is kind


def test_an_answer_that_was_all_reasoning_names_the_limit():
    with pytest.raises(StreamBroken, match="VOICEAGENT_GROQ_MAX_TOKENS"):
        read(text("", '"length"') + b"data: [DONE]\n\n")


def test_words_before_a_failure_are_heard_even_when_they_arrive_with_it():
    heard = []
    with pytest.raises(VendorDown):
        for words in Answer("groq", SETTINGS, "x").feed(text("Hel") + text("lo") + b"error: x\n"):
            heard.append(words)
    assert heard == ["Hel", "lo"]
