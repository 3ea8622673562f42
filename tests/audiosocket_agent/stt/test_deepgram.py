"""The Nova-3 ear on real sockets: what it sends, what it makes of every failure."""

import asyncio
import contextlib
import json
import logging
import socket
from urllib.parse import parse_qsl, urlsplit

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
    SessionExpired,
    StreamBroken,
    Unreachable,
    VendorDown,
    WireViolation,
)
from audiosocket_agent.options import read_options
from audiosocket_agent.seams import Hearing
from audiosocket_agent.stt import deepgram
from audiosocket_agent.stt.deepgram import Options, open_engine
from audiosocket_agent.stt.deepgram_wire import outgoing, session
from audiosocket_agent.vendors import Kind, find
from tests.audiosocket_agent.stt.deepgram_wire.test_nova import results
from tests.audiosocket_agent.stt.vendor import Vendor, soon, tasks_left

KEY = "dg-secret-key"
FRAME = b"\1\0" * 160


def options(url, **changes):
    # Deadlines that a loaded machine does not miss by itself.
    given = {"api_key": KEY, "url": url, "connect_ms": 8000, "final_ms": 5000, **changes}
    return Options.model_validate(given)


def run(scenario, vendor=None, **changes):
    """Run a scenario(session, stream, transcripts) on one stream; nothing may be left running."""

    async def main():
        async with vendor or Vendor() as server:
            engine = await open_engine(options(server.url, **changes))
            ear = await engine.session("call")
            stream = await server.stream()
            await scenario(ear, stream, ear.transcripts())
            await ear.close()
            await ear.close()
            await engine.close()
            await soon(stream.gone.wait())
        assert not await tasks_left()

    uvloop.run(main())


def failing(kind, scenario, vendor=None, **changes):
    """Run a scenario after which the transcripts must raise; return the error."""
    caught = []

    async def wrapped(ear, stream, transcripts):
        await scenario(ear, stream)
        with pytest.raises(kind) as error:
            while True:
                await soon(anext(transcripts))
        caught.append(error.value)

    run(wrapped, vendor, **changes)
    assert KEY not in str(caught[0]) and caught[0].provider == "deepgram"
    return caught[0]


def test_the_stream_is_asked_for_as_configured():
    async def main():
        async with Vendor() as vendor:
            engine = await open_engine(options(vendor.url))
            ear = await engine.session("call", ["boiler:2", "  Stockport ", "stockport", "?!"])
            stream = await vendor.stream()
            await ear.close()
        return stream

    stream = uvloop.run(main())
    parts = urlsplit(stream.path)
    assert parts.path == "/v1/listen"
    assert parse_qsl(parts.query) == [
        ("model", "nova-3"),
        ("language", "en-GB"),
        ("encoding", "linear16"),
        ("sample_rate", "8000"),
        ("channels", "1"),
        ("interim_results", "true"),
        ("endpointing", "400"),
        ("utterance_end_ms", "1000"),
        ("smart_format", "true"),
        ("keyterm", "boiler 2"),
        ("keyterm", "Stockport"),
    ]
    assert stream.headers["Authorization"] == f"Token {KEY}"
    assert "Sec-WebSocket-Extensions" not in stream.headers
    assert KEY not in stream.path


def test_frames_go_out_in_chunks_and_a_finalize_takes_the_rest_along():
    async def scenario(ear, stream, transcripts):
        for _ in range(5):
            ear.feed(FRAME)
        ear.finalize()
        await stream.text("Finalize")
        assert stream.sizes == [640, 640, 320]
        assert stream.texts == ['{"type":"Finalize"}']
        await stream.send(results("yes", 0, 0.1, is_final=True, from_finalize=True))
        heard = await soon(anext(transcripts))
        assert (heard.text, heard.hearing) == ("yes", Hearing.FINAL)

    run(scenario)


def test_partials_and_finals_of_two_utterances():
    async def scenario(ear, stream, transcripts):
        ear.speech_started()
        ear.feed(FRAME * 10)
        await stream.send(results("my post", 0, 0.1))
        assert (await soon(anext(transcripts))).hearing is Hearing.PARTIAL
        await stream.send(results("My post code.", 0, 0.2, is_final=True, speech_final=True))
        assert (await soon(anext(transcripts))).text == "My post code."
        ear.feed(FRAME * 10)
        ear.finalize()
        await stream.text("Finalize")
        await stream.send(results("M1.", 0.2, 0.4, is_final=True, from_finalize=True))
        heard = await soon(anext(transcripts))
        assert (heard.text, heard.final) == ("M1.", True)

    run(scenario)


