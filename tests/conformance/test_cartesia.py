"""Cartesia's SDK, and our voice, against the simulated Cartesia; every frame validated."""

import asyncio

import pytest
import uvloop
from cartesia import AsyncCartesia
from websockets.exceptions import InvalidStatus

from audiosocket_agent.tts import cartesia
from tests.conformance import cartesia_wire
from tests.conformance.stage import KEY, stage

VOICE = "71a7ad14-091c-4e8e-a314-022ece01c121"
FORMAT = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 8000}
FIELDS = {
    "model_id": "sonic-3.5-2026-05-04", "output_format": FORMAT, "language": "en",
    "max_buffer_delay_ms": 0, "add_timestamps": True,
    "use_normalized_timestamps": False,
}  # fmt: skip
OLD, NEW = "2026-03-01", "2026-08-14"
EXPIRED_S = 2.5  # a context lives for 1 s after its last audio
TOKENS = ("Thanks ", "for calling. ", "How can ", "I help you?")


def voice_of(version):
    return VOICE if version >= cartesia_wire.BARE_VOICE_SINCE else {"mode": "id", "id": VOICE}


def sdk(tap, version=NEW, key=KEY):
    """Return the SDK; it compresses by default, which nobody could read on the wire."""
    headers = {"cartesia-version": version}
    client = AsyncCartesia(api_key=key, websocket_base_url=tap.ws, default_headers=headers)
    return client, client.tts.websocket_connect(websocket_connection_options={"compression": None})


def speak(context_id, text, version=NEW, **more):
    fields = {"context_id": context_id, "transcript": text, "continue": True, **FIELDS}
    return {**fields, "voice": voice_of(version), **more}


async def until(connection, messages, wanted):
    async with asyncio.timeout(20):
        while not wanted(message := await connection.recv()):
            messages.append(message)
        messages.append(message)
        return message


def kinds(messages):
    return {message.type for message in messages}


@pytest.mark.parametrize("version", [OLD, NEW])
def test_the_sdk_streams_text_flushes_and_hears_it_all(version):
    async def talk():
        async with stage() as tap:
            client, connecting = sdk(tap, version)
            messages = []
            async with client, connecting as connection:
                for token in TOKENS:
                    await connection.send(speak("one", token, version))
                await connection.send(speak("one", "", version, flush=True))
                await until(connection, messages, lambda m: m.type == "flush_done")
                await connection.send(speak("one", " Goodbye.", version, **{"continue": False}))
                await until(connection, messages, lambda m: m.type == "done")
            return tap.exchange, messages

    exchange, messages = uvloop.run(talk())
    found = cartesia_wire.all_of(exchange, "SDK")
    assert [type(m) for m in messages] == [type(m) for m in found]
    assert kinds(found) == {"chunk", "timestamps", "flush_done", "done"}
    words = [w for m in found if m.type == "timestamps" for w in m.word_timestamps.words]
    assert " ".join(words) == "Thanks for calling. How can I help you? Goodbye."
    starts = [s for m in found if m.type == "timestamps" for s in m.word_timestamps.start]
    assert starts == sorted(starts)
    audio = b"".join(m.audio or b"" for m in found if m.type == "chunk")
    assert len(audio) % 2 == 0 and len(audio) > 16000 and len(audio) / 16000 > starts[-1]
    assert found[-1].type == "done"


def test_the_sdk_s_own_context_is_served():
    async def talk():
        async with stage() as tap:
            client, connecting = sdk(tap)
            async with client, connecting as connection:
                defaults = {k: v for k, v in FIELDS.items() if k != "output_format"}
                context = connection.context(voice=VOICE, output_format=FORMAT, **defaults)
                for token in TOKENS:
                    await context.push(token)
                await context.no_more_inputs()
                async with asyncio.timeout(20):
                    messages = [message async for message in context.receive()]
            return tap.exchange, messages

    exchange, messages = uvloop.run(talk())
    found = cartesia_wire.all_of(exchange, "SDK")
    assert len(messages) == len(found) and {"chunk", "timestamps", "done"} <= kinds(found)


def test_the_sdk_cancels_and_speaks_on_in_another_context():
    async def talk():
        async with stage() as tap:
            client, connecting = sdk(tap)
            messages = []
            async with client, connecting as connection:
                await connection.send(speak("one", "A long story about a kitchen tap. "))
                await until(connection, messages, lambda m: m.type == "chunk")
                await connection.send({"context_id": "one", "cancel": True})
                await connection.send(speak("two", "Sorry, go on.", **{"continue": False}))
                await until(
                    connection, messages, lambda m: m.type == "done" and m.context_id == "two"
                )
            return tap.exchange, messages

    exchange, messages = uvloop.run(talk())
    found = cartesia_wire.all_of(exchange, "SDK")
    # What "one" had begun to speak may go on coming after the last that was read.
    assert [type(m) for m in messages] == [type(m) for m in found[: len(messages)]]
    assert {m.context_id for m in found if m.type == "chunk"} == {"one", "two"}


