"""A telephone: one SIP socket, any number of calls at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from types import TracebackType

from tests.phone.call import Call
from tests.phone.media import MediaSocket
from tests.phone.message import Caller, MalformedMessage, Message, parse
from tests.phone.sip import Dialog, Line, stray

_CLOSE_S = 3.0


class Phone(asyncio.DatagramProtocol):
    """A telephone that places calls through one PBX, without registration.

    Args:
        host: The PBX's address.
        port: Its SIP port over UDP.
        local_host: Our address.
        codecs: Encodings offered, preferred first, of `PCMU` and `PCMA`.

    Example:
        async with Phone("127.0.0.1", 5060) as phone:
            call = await phone.call("441632960001")
            await call.answered()
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        local_host: str = "127.0.0.1",
        codecs: Sequence[str] = ("PCMU", "PCMA"),
    ) -> None:
        self.calls: list[Call] = []
        self._peer = (host, port)
        self._local_host = local_host
        self._codecs = tuple(codecs)
        self._by_id: dict[str, Call] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Phone:
        loop = asyncio.get_running_loop()
        # A connected socket, because the kernel tells only those that nobody listens there.
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self._local_host, 0), remote_addr=self._peer
        )
        self._transport = transport
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up whatever is still going on and release every port."""
        try:
            live = [call for call in self.calls if call.outcome is None]
            endings = (call.hangup(_CLOSE_S) for call in live)
            await asyncio.gather(*endings, return_exceptions=True)
        finally:
            for timer in self._timers.values():
                timer.cancel()
            for call in self.calls:
                call.media.close()
            if self._transport is not None:
                self._transport.close()

    @property
    def port(self) -> int:
        """Our SIP port."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    async def call(
        self,
        number: str,
        caller: Caller | None = None,
        *,
        codecs: Sequence[str] | None = None,
    ) -> Call:
        """Send an INVITE; returns at once, `Call.answered` waits.

        Args:
            number: The user part to dial.
            caller: Who calls; default: 07700900123 without a name.
            codecs: Encodings for this call instead of the phone's.
        """
        media = MediaSocket(self._local_host, on_arrival=lambda: None)
        line = Line(
            number,
            *self._peer,
            local_host=self._local_host,
            local_port=self.port,
            caller=caller or Caller(),
            media_port=media.port,
            codecs=tuple(codecs or self._codecs),
        )
        dialog = Dialog(line, token=lambda: secrets.token_hex(8))
        call = Call(dialog, media, self._flush)
        self.calls.append(call)
        self._by_id[dialog.call_id] = call
        now = asyncio.get_running_loop().time()
        call.dialed_at = now
        dialog.start(now)
        self._flush(call)
        return call

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Hand a datagram to its call; what belongs to none is answered as a phone would."""
        try:
            message = parse(data)
        except MalformedMessage:
            return  # keep-alives and noise
        call = self._by_id.get(message.get("call-id"))
        if call is not None:
            call.received(message, asyncio.get_running_loop().time())
        else:
            self._send(stray(message))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens on the PBX's port: whoever waits for an answer need not wait on."""
        for call in self.calls:
            if call.outcome is None:
                call.unreachable(asyncio.get_running_loop().time())

    def _send(self, message: Message | None) -> None:
        if message is not None and self._transport is not None:
            self._transport.sendto(message.encode())

    def _flush(self, call: Call) -> None:
        """Send what a dialog has to say and set its timer."""
        assert self._transport is not None
        if self._transport.is_closing():
            return
        for data in call.dialog.take_output():
            self._transport.sendto(data)
        key = call.dialog.call_id
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        deadline = call.dialog.next_deadline()
        if deadline is not None:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_at(
                deadline, lambda: call.timed_out(max(deadline, loop.time()))
            )
