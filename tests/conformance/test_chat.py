"""Groq's and OpenAI's SDKs, and our models, against the simulated chat; every chunk validated."""

import asyncio
import json

import groq
import openai
import pytest
import uvloop

from audiosocket_agent.llm import groq as our_groq
from audiosocket_agent.llm import openai as our_openai
from audiosocket_agent.seams import ChatRequest, Message, Role, Tool, ToolCall, Usage
from tests.conformance import chat_wire
from tests.conformance.stage import KEY, stage

MODEL = {"groq": "openai/gpt-oss-20b", "openai": "simulated"}
SDKS = {"groq": (groq, groq.AsyncGroq, ""), "openai": (openai, openai.AsyncOpenAI, "/v1")}
OURS = {"groq": (our_groq, "/openai/v1"), "openai": (our_openai, "/v1")}
STANDS = {"step": "intake", "known": {}, "needed": ["problem"], "ask": "What is wrong?"}
PARAMETERS = {
    "type": "object",
    "properties": {
        "problem": {
            "type": "string",
            "enum": ["tap", "drain"],
            "description": "What is needed. tap: leaking tap, dripping tap; drain: blocked drain",
        }
    },
}
TOOL = {
    "type": "function",
    "function": {
        "name": "record_details", "description": "Keep what is known.", "parameters": PARAMETERS,
    },
}  # fmt: skip
SYSTEM = {"role": "system", "content": json.dumps(STANDS)}
ASKED = [SYSTEM, {"role": "user", "content": "I have a leaking tap"}]

both = pytest.mark.parametrize("vendor", ["groq", "openai"])


def sdk(vendor, tap, key=KEY):
    _, client, path = SDKS[vendor]
    return client(api_key=key, base_url=tap.http + path, max_retries=0)


def ask(vendor, client, messages=ASKED, **more):
    """Ask as our client does, for a stream with tools and usage."""
    options = {"stream_options": {"include_usage": True}}
    more = {"extra_body": options, **more} if vendor == "groq" else {**options, **more}
    more = {"model": MODEL[vendor], "tools": [TOOL], "stream": True, **more}
    return client.chat.completions.create(messages=messages, **more)


async def all_chunks(stream):
    return [chunk async for chunk in stream]


@both
def test_the_sdk_streams_a_tool_call_and_then_words(vendor):
    async def talk():
        async with stage() as tap, sdk(vendor, tap) as client:
            called = await all_chunks(await ask(vendor, client))
            call = next(
                c for chunk in called for k in chunk.choices for c in k.delta.tool_calls or ()
            )
            message = {
                "role": "assistant", "content": None,
                "tool_calls": [{"id": call.id, "type": "function", "function":
                                {"name": call.function.name, "arguments": '{"problem": "tap"}'}}],
            }  # fmt: skip
            result = {"role": "tool", "tool_call_id": call.id, "content": '{"ask": "Where is it?"}'}
            said = await all_chunks(await ask(vendor, client, [*ASKED, message, result]))
            return tap.exchanges, called, said

    exchanges, called, said = uvloop.run(talk())
    for exchange, parsed in zip(exchanges, (called, said), strict=True):
        found = chat_wire.all_of(exchange, "SDK")
        assert len(found) == len(parsed)  # nothing was skipped
    deltas = [c for chunk in called for k in chunk.choices for c in k.delta.tool_calls or ()]
    assert json.loads("".join(d.function.arguments for d in deltas)) == {"problem": "tap"}
    assert [k.finish_reason for c in called for k in c.choices if k.finish_reason] == ["tool_calls"]
    assert "Where is it?" in "".join(k.delta.content or "" for c in said for k in c.choices)
    assert said[-1].usage.total_tokens > 0 and not said[-1].choices
    if vendor == "groq":
        assert any(chunk.x_groq and chunk.x_groq.usage for chunk in said)
        assert any(k.delta.reasoning for chunk in said for k in chunk.choices)


@both
def test_the_sdk_gets_a_whole_answer_and_the_models(vendor):
    async def talk():
        async with stage() as tap, sdk(vendor, tap) as client:
            whole = await client.chat.completions.create(
                model=MODEL[vendor], messages=ASKED, tools=[TOOL]
            )
            listed = await client.models.list()
            return tap.exchanges, whole, listed

    exchanges, whole, listed = uvloop.run(talk())
    for exchange in exchanges:
        chat_wire.all_of(exchange, "SDK")
    assert whole.choices[0].message.tool_calls[0].function.name == "record_details"
    assert MODEL[vendor] in [model.id for model in listed.data]


@both
@pytest.mark.parametrize(
    ("kind", "error"),
    [("401", "AuthenticationError"), ("402", "APIStatusError"), ("403", "PermissionDeniedError"),
     ("404", "NotFoundError"), ("429", "RateLimitError"), ("503", "InternalServerError")],
)  # fmt: skip
def test_the_sdk_understands_every_refusal(vendor, kind, error):
    async def talk():
        async with stage(f"groq:{kind}") as tap, sdk(vendor, tap) as client:
            with pytest.raises(getattr(SDKS[vendor][0], error)) as caught:
                await ask(vendor, client)
            return tap.exchange, caught.value

    exchange, told = uvloop.run(talk())
    (found,) = chat_wire.all_of(exchange, "SDK")
    assert told.status_code == exchange.status == int(kind) and found.message and found.type
    if kind == "429":
        assert told.response.headers["retry-after"].isdecimal()
        assert found.code == "rate_limit_exceeded" and found.type == "tokens"
    if vendor == "groq":
        for what in ("limit", "remaining", "reset"):
            for unit in ("requests", "tokens"):
                assert exchange.answer_headers[f"x-ratelimit-{what}-{unit}"]
    assert exchange.answer_headers["x-request-id"]


