"""Deepgram's SDK, and our ears, against the simulated Deepgram; every frame validated."""

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest
import uvloop
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.types import ListenV1Configure, ListenV1Results
from deepgram.listen.v2.types import ListenV2Configure
from websockets.exceptions import ConnectionClosedError

from audiosocket_agent.stt import deepgram, deepgram_flux
from tests.conformance import deepgram_wire
from tests.conformance.stage import KEY, QUICK, quiet, scripted, send_audio, speech, stage

FIRST, SECOND = "my post code is tango", "the kitchen tap is leaking"
NOVA = dict(
    model="nova-3", language="en-GB", encoding="linear16", sample_rate=8000, channels=1,
    interim_results="true", endpointing=400, utterance_end_ms=1000, vad_events="true",
    smart_format="true", keyterm=["postcode", "Truro"],
)  # fmt: skip
FLUX = dict(
    model="flux-general-en", encoding="linear16", sample_rate=8000, eot_threshold=0.7,
    eager_eot_threshold=0.4, eot_timeout_ms=5000, keyterm=["postcode", "Truro"],
)  # fmt: skip


def sdk(tap, key=KEY):
    return AsyncDeepgramClient(api_key=key, environment=deepgram_wire.environment(tap))


class Reader:
    """Reads what an SDK's socket receives, and waits for what a test needs next."""

    def __init__(self, socket):
        self.messages = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._read(socket))

    async def _read(self, socket):
        async for message in socket:
            self.messages.append(message)
            self._more.set()

    async def until(self, wanted, after=0):
        while True:
            for message in self.messages[after:]:
                if wanted(message):
                    return message
            self._more.clear()
            waiting = asyncio.create_task(self._more.wait())
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            assert not self._task.done() or self._more.is_set(), f"over: {self.messages}"

    async def end(self):
        await self._task


def is_final(message):
    return isinstance(message, ListenV1Results) and bool(message.speech_final)


def of_type(kind):
    return lambda message: message.type == kind


def test_the_sdk_has_a_whole_conversation_with_nova(tmp_path):
    async def talk():
        script = scripted(tmp_path / "script", FIRST, SECOND)
        async with stage(script=script) as tap:
            async with sdk(tap).listen.v1.connect(**NOVA) as socket:
                reader = Reader(socket)
                await send_audio(socket.send_media, speech(FIRST) + quiet(1500))
                final = await reader.until(is_final)
                await reader.until(of_type("UtteranceEnd"))
                await socket.send_keep_alive()
                await socket.send_configure(ListenV1Configure(keyterms=["Redruth"]))
                configured = await reader.until(of_type("ConfigureSuccess"))
                await send_audio(socket.send_media, speech(SECOND) + quiet(100))
                await socket.send_finalize()
                forced = await reader.until(lambda m: getattr(m, "from_finalize", False))
                await socket.send_close_stream()
                await reader.end()
            return tap.exchange, reader.messages, final, configured, forced

    exchange, messages, final, configured, forced = uvloop.run(talk())
    found = deepgram_wire.all_of(exchange, "SDK")
    assert [type(m) for m in messages] == [type(m) for m in found]  # nothing was skipped
    kinds = Counter(message.type for message in found)
    assert kinds.keys() == {
        "SpeechStarted", "Results", "UtteranceEnd", "ConfigureSuccess", "Metadata",
    }  # fmt: skip
    assert found[-1].type == "Metadata" and exchange.close_code == 1000
    results = [message for message in found if message.type == "Results"]
    assert any(not message.is_final for message in results)
    assert configured.keyterms == ["Redruth"]
    assert "post code" in final.channel.alternatives[0].transcript
    assert "leaking" in forced.channel.alternatives[0].transcript
    at = 0.0
    for result in results:  # finals tile the audio; an interim begins where the last final ended
        assert result.start == pytest.approx(at, abs=0.002)
        at += result.duration if result.is_final else 0.0


