"""The simulated Deepgram over real WebSockets: who gets in, what goes wrong, what a call hears."""

import asyncio
import json

import aiohttp
import pytest
import uvloop
from websockets.exceptions import ConnectionClosed, InvalidStatus

from audiosocket_agent.simulators.delays import Delays
from tests.audiosocket_agent.simulators.clients import (
    FLUX,
    KEY,
    NOVA,
    dial,
    messages,
    send,
    simulators,
    until,
)
from tests.audiosocket_agent.simulators.voices import audio

SCRIPT = '{"segments": [["my post code is", 820], ["M one", 410]]}\n{"segments": [["yes", 300]]}\n'
CLOSE = '{"type":"CloseStream"}'
BOTH = pytest.mark.parametrize("path", [NOVA, FLUX], ids=["nova", "flux"])


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "script.jsonl"
    file.write_text(SCRIPT)
    return file


async def refusal(port, path, headers=KEY):
    """Return what a refused handshake says."""
    with pytest.raises(InvalidStatus) as caught:
        async with dial(port, path, headers):
            pass
    response = caught.value.response
    body = json.loads(response.body)
    assert set(body) == {"err_code", "err_msg", "request_id"}
    assert response.headers["dg-error"] == body["err_msg"]
    assert response.headers["dg-request-id"] == body["request_id"]
    return response.status_code, body["err_code"], body["err_msg"]


def transcripts(said):
    return [
        m["channel"]["alternatives"][0]["transcript"]
        for _, m in said
        if m["type"] == "Results" and m["is_final"]
    ]


@BOTH
def test_a_key_is_needed(path):
    async def main():
        async with simulators() as port:
            for headers in (
                {},
                {"Authorization": "Token wrong"},
                {"Authorization": "Token "},
                {"Authorization": "Basic key"},
                {"Authorization": "key"},
            ):
                status, code, _ = await refusal(port, path, headers)
                assert (status, code) == (401, "INVALID_AUTH")
            for headers in (KEY, {"Authorization": "Bearer a.b.c"}):
                async with dial(port, path, headers) as ws:
                    assert ws.response.headers["dg-request-id"]
            async with dial(port, path, {}, subprotocols=["token", "key-of-the-test"]) as ws:
                assert ws.subprotocol == "token"

    uvloop.run(main())


def test_queries_the_vendor_refuses():
    async def main():
        async with simulators() as port:
            assert await refusal(port, f"{NOVA}&keywords=postcode:2") == (
                400,
                "INVALID_QUERY_PARAMETER",
                "Keywords are not supported for Nova-3. Please use `keyterm` instead.",
            )
            for path in (f"{NOVA}&speed=1", f"{FLUX}&language=en-GB", "/v1/listen", "/v2/listen"):
                status, code, _ = await refusal(port, path)
                assert (status, code) == (400, "INVALID_QUERY_PARAMETER")
            status, code, _ = await refusal(port, FLUX.replace("flux-general-en", "flux-x"))
            assert (status, code) == (403, "INSUFFICIENT_PERMISSIONS")

    uvloop.run(main())


@BOTH
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("401", "INVALID_AUTH"),
        ("402", "ASR_PAYMENT_REQUIRED"),
        ("403", "INSUFFICIENT_PERMISSIONS"),
        ("404", "NOT_FOUND"),
        ("429", "TOO_MANY_REQUESTS"),
        ("503", "SERVICE_UNAVAILABLE"),
    ],
)
def test_refusals_on_demand(path, fault, code):
    async def main():
        async with simulators(f"deepgram:{fault}:1") as port:
            assert (await refusal(port, path))[:2] == (int(fault), code)
            async with dial(port, path):
                pass  # the second occasion is none of the fault's

    uvloop.run(main())


@BOTH
def test_refuse_resets_the_connection(path):
    async def main():
        async with simulators("deepgram:refuse") as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

    uvloop.run(main())


@BOTH
def test_a_plain_request_is_no_websocket(path):
    async def main():
        async with simulators() as port, aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}{path}", headers=KEY) as response:
                assert response.status == 400
                assert (await response.json())["err_code"] == "Bad Request"

    uvloop.run(main())


