"""The chat client against a vendor on a real socket, well-behaved and not."""

import asyncio
import logging
import socket
from contextlib import aclosing

import pytest
import uvloop

from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    ModelNotFound,
    NotConfigured,
    PaymentRequired,
    ProviderError,
    RateLimited,
    RequestRefused,
    StreamBroken,
    Unreachable,
    VendorDown,
    WireViolation,
)
from audiosocket_agent.llm import groq, ollama
from audiosocket_agent.seams import ChatRequest, Message, Role, ToolCall, Usage
from tests.audiosocket_agent.llm.chat_server import (
    CLOSE,
    DONE,
    HANG,
    RESET,
    STOP,
    ChatServer,
    chunk,
    error,
    refusal,
    words,
)

KEY = "gsk_very_secret"
ASK = ChatRequest((Message(Role.USER, "my postcode is a secret"),))
PATIENT = {"first_token_ms": 20_000, "stall_ms": 20_000, "connect_ms": 20_000}
HASTY = {"first_token_ms": 150, "stall_ms": 150}
GOOD = [words("Good "), words("morning."), STOP, DONE]


class Talk:
    """A vendor with a script, and a client of it."""

    def __init__(self, *scripts, models=None, **options):
        self.server = ChatServer(*scripts, **({"models": models} if models else {}))
        self.options = {"api_key": KEY, **PATIENT, **options}

    async def __aenter__(self):
        await self.server.__aenter__()
        options = groq.Options(**({"url": self.server.url} | self.options))
        self.model = await groq.open_engine(options)
        return self

    async def __aexit__(self, *exc):
        await self.model.close()
        await self.server.__aexit__(*exc)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def ask(self):
        return "".join([piece async for piece in self.model.stream(ASK)])

    async def fail(self, kind):
        """Ask, expect an error; returns it with the pieces before it."""
        pieces = []
        with pytest.raises(ProviderError) as caught:
            async for piece in self.model.stream(ASK):
                pieces.append(piece)
        assert type(caught.value) is kind
        assert KEY not in repr(caught.value)
        assert "postcode" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return caught.value, pieces


def run(main):
    return uvloop.run(main())


def test_words_come_one_by_one_then_calls_then_usage():
    async def main():
        heard = asyncio.Event()
        usage = chunk(choices=[], usage={"prompt_tokens": 5, "completion_tokens": 4})
        call = chunk(
            choices=[{"delta": {"tool_calls": [{"id": "c1", "function": {"name": "book"}}]}}]
        )
        script = [words("Good "), heard, words("morning."), call, STOP, usage, DONE]
        async with Talk(script) as talk:
            pieces = []
            async for piece in talk.model.stream(ASK):
                pieces.append(piece)
                heard.set()
        assert pieces == ["Good ", "morning.", ToolCall("c1", "book", "{}"), Usage(5, 4)]
        _, path, headers, sent = talk.server.requests[0]
        assert path == "/v1/chat/completions"
        assert headers["authorization"] == f"Bearer {KEY}"
        assert "cookie" not in headers
        assert sent["messages"] == [{"role": "user", "content": "my postcode is a secret"}]

    run(main)


def test_one_connection_serves_one_answer_after_the_other():
    async def main():
        async with Talk(GOOD) as talk:
            await talk.model.warm()
            for _ in range(3):
                assert await talk.ask() == "Good morning."
            assert talk.server.connections == 1

    run(main)


def test_warming_is_shared_and_not_repeated():
    async def main():
        async with Talk(GOOD) as talk:
            await asyncio.gather(*[talk.model.warm() for _ in range(50)])
            await talk.model.warm()
            assert [request[:2] for request in talk.server.requests] == [("GET", "/v1/models")]

    run(main)


def test_warming_never_raises():
    async def main():
        for models in (error(401, "invalid_api_key"), error(500, None)):
            async with Talk(GOOD, models=models) as talk:
                await talk.model.warm()
        async with Talk(GOOD, api_key="") as talk:
            await talk.model.warm()
        async with Talk(GOOD, url="http://127.0.0.1:1/v1") as talk:
            await talk.model.warm()
        await talk.model.warm()  # closed by now

    run(main)


def test_a_call_that_hangs_up_while_warming_takes_no_other_along():
    async def main():
        async with Talk(GOOD) as talk:
            first = asyncio.create_task(talk.model.warm())
            second = asyncio.create_task(talk.model.warm())
            await asyncio.sleep(0)
            first.cancel()
            await second
            await asyncio.gather(first, return_exceptions=True)
            assert len(talk.server.requests) == 1

    run(main)