def test_the_sdk_has_a_whole_conversation_with_flux(tmp_path):
    first, rest = "my name is", "george miller"

    async def talk():
        script = scripted(tmp_path / "script", first, rest, SECOND)
        async with stage(script=script, delays=replace(QUICK, flux_eot=700)) as tap:
            async with sdk(tap).listen.v2.connect(**FLUX) as socket:
                reader = Reader(socket)
                # A pause that announces the end of the turn, and a caller who goes on.
                turn = speech(first) + quiet(300) + speech(rest) + quiet(1000)
                await send_audio(socket.send_media, turn, packet_ms=20)
                await reader.until(lambda m: getattr(m, "event", "") == "EndOfTurn")
                thresholds = {"eot_threshold": 0.8, "eot_timeout_ms": 4000}
                await socket.send_configure(
                    ListenV2Configure(thresholds=thresholds, keyterms=["Redruth"], numerals=True)
                )
                await reader.until(of_type("ConfigureSuccess"))
                await socket.send_configure({"type": "Configure", "language_hints": ["es"]})
                await reader.until(of_type("ConfigureFailure"))
                await send_audio(socket.send_media, speech(SECOND))
                await socket.send_force_end_turn()
                await reader.until(lambda m: getattr(m, "trigger", None) == "manual")
                await socket.send_close_stream()
                await reader.end()
            return tap.exchange, reader.messages

    exchange, messages = uvloop.run(talk())
    found = deepgram_wire.all_of(exchange, "SDK")
    assert [type(m) for m in messages] == [type(m) for m in found]
    assert found[0].type == "Connected" and exchange.close_code == 1000
    assert [message.sequence_id for message in found] == list(range(len(found)))
    events = [message.event for message in found if message.type == "TurnInfo"]
    assert set(events) == {"Update", "StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EndOfTurn"}
    check_turns(found)


def check_turns(messages):
    """Check the order that the vendor documents: a machine with one state a turn."""
    after = {
        "": {"Update", "StartOfTurn"},
        "StartOfTurn": {"Update", "EagerEndOfTurn", "EndOfTurn"},
        "EagerEndOfTurn": {"TurnResumed", "EndOfTurn"},
        "TurnResumed": {"Update", "EagerEndOfTurn", "EndOfTurn"},
    }
    state, turn = "", 0
    for message in (m for m in messages if m.type == "TurnInfo"):
        assert message.event in after[state] and message.turn_index == turn, (state, message)
        if message.event == "EndOfTurn":
            state, turn = "", turn + 1
        elif message.event != "Update":
            state = message.event


def test_the_sdk_is_told_what_nova_does_not_take():
    async def talk():
        async with stage() as tap:
            async with sdk(tap).listen.v1.connect(**NOVA) as socket:
                reader = Reader(socket)
                await socket.send_media(quiet(100))
                await socket.send_configure(ListenV1Configure(keyterms=["word " * 600]))
                failure = await reader.until(of_type("ConfigureFailure"))
                await socket._send({"type": "Bogus"})
                error = await reader.until(of_type("Error"))
                await socket.send_media(b"")  # taken for a goodbye
                await reader.end()
            return tap.exchange, failure, error

    exchange, failure, error = uvloop.run(talk())
    for frame in exchange.received:
        deepgram_wire.seen(exchange.path, frame)
    assert failure.code == "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"
    assert (error.variant, json.loads(error.message)) == ("SchemaError", {"type": "Bogus"})
    assert json.loads(exchange.received[-1])["type"] == "Metadata" and exchange.close_code == 1000


@pytest.mark.parametrize("bogus", ["KeepAlive", "Finalize"])
def test_the_sdk_loses_flux_by_what_only_nova_takes(bogus):
    async def talk():
        async with stage() as tap:
            async with sdk(tap).listen.v2.connect(**FLUX) as socket:
                reader = Reader(socket)
                await socket._send({"type": bogus})
                error = await reader.until(of_type("Error"))
                with pytest.raises(ConnectionClosedError):
                    await reader.end()
            return tap.exchange, error

    exchange, error = uvloop.run(talk())
    for frame in exchange.received:
        deepgram_wire.seen(exchange.path, frame)
    assert error.code == "UNPARSABLE_CLIENT_MESSAGE" and exchange.close_code == 1011


def test_the_sdk_is_closed_out_when_it_says_nothing():
    async def talk():
        async with stage(nova_idle_s=0.5) as tap:
            async with sdk(tap).listen.v1.connect(**NOVA) as socket:
                reader = Reader(socket)
                with pytest.raises(ConnectionClosedError) as caught:
                    await reader.end()
            return tap.exchange, caught.value

    exchange, closed = uvloop.run(talk())
    assert exchange.close_code == closed.rcvd.code == 1011
    assert "net0001" in closed.rcvd.reason.lower()


def test_the_sdk_gives_hints_to_the_model_of_many_languages(tmp_path):
    query = {**FLUX, "model": "flux-general-multi", "language_hint": ["en", "es"]}

    async def talk():
        async with stage(script=scripted(tmp_path / "script", FIRST)) as tap:
            async with sdk(tap).listen.v2.connect(**query) as socket:
                reader = Reader(socket)
                await send_audio(socket.send_media, speech(FIRST) + quiet(600))
                end = await reader.until(lambda m: getattr(m, "event", "") == "EndOfTurn")
                await socket.send_configure(ListenV2Configure(language_hints=["fr"]))
                await reader.until(of_type("ConfigureSuccess"))
                await socket.send_close_stream()
                await reader.end()
            return tap.exchange, end

    exchange, end = uvloop.run(talk())
    deepgram_wire.all_of(exchange, "SDK")
    assert end.languages_hinted == ["en", "es"]


