"""The TCP connection under a simulated vendor's answer: is it there, wait, break it."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

LONGEST_NAP_S = 0.05  # how late a client that went away is noticed while nothing is sent to it
RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST instead of FIN


class Gone(ConnectionError):
    """The client has closed the connection, or this side has."""


class Line:
    """The connection of one request.

    Args:
        request: The request.
    """

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request
        # Kept: the request loses its transport the moment the connection is lost.
        self._transport = request.transport

    @property
    def open(self) -> bool:
        """Whether somebody is still there."""
        transport = self._request.transport
        return transport is not None and not transport.is_closing()

    def reset(self) -> None:
        """Break the connection as a crashing server does: RST, and nothing that was not sent."""
        if self._transport is None or self._transport.is_closing():
            return
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        self._transport.abort()

    def hang_up(self) -> None:
        """Break the connection without the courtesies; used when the vendor is shut down."""
        if self._transport is not None:
            self._transport.abort()

    async def wait_until(self, when: float) -> None:
        """Sleep until a loop time, unless the client goes away.

        Raises:
            Gone: If it did.
        """
        loop = asyncio.get_running_loop()
        while True:
            if not self.open:
                raise Gone("the client went away")
            left = when - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(min(left, LONGEST_NAP_S))

    async def silence(self) -> None:
        """Answer nothing for as long as the client waits.

        Raises:
            Gone: When it went away.
        """
        await self.wait_until(float("inf"))