def test_an_unanswered_finalize_of_a_speaking_caller_fails():
    async def scenario(ear, stream):
        ear.speech_started()
        ear.feed(FRAME * 100)
        ear.finalize()

    error = failing(DeadlineMissed, scenario, final_ms=200)
    assert "VOICEAGENT_DEEPGRAM_FINAL_MS" in str(error)


def test_a_vendor_that_stalls_while_the_caller_speaks_fails():
    async def scenario(ear, stream, transcripts):
        async def speak():
            while True:
                ear.feed(FRAME)
                await asyncio.sleep(0.02)

        ear.speech_started()
        speaking = asyncio.create_task(speak())
        with pytest.raises(DeadlineMissed, match="VOICEAGENT_DEEPGRAM_STALL_MS"):
            await soon(anext(transcripts))
        speaking.cancel()

    run(scenario, stall_ms=1500)


def test_an_idle_stream_is_kept_alive_with_one_silence_and_then_messages(monkeypatch):
    monkeypatch.setattr(deepgram, "KEEP_ALIVE_S", 0.05)

    async def scenario(ear, stream, transcripts):
        await stream.text("KeepAlive", 3)
        assert bytes(stream.audio) == bytes(320)
        assert set(stream.texts) == {'{"type":"KeepAlive"}'}

    run(scenario)


def test_audio_makes_keep_alives_unnecessary(monkeypatch):
    monkeypatch.setattr(deepgram, "KEEP_ALIVE_S", 30.0)

    async def scenario(ear, stream, transcripts):
        for _ in range(20):
            ear.feed(FRAME)
            await asyncio.sleep(0.02)
        await stream.until(lambda s: len(s.audio) == 6400)
        assert stream.texts == []

    run(scenario)


def test_a_discarded_utterance_is_not_heard():
    async def scenario(ear, stream, transcripts):
        ear.feed(FRAME * 50)
        ear.discard()
        ear.feed(FRAME * 50)
        ear.finalize()
        await stream.text("Finalize")
        words = [("mm", 0.8), ("yes", 1.7)]
        text = results("mm yes", 0, 2, words=words, is_final=True, from_finalize=True)
        await stream.send(text)
        assert (await soon(anext(transcripts))).text == "yes"

    run(scenario)


def test_closing_says_goodbye_and_ends_the_transcripts():
    async def scenario(ear, stream, transcripts):
        reader = asyncio.ensure_future(anext(transcripts, None))
        await asyncio.sleep(0)
        await asyncio.gather(ear.close(), ear.close())
        assert await soon(reader) is None
        assert stream.types == ["CloseStream"]
        ear.feed(FRAME)
        ear.finalize()
        ear.discard()
        assert [t async for t in ear.transcripts()] == []

    run(scenario)


def test_closing_a_stream_that_hangs_is_bounded():
    async def main():
        async with Vendor(deaf=True) as vendor:
            engine = await open_engine(options(vendor.url))
            await engine.session("call")
            stream = await vendor.stream()
            await soon(engine.close())
            stream.gone.set()
        assert not await tasks_left()

    uvloop.run(main())


def test_a_close_that_is_cancelled_still_ends_the_connection():
    async def main():
        async with Vendor(deaf=True) as vendor:
            engine = await open_engine(options(vendor.url))
            ear = await engine.session("call")
            stream = await vendor.stream()
            closing = asyncio.create_task(ear.close())
            await asyncio.sleep(0.05)
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            assert ear._socket.transport.is_closing()
            stream.gone.set()
        assert not await tasks_left()

    uvloop.run(main())


def test_a_vendor_that_does_not_read_costs_the_oldest_audio_not_memory(caplog):
    async def main():
        async with Vendor(deaf=True) as vendor:
            engine = await open_engine(options(vendor.url))
            ear = await engine.session("call")
            stream = await vendor.stream()
            for _ in range(20_000):  # 400 s of speech
                ear.feed(FRAME)
            waiting = ear._outgoing._waiting_bytes
            await ear.close()
            stream.gone.set()
        return waiting

    with caplog.at_level(logging.WARNING):
        assert uvloop.run(main()) <= outgoing.MOST_WAITING_BYTES
    assert [r.getMessage() for r in caplog.records] == [
        "deepgram takes the audio too slowly: the oldest is lost"
    ]


