"""The AudioSocket server: who may come in, and the two ends of a connection.

A connection must show the UUID of a registered call within `HELLO_DEADLINE_S`, once. Everything
else is refused with a hangup message and closed. An end of stream and a reset are the same thing:
while we stream, a reset is how Asterisk normally says that the caller hung up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from audiosocket_agent import protocol
from audiosocket_agent.errors import AdmissionError, RemoteProtocolError
from audiosocket_agent.leg import CallHandler
from audiosocket_agent.protocol import Audio, Dtmf, Hangup, Hello, Message
from audiosocket_agent.seams import SAMPLE_RATE_HZ

log = logging.getLogger(__name__)

HELLO_DEADLINE_S = 5.0
# Four seconds of audio that Asterisk does not take: it has stopped reading and will not start again
# in a way the caller would understand.
MOST_UNSENT_BYTES = 64_000


class Connection(asyncio.Protocol):
    """One TCP connection from Asterisk: the `Leg` of a call.

    Args:
        admit: Given the UUID shown, returns the call's handler or raises AdmissionError.
        connections: The server's open connections.
    """

    def __init__(
        self,
        admit: Callable[[Hello, Connection], CallHandler],
        connections: set[Connection],
    ) -> None:
        self._admit = admit
        self._connections = connections
        self._decoder = protocol.Decoder()
        self._transport: asyncio.Transport | None = None
        self._handler: CallHandler | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._odd_reported = False
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start waiting for the UUID."""
        # A cast, not a check: uvloop's transports do not derive from asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(HELLO_DEADLINE_S, self._refuse, "no UUID in time")

    def data_received(self, data: bytes) -> None:
        """Take bytes from Asterisk."""
        try:
            messages = self._decoder.feed(data)
        except RemoteProtocolError as error:
            self._refuse(str(error))
            return
        for message in messages:
            if self._closing:
                return
            self._take(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Asterisk is gone: end of stream and reset alike."""
        self._closing = True
        self._connections.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()
        if self._handler is not None:
            self._handler.gone()

    def play(self, pcm: bytes) -> None:
        """See `Leg.play`."""
        self._send(protocol.encode_audio(pcm))

    def hang_up(self) -> None:
        """Say goodbye with 0x00 and close; idempotent."""
        if not self._closing and self._transport is not None:
            self._send(protocol.HANGUP_MESSAGE)
            self._closing = True
            self._transport.close()

    def _send(self, message: bytes) -> None:
        """Write one encoded message at once; dropped when the connection is closing."""
        if self._closing or self._transport is None:
            return
        if self._transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            log.error("Asterisk stopped reading; giving the connection up")
            self._closing = True
            self._transport.abort()
            return
        self._transport.write(message)

    def _take(self, message: Message) -> None:
        if self._handler is None:
            self._first(message)
        elif isinstance(message, Audio):
            if message.rate_hz == SAMPLE_RATE_HZ:
                self._handler.audio(message.pcm)
            else:
                self._report_odd(f"audio at {message.rate_hz} Hz")
        elif isinstance(message, Dtmf):
            self._handler.key(message.digit)
        elif isinstance(message, Hangup):
            self._handler.gone()
            self.hang_up()
        else:
            self._report_odd(f"a {type(message).__name__} message")

    def _first(self, message: Message) -> None:
        if not isinstance(message, Hello):
            self._refuse("the first message is not a UUID")
            return
        if self._deadline is not None:
            self._deadline.cancel()
        try:
            self._handler = self._admit(message, self)
        except AdmissionError as error:
            self._refuse(str(error))

    def _report_odd(self, what: str) -> None:
        if not self._odd_reported:
            self._odd_reported = True
            log.warning("ignoring %s from Asterisk (reported once a connection)", what)

    def _refuse(self, why: str) -> None:
        log.warning("AudioSocket connection refused: %s", why)
        if self._handler is not None:
            self._handler.gone()
        self.hang_up()


class AudioSocketServer:
    """Listens for Asterisk.

    Args:
        admit: Given the UUID shown, returns the call's handler or raises AdmissionError.
    """

    def __init__(self, admit: Callable[[Hello, Connection], CallHandler]) -> None:
        self._admit = admit
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port, which is a free one if `port` is 0."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._admit, self._connections), host, port, backlog=256
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and hang up whatever is still connected."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.hang_up()