def test_nova_hears_a_script_in_real_time(script):
    async def main():
        async with simulators(transcripts=script) as port, dial(port, NOVA) as ws:
            start = asyncio.get_running_loop().time()
            reading = asyncio.create_task(messages(ws))
            await send(ws, audio(-200, 820, -300, 410, -900))
            await ws.send(CLOSE)
            said = [(at - start, m) for at, m in await reading]
            assert ws.close_code == 1000
        assert [m["type"] for _, m in said] == ["Results"] * (len(said) - 1) + ["Metadata"]
        results = said[:-1]
        interims = [m for _, m in results if not m["is_final"]]
        assert len(interims) == 1
        assert transcripts(results)[0] == "my post code is M one"
        at = next(at for at, m in results if m["is_final"])
        # The voice stops at 1.73 s; then endpointing, then the final's own delay.
        assert at >= 1.73 + 0.4 + 0.15 - 0.02
        assert at < 1.73 + 0.4 + 0.15 + 1.5

    uvloop.run(main())


def test_finalize_is_answered_in_wall_time_though_no_audio_comes(script):
    async def main():
        async with simulators(transcripts=script) as port, dial(port, NOVA) as ws:
            await send(ws, audio(-200, 820, -150))
            asked = asyncio.get_running_loop().time()
            await ws.send('{"type":"Finalize"}')
            final = await until(ws, lambda m: m["type"] == "Results" and m["is_final"])
            assert asyncio.get_running_loop().time() - asked >= 0.14
            assert final["from_finalize"] is True
            assert final["channel"]["alternatives"][0]["transcript"] == "my post code is"

    uvloop.run(main())


def test_flux_hears_a_script_in_real_time(script):
    async def main():
        async with simulators(transcripts=script) as port, dial(port, FLUX) as ws:
            start = asyncio.get_running_loop().time()
            reading = asyncio.create_task(messages(ws))
            await send(ws, audio(-240, 820, -600, 410, -640), packet_ms=80)
            await ws.send(CLOSE)
            said = [(at - start, m) for at, m in await reading]
            assert ws.close_code == 1000
        assert said[0][1]["type"] == "Connected"
        assert [m["sequence_id"] for _, m in said] == list(range(len(said)))
        turns = [(m["event"], m["turn_index"]) for _, m in said[1:] if m["event"] != "Update"]
        one = ["StartOfTurn", "EagerEndOfTurn", "EndOfTurn"]
        assert turns == [(event, turn) for turn in (0, 1) for event in one]
        ends = [(at, m["transcript"]) for at, m in said[1:] if m["event"] == "EndOfTurn"]
        assert [text for _, text in ends] == ["My post code is.", "M one."]
        # The voices stop at 1.06 s and 2.07 s.
        assert 1.06 + 0.26 - 0.02 <= ends[0][0] < 1.06 + 0.26 + 1.5
        assert 2.07 + 0.26 - 0.02 <= ends[1][0] < 2.07 + 0.26 + 1.5

    uvloop.run(main())


def test_lines_are_used_in_turn_by_both_wires_and_read_afresh(script):
    async def main():
        async with simulators(transcripts=script) as port:
            heard = []
            for path in (NOVA, FLUX, NOVA):
                async with dial(port, path) as ws:
                    await send(ws, audio(-100, 820, -300), pace=0)
                    reading = asyncio.create_task(messages(ws))
                    await ws.send('{"type":"ForceEndTurn"}' if path is FLUX else CLOSE)
                    await ws.send(CLOSE)
                    heard.append(await reading)
                script.write_text(script.read_text().replace("post code", "number"))
            assert transcripts(heard[0]) == ["my post code is"]
            assert heard[1][-1][1]["transcript"] == "Yes."
            assert transcripts(heard[2]) == ["my number is"]

    uvloop.run(main())


def test_a_script_with_a_bad_line_is_not_a_deaf_vendor(script):
    async def main():
        async with simulators(transcripts=script) as port:
            script.write_text("{")
            status, code, text = await refusal(port, NOVA)
            assert (status, code) == (500, "SCRIPT")
            assert "VOICEAGENT_SIM_TRANSCRIPTS" in text

    uvloop.run(main())