def test_a_wrong_key_model_or_property_is_refused_as_groq_does():
    async def talk():
        async with stage() as tap:
            for key, more, error in (
                ("wrong", {}, groq.AuthenticationError),
                (KEY, {"model": "no/such-model"}, groq.NotFoundError),
                (KEY, {"model": "llama-3.3-70b-specdec"}, groq.BadRequestError),
                (KEY, {"extra_body": {"verbosity": "low"}}, groq.BadRequestError),
            ):
                async with sdk("groq", tap, key) as client:
                    with pytest.raises(error):
                        await ask("groq", client, **more)
            return tap.exchanges

    codes = [chat_wire.answered(exchange)[0].code for exchange in uvloop.run(talk())]
    assert codes == ["invalid_api_key", "model_not_found", "model_decommissioned", None]


@both
def test_the_sdk_meets_an_error_in_the_middle_of_a_stream(vendor):
    async def talk():
        async with stage("groq:error") as tap, sdk(vendor, tap) as client:
            with pytest.raises(SDKS[vendor][0].APIError):
                await all_chunks(await ask(vendor, client))
            return tap.exchange

    *_, last = chat_wire.all_of(uvloop.run(talk()), "SDK")
    assert (last.type, last.code) == {
        "groq": ("invalid_request_error", "tool_use_failed"), "openai": ("server_error", None),
    }[vendor]  # fmt: skip


def our_request(*more):
    messages = [Message(Role.SYSTEM, SYSTEM["content"]), Message(Role.USER, ASKED[1]["content"])]
    tool = Tool("record_details", "Keep what is known.", PARAMETERS)
    return ChatRequest((*messages, *more), (tool,))


async def our_conversation(vendor, tap, **options):
    """Warm up, check, ask, answer the tool's call, ask again; returns what our model yielded."""
    module, path = OURS[vendor]
    patient = {"first_token_ms": 20000, "stall_ms": 20000, "connect_ms": 5000}
    given = {"url": tap.http + path, "api_key": KEY, "model": MODEL[vendor], **patient, **options}
    engine = await module.open_engine(module.Options(**given))
    try:
        await engine.warm()
        await engine.check()
        called = [piece async for piece in engine.stream(our_request())]
        (call,) = (piece for piece in called if isinstance(piece, ToolCall))
        said = [
            piece
            async for piece in engine.stream(
                our_request(
                    Message(Role.ASSISTANT, tool_calls=(call,)),
                    Message(Role.TOOL, '{"ask": "Where is it?"}', tool_call_id=call.id),
                )
            )
        ]
        early = engine.stream(our_request())  # a caller who cuts in
        await anext(early)
        await early.aclose()
    finally:
        await engine.close()
    return called, said


@both
def test_our_models_speak_the_vendor_s_wire(vendor):
    async def talk():
        async with stage() as tap:
            return tap, await our_conversation(vendor, tap)

    tap, (called, said) = uvloop.run(talk())
    for exchange in tap.exchanges:
        chat_wire.all_of(exchange, "our client", broken=True)
    assert {exchange.path.rpartition("/")[2] for exchange in tap.exchanges} == {
        "models", "completions",
    }  # fmt: skip
    (call, usage) = called
    assert json.loads(call.arguments) == {"problem": "tap"} and isinstance(usage, Usage)
    assert "Where is it?" in "".join(piece for piece in said if isinstance(piece, str))


def test_every_effort_and_temperature_we_can_be_set_to_is_in_the_sdk():
    async def talk():
        async with stage() as tap:
            for effort in ("low", "medium", "high"):
                await our_conversation("groq", tap, reasoning_effort=effort, temperature=0)
            await our_conversation("groq", tap, reasoning_effort="none", model="qwen/qwen3.6-27b")
            await our_conversation("openai", tap, reasoning_effort="minimal", max_tokens=50)
            await our_conversation("openai", tap, reasoning_effort="")
            return tap.exchanges

    for exchange in uvloop.run(talk()):
        chat_wire.all_of(exchange, "our client", broken=True)


def test_a_quiet_line_stays_open_for_the_next_question():
    """One pooled connection: what the pool saves is on the wire, not in a promise."""

    async def talk():
        async with stage() as tap:
            module, path = OURS["groq"]
            options = module.Options(url=tap.http + path, api_key=KEY, first_token_ms=20000)
            engine = await module.open_engine(options)
            await engine.warm()
            await asyncio.wait_for(_drained(engine), 20)
            await asyncio.wait_for(_drained(engine), 20)
            await engine.close()
            return tap.connections

    assert uvloop.run(talk()) == 1


async def _drained(engine):
    async for _ in engine.stream(our_request()):
        pass