def test_a_dropped_connection_is_a_broken_stream():
    async def scenario(ear, stream):
        await stream.drop()

    assert failing(StreamBroken, scenario).retryable


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (1011, "Deepgram did not receive audio within the timeout window. net0001", SessionExpired),
        (1011, "NET-0001", SessionExpired),
        (1011, "NET-0000", VendorDown),
        (1011, "", VendorDown),
        (1012, "", VendorDown),
        (1008, "DATA-0000", WireViolation),
        (1000, "", SessionExpired),
        (4000, "", StreamBroken),
    ],
)
def test_every_close_of_the_vendor_is_typed(code, reason, kind):
    async def scenario(ear, stream):
        await stream.socket.close(code, reason)

    error = failing(kind, scenario)
    assert type(error) is kind
    assert error.status == code


@pytest.mark.parametrize("frame", ["{broken", '{"type":"Results"}', b"\1"])
def test_what_is_not_the_protocol_is_a_violation(frame):
    async def scenario(ear, stream):
        await stream.send(frame)

    failing(WireViolation, scenario)


def test_what_was_heard_before_a_failure_is_still_delivered():
    async def scenario(ear, stream, transcripts):
        ear.feed(FRAME * 50)
        await stream.send(results("yes", 0, 1, is_final=True, speech_final=True))
        await stream.send("{broken")
        assert (await soon(anext(transcripts))).text == "yes"
        with pytest.raises(WireViolation):
            await soon(anext(transcripts))

    run(scenario)


def refused_with(status, reason, code, retry_after="", **changes):
    """Return what `session` raises when the vendor refuses the handshake."""
    body = json.dumps({"err_code": code, "err_msg": "x", "request_id": "r"}).encode()
    headers = {"dg-error": reason, "Content-Type": "application/json"}
    if retry_after:
        headers["Retry-After"] = retry_after

    async def main():
        async with Vendor() as vendor:
            vendor.refuse = (status, headers, body)
            engine = await open_engine(options(vendor.url, **changes))
            with pytest.raises(ProviderError) as caught:
                await engine.session("call")
            with pytest.raises(type(caught.value)):
                await engine.check()
            await engine.close()
        assert not await tasks_left()
        return caught.value

    return uvloop.run(main())


@pytest.mark.parametrize(
    ("status", "reason", "code", "kind", "names"),
    [
        (400, "No such model/language/tier combination found", "Bad Request", None, None),
        (400, "Invalid model name", "INVALID_QUERY_PARAMETER", ModelNotFound, "_DEEPGRAM_MODEL"),
        (400, "Keywords are not supported for Nova-3.", "INVALID_QUERY_PARAMETER", None, None),
        (400, "Invalid endpointing", "X", RequestRefused, "VOICEAGENT_DEEPGRAM_ENDPOINTING_MS"),
        (400, "Too many keyterm tokens", "X", RequestRefused, "vocabulary"),
        (400, "Unsupported language", "X", RequestRefused, "VOICEAGENT_DEEPGRAM_LANGUAGE"),
        (400, "", "Bad Request", RequestRefused, "Bad Request"),
        (401, "Invalid credentials.", "INVALID_AUTH", KeyRefused, "DEEPGRAM_API_KEY"),
        (402, "no funds", "ASR_PAYMENT_REQUIRED", PaymentRequired, "DEEPGRAM_API_KEY"),
        (403, "no access to model", "INSUFFICIENT_PERMISSIONS", ModelNotFound, "_DEEPGRAM_MODEL"),
        (403, "", "INSUFFICIENT_PERMISSIONS", KeyRefused, "DEEPGRAM_API_KEY"),
        (404, "", "", ModelNotFound, "VOICEAGENT_DEEPGRAM_URL"),
        (429, "Too many requests", "TOO_MANY_REQUESTS", RateLimited, "DEEPGRAM_API_KEY"),
        (503, "", "", VendorDown, "503"),
    ],
)
def test_every_refusal_names_what_to_change(status, reason, code, kind, names):
    error = refused_with(status, reason, code)
    assert error.status == status
    if kind is not None:
        assert type(error) is kind
        assert names in str(error)
    else:
        assert isinstance(error, RequestRefused)
        assert "VOICEAGENT_DEEPGRAM_" in str(error)


def test_a_rate_limit_says_how_long_and_may_be_retried():
    error = refused_with(429, "Too many requests", "TOO_MANY_REQUESTS", retry_after="7")
    assert (error.retry_after_s, error.retryable) == (7.0, True)


