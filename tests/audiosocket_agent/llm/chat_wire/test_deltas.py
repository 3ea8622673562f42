"""Answers from chunks as the vendors send them."""

import pytest

from audiosocket_agent.llm.chat_wire.deltas import BadChunk, Deltas
from audiosocket_agent.seams import ToolCall, Usage


def delta(finish=None, **fields):
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def fragment(index=0, id=None, name=None, arguments=None, **more):
    function = {"name": name, "arguments": arguments}
    found = {"index": index, "id": id, "function": {k: v for k, v in function.items() if v}}
    return {k: v for k, v in found.items() if v is not None} | more


def calls(*fragments):
    return delta(tool_calls=list(fragments))


def read(*chunks):
    deltas = Deltas("call_1_")
    text = "".join(deltas.add(chunk) for chunk in chunks) + deltas.finish()
    return text, deltas


def test_words_of_groq():
    text, deltas = read(
        delta(role="assistant", content="") | {"x_groq": {"id": "req_01"}, "service_tier": "x"},
        delta(content="Good "),
        delta(content="morning."),
        delta(finish="stop") | {"x_groq": {"usage": {"prompt_tokens": 23, "completion_tokens": 2}}},
        {"choices": [], "usage": {"prompt_tokens": 23, "completion_tokens": 2}},
    )
    assert text == "Good morning."
    assert deltas.finish_reason == "stop"
    assert deltas.usage == Usage(23, 2)
    assert deltas.tool_calls() == []


@pytest.mark.parametrize(
    "chunk",
    [
        delta(role="assistant"),
        delta(role="assistant", content=None),
        delta(content=""),
        delta(content=None, tool_calls=None),
        delta(content=None, tool_calls=[]),
        {"choices": []},
        {"choices": None},
        {},
        {"choices": [{"index": 0, "delta": None}]},
        {"choices": [{"index": 0}], "timings": {}, "obfuscation": "x", "usage": None},
        delta(reasoning="They greet me."),
        delta(reasoning_content="They greet me.", content=None),
        delta(content="<think>They greet me.</think>"),
    ],
)
def test_chunks_that_say_nothing(chunk):
    text, deltas = read(chunk)
    assert text == ""
    assert not deltas.started
    assert deltas.usage is None


def test_the_role_on_every_chunk_and_the_end_with_words():
    text, deltas = read(
        delta(role="assistant", content="Good "),
        delta("stop", role="assistant", content="morning."),
    )
    assert (text, deltas.finish_reason) == ("Good morning.", "stop")


@pytest.mark.parametrize(
    "chunks",
    [
        [{"usage": {"prompt_tokens": 3, "completion_tokens": 2}}],
        [{"x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 2}}}],
        [{"usage": {"prompt_tokens": 3, "completion_tokens": n}} for n in (0, 1, 2)],
        [{"usage": {"prompt_tokens": 3, "completion_tokens": 2}}, delta("stop") | {"usage": None}],
    ],
)
def test_usage_is_counted_once(chunks):
    assert read(*chunks)[1].usage == Usage(3, 2)


def test_a_call_in_fragments():
    _, deltas = read(
        calls(fragment(0, "c1", "book", type="function")),
        calls(fragment(0, arguments='{"day":')),
        calls(fragment(0, arguments='"mon"}')),
        delta("tool_calls"),
    )
    assert deltas.started
    assert deltas.tool_calls() == [ToolCall("c1", "book", '{"day":"mon"}')]


def test_two_calls_with_fragments_in_turn():
    _, deltas = read(
        calls(fragment(0, "c1", "book"), fragment(1, "c2", "slots")),
        calls(fragment(1, arguments="{}"), fragment(0, arguments="{")),
        calls(fragment(0, arguments="}")),
    )
    assert deltas.tool_calls() == [ToolCall("c1", "book", "{}"), ToolCall("c2", "slots", "{}")]


def test_whole_calls_of_ollama_end_with_stop():
    _, deltas = read(
        calls(fragment(0, "call_x", "book", '{"day":"mon"}', type="function")),
        delta("stop", role="assistant", content=""),
    )
    assert deltas.tool_calls() == [ToolCall("call_x", "book", '{"day":"mon"}')]


def test_a_new_id_at_an_open_index_is_another_call():
    _, deltas = read(
        calls(fragment(0, "c1", "book", "{}")),
        calls(fragment(0, "c2", "slots")),
        calls(fragment(0, arguments='{"a":1}')),
    )
    assert deltas.tool_calls() == [ToolCall("c1", "book", "{}"), ToolCall("c2", "slots", '{"a":1}')]


def test_whole_calls_at_one_index_without_ids():
    _, deltas = read(
        calls(fragment(0, name="book", arguments='{"a":1}')),
        calls(fragment(0, name="book", arguments='{"a":2}')),
    )
    assert deltas.tool_calls() == [
        ToolCall("call_1_0", "book", '{"a":1}'),
        ToolCall("call_1_1", "book", '{"a":2}'),
    ]


def test_id_and_name_repeated_on_every_fragment():
    _, deltas = read(
        calls(fragment(0, "c1", "book", '{"a"')),
        calls(fragment(0, "c1", "book", ":1}")),
    )
    assert deltas.tool_calls() == [ToolCall("c1", "book", '{"a":1}')]


def test_calls_without_index_and_arguments_as_an_object():
    _, deltas = read(
        calls(
            {"function": {"name": "book", "arguments": {"a": 1}}},
            {"function": {"name": "slots"}},
        )
    )
    assert deltas.tool_calls() == [
        ToolCall("call_1_0", "book", '{"a": 1}'),
        ToolCall("call_1_1", "slots", "{}"),
    ]


def test_words_before_a_call():
    text, deltas = read(delta(content="One moment."), calls(fragment(0, "c1", "book", "{}")))
    assert text == "One moment."
    assert len(deltas.tool_calls()) == 1


def test_a_call_without_a_name():
    _, deltas = read(calls(fragment(0, "c1", arguments="{}")))
    with pytest.raises(BadChunk):
        deltas.tool_calls()


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": {}} | {"choices": "secret"},
        {"choices": ["secret"]},
        {"choices": [{"delta": "secret"}]},
        delta(content=["secret"]),
        delta(tool_calls="secret"),
        delta(tool_calls=["secret"]),
        delta(tool_calls=[{"function": {"name": "a", "arguments": ["secret"]}}]),
    ],
)
def test_wrong_types_are_named_not_shown(chunk):
    with pytest.raises(BadChunk) as caught:
        read(chunk)
    assert "secret" not in str(caught.value)
