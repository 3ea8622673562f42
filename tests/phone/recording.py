"""The phone-side recording: both directions laid out on the time they were sent and heard.

Pure, except for `write_wav`. The caller is the left channel, the agent the right one.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.phone.g711 import LAWS, Pcm
from tests.phone.heard import RATE_HZ, VOICE_DBFS
from tests.phone.rtp import Packet

_LAW_OF_TYPE = {0: LAWS["PCMU"], 8: LAWS["PCMA"]}  # static types, RFC 3551 table 4
_POWER_OF_TYPE = {
    kind: law.decode(bytes(range(256))).astype(np.float64) ** 2
    for kind, law in _LAW_OF_TYPE.items()
}
_VOICE_POWER = 32768.0**2 * 10 ** (VOICE_DBFS / 10)
_SNAP_S = 0.010  # jitter up to half a frame is smoothed as any phone does, more is heard as a hole
_QUEUE_S = 0.060  # what a phone holds back of a burst before it has to skip


class Timed(Protocol):
    """A packet with the moment it passed the phone."""

    @property
    def at(self) -> float:
        """Seconds of the monotonic clock."""
        ...

    @property
    def packet(self) -> Packet:
        """What passed."""
        ...


def audio_frames(packets: Iterable[Timed]) -> list[tuple[float, Pcm]]:
    """The audio among some packets, by time; other payload types and duplicates are left out."""
    seen: set[tuple[int, int, int]] = set()
    frames: list[tuple[float, Pcm]] = []
    for timed in packets:
        packet = timed.packet
        law = _LAW_OF_TYPE.get(packet.payload_type)
        # The timestamp is in the key because sequence numbers wrap within a long call.
        key = (packet.ssrc, packet.sequence, packet.timestamp)
        if law is not None and key not in seen:
            seen.add(key)
            frames.append((timed.at, law.decode(packet.payload)))
    return sorted(frames, key=lambda frame: frame[0])


def is_sound(packet: Packet) -> bool:
    """Whether a packet is louder than `heard.VOICE_DBFS`: one look-up, cheap enough for each."""
    powers = _POWER_OF_TYPE.get(packet.payload_type)
    if powers is None or not packet.payload:
        return False
    codes = np.frombuffer(packet.payload, dtype=np.uint8)
    return bool(powers[codes].sum() > _VOICE_POWER * len(codes))


def lost(packets: Iterable[Timed]) -> int:
    """How many packets of the streams never came, judged by sequence numbers, wrap included."""
    streams: dict[int, list[int]] = {}
    for timed in packets:
        streams.setdefault(timed.packet.ssrc, []).append(timed.packet.sequence)
    missing = 0
    for numbers in streams.values():
        expected = highest = numbers[0]
        seen = set()
        for number in numbers:
            step = (number - highest + 0x8000) % 0x10000 - 0x8000
            seen.add(highest + step)
            highest = max(highest, highest + step)
        missing += highest - min(expected, min(seen)) + 1 - len(seen)
    return missing


def lay_out(frames: Sequence[tuple[float, Pcm]], start: float, seconds: float) -> Pcm:
    """Samples of a stretch of time with every frame where it was heard.

    Args:
        frames: Audio with the time it passed, ordered.
        start: The time of the first sample.
        seconds: Length of the result; what falls outside is left out.
    """
    total = round(seconds * RATE_HZ)
    track = np.zeros(total, dtype=np.int16)
    end = -1.0
    for at, pcm in frames:
        offset = at - start
        if end - _QUEUE_S <= offset <= end + _SNAP_S:
            offset = end
        first = max(0, round(offset * RATE_HZ))
        piece = pcm[: max(0, total - first)]
        track[first : first + len(piece)] = piece
        end = offset + len(pcm) / RATE_HZ
    return track


def write_wav(path: Path, left: Pcm, right: Pcm, rate_hz: int = RATE_HZ) -> None:
    """Write two channels; the shorter one is padded with silence."""
    stereo = np.zeros((max(len(left), len(right)), 2), dtype="<i2")
    stereo[: len(left), 0] = left
    stereo[: len(right), 1] = right
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(stereo.tobytes())
