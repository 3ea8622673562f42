"""The media socket of one call: sends on absolute deadlines, stamps what arrives in the kernel.

Arrival times come from SO_TIMESTAMPNS, so a busy Python delays nothing it reports: the gaps seen
are the gaps on the wire. Sending is late when the event loop is late; by how much is recorded, so
that a measurement can tell when the phone itself was the slow part.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from tests.phone.rtp import FRAME_MS, MalformedPacket, Outgoing, Packet, parse

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module does not name it
_TIMESPEC = struct.Struct("@qq")
_RECEIVE_BUFFER_BYTES = 1 << 20  # 4 s of one call even if every packet costs the kernel 4 KiB
_ANCILLARY_BYTES = 64
_LARGEST_PACKET_BYTES = 2048
_CLOCK_READ_S = 50e-6  # two clock reads further apart than this were interrupted: try again
_PORT_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet and when the kernel received it, in seconds of the monotonic clock."""

    at: float
    packet: Packet


@dataclass(frozen=True, slots=True)
class Departure:
    """A packet and when it was handed to the kernel, in seconds of the monotonic clock."""

    at: float
    packet: Packet


@dataclass(slots=True)
class SendLateness:
    """How late the phone itself was.

    Attributes:
        worst_s: The longest a frame left after its deadline.
        late_frames: Frames more than 5 ms late.
        frames: All frames.
    """

    worst_s: float = 0.0
    late_frames: int = 0
    frames: int = 0

    def add(self, late_s: float) -> None:
        """Count one frame."""
        self.frames += 1
        self.worst_s = max(self.worst_s, late_s)
        self.late_frames += late_s > 0.005


def monotonic_offset_s() -> float:
    """What to add to a wall clock reading of now to get the monotonic clock.

    The wall clock may be stepped, so this is read again whenever packets are read.
    """
    while True:
        before = time.monotonic()
        wall = time.time()
        after = time.monotonic()
        if after - before < _CLOCK_READ_S:
            return (before + after) / 2 - wall


def _bound_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """An even port for RTP and the odd one above it for RTCP (RFC 3550 11), both bound."""
    for _ in range(_PORT_ATTEMPTS):
        rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            rtp.bind((host, 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind((host, port + 1))
                return rtp, rtcp
        except OSError:
            pass  # the odd port is taken
        rtp.close()
        rtcp.close()
    raise OSError(f"no pair of ports free on {host}")


@dataclass(slots=True)
class MediaSocket:
    """One call's RTP socket.

    Args:
        host: Local address to bind to.
        on_arrival: Called after packets were taken in.

    Attributes:
        arrivals: Everything received, in the order the kernel had it.
        departures: Everything sent.
        lateness: How late sending was.
        malformed: Datagrams that were no RTP.
    """

    host: str
    on_arrival: Callable[[], None]
    arrivals: list[Arrival] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)
    lateness: SendLateness = field(default_factory=SendLateness)
    malformed: int = 0
    outgoing: Outgoing | None = None
    _peer: tuple[str, int] | None = None
    _rtp: socket.socket = field(init=False)
    _rtcp: socket.socket = field(init=False)
    _timer: asyncio.TimerHandle | None = None
    _deadline: float = 0.0

    def __post_init__(self) -> None:
        self._rtp, self._rtcp = _bound_pair(self.host)
        self._rtp.setblocking(False)
        self._rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        self._rtp.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        asyncio.get_running_loop().add_reader(self._rtp, self._read)

    def __enter__(self) -> MediaSocket:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The local RTP port."""
        return int(self._rtp.getsockname()[1])

    def start(self, outgoing: Outgoing, host: str, port: int) -> None:
        """Begin to send a frame every 20 ms.

        The first one leaves within a frame's time, at random: a telephone's clock knows nothing of
        the PBX's, and a fixed phase between the two would measure the same delay every time.
        """
        self.outgoing = outgoing
        self.redirect(host, port)
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + random.uniform(0, FRAME_MS / 1000)
        self._timer = loop.call_at(self._deadline, self._send)

    def redirect(self, host: str, port: int) -> None:
        """Send to another address from the next frame on; port 0 sends nowhere."""
        self._peer = (host, port) if port else None

    def stop(self) -> None:
        """Send no more; receiving goes on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Take in what the kernel still holds, then release both ports."""
        if self._rtp.fileno() < 0:
            return
        self.stop()
        self._read()
        asyncio.get_running_loop().remove_reader(self._rtp)
        self._rtp.close()
        self._rtcp.close()

    def _send(self) -> None:
        assert self.outgoing is not None
        loop = asyncio.get_running_loop()
        now = loop.time()
        # A late loop sends what it owes in one go: no speech is lost and the clock does not drift.
        while self._deadline <= now:
            self.lateness.add(now - self._deadline)
            for packet in self.outgoing.step(now):
                self._put(packet, loop.time())
            self._deadline += FRAME_MS / 1000
        self._timer = loop.call_at(self._deadline, self._send)

    def _put(self, packet: Packet, at: float) -> None:
        if self._peer is None:
            return
        try:
            self._rtp.sendto(packet.encode(), self._peer)
        except (BlockingIOError, ConnectionRefusedError):
            return  # as on any network: this packet is lost
        self.departures.append(Departure(at, packet))

    def _read(self) -> None:
        offset = monotonic_offset_s()
        while True:
            try:
                data, ancillary, _, _ = self._rtp.recvmsg(_LARGEST_PACKET_BYTES, _ANCILLARY_BYTES)
            except BlockingIOError:
                break
            except ConnectionRefusedError:
                continue  # an earlier packet of ours found no listener
            try:
                packet = parse(data)
            except MalformedPacket:
                self.malformed += 1
                continue
            self.arrivals.append(Arrival(_stamp(ancillary) + offset, packet))
        self.on_arrival()


def _stamp(ancillary: list[tuple[int, int, bytes]]) -> float:
    """The kernel's wall clock stamp of a datagram, in seconds."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    raise OSError("the kernel did not stamp a packet")