@pytest.mark.parametrize("leave", ["aclose", "cancel"])
def test_leaving_early_tells_the_vendor_at_once(leave):
    async def main():
        async with Talk([words("Good "), HANG]) as talk:

            async def listen(heard):
                async with aclosing(talk.model.stream(ASK)) as pieces:
                    async for _ in pieces:
                        heard.set()
                        if leave == "aclose":
                            break

            heard = asyncio.Event()
            task = asyncio.create_task(listen(heard))
            await heard.wait()
            if leave == "cancel":
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(5):
                await talk.server.gone.wait()
            assert talk.server.open == 0

    run(main)


REFUSALS = [
    (error(400, "model_decommissioned"), ModelNotFound),
    (error(400, None, type="invalid_request_error"), RequestRefused),
    (error(401, "invalid_api_key"), KeyRefused),
    (error(402, None), PaymentRequired),
    (error(404, "model_not_found"), ModelNotFound),
    (error(429, "rate_limit_exceeded", "Retry-After: 70"), RateLimited),
    (error(429, "rate_limit_exceeded"), RateLimited),
    (error(503, None, "x-should-retry: false"), VendorDown),
    (refusal(302, "", "Location: http://127.0.0.1:1/"), RequestRefused),
    (refusal(200, {"choices": []}), WireViolation),
    (refusal(200, {"error": {"code": "model_not_found"}}), ModelNotFound),
    (b"SSH-2.0-OpenSSH_9.6\r\n", WireViolation),
]


@pytest.mark.parametrize(("script", "kind"), REFUSALS)
def test_refusals_are_not_asked_again(script, kind):
    async def main():
        async with Talk(script) as talk:
            await talk.fail(kind)
            assert len(talk.server.chats) == 1

    run(main)


@pytest.mark.parametrize(
    "first",
    [
        error(500, None),
        error(503, None),
        error(400, "tool_use_failed"),
        error(429, "rate_limit_exceeded", "Retry-After-Ms: 20"),
        [RESET],
        [CLOSE],
        [words(""), RESET],
        [b'data: {"error":{"code":503}}\n\n', DONE],
        [STOP, DONE],
    ],
)
def test_a_failure_before_the_first_word_is_asked_again_once(first):
    async def main():
        async with Talk(first, GOOD) as talk:
            assert await talk.ask() == "Good morning."
            assert len(talk.server.chats) == 2
        async with Talk(first) as talk:
            with pytest.raises(ProviderError):
                await talk.ask()
            assert len(talk.server.chats) == 2

    run(main)


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (RESET, StreamBroken),
        (CLOSE, StreamBroken),
        (b"data: {rubbish}\n\n", WireViolation),
        (b"event: error\ndata: {}\n\n", VendorDown),
        (b'data: {"error":{"code":429}}\n\n', RateLimited),
    ],
)
def test_a_failure_after_the_first_word_stands(end, kind):
    async def main():
        async with Talk([words("Good "), end, HANG]) as talk:
            _, pieces = await talk.fail(kind)
            assert pieces == ["Good "]
            assert len(talk.server.chats) == 1

    run(main)


def test_a_refusal_that_arrives_in_parts_is_read_to_its_end():
    async def main():
        whole = error(400, "model_decommissioned")
        async with Talk((whole[:-60], whole[-60:-20], whole[-20:])) as talk:
            await talk.fail(ModelNotFound)

    run(main)


def test_no_first_word_in_time():
    async def main():
        reasoning = chunk(choices=[{"delta": {"reasoning": "hm"}}])
        for script in ([HANG], [b": ping\n\n", HANG], [reasoning] * 3 + [HANG]):
            async with Talk(script, **HASTY) as talk:
                failure, pieces = await talk.fail(DeadlineMissed)
                assert "first token within 150 ms" in str(failure)
                assert pieces == []
                await talk.server.gone.wait()

    run(main)


def test_an_endless_chain_of_thought_misses_the_deadline():
    async def main():
        reasoning = [chunk(choices=[{"delta": {"reasoning": "hm"}}]), 0.01]
        async with Talk(reasoning * 1000, **HASTY) as talk:
            await talk.fail(DeadlineMissed)

    run(main)