def test_many_calls_at_once(tmp_path):
    script = tmp_path / "script.jsonl"
    script.write_text('{"segments": [["my post code is", 820]]}')

    async def call(port):
        async with dial(port, NOVA) as ws:
            await send(ws, audio(-100, 820, -300), pace=0)
            await ws.send(CLOSE)
            return transcripts(await messages(ws))

    async def main():
        async with simulators(transcripts=script) as port:
            heard = await asyncio.gather(*(call(port) for _ in range(50)))
            assert heard == [["my post code is"]] * 50

    uvloop.run(main())


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_g_711_is_heard(script, encoding):
    async def main():
        async with simulators(transcripts=script) as port:
            path = NOVA.replace("linear16", encoding)
            async with dial(port, path) as ws:
                quiet, loud = (b"\xff", b"\x00") if encoding == "mulaw" else (b"\xd5", b"\x2a")
                for part in (quiet * 1600, loud * 6560, quiet * 2400):
                    await ws.send(part)
                await ws.send(CLOSE)
                assert transcripts(await messages(ws)) == ["my post code is"]

    uvloop.run(main())


def test_samples_may_be_cut_anywhere(script):
    async def main():
        async with simulators(transcripts=script) as port, dial(port, NOVA) as ws:
            pcm = audio(-100, 820, -300).tobytes()
            for start in range(0, len(pcm), 333):
                await ws.send(pcm[start : start + 333])
            await ws.send(CLOSE)
            assert transcripts(await messages(ws)) == ["my post code is"]

    uvloop.run(main())


@BOTH
def test_what_cannot_be_decoded_ends_the_connection(path):
    async def main():
        async with simulators() as port:
            async with dial(port, path.replace("linear16", "opus")) as ws:
                await ws.send(b"OpusHead")
                await messages(ws)
                assert (ws.close_code, "data0000" in ws.close_reason) == (1008, True)

    uvloop.run(main())


def test_an_empty_frame_is_a_goodbye():
    async def main():
        async with simulators() as port, dial(port, NOVA) as ws:
            await ws.send(b"")
            assert [m["type"] for _, m in await messages(ws)][-1] == "Metadata"
            assert ws.close_code == 1000

    uvloop.run(main())


def test_nothing_received_ends_the_connection_and_keepalive_prevents_it():
    async def main():
        async with simulators(nova_idle_s=0.5) as port:
            async with dial(port, NOVA) as ws:
                await messages(ws)
                assert (ws.close_code, "net0001" in ws.close_reason) == (1011, True)
            async with dial(port, NOVA) as ws:
                await send(ws, audio(-20))
                for _ in range(6):
                    await asyncio.sleep(0.15)
                    await ws.send('{"type":"KeepAlive"}')
                await ws.send(CLOSE)
                await messages(ws)
                assert ws.close_code == 1000

    uvloop.run(main())


def test_keepalive_alone_is_not_enough():
    async def main():
        async with simulators(nova_idle_s=0.5) as port, dial(port, NOVA) as ws:
            with pytest.raises(ConnectionClosed):
                while True:
                    await ws.send('{"type":"KeepAlive"}')
                    await asyncio.sleep(0.05)
            assert ws.close_code == 1011

    uvloop.run(main())


@BOTH
def test_idle_on_demand(path):
    async def main():
        async with simulators("deepgram:idle") as port, dial(port, path) as ws:
            await send(ws, audio(-20))
            start = asyncio.get_running_loop().time()
            await messages(ws)
            assert asyncio.get_running_loop().time() - start >= 0.9
            assert (ws.close_code, "net0001" in ws.close_reason) == (1011, True)

    uvloop.run(main())


@pytest.mark.parametrize("kind", ["KeepAlive", "Finalize"])
def test_flux_ends_the_connection_over_novas_messages(kind):
    async def main():
        async with simulators() as port, dial(port, FLUX) as ws:
            await ws.send(json.dumps({"type": kind}))
            said = await messages(ws)
            assert [m["type"] for _, m in said] == ["Connected", "Error"]
            assert said[1][1]["code"] == "UNPARSABLE_CLIENT_MESSAGE"
            assert ws.close_code == 1011

    uvloop.run(main())


