"""A Deepgram on loopback that does what the test tells it: real sockets, literal JSON."""

import asyncio
import contextlib
import http
import json

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

WAIT_S = 10  # for what must happen; a loaded machine is slow, a bug is slower


class Stream:
    """One connection as the vendor sees it."""

    def __init__(self, socket):
        self.socket = socket
        self.path = socket.request.path
        self.headers = socket.request.headers
        self.audio = bytearray()
        self.sizes = []
        self.texts = []
        self._news = asyncio.Event()
        self.gone = asyncio.Event()

    async def send(self, message):
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def drop(self):
        self.socket.transport.abort()
        await self.gone.wait()

    async def until(self, condition):
        """Wait until something that was received makes the condition true."""
        async with asyncio.timeout(WAIT_S):
            while not condition(self):
                self._news.clear()
                await self._news.wait()

    async def text(self, kind, count=1):
        await self.until(lambda s: s.types.count(kind) >= count)

    @property
    def types(self):
        return [json.loads(text)["type"] for text in self.texts]

    async def listen(self):
        with contextlib.suppress(ConnectionClosed):
            async for message in self.socket:
                if isinstance(message, str):
                    self.texts.append(message)
                else:
                    self.audio += message
                    self.sizes.append(len(message))
                self._news.set()
                if isinstance(message, str) and json.loads(message)["type"] == "CloseStream":
                    await self.goodbye()
        self.gone.set()

    async def goodbye(self):
        await self.send({"type": "Metadata", "request_id": "r", "duration": 1.0, "channels": 1})
        await self.socket.close()


class FluxStream(Stream):
    async def goodbye(self):
        await self.socket.close()


class Vendor:
    """Takes streams; `refuse` answers the next handshakes with (status, reason, body)."""

    def __init__(self, stream=Stream, greet=None, deaf=False):
        self.streams = asyncio.Queue()
        self.refuse = None
        self.requests = []
        self._stream = stream
        self._greet = greet
        self._deaf = deaf  # takes the connection and never reads

    async def __aenter__(self):
        self._server = await serve(
            self._serve, "127.0.0.1", 0, process_request=self._request, close_timeout=0.2
        )
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        for connection in list(self._server.connections):
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    async def stream(self):
        async with asyncio.timeout(WAIT_S):
            return await self.streams.get()

    def _request(self, connection, request):
        self.requests.append(request)
        if self.refuse is None:
            return None
        status, headers, body = self.refuse
        headers = Headers({**headers, "Content-Length": str(len(body)), "Connection": "close"})
        return Response(status, http.HTTPStatus(status).phrase, headers, body)

    async def _serve(self, socket):
        stream = self._stream(socket)
        if self._greet is not None:
            with contextlib.suppress(ConnectionClosed):
                await stream.send(self._greet)
        self.streams.put_nowait(stream)
        if self._deaf:
            await stream.gone.wait()
        await stream.listen()


async def soon(awaitable):
    """Await something that must come."""
    async with asyncio.timeout(WAIT_S):
        return await awaitable


async def tasks_left():
    """Return the tasks besides the running one that do not end by themselves."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return (await asyncio.wait(tasks, timeout=1))[1] if tasks else set()
