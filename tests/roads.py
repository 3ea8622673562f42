"""A stretch of network that goes bad on command: a TCP proxy for tests."""

import asyncio
import socket
import struct
from contextlib import suppress


class Road:
    """Carries TCP connections to a port on loopback.

    Args:
        to_port: Where connections go.

    Attributes:
        port: Where they come in; the same for the road's whole life.
        carried: Connections taken in so far.

    Example:
        async with Road(5038) as road:
            ...
            road.freeze()
    """

    def __init__(self, to_port):
        self.port = 0
        self.carried = 0
        self._to_port = to_port
        self._server = None
        self._delay_s = 0.0
        self._moving = asyncio.Event()
        self._moving.set()
        self._writers = set()
        self._tasks = set()

    async def __aenter__(self):
        await self.allow()
        return self

    async def __aexit__(self, *error):
        await self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def allow(self):
        """Let connections in."""
        if self._server is None:
            self._server = await asyncio.start_server(self._enter, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self):
        """Reset every connection, and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        await asyncio.sleep(0)

    def cut(self):
        """Reset every connection."""
        for writer in list(self._writers):
            plug = writer.get_extra_info("socket")  # None: it is closed already
            with suppress(OSError, AttributeError):
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def freeze(self):
        """Forward nothing any more, not even an end, and take new connections all the same."""
        self._moving.clear()

    def thaw(self):
        """Forward what was held and all that follows."""
        self._moving.set()

    def slow(self, delay_s):
        """Hold everything back so long; 0 for a good road."""
        self._delay_s = delay_s

    def _enter(self, reader, writer):
        self.carried += 1
        self._tasks.add(task := asyncio.create_task(self._carry(reader, writer)))
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader, writer):
        self._writers.add(writer)
        try:
            await self._moving.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
            self._writers.add(back)
            try:
                await asyncio.gather(self._copy(reader, back), self._copy(there, writer))
            finally:
                self._writers.discard(back)
                back.transport.abort()
        except OSError:
            pass  # nobody listens there: the caller sees its connection closed
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _copy(self, reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                await self._moving.wait()
                writer.write(data)
                await writer.drain()
        await self._moving.wait()
        writer.transport.abort()
