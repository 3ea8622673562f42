"""From an utterance to sound, and to what the simulated ear is told of it. Runs espeak-ng.

The words of the script are laid along the stretches of voice that the simulator will find: its own
detector is run over the sound as it comes out of the telephone line, noise and G.711 included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiosocket_agent.simulators.stretches import Edge, StretchDetector
from bench.corpus import Utterance
from bench.voices import background, noise
from tests.phone.g711 import LAWS, Pcm
from tests.phone.heard import RATE_HZ
from tests.phone.voice import Voice, speak

_PER_MS = RATE_HZ // 1000
_AFTER_MS = 400  # of background after the last word: the detector needs 200 ms of quiet
_SAID_AS = {"mm-hm": "mm hmm", "uh-huh": "uh huh"}  # for a synthesiser that reads what it is given


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of voice, in milliseconds from the sound's first sample."""

    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A sound a caller makes.

    Attributes:
        pcm: The samples; they begin with voice, if there is any.
        stretches: Its voice as the simulator finds it; none for a click.
        texts: The words in each stretch; an empty text where nothing is said.
    """

    pcm: Pcm
    stretches: tuple[Stretch, ...]
    texts: tuple[str, ...]

    @property
    def segments(self) -> list[tuple[str, float]]:
        """What the script says of it: an entry for each stretch."""
        return [
            (text, stretch.end_ms - stretch.start_ms)
            for text, stretch in zip(self.texts, self.stretches, strict=True)
        ]

    @property
    def start_ms(self) -> float:
        """Where it begins to be heard."""
        return self.stretches[0].start_ms if self.stretches else 0.0

    @property
    def end_ms(self) -> float:
        """Where the last of it is heard."""
        return self.stretches[-1].end_ms if self.stretches else len(self.pcm) / _PER_MS


def stretches_of(pcm: Pcm) -> tuple[Stretch, ...]:
    """Find the stretches of voice as a simulated ear does at the other end of the line."""
    law = LAWS["PCMU"]
    found: list[Stretch] = []
    start_ms: float | None = None
    for change in StretchDetector(RATE_HZ).feed(law.decode(law.encode(pcm))):
        if change.edge is Edge.VOICE and start_ms is None:
            start_ms = change.at_ms
        elif change.edge is Edge.END and start_ms is not None:
            found.append(Stretch(start_ms, change.at_ms))
            start_ms = None
    return tuple(found)


def say(utterance: Utterance, voice: Voice, behind: str = "clean") -> Spoken:
    """Make the sound of an utterance.

    Args:
        utterance: The words.
        voice: Whose.
        behind: What is heard behind them: one of `voices.BACKGROUNDS`.

    Raises:
        VoiceMissing: If espeak-ng cannot say it.
    """
    pieces: list[Pcm] = []
    at = 0
    words: list[tuple[str, float]] = []  # each with the middle of its share of the part
    for text, pause_ms in zip(utterance.parts, (*utterance.pauses_ms, 0), strict=True):
        part = _closely_cut(speak(_SAID_AS.get(text, text), voice))
        each = len(part) / len(text.split())
        words += [(w, (at + (n + 0.5) * each) / _PER_MS) for n, w in enumerate(text.split())]
        pieces += [part, np.zeros(pause_ms * _PER_MS, dtype=np.int16)]
        at += len(part) + pause_ms * _PER_MS
    return _on_the_line(np.concatenate(pieces), words, behind)


def make(name: str, behind: str = "clean") -> Spoken:
    """Make one of `voices.NOISES`."""
    return _on_the_line(noise(name), [], behind)


def _closely_cut(pcm: Pcm) -> Pcm:
    """Cut off what the detector does not hear, so that a pause is as long as it says."""
    found = stretches_of(np.concatenate([pcm, np.zeros(_AFTER_MS * _PER_MS, dtype=np.int16)]))
    first, last = round(found[0].start_ms), round(found[-1].end_ms)
    return pcm[first * _PER_MS : last * _PER_MS]


def _on_the_line(pcm: Pcm, words: Sequence[tuple[str, float]], behind: str) -> Spoken:
    """Put the background behind a sound, and find its words in what then is heard."""
    whole = len(pcm) + _AFTER_MS * _PER_MS
    mixed = np.resize(background(behind), whole).astype(np.int32)
    mixed[: len(pcm)] += pcm
    heard: Pcm = np.clip(mixed, -32768, 32767).astype(np.int16)
    stretches = stretches_of(heard)
    texts: list[list[str]] = [[] for _ in stretches]
    for word, middle_ms in words:
        nearest = min(
            range(len(stretches)),
            key=lambda n: max(
                stretches[n].start_ms - middle_ms, middle_ms - stretches[n].end_ms, 0.0
            ),
        )
        texts[nearest].append(word)
    return Spoken(heard[: len(pcm)], stretches, tuple(" ".join(text) for text in texts))
