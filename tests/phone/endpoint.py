"""What a phone that calls and a phone that is called share: one SIP socket, many calls."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from tests.phone.call import Call
from tests.phone.message import MalformedMessage, Message, parse

_CLOSE_S = 3.0

Address = tuple[str, int]


class Endpoint(asyncio.DatagramProtocol):
    """A SIP socket, its calls, and their timers; `open` by a subclass's `__aenter__`.

    Args:
        local_host: Our address.

    Attributes:
        calls: All calls there ever were, oldest first.
    """

    def __init__(self, local_host: str) -> None:
        self.calls: list[Call] = []
        self._local_host = local_host
        self._by_id: dict[str, tuple[Call, Address | None]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, port: int, peer: Address | None) -> Self:
        """Bind the socket.

        Args:
            port: Ours, 0 for any.
            peer: Connects the socket, because the kernel tells only connected ones that nobody
                listens there; None to hear from anyone.
        """
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self._local_host, port), remote_addr=peer
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

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Hand a datagram to its call; what belongs to none is `strange`."""
        try:
            message = parse(data)
        except MalformedMessage:
            return  # keep-alives and noise
        known = self._by_id.get(message.get("call-id"))
        if known is not None:
            known[0].received(message, asyncio.get_running_loop().time())
        else:
            self.strange(message, (str(addr[0]), int(addr[1])))

    def strange(self, message: Message, addr: Address) -> None:
        """Take a message that belongs to no call."""
        raise NotImplementedError

    def add(self, call: Call, peer: Address | None) -> None:
        """Keep a call from now on.

        Args:
            call: The call.
            peer: Where its datagrams go, None on a connected socket.
        """
        self.calls.append(call)
        self._by_id[call.dialog.call_id] = (call, peer)

    def send(self, data: bytes, peer: Address | None) -> None:
        """Send a datagram while the socket is open."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, peer)

    def flush(self, call: Call) -> None:
        """Send what a dialog has to say and set its timer."""
        assert self._transport is not None
        if self._transport.is_closing():
            return
        key = call.dialog.call_id
        for data in call.dialog.take_output():
            self.send(data, self._by_id[key][1])
        with contextlib.suppress(KeyError):
            self._timers.pop(key).cancel()
        deadline = call.dialog.next_deadline()
        if deadline is not None:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_at(
                deadline, lambda: call.timed_out(max(deadline, loop.time()))
            )
