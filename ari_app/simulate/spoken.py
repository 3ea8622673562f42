"""What a caller says, as a simulated ear hears it: which words are in which stretch. Pure."""

from __future__ import annotations

from collections import deque

import numpy as np

from audiosocket_agent.seams import SAMPLE_RATE_HZ
from audiosocket_agent.simulators.script import Segment
from audiosocket_agent.simulators.stretches import END_QUIET_MS, Edge, StretchDetector

NOTHING = Segment((), 100.0)  # a noise on the line


class Spoken:
    """Gives the simulated ear the words of each stretch of voice as it begins."""

    def __init__(self) -> None:
        self._segments: deque[Segment] = deque()

    def begin(self, words: str, pcm: bytes) -> None:
        """The caller begins to say something.

        Args:
            words: As the ear makes them out.
            pcm: The sound, 16 bits at 8,000 Hz.
        """
        self._segments = deque(segments(words, pcm))

    def __call__(self) -> Segment:
        """Return the words of the stretch that begins."""
        return self._segments.popleft() if self._segments else NOTHING


def segments(words: str, pcm: bytes) -> list[Segment]:
    """Lay words along the stretches of voice in a sound, in proportion to their lengths."""
    detector = StretchDetector(SAMPLE_RATE_HZ)
    samples = np.frombuffer(pcm, np.int16)
    quiet = np.zeros(SAMPLE_RATE_HZ * (END_QUIET_MS + 100) // 1000, np.int16)
    lengths_ms: list[float] = []
    began_ms: float | None = None
    for change in detector.feed(np.concatenate([samples, quiet])):
        if change.edge is Edge.VOICE and began_ms is None:
            began_ms = change.at_ms
        elif change.edge is Edge.END and began_ms is not None:
            lengths_ms.append(max(1.0, change.at_ms - began_ms))
            began_ms = None
    all_words, taken, found = words.split(), 0, []
    whole_ms, so_far_ms = sum(lengths_ms), 0.0
    for length_ms in lengths_ms:
        so_far_ms += length_ms
        until = round(len(all_words) * so_far_ms / whole_ms)
        found.append(Segment(tuple(all_words[taken:until]), length_ms))
        taken = until
    return found