def test_a_reason_that_repeats_the_key_does_not_show_it():
    assert KEY not in str(refused_with(401, f"the key {KEY} is wrong", "INVALID_AUTH"))


def opening(url, **changes):
    """Return what opening a session raises."""

    async def main():
        engine = await open_engine(options(url, **changes))
        try:
            await engine.session("call")
        except Exception as error:
            return error
        finally:
            await engine.close()
            assert not await tasks_left()

    return uvloop.run(main())


def test_no_key_is_told_without_connecting():
    async def main():
        async with Vendor() as vendor:
            engine = await open_engine(Options(url=vendor.url))
            with pytest.raises(NotConfigured, match="DEEPGRAM_API_KEY is not set"):
                await engine.session("call")
            with pytest.raises(NotConfigured):
                await engine.check()
            return vendor.requests

    assert uvloop.run(main()) == []


def test_a_key_that_cannot_be_one_is_told():
    error = opening("ws://127.0.0.1:9", api_key="two words")
    assert isinstance(error, NotConfigured) and "words" not in str(error)


def test_a_closed_port_is_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = opening(f"ws://127.0.0.1:{taken.getsockname()[1]}")
    assert isinstance(error, Unreachable) and "VOICEAGENT_DEEPGRAM_URL" in str(error)


def test_a_host_that_does_not_exist_is_unreachable():
    error = opening("ws://deepgram.invalid")
    assert isinstance(error, Unreachable) and "VOICEAGENT_DEEPGRAM_URL" in str(error)


def test_tls_with_who_does_not_speak_it_is_unreachable():
    async def main():
        async with Vendor() as vendor:
            engine = await open_engine(options(vendor.url.replace("ws:", "wss:")))
            with pytest.raises(Unreachable, match="VOICEAGENT_DEEPGRAM_URL"):
                await engine.session("call")

    uvloop.run(main())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"", Unreachable), (b"\x15\3\1\0\2\2", WireViolation), (None, DeadlineMissed)],
)
def test_a_peer_that_is_no_vendor(answer, kind):
    async def main():
        async def peer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            if answer is None:
                await reader.read()
            else:
                writer.write(answer + b"\r\n\r\n" if answer else b"")
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            served.set()

        served = asyncio.Event()
        server = await asyncio.start_server(peer, "127.0.0.1", 0)
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        engine = await open_engine(options(url, connect_ms=500 if answer is None else 8000))
        with pytest.raises(kind, match="VOICEAGENT_DEEPGRAM_URL"):
            await engine.session("call")
        await soon(served.wait())
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def test_the_check_opens_a_stream_and_waits_for_its_summary():
    async def main():
        async with Vendor() as vendor:
            engine = await open_engine(options(vendor.url))
            await engine.check()
            stream = await vendor.stream()
            assert stream.types == ["CloseStream"] and not stream.audio
        assert not await tasks_left()

    uvloop.run(main())


def test_a_check_without_a_summary_fails():
    async def main():
        async with Vendor(deaf=True) as vendor:
            engine = await open_engine(options(vendor.url, connect_ms=500))
            with pytest.raises(DeadlineMissed, match="VOICEAGENT_DEEPGRAM_CONNECT_MS"):
                await engine.check()
            (await vendor.stream()).gone.set()
        assert not await tasks_left()

    uvloop.run(main())


def test_a_session_that_breaks_inside_says_so_instead_of_hanging(monkeypatch, caplog):
    async def broken(self):
        raise RuntimeError("bug")

    monkeypatch.setattr(session.ListenSession, "_write", broken)

    async def scenario(ear, stream):
        pass

    failing(StreamBroken, scenario)
    assert "the deepgram session broke" in caplog.text


def test_nothing_secret_is_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        test_partials_and_finals_of_two_utterances()
        refused_with(401, "Invalid credentials.", "INVALID_AUTH")
    ours = [r.getMessage() for r in caplog.records if r.name != "websockets.server"]
    assert not [line for line in ours if KEY in line or "post" in line]


def test_it_is_found_by_its_name_and_reads_its_settings():
    vendor = find(Kind.STT, "deepgram")
    read = read_options(
        vendor.options,
        vendor.name,
        {"DEEPGRAM_API_KEY": KEY, "VOICEAGENT_DEEPGRAM_ENDPOINTING_MS": "250"},
    )
    assert (read.endpointing_ms, read.api_key.get_secret_value()) == (250, KEY)
    engine = asyncio.run(vendor.open_engine(vendor.options()))
    assert engine.traits.ends_turns and not engine.traits.closed_vocabulary
