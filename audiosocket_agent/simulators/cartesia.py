"""Cartesia's text to speech as a server: ``/tts/websocket``, spoken by espeak-ng.

A key is anything but "" and "wrong", in ``Authorization: Bearer`` or ``X-API-Key``, never in the
address. Audio goes out four times faster than it is heard, in chunks of about 100 ms that now and
then split a sample. When a context starts to speak is told in `cartesia_context`; its first audio
comes ``tts_first`` ms after its first text, the synthesis hidden in that time.

Not documented by the vendor, chosen here: a context that expires says nothing, and text for one
that has ended is an error 400 ``context_expired``; an idle socket is closed with 1000; a cancelled
context ends with ``done`` once what was generating is out, and with nothing if nothing was.

Occasions for faults: a connection (REFUSE, HANG, 401, 402, 403, 429, 503, IDLE), and a context:

    SLOW       its first audio 5 s late
    STALL      two chunks, then nothing
    DROP       two chunks, then the connection is reset
    MALFORMED  after the first chunk a message that is not JSON
    ORDER      audio of a context nobody opened first, timestamps after ``done``
    EXPIRE     the context is gone when its second text comes
    404        ``model_not_found``
    ERROR      after the first chunk an error 500, and the context is gone
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from aiohttp import WSCloseCode, WSMsgType, web

from audiosocket_agent.simulators.cartesia_request import (
    WRONG,
    Cancel,
    Refusal,
    Say,
    bad,
    check_version,
    context_expired,
    error_frame,
    model_not_found,
    read_message,
)
from audiosocket_agent.simulators.cartesia_speaker import Speaker
from audiosocket_agent.simulators.cartesia_voice import SimulatedVoice
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import IDLE_MS, FaultKind, Faults, Vendor
from audiosocket_agent.simulators.line import Gone, Line

IDLE_S = 300.0
CONTEXTS = 200  # at once, over all connections; the largest public plan has 15
SOCKETS_PER_CONTEXT = 10
ENDED_KEPT = 256  # ids of ended contexts a connection remembers; older ones may be used again
MESSAGE_BYTES = 1024 * 1024
CLOSING_S = 2.0

PER_CONNECTION = frozenset((
    FaultKind.REFUSE, FaultKind.UNAUTHORIZED, FaultKind.PAYMENT, FaultKind.FORBIDDEN,
    FaultKind.RATE_LIMITED, FaultKind.BROKEN, FaultKind.HANG, FaultKind.IDLE,
))  # fmt: skip
PER_CONTEXT = frozenset((
    FaultKind.SLOW, FaultKind.STALL, FaultKind.DROP, FaultKind.MALFORMED, FaultKind.ORDER,
    FaultKind.EXPIRE, FaultKind.NOT_FOUND, FaultKind.ERROR,
))  # fmt: skip
_REFUSALS = {
    FaultKind.UNAUTHORIZED: (401, "unauthorized", "Unauthorized", "The API key is not valid."),
    FaultKind.PAYMENT: (402, "quota_exceeded", "Payment required", "No credits are left."),
    FaultKind.FORBIDDEN: (403, "forbidden", "Forbidden", "The key may not use this."),
    FaultKind.RATE_LIMITED: (
        429,
        "concurrency_limited",
        "Too many concurrent requests",
        "Too many connections at once.",
    ),
    FaultKind.BROKEN: (503, "unavailable", "Unavailable", "The service is unavailable."),
}


class CartesiaVendor:
    """The vendor.

    Args:
        delays: ``tts_first`` counts.
        faults: Those of Cartesia.
        contexts: How many contexts may be active at once; ten times as many connections.
        idle_s: When a connection without a message is closed.
    """

    def __init__(
        self,
        delays: Delays,
        faults: Faults,
        *,
        contexts: int = CONTEXTS,
        idle_s: float = IDLE_S,
    ) -> None:
        self.voice = SimulatedVoice()
        self.first_ms = delays.tts_first
        self.faults = faults
        self.most_contexts = contexts
        self.idle_s = idle_s
        self._connections: set[_Connection] = set()
        self._lines: set[Line] = set()
        self._requests = 0
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def connections(self) -> int:
        """How many connections there are, answered or not."""
        return len(self._lines)

    @property
    def active_contexts(self) -> int:
        """How many contexts are active, over all connections."""
        return sum(len(connection.speakers) for connection in self._connections)

    def add_routes(self, app: web.Application) -> None:
        """Mount the wire."""
        app.router.add_get("/tts/websocket", self._connect)

    async def close(self) -> None:
        """Break every connection and stop the voice; idempotent."""
        self._closed = True
        for line in self._lines:
            line.hang_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await self._idle.wait()
        await self.voice.close()

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        line = Line(request)
        if self._closed:
            line.hang_up()
        self._requests += 1
        request_id = f"sim-{self._requests:08d}"
        pinned = request.headers.get("Cartesia-Version", "")
        version = request.query.get("cartesia_version", pinned)
        hit = self.faults.next(Vendor.CARTESIA, PER_CONNECTION)
        self._lines.add(line)
        self._idle.clear()
        try:
            if FaultKind.REFUSE in hit:
                line.reset()
                raise Gone("reset")
            if FaultKind.HANG in hit:
                await line.silence()
            self._admit(request, version, hit)
            return await self._talk(request, line, version, request_id, hit)
        except Refusal as refusal:
            frame = error_frame(refusal, version or "2026-03-01", request_id)
            return web.json_response(frame, status=refusal.status)
        except ConnectionError:
            # Either side broke the connection. The response goes nowhere; aiohttp wants one.
            return web.Response()
        finally:
            self._lines.discard(line)
            if not self._lines:
                self._idle.set()

    def _admit(self, request: web.Request, version: str, hit: frozenset[FaultKind]) -> None:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        key = bearer.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")
        if key in WRONG:
            raise Refusal(*_REFUSALS[FaultKind.UNAUTHORIZED])
        check_version(version)
        for kind, words in _REFUSALS.items():
            if kind in hit:
                raise Refusal(*words)
        if len(self._connections) >= self.most_contexts * SOCKETS_PER_CONTEXT:
            raise Refusal(*_REFUSALS[FaultKind.RATE_LIMITED])

    async def _talk(
        self,
        request: web.Request,
        line: Line,
        version: str,
        request_id: str,
        hit: frozenset[FaultKind],
    ) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=MESSAGE_BYTES)
        await socket.prepare(request)
        idle_s = IDLE_MS / 1000 if FaultKind.IDLE in hit else self.idle_s
        connection = _Connection(self, socket, line, version, request_id)
        self._connections.add(connection)
        try:
            await connection.serve(idle_s)
        finally:
            self._connections.discard(connection)
            await connection.close()
        return socket


class _Connection:
    """One client's connection and its contexts."""

    def __init__(
        self,
        vendor: CartesiaVendor,
        socket: web.WebSocketResponse,
        line: Line,
        version: str,
        request_id: str,
    ) -> None:
        self.speakers: dict[str, Speaker] = {}
        self._vendor = vendor
        self._socket = socket
        self._line = line
        self._version = version
        self._request_id = request_id
        self._ended: deque[str] = deque(maxlen=ENDED_KEPT)

    async def serve(self, idle_s: float) -> None:
        """Take messages until the client closes, or says nothing for too long."""
        while True:
            try:
                message = await self._socket.receive(timeout=idle_s)
            except TimeoutError:
                await self._socket.close(code=WSCloseCode.OK, message=b"closed for inactivity")
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            try:
                if message.type is WSMsgType.BINARY:
                    raise bad("", "messages are text frames")
                self._take(read_message(message.data, self._version))
            except Refusal as refusal:
                await self._refuse(refusal)

    async def close(self) -> None:
        """Stop every context."""
        speakers = list(self.speakers.values())
        for speaker in speakers:
            speaker.task.cancel()
        await asyncio.gather(*(s.task for s in speakers), return_exceptions=True)

    def _take(self, message: Say | Cancel) -> None:
        speaker = self.speakers.get(message.context_id)
        if isinstance(message, Cancel):
            if speaker is not None:
                speaker.cancel()
            return
        if speaker is None:
            speaker = self._open(message)
        elif FaultKind.EXPIRE in speaker.faults or speaker.expired:
            raise context_expired(message.context_id)
        speaker.say(message)

    def _open(self, message: Say) -> Speaker:
        name = message.context_id
        if name in self._ended:
            raise context_expired(name)
        if self._vendor.active_contexts >= self._vendor.most_contexts:
            words = ("Too many concurrent requests", "Too many contexts at once.")
            raise Refusal(429, "concurrency_limited", *words, name)
        faults = self._vendor.faults.next(Vendor.CARTESIA, PER_CONTEXT)
        if FaultKind.NOT_FOUND in faults:
            raise model_not_found(name)
        speaker = Speaker(
            message, self._socket, self._line, self._vendor.voice, self._vendor.first_ms, faults
        )
        self.speakers[name] = speaker
        speaker.task = asyncio.create_task(self._run(name, speaker))
        return speaker

    async def _run(self, name: str, speaker: Speaker) -> None:
        try:
            await speaker.run()
        except Refusal as refusal:
            self._forget(name)
            with suppress(ConnectionError):
                await self._send_error(refusal)
        except ConnectionError:
            pass  # the reader sees it too, and ends the connection
        finally:
            self._forget(name)

    def _forget(self, name: str) -> None:
        if self.speakers.pop(name, None) is not None:
            self._ended.append(name)

    async def _refuse(self, refusal: Refusal) -> None:
        """Say no; a context that made a mistake is gone."""
        speaker = self.speakers.get(refusal.context_id)
        if speaker is not None:
            speaker.task.cancel()
            self._forget(refusal.context_id)
            await asyncio.gather(speaker.task, return_exceptions=True)
        await self._send_error(refusal)

    async def _send_error(self, refusal: Refusal) -> None:
        await self._socket.send_json(error_frame(refusal, self._version, self._request_id))
