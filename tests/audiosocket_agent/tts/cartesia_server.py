"""Cartesia on a loopback socket, as good or as bad as a test wants it."""

import asyncio
import base64
import json
import logging
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

_log = logging.getLogger("the vendor")
_log.setLevel(logging.ERROR)  # what the vendor sees is no leak of ours


def audio(ms, start=0):
    """Return pcm whose samples count up, so that a lost or doubled byte shows."""
    return b"".join((n % 30000).to_bytes(2, "little") for n in range(start, start + ms * 8))


def chunk(context_id, data):
    return {
        "type": "chunk",
        "context_id": context_id,
        "data": base64.b64encode(data).decode(),
        "done": False,
        "status_code": 206,
        "step_time": 12.3,
        "flush_id": 1,
    }


def times(context_id, words, start, end):
    return {
        "type": "timestamps",
        "context_id": context_id,
        "done": False,
        "status_code": 206,
        "word_timestamps": {"words": words, "start": start, "end": end},
    }


def done(context_id):
    return {"type": "done", "context_id": context_id, "done": True, "status_code": 206}


def flush_done(context_id):
    return {
        "type": "flush_done",
        "context_id": context_id,
        "done": False,
        "flush_done": True,
        "flush_id": 1,
        "status_code": 206,
    }


def error(context_id, status, code=None, title="Bad"):
    fields = {
        "type": "error",
        "context_id": context_id,
        "done": True,
        "status_code": status,
        "error_code": code,
        "title": title,
        "message": "Ms Smith at SW1A",
        "request_id": "r",
    }
    return {name: value for name, value in fields.items() if context_id or name != "context_id"}


class Cartesia:
    """Speaks every word as 100 ms of audio; overridable in `heard`.

    Args:
        heard: Called with the connection's `Line` and each frame of a client; None to speak.
        refuse: Status to refuse handshakes with, while it is not None.
    """

    def __init__(self, heard=None, refuse=None):
        self.heard = heard or speak
        self.refuse = refuse
        self.handshakes = []
        self.lines = []
        self.left = asyncio.Event()

    @property
    def frames(self):
        return [frame for line in self.lines for frame in line.frames]

    async def __aenter__(self):
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._handshake,
            close_timeout=1,
            logger=_log,
        )
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    def _handshake(self, connection, request):
        self.handshakes.append((request.path, request.headers))
        if self.refuse is not None:
            return connection.respond(HTTPStatus(self.refuse), "Ms Smith\n")
        return None

    async def _serve(self, connection):
        line = Line(connection)
        self.lines.append(line)
        try:
            async for frame in connection:
                line.frames.append(json.loads(frame))
                line.arrived.set()
                await self.heard(line, line.frames[-1])
        except ConnectionClosed:
            pass
        finally:
            self.left.set()


class Line:
    """One connection of a client."""

    def __init__(self, connection):
        self.connection = connection
        self.frames = []
        self.arrived = asyncio.Event()
        self.spoken_ms = {}

    async def send(self, *frames):
        for frame in frames:
            await self.connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def reset(self):
        self.connection.transport.abort()


async def speak(line, frame):
    """Do as the vendor does when all goes well."""
    name = frame["context_id"]
    if frame.get("cancel"):
        return
    for word in frame["transcript"].split():
        at = line.spoken_ms.get(name, 0)
        line.spoken_ms[name] = at + 100
        await line.send(
            times(name, [word], [at / 1000], [(at + 100) / 1000]), chunk(name, audio(100, at * 8))
        )
    await line.send(flush_done(name))
    if not frame["continue"]:
        await line.send(done(name))