@BOTH
def test_hang_takes_the_connection_and_says_nothing(script, path):
    async def main():
        async with simulators("deepgram:hang", script) as port, dial(port, path) as ws:
            await send(ws, audio(-100, 820, -700), pace=0)
            await ws.send(CLOSE)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ws.recv(), 1)
            assert ws.close_code is None

    uvloop.run(main())


@BOTH
def test_stall_begins_and_stops(script, path):
    async def main():
        async with simulators("deepgram:stall", script) as port, dial(port, path) as ws:
            await send(ws, audio(-300, 820, -700))
            await ws.send(CLOSE)
            said = []
            with pytest.raises(TimeoutError):
                while True:
                    said.append(json.loads(await asyncio.wait_for(ws.recv(), 1)))
            events = [m.get("event", m["type"]) for m in said]
            assert events == (["Connected", "Update", "Update"] if path is FLUX else [])

    uvloop.run(main())


@BOTH
def test_drop_resets_in_the_middle_of_the_voice(script, path):
    async def main():
        async with simulators("deepgram:drop", script) as port, dial(port, path) as ws:
            with pytest.raises(ConnectionClosed):
                await send(ws, audio(-100, 3000))
            assert ws.close_code == 1006

    uvloop.run(main())


@BOTH
def test_malformed_is_not_json_and_the_rest_goes_on(script, path):
    async def main():
        async with simulators("deepgram:malformed", script) as port, dial(port, path) as ws:
            await send(ws, audio(-100, 820, -700))
            await ws.send(CLOSE)
            good, bad = [], 0
            async for text in ws:
                try:
                    good.append(json.loads(text))
                except ValueError:
                    bad += 1
            assert bad == 1
            assert any(
                m.get("event") == "EndOfTurn" if path is FLUX else m["type"] == "Results"
                for m in good
            )

    uvloop.run(main())


@BOTH
def test_error_is_the_vendors_own_and_the_end(script, path):
    async def main():
        async with simulators("deepgram:error", script) as port, dial(port, path) as ws:
            reading = asyncio.create_task(messages(ws))
            with pytest.raises(ConnectionClosed):
                await send(ws, audio(-100, 5000))
            said = await reading
            assert ws.close_code == 1011
            if path is FLUX:
                assert said[-1][1]["code"] == "INTERNAL_SERVER_ERROR"

    uvloop.run(main())


@BOTH
def test_order_breaks_the_order_once(script, path):
    async def main():
        async with simulators("deepgram:order", script) as port, dial(port, path) as ws:
            reading = asyncio.create_task(messages(ws))
            await send(ws, audio(-100, 820, -700))
            await ws.send(CLOSE)
            said = [m for _, m in await reading]
        if path is FLUX:
            turns = [m["event"] for m in said[1:] if m["event"] != "Update"]
            assert turns[:2] == ["EndOfTurn", "StartOfTurn"]
        else:
            wrong = [m for m in said if m["type"] == "Results" and m["speech_final"]]
            assert [m["is_final"] for m in wrong][:2] == [False, True]

    uvloop.run(main())


@BOTH
def test_slow_answers_come_five_seconds_late(path):
    async def main():
        async with simulators("deepgram:slow") as port:
            start = asyncio.get_running_loop().time()
            async with dial(port, path) as ws:
                if path is NOVA:
                    await ws.send(CLOSE)
                await ws.recv()
            assert asyncio.get_running_loop().time() - start >= 4.9

    uvloop.run(main())


def test_delays_are_those_that_were_set(script):
    async def main():
        delays = Delays(nova_final=900)
        async with simulators(transcripts=script, delays=delays) as port:
            async with dial(port, NOVA) as ws:
                await send(ws, audio(-100, 820, -150), pace=0)
                start = asyncio.get_running_loop().time()
                await ws.send('{"type":"Finalize"}')
                await until(ws, lambda m: m["type"] == "Results" and m["is_final"])
                assert asyncio.get_running_loop().time() - start >= 0.89

    uvloop.run(main())