def test_speech_without_a_script_is_recognised():
    async def talk():
        async with stage() as tap:
            async with sdk(tap).listen.v1.connect(**NOVA) as socket:
                reader = Reader(socket)
                await send_audio(socket.send_media, speech("yes please") + quiet(900), speed=2)
                final = await reader.until(is_final)
                await socket.send_close_stream()
                await reader.end()
            return tap.exchange, final

    exchange, final = uvloop.run(talk())
    deepgram_wire.all_of(exchange, "SDK")
    assert final.channel.alternatives[0].transcript


@pytest.mark.parametrize("kind", ["401", "402", "403", "404", "429", "503"])
@pytest.mark.parametrize("path", ["v1", "v2"])
def test_the_sdk_understands_every_refusal(path, kind):
    async def talk():
        async with stage(f"deepgram:{kind}") as tap:
            listen = getattr(sdk(tap).listen, path)
            with pytest.raises(ApiError) as caught:
                async with listen.connect(**(NOVA if path == "v1" else FLUX)):
                    pass
            return tap.exchange, caught.value.status_code

    exchange, told = uvloop.run(talk())
    deepgram_wire.asked(exchange)
    deepgram_wire.refused(exchange)
    assert told == exchange.status == int(kind)


def test_a_wrong_key_and_keywords_on_nova_3_are_refused_as_the_vendor_does():
    async def talk():
        async with stage() as tap:
            for key, more in (("wrong", {}), (KEY, {"keywords": ["postcode:2"]})):
                with pytest.raises(ApiError):
                    async with sdk(tap, key).listen.v1.connect(**NOVA, **more):
                        pass
            return tap.exchanges

    wrong_key, keywords = uvloop.run(talk())
    assert deepgram_wire.refused(wrong_key).err_code == "INVALID_AUTH" and wrong_key.status == 401
    body = deepgram_wire.refused(keywords)
    assert (keywords.status, body.err_code) == (400, "INVALID_QUERY_PARAMETER")
    assert keywords.answer_headers["dg-error"] == body.err_msg
    assert body.err_msg == ("Keywords are not supported for Nova-3. Please use `keyterm` instead.")


async def utterance(session, phrase, listener):
    """Say a phrase to one of our ears and have it end; returns the FINAL."""
    session.speech_started()
    await send_audio(session.feed, speech(phrase) + quiet(200), packet_ms=20, speed=2)
    session.finalize()
    return await listener()


async def our_conversation(module, tap, tmp_path, *, silence_s):
    """Have two turns, and a silence long enough to be kept alive, on one of our ears."""
    options = module.Options(url=tap.ws, api_key=KEY, final_ms=5000)
    engine = await module.open_engine(options)
    session = await engine.session("call", ("postcode", "Truro"))
    transcripts = aiter(session.transcripts())

    async def final():
        while not (transcript := await anext(transcripts)).final:
            pass
        return transcript.text

    try:
        heard = [await utterance(session, FIRST, final)]
        await asyncio.sleep(silence_s)
        heard.append(await utterance(session, SECOND, final))
    finally:
        await engine.close()
    return heard


@pytest.mark.parametrize(
    ("module", "silence_s", "controls"),
    [
        (deepgram, deepgram.KEEP_ALIVE_S + 1, ["Finalize", "KeepAlive", "Finalize", "CloseStream"]),
        (deepgram_flux, deepgram_flux.IDLE_S * 2, ["ForceEndTurn", "ForceEndTurn", "CloseStream"]),
    ],
)  # fmt: skip
def test_our_ears_speak_the_vendor_s_wire(module, silence_s, controls, tmp_path):
    async def talk():
        script = scripted(tmp_path / "script", FIRST, SECOND)
        async with stage(script=script) as tap:
            heard = await our_conversation(module, tap, tmp_path, silence_s=silence_s)
            return tap.exchange, heard

    exchange, heard = uvloop.run(talk())
    found = deepgram_wire.all_of(exchange, "our client")
    assert "post code" in heard[0].lower() and "leaking" in heard[1].lower()
    texts = [deepgram_wire.sent(exchange.path, f) for f in exchange.sent if isinstance(f, str)]
    assert [frame.type for frame in texts] == controls
    assert exchange.close_code == 1000
    if module is deepgram_flux:
        check_turns(found)


def test_the_check_of_our_ears_is_faithful_too():
    async def talk():
        async with stage() as tap:
            for module in (deepgram, deepgram_flux):
                engine = await module.open_engine(module.Options(url=tap.ws, api_key=KEY))
                await engine.check()
                await engine.close()
            return tap.exchanges

    for exchange in uvloop.run(talk()):
        deepgram_wire.all_of(exchange, "our client")