def test_the_sdk_comes_too_late_with_more_text():
    async def talk():
        async with stage() as tap:
            client, connecting = sdk(tap)
            messages = []
            async with client, connecting as connection:
                await connection.send(speak("one", "Hold on."))
                await until(connection, messages, lambda m: m.type == "flush_done")
                await asyncio.sleep(EXPIRED_S)  # the context's life is what is being proven
                await connection.send(speak("one", " Here it is."))
                error = await until(connection, messages, lambda m: m.type == "error")
            return tap.exchange, error

    exchange, error = uvloop.run(talk())
    cartesia_wire.all_of(exchange, "SDK")
    assert (error.status_code, error.context_id) == (400, "one")


@pytest.mark.parametrize("version", ["2025-04-16", OLD, NEW])
def test_the_sdk_is_told_what_was_wrong(version):
    async def talk():
        async with stage() as tap:
            client, connecting = sdk(tap, version)
            messages = []
            async with client, connecting as connection:
                for n, wrong in enumerate(
                    ({"model_id": "sonic-2"}, {"voice": "wrong"}, {"max_buffer_delay_ms": 5001})
                ):
                    await connection.send(speak(f"c{n}", "Hello.", version, **wrong))
                    await until(connection, messages, lambda m: m.type == "error")
            return tap.exchange, messages

    exchange, messages = uvloop.run(talk())
    found = [cartesia_wire.received(version, frame) for frame in exchange.received]
    assert kinds(found) == {"error"} and [m.context_id for m in messages] == ["c0", "c1", "c2"]
    assert found[0].status_code == 404
    if version >= cartesia_wire.STRUCTURED_ERRORS_SINCE:
        assert found[0].error_code == "model_not_found"


@pytest.mark.parametrize("kind", ["401", "402", "403", "429", "503"])
def test_the_sdk_meets_every_refusal(kind):
    async def talk():
        async with stage(f"cartesia:{kind}") as tap:
            client, connecting = sdk(tap)
            async with client:
                with pytest.raises(InvalidStatus) as caught:
                    async with connecting:
                        pass
            return tap.exchange, caught.value.response.status_code

    exchange, status = uvloop.run(talk())
    cartesia_wire.asked(exchange)
    cartesia_wire.refused(exchange)
    assert exchange.status == status == int(kind)


PATIENT = {"connect_ms": 20000, "first_byte_ms": 20000, "stall_ms": 20000}


async def our_conversation(tap, **options):
    """Speak token by token, be cut off, speak again; returns audio and words of the last reply."""
    given = cartesia.Options(url=tap.ws, api_key=KEY, **{**PATIENT, **options})
    engine = await cartesia.open_engine(given)
    try:
        session = await engine.session("call")
        first = session.begin()
        first.say("A long story about a kitchen tap. ")
        pieces = first.pieces()
        await anext(aiter(pieces))
        first.cancel()
        await pieces.aclose()
        second = session.begin()
        for token in TOKENS:
            second.say(token)
        second.finish()
        heard = [piece async for piece in second.pieces()]
    finally:
        await engine.close()
    audio = b"".join(piece for piece in heard if isinstance(piece, bytes))
    words = [w.text for piece in heard if not isinstance(piece, bytes) for w in piece]
    return audio, words


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"version": NEW},
        {"version": "2025-11-04"},
        {"speed": 1.2, "max_buffer_delay_ms": 300},
        {"model": "sonic-3.6", "language": "en-GB", "version": NEW},
    ],
)
def test_our_voice_speaks_the_vendor_s_wire(options):
    async def talk():
        async with stage() as tap:
            return tap, await our_conversation(tap, **options)

    tap, (audio, words) = uvloop.run(talk())
    found = cartesia_wire.all_of(tap.exchange, "our client")
    assert len(audio) > 8000 and " ".join(words) == "".join(TOKENS)
    assert {"chunk", "timestamps", "done"} <= kinds(found)
    assert any('"cancel"' in frame for frame in tap.exchange.sent)


def test_the_check_of_our_voice_is_faithful_too():
    async def talk():
        async with stage() as tap:
            engine = await cartesia.open_engine(cartesia.Options(url=tap.ws, api_key=KEY))
            await engine.check()
            await engine.close()
            return tap.exchange

    cartesia_wire.all_of(uvloop.run(talk()), "our client")
