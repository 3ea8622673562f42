"""The Flux ear on real sockets: what it sends, and how it stays alive."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import pytest
import uvloop

from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    NotConfigured,
    RequestRefused,
    StreamBroken,
    VendorDown,
    WireViolation,
)
from audiosocket_agent.options import read_options
from audiosocket_agent.seams import Hearing
from audiosocket_agent.stt import deepgram_flux
from audiosocket_agent.stt.deepgram_flux import Options, open_engine
from audiosocket_agent.vendors import Kind, find
from tests.audiosocket_agent.stt.deepgram_wire.test_flux import info
from tests.audiosocket_agent.stt.vendor import FluxStream, Vendor, soon, tasks_left

KEY = "dg-secret-key"
CONNECTED = {"type": "Connected", "request_id": "r", "sequence_id": 0}
FRAME = b"\1\0" * 160


def options(url, **changes):
    given = {"api_key": KEY, "url": url, "connect_ms": 8000, "final_ms": 5000, **changes}
    return Options.model_validate(given)


def flux(**changes):
    return Vendor(FluxStream, **{"greet": CONNECTED, **changes})


def run(scenario, **changes):
    async def main():
        async with flux() as server:
            engine = await open_engine(options(server.url, **changes))
            ear = await engine.session("call", ["Stockport"])
            stream = await server.stream()
            await scenario(ear, stream, ear.transcripts())
            await ear.close()
            await engine.close()
            await soon(stream.gone.wait())
        assert not await tasks_left()

    uvloop.run(main())


def test_the_stream_is_asked_for_with_what_this_wire_knows():
    async def scenario(ear, stream, transcripts):
        parts = urlsplit(stream.path)
        assert parts.path == "/v2/listen"
        assert parse_qsl(parts.query) == [
            ("model", "flux-general-en"),
            ("encoding", "linear16"),
            ("sample_rate", "8000"),
            ("eot_threshold", "0.7"),
            ("eager_eot_threshold", "0.4"),
            ("eot_timeout_ms", "5000"),
            ("keyterm", "Stockport"),
        ]
        assert stream.headers["Authorization"] == f"Token {KEY}"

    run(scenario)


def test_an_announcement_is_never_surer_than_the_end():
    url = deepgram_flux.listen_url(Options(eot_threshold=0.5, eager_eot_threshold=0.9), [])
    assert ("eager_eot_threshold", "0.5") in parse_qsl(urlsplit(url).query)


def test_audio_goes_out_in_80_ms_and_a_finalize_takes_the_rest_along():
    async def scenario(ear, stream, transcripts):
        ear.speech_started()
        for _ in range(6):
            ear.feed(FRAME)
        ear.finalize()
        await stream.text("ForceEndTurn")
        assert stream.sizes[:2] == [1280, 640]
        await stream.send(info("StartOfTurn", "yes", 0.1))
        await stream.send(info("EndOfTurn", "Yes.", 0.12))
        heard = await soon(anext(transcripts))
        while not heard.final:
            heard = await soon(anext(transcripts))
        assert heard.text == "Yes."

    run(scenario)


def test_the_end_is_announced_and_taken_back():
    async def scenario(ear, stream, transcripts):
        got = []
        for event in ("StartOfTurn", "EagerEndOfTurn", "TurnResumed", "Update"):
            text = "my number is" if event == "Update" else "my number"
            await stream.send(info(event, text, 1))
            got.append((await soon(anext(transcripts))).hearing)
        assert got == [Hearing.PARTIAL, Hearing.EAGER, Hearing.RESUMED, Hearing.PARTIAL]

    run(scenario)


def test_a_stream_that_is_fed_nothing_gets_silence_and_no_message(monkeypatch):
    monkeypatch.setattr(deepgram_flux, "IDLE_S", 0.05)

    async def scenario(ear, stream, transcripts):
        await stream.until(lambda s: len(s.audio) >= 3 * 480 * 16)
        assert not any(stream.audio)
        assert set(stream.sizes) == {1280}
        assert stream.texts == []
        ear.feed(FRAME * 4)
        await stream.until(lambda s: any(s.audio))

    run(scenario)


def test_a_finalize_after_the_vendors_own_end_costs_no_message():
    async def scenario(ear, stream, transcripts):
        ear.speech_started()
        ear.feed(FRAME * 50)
        await stream.send(info("StartOfTurn", "yes", 0.9))
        await stream.send(info("EndOfTurn", "Yes.", 1.0))
        heard = await soon(anext(transcripts))
        while not heard.final:
            heard = await soon(anext(transcripts))
        ear.finalize()
        assert (await soon(anext(transcripts))).text == ""
        assert stream.texts == []

    run(scenario)


@pytest.mark.parametrize(
    ("breaks", "kind"),
    [
        (lambda stream: stream.drop(), StreamBroken),
        (lambda stream: stream.send("{broken"), WireViolation),
        (lambda stream: stream.send({"type": "Error", "code": "INTERNAL"}), VendorDown),
        (lambda stream: stream.socket.close(1011), VendorDown),
    ],
)
def test_every_failure_reaches_the_transcripts(breaks, kind):
    async def scenario(ear, stream, transcripts):
        await breaks(stream)
        with pytest.raises(kind) as caught:
            await soon(anext(transcripts))
        assert caught.value.provider == "deepgram_flux"

    run(scenario)


def test_a_turn_in_which_the_vendor_goes_silent_fails():
    async def scenario(ear, stream, transcripts):
        await stream.send(info("StartOfTurn", "my", 0.1))
        await soon(anext(transcripts))

        async def speak():
            while True:
                ear.feed(FRAME)
                await asyncio.sleep(0.02)

        speaking = asyncio.create_task(speak())
        with pytest.raises(DeadlineMissed):
            await soon(anext(transcripts))
        speaking.cancel()

    run(scenario, stall_ms=500)


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (None, DeadlineMissed),
        ({"type": "Error", "code": "INTERNAL_SERVER_ERROR"}, VendorDown),
        (info("StartOfTurn", "a", 1), WireViolation),
        ("{broken", WireViolation),
    ],
)
def test_without_a_greeting_there_is_no_session(greeting, kind):
    async def main():
        async with flux(greet=greeting) as vendor:
            short = 500 if greeting is None else 8000
            engine = await open_engine(options(vendor.url, connect_ms=short))
            with pytest.raises(kind):
                await engine.session("call")
            with pytest.raises(kind):
                await engine.check()
        assert not await tasks_left()

    uvloop.run(main())


def test_the_check_is_content_with_the_greeting():
    async def main():
        async with flux() as vendor:
            engine = await open_engine(options(vendor.url))
            await engine.check()
            stream = await vendor.stream()
            await soon(stream.gone.wait())
            assert stream.types == ["CloseStream"]
        assert not await tasks_left()

    uvloop.run(main())


@pytest.mark.parametrize(
    ("status", "reason", "kind", "names"),
    [
        (400, "eager_eot_threshold is wrong", RequestRefused, "FLUX_EAGER_EOT_THRESHOLD"),
        (400, "eot_threshold is wrong", RequestRefused, "DEEPGRAM_FLUX_EOT_THRESHOLD"),
        (400, "no such model", RequestRefused, "VOICEAGENT_DEEPGRAM_FLUX_MODEL"),
        (401, "Invalid credentials.", KeyRefused, "DEEPGRAM_API_KEY"),
    ],
)
def test_a_refusal_names_this_ears_settings(status, reason, kind, names):
    async def main():
        async with flux() as vendor:
            vendor.refuse = (status, {"dg-error": reason}, b"{}")
            engine = await open_engine(options(vendor.url))
            with pytest.raises(kind, match=names):
                await engine.session("call")

    uvloop.run(main())


def test_it_is_found_by_its_name_and_shares_key_and_host_with_the_other():
    vendor = find(Kind.STT, "deepgram_flux")
    environ = {
        "DEEPGRAM_API_KEY": KEY,
        "VOICEAGENT_DEEPGRAM_URL": "ws://127.0.0.1:1",
        "VOICEAGENT_DEEPGRAM_FLUX_EOT_THRESHOLD": "0.8",
    }
    read = read_options(vendor.options, vendor.name, environ)
    assert (read.url, read.eot_threshold) == ("ws://127.0.0.1:1", 0.8)

    async def main():
        engine = await vendor.open_engine(vendor.options())
        with pytest.raises(NotConfigured):
            await engine.session("call")
        return engine.traits

    traits = uvloop.run(main())
    assert (traits.chunk_ms, traits.ends_turns) == (80, True)