def test_a_pause_between_words():
    async def main():
        async with Talk([words("Good "), HANG], stall_ms=150) as talk:
            failure, pieces = await talk.fail(DeadlineMissed)
            assert "next token within 150 ms" in str(failure)
            assert pieces == ["Good "]

    run(main)


def test_a_listener_who_takes_his_time_is_no_stall():
    async def main():
        async with Talk(GOOD, stall_ms=300) as talk:
            pieces = []
            async for piece in talk.model.stream(ASK):
                pieces.append(piece)
                await asyncio.sleep(0.4)
            assert "".join(pieces) == "Good morning."

    run(main)


def test_an_answer_whose_end_is_not_sent_ends_by_itself():
    async def main():
        for script in ([words("Hi."), STOP, HANG], [words("Hi."), STOP, CLOSE]):
            async with Talk(script) as talk:
                if script[-1] is HANG:
                    assert await talk.ask() == "Hi."
                else:
                    await talk.fail(StreamBroken)  # a chunked response cut off is no end

    run(main)


def test_an_answer_that_ends_with_the_response():
    async def main():
        async with Talk([words("Hi."), STOP]) as talk:
            assert await talk.ask() == "Hi."

    run(main)


def test_nobody_listens():
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with Talk(GOOD, url=f"http://127.0.0.1:{port}/v1") as talk:
            failure, _ = await talk.fail(Unreachable)
            assert "VOICEAGENT_GROQ_URL" in str(failure)

    run(main)


def test_a_host_that_never_accepts():
    async def main():
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            waiting = [socket.socket() for _ in range(3)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            async with Talk(GOOD, url=f"http://127.0.0.1:{port}/v1", connect_ms=100) as talk:
                await talk.fail(Unreachable)
            for one in waiting:
                one.close()

    run(main)


def test_without_a_key_nothing_is_sent():
    async def main():
        async with Talk(GOOD, api_key="") as talk:
            failure, _ = await talk.fail(NotConfigured)
            assert "GROQ_API_KEY" in str(failure)
            assert talk.server.requests == []

    run(main)


def test_ollama_needs_no_key():
    async def main():
        async with ChatServer(GOOD) as server:
            model = await ollama.open_engine(ollama.Options(url=server.url + "/"))
            assert "".join([piece async for piece in model.stream(ASK)]) == "Good morning."
            await model.close()
            _, path, headers, sent = server.requests[0]
            assert path == "/v1/chat/completions"
            assert "authorization" not in headers
            assert sent["max_tokens"] == 400

    run(main)


def test_check_asks_for_the_models_and_one_token():
    async def main():
        thinking = chunk(choices=[{"delta": {"reasoning": "h"}, "finish_reason": "length"}])
        async with Talk([thinking, DONE]) as talk:
            await talk.model.check()
            assert [request[0] for request in talk.server.requests] == ["GET", "POST"]
            assert talk.server.chats[0][3]["max_completion_tokens"] == 1

    run(main)


@pytest.mark.parametrize(
    ("models", "chat", "setting"),
    [
        (error(401, "invalid_api_key"), GOOD, "GROQ_API_KEY"),
        (refusal(404, "no"), GOOD, "VOICEAGENT_GROQ_URL"),
        (None, error(404, "model_not_found"), "VOICEAGENT_GROQ_MODEL"),
        (None, refusal(200, "<html>"), "VOICEAGENT_GROQ_URL"),
    ],
)
def test_check_names_the_setting_to_change(models, chat, setting):
    async def main():
        async with Talk(chat, models=models) as talk:
            with pytest.raises(ProviderError, match=setting):
                await talk.model.check()

    run(main)


def test_fifty_answers_at_once():
    async def main():
        async with Talk(GOOD) as talk:
            answers = await asyncio.gather(*[talk.ask() for _ in range(50)])
            assert answers == ["Good morning."] * 50

    run(main)


def test_a_closed_model_says_so():
    async def main():
        async with Talk(GOOD) as talk:
            await talk.model.close()
            await talk.fail(ProviderError)

    run(main)


def test_the_key_and_the_words_are_in_no_log(caplog):
    async def main():
        async with Talk(error(503, None), [words("Good "), RESET]) as talk:
            await talk.model.warm()
            await talk.fail(StreamBroken)

    with caplog.at_level(logging.DEBUG):
        run(main)
    assert caplog.records
    for secret in (KEY, "postcode", "secret words", "Good"):
        assert secret not in caplog.text
