"""How sure it is that the caller said what the grammar heard.

Each term compares how well the words explain the sound with how well free phones do, in nats per
10 ms frame, or asks whether the words were said at a human pace. They go through a logistic curve
whose weights were fitted on synthetic callers' answers and on everything else a phone picks up:
other sentences, other answers, babble, knocks, tones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

THRESHOLD = 0.2
SILENCES = frozenset({"<sil>", "<s>", "</s>", "SIL"})
FILLERS = SILENCES | {"[NOISE]", "[SPEECH]", "+NSN+", "+SPN+"}
LEAST_SPEECH_FRAMES = 10

# Fitted weights; see `_terms` for what each one multiplies.
WEIGHTS = (0.69, 0.55, 0.66, 1.00, 0.09, -0.20)
BIAS = 8.02


@dataclass(frozen=True, slots=True)
class Span:
    """One word or phone of a decoding.

    Attributes:
        name: The word, perhaps with ``(2)`` for its second pronunciation, or the phone.
        first: Its first frame.
        last: Its last frame.
        score: The log likelihood of its sound, in nats, relative to the best possible.
    """

    name: str
    first: int
    last: int
    score: float

    @property
    def frames(self) -> int:
        """How long it is, in frames of 10 ms."""
        return self.last - self.first + 1


def confidence(spans: tuple[Span, ...], free: tuple[Span, ...], frames: int) -> float:
    """Return 0.0 to 1.0 for a decoding with the grammar beside one with free phones.

    Args:
        spans: The words heard, silences included.
        free: The phones heard without a grammar.
        frames: The length of the utterance.
    """
    words = [span for span in spans if span.name not in FILLERS]
    if not words or not free:
        return 0.0
    terms = _terms(words, spans, free, frames)
    return 1 / (1 + math.exp(-BIAS - sum(map(float.__mul__, WEIGHTS, terms))))


def _terms(
    words: list[Span], spans: tuple[Span, ...], free: tuple[Span, ...], frames: int
) -> tuple[float, ...]:
    first, last = words[0].first, words[-1].last
    loss = sum(span.score for span in spans) - sum(span.score for span in free)
    speech = sum(span.frames for span in free if span.name not in FILLERS)
    paces = [word.frames / len(word.name.partition("(")[0]) for word in words]
    return (
        # From the first word to the last; the word that fits worst; the whole utterance, spread
        # over all of it and over its speech; frames per letter of the fastest and slowest word.
        (sum(word.score for word in words) - _score(free, first, last)) / (last - first + 1),
        min((word.score - _score(free, word.first, word.last)) / word.frames for word in words),
        loss / frames,
        loss / max(speech, LEAST_SPEECH_FRAMES),
        min(paces),
        max(paces),
    )


def _score(spans: tuple[Span, ...], first: int, last: int) -> float:
    """Return the score of a stretch, each span counting for the part of it that lies inside."""
    inside = ((span, min(last, span.last) - max(first, span.first) + 1) for span in spans)
    return sum(span.score * common / span.frames for span, common in inside if common > 0)
