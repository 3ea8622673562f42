"""RTP packets, and the stream a caller sends: speech, silence and keypad digits in 20 ms frames.

Sans-I/O: no socket and no clock; `media.py` brings both.
Source: RFC 3550 section 5.1, RFC 4733 section 2.3.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

FRAME_MS = 20
FRAME_SAMPLES = 160  # 8,000 Hz * 20 ms; also bytes, as both G.711 laws take one a sample
DIGITS = "0123456789*#ABCD"  # RFC 4733 table 3: the event code is the place in this text
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_END_BIT = 0x80
_VOLUME = 10  # -10 dBm0, what phones send
_END_COPIES = 3  # RFC 4733 2.5.1.4: the end of an event is sent three times


class MalformedPacket(ValueError):
    """A datagram that is no RTP packet."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet; the fields are those of the header."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        """The datagram."""
        second = self.payload_type | (0x80 if self.marker else 0)
        head = _HEADER.pack(0x80, second, self.sequence, self.timestamp, self.ssrc)
        return head + self.payload


def parse(data: bytes) -> Packet:
    """Read one datagram.

    Raises:
        MalformedPacket: If it is too short or not version 2.
    """
    if len(data) < _HEADER.size or data[0] >> 6 != 2:
        raise MalformedPacket(f"{len(data)} bytes that are not RTP")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:  # header extension: 16 bits of profile, 16 bits of length in words
        if len(data) < start + 4:
            raise MalformedPacket("header extension cut short")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if start > end:
        raise MalformedPacket("header longer than the packet")
    return Packet(second & 0x7F, sequence, timestamp, ssrc, data[start:end], bool(second & 0x80))


@dataclass(slots=True)
class Utterance:
    """A piece of speech on its way out.

    Attributes:
        frames: Its encoded frames.
        started_at: When the first frame was sent, in seconds of the loop's clock; None before.
        ended_at: When the last frame was sent.
        on_change: Called without arguments after either of the two was set.
    """

    frames: list[bytes]
    started_at: float | None = None
    ended_at: float | None = None
    on_change: Callable[[], None] | None = None
    _next: int = 0

    def take(self, now: float) -> bytes:
        """The next frame, which is sent at `now`."""
        frame = self.frames[self._next]
        self._next += 1
        if self._next == 1:
            self.started_at = now
        if self._next == len(self.frames):
            self.ended_at = now
        if self.on_change and (self._next == 1 or self.finished):
            self.on_change()
        return frame

    @property
    def finished(self) -> bool:
        """Whether every frame has been taken."""
        return self._next >= len(self.frames)


@dataclass(slots=True)
class KeyPress:
    """A key on its way out.

    Attributes:
        payloads: What is still to be sent of it.
        on_change: Called without arguments once all of it was sent.
        timestamp: Of its start, which all its packets carry; None before the first.
    """

    payloads: list[bytes]
    on_change: Callable[[], None] | None = None
    timestamp: int | None = None

    @property
    def finished(self) -> bool:
        """Whether the key is up again."""
        return not self.payloads

    def take(self) -> list[bytes]:
        """The payloads of the next 20 ms."""
        ends = len(self.payloads) == _END_COPIES
        now = self.payloads if ends else self.payloads[:1]
        self.payloads = self.payloads[len(now) :]
        if ends and self.on_change:
            self.on_change()
        return now


def event_payloads(digit: str, duration_ms: int) -> list[bytes]:
    """The payloads of one key press, one for each 20 ms and the end three times.

    Raises:
        ValueError: If it is no key.
    """
    if len(digit) != 1 or digit.upper() not in DIGITS:
        raise ValueError(f"no such key: {digit!r}")
    code = DIGITS.index(digit.upper())
    steps = max(2, duration_ms // FRAME_MS)
    going = [_EVENT.pack(code, _VOLUME, n * FRAME_SAMPLES) for n in range(1, steps)]
    end = _EVENT.pack(code, _VOLUME | _END_BIT, steps * FRAME_SAMPLES)
    return going + [end] * _END_COPIES


@dataclass(slots=True)
class Outgoing:
    """The outgoing stream: asked for the packets of every 20 ms, it says speech or silence.

    Attributes:
        payload_type: Of the speech encoding.
        silence: One encoded frame of it.
        ssrc: Our source.
        event_payload_type: Of telephone events, None when the peer takes none.
        sequence: Of the next packet.
        timestamp: Of the next frame.
        background: Called for every frame; sent when nobody speaks. None for silence.
    """

    payload_type: int
    silence: bytes
    ssrc: int
    event_payload_type: int | None = None
    sequence: int = 0
    timestamp: int = 0
    background: Callable[[], bytes] | None = None
    _queue: deque[Utterance | KeyPress] = field(default_factory=deque)
    _talking: bool = False

    def say(self, utterance: Utterance) -> None:
        """Queue speech behind whatever is queued already."""
        self._queue.append(utterance)

    def press(self, key: KeyPress) -> None:
        """Queue a key press.

        Raises:
            ValueError: If the peer takes no telephone events.
        """
        if self.event_payload_type is None:
            raise ValueError("the peer accepted no telephone events")
        self._queue.append(key)

    def hush(self) -> None:
        """Drop everything queued: the caller stops in mid-word."""
        self._queue.clear()

    def step(self, now: float) -> list[Packet]:
        """The packets of the frame that starts now: one, or three at the end of a key press."""
        head = self._queue[0] if self._queue else None
        packets = self._key(head) if isinstance(head, KeyPress) else [self._speech(head, now)]
        if head is not None and head.finished:
            self._queue.popleft()
        self.timestamp = (self.timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
        return packets

    def _speech(self, utterance: Utterance | None, now: float) -> Packet:
        behind = self.background() if self.background else self.silence  # goes on unheard, too
        frame = behind if utterance is None else utterance.take(now)
        # RFC 3551 4.1: the marker is set on the first packet of a talkspurt.
        marker, self._talking = utterance is not None and not self._talking, utterance is not None
        return self._packet(self.payload_type, self.timestamp, frame, marker)

    def _key(self, key: KeyPress) -> list[Packet]:
        assert self.event_payload_type is not None
        marker = key.timestamp is None
        if key.timestamp is None:
            key.timestamp = self.timestamp
        return [
            self._packet(self.event_payload_type, key.timestamp, payload, marker and n == 0)
            for n, payload in enumerate(key.take())
        ]

    def _packet(self, payload_type: int, timestamp: int, payload: bytes, marker: bool) -> Packet:
        packet = Packet(payload_type, self.sequence, timestamp, self.ssrc, payload, marker)
        self.sequence = (self.sequence + 1) & 0xFFFF
        return packet
