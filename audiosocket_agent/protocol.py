"""The AudioSocket wire format, without any I/O.

A message is ``kind (1 byte) | length (2 bytes, big endian) | payload``. Asterisk sends the call's
UUID first, then audio and DTMF; it never sends a hangup: the end of a call is the end of the TCP
stream. We send audio, and a hangup before every close.

Source: Asterisk ``include/asterisk/res_audiosocket.h`` and ``res/res_audiosocket.c``.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from audiosocket_agent.errors import LocalProtocolError, RemoteProtocolError

HEADER = struct.Struct(">BH")
HEADER_BYTES = HEADER.size
MAX_PAYLOAD_BYTES = 0xFFFF


class Kind(IntEnum):
    """Message kinds; the SLIN kinds are signed linear audio at the rate they name."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    SLIN8 = 0x10
    SLIN12 = 0x11
    SLIN16 = 0x12
    SLIN24 = 0x13
    SLIN32 = 0x14
    SLIN44 = 0x15
    SLIN48 = 0x16
    SLIN96 = 0x17
    SLIN192 = 0x18
    ERROR = 0xFF


SAMPLE_RATES_HZ: dict[int, int] = {
    Kind.SLIN8: 8000,
    Kind.SLIN12: 12000,
    Kind.SLIN16: 16000,
    Kind.SLIN24: 24000,
    Kind.SLIN32: 32000,
    Kind.SLIN44: 44100,
    Kind.SLIN48: 48000,
    Kind.SLIN96: 96000,
    Kind.SLIN192: 192000,
}

DTMF_DIGITS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a connection: which call this is."""

    call_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of the caller's audio, of whatever length the caller's packets have.

    Attributes:
        pcm: Signed 16-bit little-endian mono.
        rate_hz: Samples per second; 8000 from ``AudioSocket()`` in every Asterisk version.
    """

    pcm: bytes
    rate_hz: int


@dataclass(frozen=True, slots=True)
class Dtmf:
    """A key was released: one of ``0-9 * # A-D``."""

    digit: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """The peer says goodbye. Asterisk never sends it; other AudioSocket clients do."""


@dataclass(frozen=True, slots=True)
class PeerError:
    """The peer reports an error. No Asterisk release sends it."""

    code: bytes


@dataclass(frozen=True, slots=True)
class Unknown:
    """A well-framed message we have no use for; skipping it keeps the call alive.

    Attributes:
        kind: The kind byte as received.
        length: Payload length in bytes.
    """

    kind: int
    length: int


Message = Hello | Audio | Dtmf | Hangup | PeerError | Unknown


class Decoder:
    """Turns bytes, split anywhere, into messages.

    The decoder holds at most one incomplete message (65,538 bytes). After it has raised it is
    finished: framing cannot be found again once it is lost, so the connection must be closed.
    """

    def __init__(self) -> None:
        self._tail = b""
        self._broken = False

    def feed(self, data: bytes) -> list[Message]:
        """Decode bytes from the peer; an incomplete tail is kept for the next call.

        Args:
            data: Any number of bytes, split anywhere.

        Raises:
            RemoteProtocolError: If a UUID payload is not 16 bytes long: whatever this peer is, it
                does not speak AudioSocket.
        """
        if self._broken:
            raise RemoteProtocolError("the stream already broke the protocol")
        try:
            return list(self._decode(self._tail + data if self._tail else data))
        except RemoteProtocolError:
            self._broken = True
            raise

    def _decode(self, buffer: bytes) -> Iterator[Message]:
        at = 0
        while len(buffer) - at >= HEADER_BYTES:
            kind, length = HEADER.unpack_from(buffer, at)
            end = at + HEADER_BYTES + length
            if end > len(buffer):
                break
            message = _message(kind, buffer[at + HEADER_BYTES : end])
            at = end
            if message is not None:
                yield message
        self._tail = buffer[at:]


def _message(kind: int, payload: bytes) -> Message | None:
    """Build one message; None for an audio message that carries no whole sample."""
    rate_hz = SAMPLE_RATES_HZ.get(kind)
    if rate_hz is not None:
        # Asterisk itself drops the last byte of an odd payload (samples = length / 2).
        pcm = payload if len(payload) % 2 == 0 else payload[:-1]
        return Audio(pcm, rate_hz) if pcm else None
    if kind == Kind.UUID:
        if len(payload) != 16:
            raise RemoteProtocolError(f"a UUID has 16 bytes, not {len(payload)}")
        return Hello(uuid.UUID(bytes=payload))
    if kind == Kind.DTMF:
        digit = payload.decode("latin-1")
        return Dtmf(digit) if digit in DTMF_DIGITS else Unknown(kind, len(payload))
    if kind == Kind.HANGUP:
        return Hangup()
    if kind == Kind.ERROR:
        return PeerError(payload)
    return Unknown(kind, len(payload))


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """Encode one message, header and payload together.

    Send the result with one write: Asterisk 18 and some later releases lose their framing when a
    message arrives in pieces.

    Raises:
        LocalProtocolError: If the payload does not fit the kind.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise LocalProtocolError(f"a payload has at most {MAX_PAYLOAD_BYTES} bytes")
    if kind in SAMPLE_RATES_HZ and (not payload or len(payload) % 2):
        raise LocalProtocolError("audio is a whole, non-zero number of 16-bit samples")
    if kind is Kind.UUID and len(payload) != 16:
        raise LocalProtocolError("a UUID has 16 bytes")
    if kind is Kind.DTMF and payload.decode("latin-1") not in DTMF_DIGITS:
        raise LocalProtocolError("a DTMF message carries one key")
    return HEADER.pack(kind, len(payload)) + payload


def encode_audio(pcm: bytes) -> bytes:
    """Encode one frame of 8 kHz audio (320 bytes is 20 ms)."""
    return encode(Kind.SLIN8, pcm)


HANGUP_MESSAGE = encode(Kind.HANGUP)
SILENCE_FRAME = bytes(320)
SILENCE_MESSAGE = encode_audio(SILENCE_FRAME)
