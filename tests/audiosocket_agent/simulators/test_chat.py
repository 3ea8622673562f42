"""The chat vendors over real sockets: what they send, what they refuse, how they misbehave."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
import uvloop
from aiohttp import web

from audiosocket_agent.simulators.chat import ChatVendor
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults, parse_faults
from tests.audiosocket_agent.simulators.test_chat_brain import ALL, TOOLS, stands

GROQ, GENERIC = "/openai/v1", "/v1"
QUICK = Delays(llm_first=0, llm_token=0)
ENDLESS = Delays(llm_first=0, llm_token=60_000)


@asynccontextmanager
async def vendor(faults="", delays=QUICK):
    simulated = ChatVendor(delays, Faults(parse_faults(faults)))
    app = web.Application()
    simulated.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    headers = {"Authorization": "Bearer key"}
    timeout = aiohttp.ClientTimeout(total=20)
    try:
        async with aiohttp.ClientSession(base, headers=headers, timeout=timeout) as session:
            yield simulated, session
    finally:
        await simulated.close()
        await runner.cleanup()
    assert simulated.answering == 0


def request(said="a leaking tap in truro", **more):
    return {
        "model": "openai/gpt-oss-20b",
        "messages": [stands("understand", ALL), {"role": "user", "content": said}],
        "tools": TOOLS,
        "stream": True,
        "stream_options": {"include_usage": True},
        "include_reasoning": False,
        **more,
    }


def run(main):
    async def bounded():
        async with asyncio.timeout(30):
            await main

    uvloop.run(bounded())


async def ask(session, body, wire=GROQ):
    async with session.post(f"{wire}/chat/completions", json=body) as response:
        return response.status, response.headers, await response.text()


def chunks(text):
    lines = [line for line in text.split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def deltas(found):
    return [chunk["choices"][0]["delta"] for chunk in found if chunk["choices"]]


def test_a_tool_call_comes_in_fragments_with_usage_last():
    async def main():
        async with vendor() as (_, session):
            status, headers, text = await ask(session, request())
        assert status == 200 and headers["Content-Type"].startswith("text/event-stream")
        assert headers["x-ratelimit-remaining-tokens"].isdigit() and headers["x-request-id"]
        found = chunks(text)
        calls = [d["tool_calls"][0] for d in deltas(found) if "tool_calls" in d]
        assert calls[0]["id"] and calls[0]["function"] == {
            "name": "record_details",
            "arguments": "",
        }
        assert len(calls) > 3 and all("id" not in call for call in calls[1:])
        arguments = json.loads("".join(call["function"]["arguments"] for call in calls))
        assert arguments == {"service": "leaking_tap", "area": "truro"}
        assert found[-2]["choices"][0]["finish_reason"] == "tool_calls"
        assert found[-2]["x_groq"]["usage"]["completion_tokens"] == len(calls)
        assert found[-1]["choices"] == [] and found[-1]["usage"]["prompt_tokens"] > 0

    run(main())


@pytest.mark.parametrize("wire", [GROQ, GENERIC])
def test_words_come_as_tokens_that_join_to_the_sentence(wire):
    async def main():
        async with vendor() as (_, session):
            _, _, text = await ask(session, request("purple elephants"), wire)
        found = deltas(chunks(text))
        assert found[0] == {"role": "assistant", "content": ""}
        said = [d["content"] for d in found[1:] if "content" in d]
        assert "".join(said) == "Sorry, I didn't catch that. What do you need?" and len(said) > 8
        assert ("x_groq" in text) is (wire == GROQ)

    run(main())


def test_reasoning_is_shown_unless_it_is_not_wanted():
    async def main():
        async with vendor() as (_, session):
            _, _, shown = await ask(session, request(include_reasoning=True))
            _, _, hidden = await ask(session, request())
            _, _, other = await ask(session, request(include_reasoning=True), GENERIC)
        assert any("reasoning" in delta for delta in deltas(chunks(shown)))
        assert '"reasoning"' not in hidden and '"reasoning"' not in other

    run(main())


@pytest.mark.parametrize("wire", [GROQ, GENERIC])
def test_an_answer_in_one_piece(wire):
    async def main():
        body = request(stream=False)
        del body["stream_options"]
        async with vendor() as (_, session):
            status, _, text = await ask(session, body, wire)
        found = json.loads(text)
        call = found["choices"][0]["message"]["tool_calls"][0]
        assert status == 200 and found["object"] == "chat.completion"
        assert json.loads(call["function"]["arguments"])["service"] == "leaking_tap"

    run(main())


def test_an_answer_is_cut_at_the_tokens_allowed():
    async def main():
        async with vendor() as (_, session):
            _, _, text = await ask(session, request("x", max_completion_tokens=2))
        found = chunks(text)
        assert found[-2]["choices"][0]["finish_reason"] == "length"
        assert sum(bool(delta.get("content")) for delta in deltas(found)) == 2

    run(main())


CALLING = {"role": "assistant", "content": "", "tool_calls": [
    {"id": "c1", "type": "function", "function": {"name": "book", "arguments": "{}"}}]}  # fmt: skip
USER = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("change", "status", "needle"),
    [
        ({"logprobs": True}, 400, "property 'logprobs' is unsupported"),
        ({"wibble": 1}, 400, "property 'wibble' is unsupported"),
        ({"n": 2}, 400, "'n'"),
        ({"messages": [{"role": "user", "content": "x", "name": "Bo"}]}, 400, "'name' is unsupp"),
        ({"messages": []}, 400, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, 400, "role"),
        ({"messages": [{"role": "tool", "content": "{}", "tool_call_id": "c9"}]}, 400, "answer"),
        ({"messages": [CALLING, USER]}, 400, "followed"),
        ({"messages": [{"role": "user", "content": "x" * 530_000}]}, 400, "context_length_exceed"),
        ({"messages": [{"role": "user", "content": "x" * 900_000}]}, 413, "request_too_large"),
        ({"model": "no-such"}, 404, "model_not_found"),
        ({"model": "llama-3.3-70b-versatile"}, 404, "model_not_found"),
        ({"model": "llama-3.3-70b-specdec"}, 400, "model_decommissioned"),
        ({"reasoning_effort": "none"}, 400, "reasoning_effort"),
        ({"reasoning_format": "parsed"}, 400, "reasoning_format"),
        ({"temperature": 3}, 400, "temperature"),
        ({"max_completion_tokens": 0}, 400, "max_completion_tokens"),
        ({"stream_options": {"usage": 1}}, 400, "unsupported"),
        ({"stream": False}, 400, "stream_options"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, 400, "tools.0"),
        ({"tool_choice": "never"}, 400, "tool_choice"),
    ],
)
def test_groq_refuses(change, status, needle):
    async def main():
        async with vendor() as (_, session):
            found, headers, text = await ask(session, request(**change))
        assert (found, needle in text) == (status, True), text
        assert "message" in json.loads(text)["error"] and "x-ratelimit-limit-requests" in headers

    run(main())


def test_the_generic_wire_is_tolerant():
    async def main():
        async with vendor() as (_, session):
            body = request(model="anything", wibble=1, reasoning_effort="none")
            status, headers, text = await ask(session, body, GENERIC)
        assert status == 200 and chunks(text) and "x-ratelimit-limit-requests" not in headers

    run(main())


def test_a_finished_tool_call_is_a_right_conversation():
    async def main():
        tool = {
            "role": "tool",
            "content": '{"facts":["Done."],"ask":"What?"}',
            "tool_call_id": "c1",
        }
        async with vendor() as (_, session):
            status, _, text = await ask(session, request(messages=[USER, CALLING, tool]))
        assert status == 200
        assert "".join(d.get("content", "") for d in deltas(chunks(text))) == "Done. What?"

    run(main())


@pytest.mark.parametrize("key", ["", "Bearer wrong", "Bearer ", "Token x"])
@pytest.mark.parametrize("wire", [GROQ, GENERIC])
def test_a_wrong_key_is_refused(key, wire):
    async def main():
        async with vendor() as (_, session):
            async with session.get(f"{wire}/models", headers={"Authorization": key}) as response:
                assert response.status == 401
                assert (await response.json())["error"]["code"] == "invalid_api_key"

    run(main())


def test_models_are_listed():
    async def main():
        async with vendor() as (_, session):
            async with session.get(f"{GROQ}/models") as response:
                found = await response.json()
        assert "openai/gpt-oss-20b" in [model["id"] for model in found["data"]]
        assert set(found["data"][0]) == {"id", "object", "created", "owned_by"}

    run(main())


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("401", 401, "invalid_api_key"),
        ("402", 402, "insufficient_quota"),
        ("403", 403, "permissions_error"),
        ("404", 404, "model_not_found"),
        ("429", 429, "rate_limit_exceeded"),
        ("503", 503, None),
    ],
)
def test_faults_with_a_status_hit_only_their_occasion(kind, status, code):
    async def main():
        async with vendor(f"groq:{kind}:2") as (_, session):
            assert (await ask(session, request()))[0] == 200
            found, headers, text = await ask(session, request())
            assert (found, json.loads(text)["error"].get("code")) == (status, code)
            assert ("retry-after" in headers) is (kind == "429")
            assert (await ask(session, request()))[0] == 200

    run(main())


def test_a_refused_connection_is_reset():
    async def main():
        async with vendor("groq:refuse") as (_, session):
            with pytest.raises(aiohttp.ClientConnectionError):
                await ask(session, request())

    run(main())


def test_hang_and_slow_send_no_headers():
    async def main():
        for kind in ("hang", "slow"):
            async with vendor(f"groq:{kind}") as (simulated, session):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await ask(session, request())
                await gone(simulated)

    run(main())


async def gone(simulated):
    """Wait until the vendor has noticed that nobody listens any more."""
    async with asyncio.timeout(10):
        while simulated.answering:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("stream", [True, False])
def test_a_stall_begins_and_stays_open(stream):
    async def main():
        body = request(stream=stream)
        if not stream:
            del body["stream_options"]
        async with vendor("groq:stall") as (simulated, session):
            async with session.post(f"{GROQ}/chat/completions", json=body) as response:
                assert await response.content.readany()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        while await response.content.readany():
                            pass
                assert simulated.answering == 1
            await gone(simulated)

    run(main())


@pytest.mark.parametrize("said", ["a leaking tap", "purple elephants"])
def test_a_drop_resets_after_some_tokens(said):
    async def main():
        async with vendor("groq:drop") as (_, session):
            async with session.post(f"{GROQ}/chat/completions", json=request(said)) as response:
                assert response.status == 200
                with pytest.raises(aiohttp.ClientPayloadError):
                    await response.read()

    run(main())


def test_malformed_order_and_error_are_in_the_stream():
    async def main():
        async with vendor("groq:malformed:1,groq:order:2,groq:error:3") as (_, session):
            malformed, order, error = [(await ask(session, request()))[2] for _ in range(3)]
        bad = []
        for line in malformed.split("\n\n"):
            try:
                json.loads(line.removeprefix("data: "))
            except ValueError:
                bad.append(line)
        assert len(bad) == 3  # it, [DONE] and the end of the text
        found = chunks(order)
        assert found[1]["choices"][0]["finish_reason"] == "stop"
        assert deltas(found)[2]["tool_calls"][0]["index"] == 7
        assert "event: error\ndata: " in error and "[DONE]" not in error
        assert "tool_use_failed" in error

    run(main())


def test_a_client_that_goes_away_stops_the_answer():
    async def main():
        async with vendor(delays=ENDLESS) as (simulated, session):
            async with session.post(f"{GROQ}/chat/completions", json=request()) as response:
                await response.content.readany()
                assert simulated.answering == 1
            await gone(simulated)

    run(main())


def test_closing_breaks_off_what_is_under_way():
    async def main():
        async with vendor("groq:hang") as (simulated, session):
            waiting = asyncio.create_task(ask(session, request()))
            while not simulated.answering:
                await asyncio.sleep(0.01)
            await simulated.close()
            with pytest.raises(aiohttp.ClientConnectionError):
                await waiting

    run(main())
