"""The same conversation by a vendor's SDK and by our client: the wire must not tell them apart.

What is compared is what left each of them, after taking away what differs between any two runs: the
ids of contexts, the pieces audio is cut into, and the headers that only say which library it was.
"""

import json
from dataclasses import replace

import groq
import openai
import pytest
import uvloop

from audiosocket_agent.stt import deepgram, deepgram_flux
from audiosocket_agent.tts import cartesia
from tests.conformance import cartesia_wire, chat_wire, deepgram_wire
from tests.conformance.stage import KEY, QUICK, quiet, scripted, send_audio, speech, stage
from tests.conformance.test_cartesia import FIELDS, FORMAT, NEW, PATIENT, TOKENS, VOICE
from tests.conformance.test_cartesia import sdk as cartesia_sdk
from tests.conformance.test_chat import (
    ASKED,
    MODEL,
    OURS,
    TOOL,
    all_chunks,
    our_conversation,
    our_request,
)  # fmt: skip
from tests.conformance.test_chat import sdk as chat_sdk
from tests.conformance.test_deepgram import FIRST, FLUX, NOVA, Reader
from tests.conformance.test_deepgram import sdk as deepgram_sdk

AUDIO = speech(FIRST) + quiet(320 - len(speech(FIRST)) // 16 % 80)  # whole packets of 80 ms


def controls(exchange):
    """Return the text frames as JSON, and all audio as one."""
    texts = [json.loads(frame) for frame in exchange.sent if isinstance(frame, str)]
    return texts, b"".join(frame for frame in exchange.sent if isinstance(frame, bytes))


def handshake(exchange):
    return exchange.path, sorted(exchange.query), exchange.headers["authorization"]


async def sdk_listens(tap, path, query):
    listen = getattr(deepgram_sdk(tap).listen, path)
    async with listen.connect(**query) as socket:
        reader = Reader(socket)
        await send_audio(socket.send_media, AUDIO)
        if path == "v1":
            await socket.send_finalize()
            await reader.until(lambda m: getattr(m, "from_finalize", False))
        else:
            await socket.send_force_end_turn()
            await reader.until(lambda m: getattr(m, "event", "") == "EndOfTurn")
        await socket.send_close_stream()
        await reader.end()


async def our_ear_listens(tap, module):
    engine = await module.open_engine(module.Options(url=tap.ws, api_key=KEY, final_ms=5000))
    session = await engine.session("call", ("postcode", "Truro"))
    session.speech_started()
    await send_audio(session.feed, AUDIO, packet_ms=20)
    session.finalize()
    async for transcript in session.transcripts():
        if transcript.final:
            break
    await engine.close()


@pytest.mark.parametrize(
    ("path", "module", "query"),
    [
        ("v1", deepgram, {n: v for n, v in NOVA.items() if n != "vad_events"}),
        ("v2", deepgram_flux, FLUX),
    ],
)
def test_deepgram(path, module, query, tmp_path):
    async def talk():
        script = scripted(tmp_path / "script", FIRST)
        # Flux would end the turn by itself before anybody asks.
        async with stage(script=script, delays=replace(QUICK, flux_eot=5000)) as tap:
            await sdk_listens(tap, path, query)
            await our_ear_listens(tap, module)
            return tap.exchanges

    theirs, ours = uvloop.run(talk())
    deepgram_wire.all_of(theirs, "SDK")
    deepgram_wire.all_of(ours, "our client")
    assert handshake(theirs) == handshake(ours)
    (their_texts, their_audio), (our_texts, our_audio) = controls(theirs), controls(ours)
    assert their_texts == our_texts
    # A slow machine makes a pause, which our ear fills with silence.
    assert our_audio.startswith(their_audio) and not any(our_audio[len(their_audio) :])


@pytest.mark.parametrize("vendor", ["groq", "openai"])
def test_the_chat(vendor):
    """The second request too: with the call that the first answer made, and its result."""
    efforts = {"groq": "low", "openai": "none"}

    def options(module):
        more = {"include_reasoning": False} if vendor == "groq" else {}
        usage = {"stream_options": {"include_usage": True}}
        usage = {"extra_body": usage} if module is groq else usage
        return {
            "model": MODEL[vendor], "stream": True, "tools": [TOOL], "tool_choice": "auto",
            "parallel_tool_calls": False, "temperature": 0.3, "max_completion_tokens": 400,
            "reasoning_effort": efforts[vendor], **usage, **more,
        }  # fmt: skip

    async def theirs(tap):
        asking = options({"groq": groq, "openai": openai}[vendor])
        async with chat_sdk(vendor, tap) as client:
            create = client.chat.completions.create
            chunks = await all_chunks(await create(messages=ASKED, **asking))
            deltas = [c for k in chunks for i in k.choices for c in i.delta.tool_calls or ()]
            arguments = "".join(delta.function.arguments or "" for delta in deltas)
            function = {"name": deltas[0].function.name, "arguments": arguments}
            call = {"id": deltas[0].id, "type": "function", "function": function}
            said = {"role": "assistant", "content": None, "tool_calls": [call]}
            result = {"role": "tool", "tool_call_id": call["id"], "content": RESULT}
            await all_chunks(await create(messages=[*ASKED, said, result], **asking))

    async def talk():
        async with stage() as sdks, stage() as ours:
            await theirs(sdks)
            await our_conversation(vendor, ours, reasoning_effort=efforts[vendor])
            return sdks.exchanges, ours.exchanges

    RESULT = '{"ask": "Where is it?"}'
    sdks, ours = uvloop.run(talk())
    ours = [e for e in ours if e.method == "POST" and b'"tools"' in e.body]
    for exchange in sdks:
        chat_wire.all_of(exchange, "SDK")
    for their, our in zip(sdks, ours, strict=False):  # ours asks once more, and breaks off
        chat_wire.all_of(our, "our client")
        assert without_ids(their.body) == without_ids(our.body)
        for name in ("authorization", "content-type"):
            assert their.headers[name] == our.headers[name]
        assert (their.method, their.path, their.query) == (our.method, our.path, our.query)


def without_ids(body):
    """Read a request; ids of calls are the simulator's, counted over all it was asked."""
    found = json.loads(body)
    for message in found["messages"]:
        message.pop("tool_call_id", None)
        # No text is null, empty or left out: the references allow all three beside calls.
        if message.get("tool_calls") and not message["content"]:
            del message["content"]
        for call in message.get("tool_calls", ()):
            del call["id"]
    return found


def test_cartesia():
    async def theirs(tap):
        client, connecting = cartesia_sdk(tap)
        async with client, connecting as connection:
            defaults = {n: v for n, v in FIELDS.items() if n != "output_format"}
            for last in (False, True):
                context = connection.context(voice=VOICE, output_format=FORMAT, **defaults)
                for token in TOKENS:
                    await context.push(token)
                if last:
                    await context.no_more_inputs()
                async for message in context.receive():
                    if message.type == "chunk" and not last:
                        await context.cancel()
                        break

    async def ours(tap):
        options = cartesia.Options(url=tap.ws, api_key=KEY, version=NEW, **PATIENT)
        engine = await cartesia.open_engine(options)
        session = await engine.session("call")
        for last in (False, True):
            speech = session.begin()
            for token in TOKENS:
                speech.say(token)
            if last:
                speech.finish()
            async for _ in speech.pieces():
                if not last:
                    speech.cancel()
        await engine.close()

    async def talk():
        async with stage(delays=QUICK) as tap:
            await theirs(tap)
            await ours(tap)
            return tap.exchanges

    their, our = uvloop.run(talk())
    cartesia_wire.all_of(their, "SDK")
    cartesia_wire.all_of(our, "our client")
    assert said(their) == said(our)
    for name in ("authorization", "cartesia-version"):
        assert their.headers[name] == our.headers[name]
    assert (their.path, their.query) == (our.path, our.query)


def said(exchange):
    """Return the frames with contexts numbered as they come."""
    numbers = {}
    frames = [json.loads(frame) for frame in exchange.sent]
    for frame in frames:
        frame["context_id"] = numbers.setdefault(frame["context_id"], len(numbers))
    return frames


def test_our_models_ask_what_our_engine_is_asked():
    """The request of a differential run is the engine's own, not made up for it."""
    assert [m.content for m in our_request().messages] == [m["content"] for m in ASKED]
    assert set(OURS) == set(MODEL)
