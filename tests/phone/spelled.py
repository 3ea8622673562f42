"""Reads the words of the voice `tones` off what a phone heard: pure, and knows no words.

A word is whole if its last sample was heard. One that was cut off, by another word or by the end of
the recording, is returned as far as it was heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiosocket_agent.simulators.cartesia_tones import BEGIN, END, SYMBOLS, symbol
from tests.phone.g711 import Pcm
from tests.phone.heard import RATE_HZ

_LONG_SILENCE = 16  # samples, 2 ms: no pair of tones stays at zero for that long
_ALIKE = 0.98  # correlation; mu-law leaves 0.998, another symbol or a cut one below 0.8
_EDGE = 4  # samples at an edge that may have been taken for silence

_Floats = npt.NDArray[np.float64]
_TEMPLATES = np.stack([symbol(letter, RATE_HZ).astype(np.float64) for letter in SYMBOLS])
_LENGTH = _TEMPLATES.shape[1]


class Unreadable(AssertionError):
    """There is a sound that no symbol is, nor the beginning of one."""


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word that was heard.

    Attributes:
        text: Its letters, as far as they were heard.
        whole: Whether it was heard to its end.
        start: When its first sample was heard, seconds of the frames' clock.
        end: When its last was.
    """

    text: str
    whole: bool
    start: float
    end: float


def read(frames: Sequence[tuple[float, Pcm]]) -> list[ReadWord]:
    """Read frames in the order heard.

    Args:
        frames: When each began to be heard, and its samples at 8,000 Hz.

    Raises:
        Unreadable: If anything is heard that the voice does not say.
    """
    if not frames:
        return []
    samples = np.concatenate([pcm for _, pcm in frames]).astype(np.float64)
    times = np.concatenate([at + np.arange(len(pcm)) / RATE_HZ for at, pcm in frames])
    starts = np.cumsum([0, *(len(pcm) for _, pcm in frames)])
    audible = _audible(samples, starts)
    # Where sound goes on after silence: there, and nowhere else, may a symbol be cut off.
    seams = np.flatnonzero(np.diff(np.flatnonzero(audible)) > 1) + 1
    return _Reader(samples[audible], times[audible], seams.tolist()).words()


def _audible(samples: _Floats, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return what is left without runs of zeros.

    A voice is held between two frames; its samples next to them may be zeros of its own.
    """
    padded = np.concatenate(([0], (samples == 0).astype(np.int8), [0]))
    steps = np.diff(padded)
    audible = np.ones(len(samples), np.bool_)
    for first, end in zip(np.flatnonzero(steps > 0), np.flatnonzero(steps < 0), strict=True):
        if end - first < _LONG_SILENCE:
            continue
        held = int(starts[np.searchsorted(starts, first)])
        goes_on = int(starts[np.searchsorted(starts, end, side="right") - 1])
        first = held if held - first <= _EDGE else first
        audible[first : goes_on if end - goes_on <= _EDGE else end] = False
    return audible


class _Reader:
    def __init__(self, samples: _Floats, times: _Floats, seams: list[int]) -> None:
        self._samples = samples
        self._times = times
        self._seams = [*seams, len(samples)]
        self._words: list[ReadWord] = []
        self._word: tuple[str, int] | None = None  # letters so far, and where it began

    def words(self) -> list[ReadWord]:
        at = 0
        while at < len(self._samples):
            letter = self._symbol(at)
            if letter is None:
                at = self._cut(at)
                continue
            if letter == BEGIN:
                self._end(at, whole=False)
                self._word = ("", at)
            elif self._word is None:
                raise Unreadable(f"{letter!r} outside a word, {self._times[at]:.3f} s")
            elif letter != END:
                self._word = (self._word[0] + letter, self._word[1])
            at = next((s for s in self._seams if 0 <= at + _LENGTH - s <= _EDGE), at + _LENGTH)
            if letter == END:
                self._end(at, whole=True)
        self._end(at, whole=False)
        return self._words

    def _symbol(self, at: int) -> str | None:
        piece = self._samples[at : at + _LENGTH]
        if len(piece) < _LENGTH - _EDGE:
            return None
        alike = _likeness(piece, _TEMPLATES[:, : len(piece)])
        best = int(np.argmax(alike))
        return SYMBOLS[best] if alike[best] >= _ALIKE else None

    def _cut(self, at: int) -> int:
        """Take a symbol that was cut off at the next seam; returns where the sound goes on."""
        seam = next(seam for seam in self._seams if seam > at)
        piece = self._samples[at : min(seam, at + _LENGTH)]
        if max(_likeness(piece, _TEMPLATES[:, : len(piece)])) < _ALIKE or seam > at + _LENGTH:
            raise Unreadable(f"neither a symbol nor its beginning, {self._times[at]:.3f} s")
        if self._word is None:  # only the beginning of BEGIN was heard
            self._word = ("", at)
        self._end(seam, whole=False)
        return seam

    def _end(self, at: int, *, whole: bool) -> None:
        if self._word is not None:
            text, first = self._word
            end = float(self._times[at - 1]) + 1 / RATE_HZ
            self._words.append(ReadWord(text, whole, float(self._times[first]), end))
        self._word = None


def _likeness(piece: _Floats, templates: _Floats) -> _Floats:
    lengths = np.linalg.norm(templates, axis=1) * max(1.0, float(np.linalg.norm(piece)))
    return np.asarray(templates @ piece / lengths, np.float64)
