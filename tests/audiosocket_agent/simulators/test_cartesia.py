"""Cartesia's simulator over real sockets: what it speaks, refuses, and how it misbehaves."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
import uvloop
from aiohttp import web

from audiosocket_agent.simulators.cartesia import CartesiaVendor
from audiosocket_agent.simulators.cartesia_tones import letters
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults, parse_faults
from tests.phone import spelled

PATH = "/tts/websocket"
NEW, STRUCTURED, OLD = "2026-08-14", "2026-03-01", "2025-04-16"
SENTENCE = "That comes to seventy five pounds. Would you like to book it?"


@asynccontextmanager
async def vendor(faults="", **options):
    simulated = CartesiaVendor(Delays(tts_first=30), Faults(parse_faults(faults)), **options)
    app = web.Application()
    simulated.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession(base) as session:
            yield simulated, session
    finally:
        await simulated.close()
        await runner.cleanup()
    assert simulated.connections == 0 and simulated.active_contexts == 0


def run(main):
    async def bounded():
        async with asyncio.timeout(40):
            await main

    uvloop.run(bounded())


def dial(session, version=NEW, **headers):
    return session.ws_connect(
        PATH, headers={"X-API-Key": "key", "Cartesia-Version": version, **headers}
    )


def request(text=SENTENCE, name="c1", more=False, **changes):
    fields = {
        "context_id": name,
        "model_id": "sonic-3.5",
        "transcript": text,
        "voice": "a-voice",
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 8000},
        "language": "en",
        "continue": more,
        "max_buffer_delay_ms": 0,
        "add_timestamps": True,
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


async def until(socket, *kinds, name=None):
    """Return messages up to the first of some kinds."""
    found = []
    while not found or found[-1]["type"] not in kinds:
        message = await socket.receive_json(timeout=20)
        if name is None or message.get("context_id") == name:
            found.append(message)
    return found


def pcm_of(messages):
    return b"".join(base64.b64decode(m["data"]) for m in messages if m["type"] == "chunk")


def loudness(pcm):
    return float(np.sqrt(np.mean(np.frombuffer(pcm, "<i2").astype(float) ** 2)))


def test_a_reply_in_pieces_is_speech_with_word_times():
    async def main():
        async with vendor() as (_, session), dial(session) as socket:
            for word in SENTENCE.split(" "):
                await socket.send_json(request(word + " ", more=True))
            await socket.send_json(request(""))
            found = await until(socket, "done")
        pcm = pcm_of(found)
        assert len(pcm) % 2 == 0 and 2.0 < len(pcm) / 16000 < 6.0 and loudness(pcm) > 500
        sizes = [len(base64.b64decode(m["data"])) for m in found if m["type"] == "chunk"]
        assert any(size % 2 for size in sizes) and max(sizes) <= 1601
        times = [m["word_timestamps"] for m in found if m["type"] == "timestamps"]
        assert " ".join(word for t in times for word in t["words"]) == SENTENCE
        starts = [start for t in times for start in t["start"]]
        ends = [end for t in times for end in t["end"]]
        assert starts == sorted(starts) and ends[-1] <= len(pcm) / 16000 + 0.01
        assert all(start < end for start, end in zip(starts, ends, strict=True))
        flushes = [m["flush_id"] for m in found if m["type"] == "flush_done"]
        assert flushes == list(range(1, len(SENTENCE.split()) + 1))
        assert [m["type"] for m in found].index("timestamps") == 0
        assert found[-1] == {"type": "done", "context_id": "c1", "done": True, "status_code": 206}

    run(main())


@pytest.mark.parametrize("shape", ["tones", {"id": "tones"}])
def test_the_voice_of_tones_says_exactly_what_its_word_times_tell(shape):
    async def main():
        async with vendor() as (_, session), dial(session) as socket:
            await socket.send_json(request(voice=shape))
            found = await until(socket, "done")
        pcm = np.frombuffer(pcm_of(found), "<i2")
        heard = spelled.read([(0.0, pcm)])
        times = [m["word_timestamps"] for m in found if m["type"] == "timestamps"]
        told = [(w, *at) for t in times for w, *at in zip(*t.values(), strict=True)]
        assert [letters(word) for word, *_ in told] == [word.text for word in heard]
        assert all(word.whole for word in heard)
        for (_, start, end), word in zip(told, heard, strict=True):
            assert (start, end) == pytest.approx((word.start, word.end), abs=0.0006)

    run(main())


@pytest.mark.parametrize("rate_hz", [16000, 22050, 44100])
def test_other_rates(rate_hz):
    async def main():
        shape = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": rate_hz}
        async with vendor() as (_, session), dial(session) as socket:
            await socket.send_json(request(name="c0"))
            native = pcm_of(await until(socket, "done"))
            await socket.send_json(request(output_format=shape))
            other = pcm_of(await until(socket, "done"))
        assert len(other) / len(native) == pytest.approx(rate_hz / 8000, rel=0.01)

    run(main())


def test_contexts_speak_side_by_side_and_one_may_be_cancelled():
    async def main():
        async with vendor() as (simulated, session), dial(session) as socket:
            await socket.send_json(request(name="a", more=True))
            await until(socket, "chunk", name="a")
            await socket.send_json({"context_id": "a", "cancel": True})
            await socket.send_json(request(name="b"))
            late = await until(socket, "done", name="a")
            assert pcm_of(late)  # what was generating goes on
            assert simulated.active_contexts == 1
            assert pcm_of(await until(socket, "done", name="b"))
            await socket.send_json({"context_id": "never", "cancel": True})
            await socket.send_json(request("more", name="a"))
            (refused,) = await until(socket, "error")
            assert (refused["error_code"], refused["context_id"]) == ("context_expired", "a")

    run(main())


def test_a_context_expires_a_second_after_its_audio():
    async def main():
        async with vendor() as (simulated, session), dial(session) as socket:
            await socket.send_json(request("One moment, please.", more=True))
            await until(socket, "flush_done")
            assert simulated.active_contexts == 1
            while simulated.active_contexts:
                await asyncio.sleep(0.02)
            await socket.send_json(request("Thank you.", more=True))
            (refused,) = await until(socket, "error")
        assert refused["error_code"] == "context_expired" and refused["status_code"] == 400

    run(main())


@pytest.mark.parametrize(
    ("version", "change", "status", "code"),
    [
        (NEW, {"wibble": 1}, 400, "invalid_request"),
        (NEW, {"model_id": "sonic-2"}, 404, "model_not_found"),
        (NEW, {"voice": {"mode": "id"}}, 400, "invalid_request"),
        (STRUCTURED, {"voice": "plain"}, 400, "invalid_request"),
        (NEW, {"voice": "wrong"}, 404, "voice_not_found"),
        (NEW, {"voice": None}, 400, "invalid_request"),
        (NEW, {"locale": "en-GB"}, 400, "invalid_request"),
        (NEW, {"max_buffer_delay_ms": 5001}, 400, "invalid_request"),
        (NEW, {"generation_config": {"speed": 3}}, 400, "invalid_request"),
        *(
            (NEW, {"output_format": shape}, 400, "invalid_request")
            for shape in (
                {"container": "wav", "encoding": "pcm_s16le", "sample_rate": 8000},
                {"container": "raw", "encoding": "pcm_s8", "sample_rate": 8000},
                {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 11025},
                {"container": "raw", "encoding": "pcm_s16le", "sample_rate": [8000]},
            )
        ),
    ],
)
def test_what_it_refuses(version, change, status, code):
    async def main():
        async with vendor() as (_, session), dial(session, version) as socket:
            await socket.send_json(request(**change))
            (found,) = await until(socket, "error")
        assert (found["status_code"], found["error_code"]) == (status, code)
        assert found["context_id"] == "c1" and found["done"] is True

    run(main())


def test_errors_and_voices_follow_the_version():
    async def main():
        voice = {"mode": "id", "id": "v"}
        async with vendor() as (_, session), dial(session, OLD) as socket:
            await socket.send_json(request(voice=voice, name="a"))
            assert pcm_of(await until(socket, "done"))
            await socket.send_json(request(voice=voice, model_id="no", name="b"))
            (found,) = await until(socket, "error")
            await socket.send_str("{")
            (broken,) = await until(socket, "error")
            await socket.send_bytes(b"{}")
            await until(socket, "error")
        assert found == {
            "type": "error",
            "done": True,
            "status_code": 404,
            "context_id": "b",
            "error": "Model not found: The requested model does not exist.",
        }
        assert "context_id" not in broken

    run(main())


def test_a_changed_field_ends_the_context():
    async def main():
        async with vendor() as (simulated, session), dial(session) as socket:
            await socket.send_json(request("One ", more=True))
            await socket.send_json(request("two", language="fr"))
            await until(socket, "error")
            assert simulated.active_contexts == 0

    run(main())


def test_too_many_contexts():
    async def main():
        async with vendor(contexts=1) as (_, session), dial(session) as one, dial(session) as two:
            await one.send_json(request("One ", more=True))
            await until(one, "timestamps")
            await two.send_json(request(name="other"))
            (found,) = await until(two, "error")
            assert (found["status_code"], found["error_code"]) == (429, "concurrency_limited")
            await one.send_json({"context_id": "c1", "cancel": True})
            await until(one, "done")
            await two.send_json(request(name="another"))
            await until(two, "done")

    run(main())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cartesia-Version": NEW}, 401),
        ({"Cartesia-Version": NEW, "X-API-Key": "wrong"}, 401),
        ({"Cartesia-Version": NEW, "Authorization": "Bearer wrong"}, 401),
        ({"X-API-Key": "k"}, 400),
        ({"X-API-Key": "k", "Cartesia-Version": "2020-01-01"}, 400),
    ],
)
def test_handshakes_refused(headers, status):
    async def main():
        async with vendor() as (_, session):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(PATH, headers=headers)
            assert refused.value.status == status

    run(main())


@pytest.mark.parametrize("kind", ["401", "402", "403", "429", "503"])
def test_handshake_faults_hit_their_occasion(kind):
    async def main():
        async with vendor(f"cartesia:{kind}:1") as (_, session):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await dial(session)
            assert refused.value.status == int(kind)
            async with dial(session) as socket:
                await socket.send_json(request())
                assert pcm_of(await until(socket, "done"))

    run(main())


def test_refuse_resets_and_hang_never_answers():
    async def main():
        async with vendor("cartesia:refuse") as (_, session):
            with pytest.raises(aiohttp.ClientConnectionError):
                await dial(session)
        async with vendor("cartesia:hang") as (simulated, session):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await dial(session)
            while simulated.connections:
                await asyncio.sleep(0.01)

    run(main())


def test_an_idle_connection_is_closed():
    async def main():
        async with vendor("cartesia:idle:1", idle_s=0.2) as (_, session):
            for _ in range(2):
                async with dial(session) as socket:
                    message = await socket.receive(timeout=20)
                    assert message.type is aiohttp.WSMsgType.CLOSE and message.data == 1000

    run(main())


def test_a_stall_stops_the_audio_and_keeps_the_connection():
    async def main():
        async with vendor("cartesia:stall:1") as (_, session), dial(session) as socket:
            await socket.send_json(request(name="a"))
            for _ in range(2):
                await until(socket, "chunk")
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.5)

    run(main())


def test_a_slow_context_begins_late():
    async def main():
        async with vendor("cartesia:slow") as (_, session), dial(session) as socket:
            started = asyncio.get_running_loop().time()
            await socket.send_json(request())
            await until(socket, "chunk")
            assert asyncio.get_running_loop().time() - started >= 5.0

    run(main())


def test_a_drop_breaks_the_connection_in_mid_audio():
    async def main():
        async with vendor("cartesia:drop") as (_, session), dial(session) as socket:
            await socket.send_json(request())
            await until(socket, "chunk")
            while (message := await socket.receive(timeout=20)).type is aiohttp.WSMsgType.TEXT:
                assert json.loads(message.data)["type"] != "done"
            assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)

    run(main())


def test_malformed_order_error_expire_and_no_model():
    async def main():
        faults = "cartesia:malformed:1,cartesia:order:2,cartesia:error:3,cartesia:expire:4"
        async with vendor(faults + ",cartesia:404:5") as (_, session), dial(session) as socket:
            await socket.send_json(request(name="a"))
            texts = []
            while not texts or '"done":true' not in texts[-1]:
                texts.append((await socket.receive(timeout=20)).data)
            assert '{"type":"chunk","context_id":' in texts
            await socket.send_json(request(name="b"))
            found = await until(socket, "done")
            assert found[0]["type"] == "chunk" and found[0]["context_id"] != "b"
            late = await socket.receive_json(timeout=20)
            assert (late["type"], late["context_id"]) == ("timestamps", "b")
            await socket.send_json(request(name="c"))
            found = await until(socket, "error", "done")
            assert pcm_of(found) and found[-1]["status_code"] == 500
            await socket.send_json(request("One ", name="d", more=True))
            await socket.send_json(request("two", name="d", more=True))
            assert (await until(socket, "error"))[-1]["error_code"] == "context_expired"
            await socket.send_json(request(name="e"))
            assert (await until(socket, "error"))[-1]["error_code"] == "model_not_found"

    run(main())


def test_a_client_that_goes_away_stops_everything():
    async def main():
        async with vendor() as (simulated, session):
            async with dial(session) as socket:
                await socket.send_json(request(SENTENCE * 20, more=True))
                await until(socket, "chunk")
                assert simulated.active_contexts == 1
            while simulated.connections or simulated.active_contexts:
                await asyncio.sleep(0.01)

    run(main())


def test_closing_the_vendor_breaks_off_speech():
    async def main():
        async with vendor() as (simulated, session), dial(session) as socket:
            await socket.send_json(request(SENTENCE * 20, more=True))
            await until(socket, "chunk")
            await simulated.close()
            while (await socket.receive(timeout=20)).type is aiohttp.WSMsgType.TEXT:
                pass
            assert simulated.active_contexts == 0

    run(main())


def test_the_words_of_one_context_are_not_held_up_by_another():
    async def main():
        async with vendor() as (_, session), dial(session) as one, dial(session) as two:
            async with asyncio.TaskGroup() as group:
                for socket, name in ((one, "a"), (two, "b")):
                    group.create_task(socket.send_json(request(name=name)))
                first = group.create_task(until(one, "done"))
                second = group.create_task(until(two, "done"))
            assert pcm_of(first.result()) == pcm_of(second.result())

    run(main())
