"""Where the voice is in a stream: stretches of it, each ended by 200 ms of quiet. Pure.

Time is audio time: the milliseconds of audio received, whatever the clock on the wall says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

FRAME_MS = 10  # one period of the lowest voices, so that a frame within a vowel is never quiet
FULL_SCALE = 32768
# Line noise lies near -60 dBFS and varies by 1 dB from frame to frame; speech on a phone lies
# above -35 dBFS. 12 dB over the one keep what is lost of the tail of a word under two frames.
VOICE_DBFS = -48
END_QUIET_MS = 200
ONSET_FRAMES = 2  # a single loud frame is a click

_THRESHOLD = (FULL_SCALE * 10 ** (VOICE_DBFS / 20)) ** 2


class Edge(Enum):
    """What changed."""

    VOICE = "voice"  # a voice begins, in a new stretch or again in the one that is not over
    QUIET = "quiet"  # the voice stops; the stretch may go on
    END = "end"  # it has been quiet for 200 ms: the stretch is over


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        edge: What changed.
        at_ms: Where in the audio; of an END, where its voice stopped.
    """

    edge: Edge
    at_ms: float


class StretchDetector:
    """Finds the stretches by energy alone.

    Args:
        sample_rate_hz: Of the samples fed.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._frame = sample_rate_hz * FRAME_MS // 1000
        self._rest = np.zeros(0, np.int16)
        self._at_ms = 0.0
        self._onset = 0
        self._voice = False
        self._stopped_ms: float | None = None  # of a stretch in which the voice has stopped

    @property
    def position_ms(self) -> float:
        """How much audio was looked at; a rest shorter than 10 ms waits for more."""
        return self._at_ms

    def feed(self, samples: npt.NDArray[np.int16]) -> list[Change]:
        """Look at more audio.

        Args:
            samples: Any number of them.

        Returns:
            What changed, in order.
        """
        if len(self._rest):
            samples = np.concatenate([self._rest, samples])
        count = len(samples) // self._frame
        self._rest = samples[count * self._frame :].copy()
        frames = samples[: count * self._frame].reshape(count, self._frame).astype(np.float32)
        loud = np.einsum("ij,ij->i", frames, frames) > _THRESHOLD * self._frame
        changes: list[Change] = []
        for is_loud in loud.tolist():
            self._at_ms += FRAME_MS
            if change := self._frame_heard(is_loud):
                changes.append(change)
        return changes

    def _frame_heard(self, is_loud: bool) -> Change | None:
        self._onset = self._onset + 1 if is_loud else 0
        if self._voice:
            if is_loud:
                return None
            self._voice = False
            self._stopped_ms = self._at_ms - FRAME_MS
            return Change(Edge.QUIET, self._stopped_ms)
        if self._onset >= ONSET_FRAMES:
            self._voice = True
            self._stopped_ms = None
            return Change(Edge.VOICE, self._at_ms - self._onset * FRAME_MS)
        if self._stopped_ms is not None and self._at_ms - self._stopped_ms >= END_QUIET_MS:
            stopped_ms, self._stopped_ms = self._stopped_ms, None
            return Change(Edge.END, stopped_ms)
        return None


def decoder(encoding: str) -> npt.NDArray[np.int16] | None:
    """Return the table from a coded byte to its sample for ``mulaw`` or ``alaw``; None for others.

    Source: ITU-T G.711, tables 1a to 2b, scaled to 16 bits.
    """
    codes = np.arange(256)
    if encoding == "mulaw":
        flipped = ~codes & 0xFF
        size = (((flipped & 0x0F) << 3) + 0x84 << ((flipped & 0x70) >> 4)) - 0x84
        return np.where(flipped & 0x80, -size, size).astype(np.int16)
    if encoding == "alaw":
        flipped = codes ^ 0x55
        exponent = (flipped & 0x70) >> 4
        mantissa = ((flipped & 0x0F) << 4) + 8
        size = np.where(exponent > 0, mantissa + 0x100 << np.maximum(exponent - 1, 0), mantissa)
        return np.where(flipped & 0x80, size, -size).astype(np.int16)
    return None
