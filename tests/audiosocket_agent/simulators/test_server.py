"""All vendors behind one port: faults changed while they run, frames shown without keys."""

import asyncio

import aiohttp
import pytest
import uvloop
from websockets.exceptions import InvalidStatus

from tests.audiosocket_agent.simulators.clients import NOVA, dial, messages, simulators


async def frames(http, port):
    async with http.get(f"http://127.0.0.1:{port}/frames") as response:
        return await response.json()


def test_faults_can_be_changed_while_it_runs():
    async def main():
        async with simulators() as port, aiohttp.ClientSession() as http:
            url = f"http://127.0.0.1:{port}/faults"
            async with http.put(url, data="deepgram:402") as response:
                assert response.status == 204
            with pytest.raises(InvalidStatus):
                async with dial(port, NOVA):
                    pass
            async with http.put(url, data="") as response:
                assert response.status == 204
            async with dial(port, NOVA):
                pass
            async with http.put(url, data="deepgram:explode") as response:
                assert response.status == 400
                assert "VOICEAGENT_SIM_FAULT=deepgram:explode" in await response.text()

    uvloop.run(main())


def test_frames_show_what_clients_sent_but_no_key():
    async def main():
        async with simulators() as port, aiohttp.ClientSession() as http:
            async with dial(port, NOVA) as ws:
                await ws.send('{"type":"KeepAlive"}')
                await ws.send('{"type":"CloseStream"}')
                await messages(ws)
            url = f"http://127.0.0.1:{port}/tts/websocket"
            async with http.get(url, params={"api_key": "key-of-the-test"}):
                pass
            kept = await frames(http, port)
            assert "key-of-the-test" not in str(kept)
            assert [(f["vendor"], f["what"]) for f in kept] == [
                ("deepgram", "request"),
                ("deepgram", "frame"),
                ("deepgram", "frame"),
                ("cartesia", "request"),
            ]
            assert kept[0]["path"] == "/v1/listen"
            assert ["model", "nova-3"] in kept[0]["query"]
            assert kept[0]["headers"]["Authorization"] == "(a key)"
            assert kept[1]["text"] == '{"type":"KeepAlive"}'

    uvloop.run(main())


def test_a_chat_request_reaches_its_vendor_with_its_body_noted():
    async def main():
        async with simulators() as port, aiohttp.ClientSession() as http:
            url = f"http://127.0.0.1:{port}/openai/v1/chat/completions"
            async with http.post(url, data='{"model": 1}') as response:
                assert response.status in (400, 401)
            async with http.post(url, data=b"\xff") as response:
                assert response.status in (400, 401)
            first, second = await frames(http, port)
            assert (first["vendor"], first["body"]) == ("groq", '{"model": 1}')
            assert second["body"] == "\ufffd"

    uvloop.run(main())


def test_every_vendor_has_its_paths():
    async def main():
        async with simulators() as port, aiohttp.ClientSession() as http:
            for path in (
                "/v1/listen",
                "/v2/listen",
                "/openai/v1/models",
                "/v1/models",
                "/tts/websocket",
            ):
                async with http.get(f"http://127.0.0.1:{port}{path}") as response:
                    assert response.status != 404, path
            async with http.get(f"http://127.0.0.1:{port}/v3/listen") as response:
                assert response.status == 404

    uvloop.run(main())


def test_closing_ends_every_connection():
    async def main():
        async with simulators() as port:
            ws = await dial(port, NOVA)
            listening = asyncio.create_task(messages(ws))
            await ws.send('{"type":"KeepAlive"}')
        await listening
        with pytest.raises(OSError):
            await dial(port, NOVA)

    uvloop.run(main())
