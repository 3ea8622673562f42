"""A PBX of a few lines on loopback: answers as it is told, loses what it is told to lose.

A peer for the phone's own tests, where a real PBX cannot be made to lose packets or to answer
wrongly. It parses and writes messages with the phone's codec, which has tests of its own with
literal bytes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.phone import rtp, sdp
from tests.phone.g711 import LAWS, Pcm
from tests.phone.heard import frames_of
from tests.phone.message import Message, parameter, parse, reply


@dataclass
class Peer(asyncio.DatagramProtocol):
    """The answering side.

    Attributes:
        plan: The statuses an INVITE gets, in order; a call is up after 200.
        lose: How many datagrams of the given method or `method status` are dropped on arrival or
            before sending.
        media: The description of the answer; the port is the peer's RTP socket.
        seen: Every datagram that arrived and was not lost.
    """

    plan: tuple[int, ...] = (100, 180, 200)
    lose: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=lambda: {0: "PCMU", 101: "TELEPHONE-EVENT"})
    echo: bool = True
    seen: list[Message] = field(default_factory=list)
    rtp_seen: list[rtp.Packet] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    invite: Message | None = None
    transport: asyncio.DatagramTransport = field(init=False)
    rtp_socket: socket.socket = field(init=False)
    _spoken: int = 0
    _answered: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    _repeats: list[asyncio.TimerHandle] = field(default_factory=list)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        message = parse(data)
        self.addr = addr
        if self._lost(message):
            return
        self.seen.append(message)
        self.changed.set()
        key = (message.branch, message.method)
        if key in self._answered:
            for answer in self._answered[key]:
                self._put(answer)
        elif message.status is None:
            self._answered[key] = []
            self._request(message, key)

    def _request(self, message: Message, key: tuple[str, str]) -> None:
        if message.method == "INVITE":
            self.invite = message
            for status in self.plan:
                self.answer(status)
        elif message.method == "CANCEL":
            self._send(reply(message, 200, "OK"), key)
            self.answer(487)
        elif message.method == "ACK":
            for timer in self._repeats:
                timer.cancel()
        else:
            self._send(reply(message, 200, "OK"), key)

    def answer(self, status: int) -> None:
        """Answer the INVITE; a final status is sent again every 50 ms until it is acknowledged."""
        assert self.invite is not None
        response = reply(self.invite, status, "As Told", to_tag="peer")
        response.headers.append(("Contact", self.contact))
        if status == 200:
            response.headers.append(("Content-Type", "application/sdp"))
            response.body = sdp.describe("127.0.0.1", self.rtp_port, self.names)
        self._send(response, (self.invite.branch, "INVITE"))
        if status >= 200:
            self._repeat(response, 0.05)

    def _repeat(self, response: Message, every_s: float) -> None:
        def again() -> None:
            self._put(response.encode())
            self._repeat(response, every_s)

        self._repeats = [asyncio.get_running_loop().call_later(every_s, again)]

    def request(
        self, method: str, cseq: int = 1, body: bytes = b"", **headers: str
    ) -> Callable[[], None]:
        """Send a request inside the dialog; returns a function that sends it again."""
        assert self.invite is not None
        message = Message(f"{method} sip:phone@127.0.0.1 SIP/2.0")
        message.headers = [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{method}{cseq}"),
            ("From", f"{self.invite.get('to')};tag=peer"),
            ("To", self.invite.get("from")),
            ("Call-ID", self.invite.get("call-id")),
            ("CSeq", f"{cseq} {method}"),
            *headers.items(),
        ]
        if body:
            message.headers.append(("Content-Type", "application/sdp"))
        message.body = body
        self._put(message.encode())
        return lambda: self._put(message.encode())

    async def until(self, seen: Callable[[Message], bool], count: int = 1) -> Message:
        """Wait until so many datagrams of a kind have arrived; returns the last of them."""
        async with asyncio.timeout(5):
            while len(found := [m for m in self.seen if seen(m)]) < count:
                self.changed.clear()
                await self.changed.wait()
        return found[-1]

    def _send(self, response: Message, key: tuple[str, str]) -> None:
        self._answered[key].append(response.encode())
        if not self._lost(response):
            self._put(response.encode())

    def _put(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.sendto(data, self.addr)

    def _lost(self, message: Message) -> bool:
        kind = message.method if message.status is None else f"{message.method} {message.status}"
        if self.lose.get(kind, 0):
            self.lose[kind] -= 1
            return True
        return False

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])

    @property
    def contact(self) -> str:
        return f"<sip:peer@127.0.0.1:{self.port}>"

    @property
    def rtp_port(self) -> int:
        return int(self.rtp_socket.getsockname()[1])

    def open_rtp(self) -> None:
        self.rtp_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp_socket.bind(("127.0.0.1", 0))
        self.rtp_socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self.rtp_socket, self._rtp)

    def _rtp(self) -> None:
        data, addr = self.rtp_socket.recvfrom(2048)
        self.rtp_seen.append(rtp.parse(data))
        self.changed.set()
        if self.echo:
            self.rtp_socket.sendto(data, addr)

    async def speak(self, pcm: Pcm) -> None:
        """Send sound to the caller, a frame every 20 ms; returns with the last one sent."""
        assert self.invite is not None
        media = sdp.parse(self.invite.body.decode())
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        for n, (_, frame) in enumerate(frames_of(pcm)):
            await asyncio.sleep(started_s + n * rtp.FRAME_MS / 1000 - loop.time())
            self._spoken += 1
            coded = LAWS["PCMU"].encode(frame)
            packet = rtp.Packet(0, self._spoken, self._spoken * rtp.FRAME_SAMPLES, 9, coded)
            self.rtp_socket.sendto(packet.encode(), (media.host, media.port))

    def close(self) -> None:
        for timer in self._repeats:
            timer.cancel()
        self.transport.close()
        asyncio.get_running_loop().remove_reader(self.rtp_socket)
        self.rtp_socket.close()


@asynccontextmanager
async def peer(**settings: object) -> AsyncIterator[Peer]:
    """A running peer."""
    answering = Peer(**settings)  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()
    answering.transport, _ = await loop.create_datagram_endpoint(
        lambda: answering, local_addr=("127.0.0.1", 0)
    )
    answering.open_rtp()
    try:
        yield answering
    finally:
        answering.close()


def tag_of(message: Message, header: str) -> str:
    """The tag of From or To."""
    return parameter(message.get(header), "tag")
