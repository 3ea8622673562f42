"""What happened in a call, from when the caller spoke and when the agent was heard. Pure.

The agent is an array of moments: the arrivals of its frames that are sound, in order. The caller is
a list of `Said`, timed by when frames were handed to the network. All in seconds of one clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.plans import Mode
from tests.phone.heard import FRAME_S, Floats

LATE_S = 1.2
GIVEN_UP_S = 4.0
_TALKING_S = 0.1  # the closure of a consonant is shorter: who was heard this long ago, talks
_BETWEEN_S = 0.35  # two sentences of one reply are closer together than this
_FRAMES = 2  # of sound that make a cut-in: a single one may be the click of a codec
_END_S = 0.06  # who is silent for the last three frames of an interruption has stopped for it
_LATEST_PAUSE_S = 0.25  # after a noise; a pause of ours that begins later has another cause
_HOLE_S = 0.06  # longer than the reply undisturbed by more than this: there was a hole
_LOST_S = 0.15  # a short word; the count of frames alone varies by less


@dataclass(frozen=True, slots=True)
class Said:
    """A sound the caller made.

    Attributes:
        mode: When it was meant to come.
        kind: Of utterance, or the name of the noise.
        text: Its words; "" for a noise.
        start: When the first frame of it was sent.
        end: When the last frame with voice was sent.
        hard: Whether nobody could know where it ends.
    """

    mode: Mode
    kind: str
    text: str
    start: float
    end: float
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """How the agent took an utterance.

    Attributes:
        said: The utterance.
        cut_in: Whether the agent began to speak before it was over.
        talked_over: Whether the agent was still speaking when it began, unasked for: no measure.
        gap_ms: From its end to the first sound of the answer; None without an answer in time, or
            where that is no measure.
        answer_at: When the answer began, None without.
    """

    said: Said
    cut_in: bool
    talked_over: bool
    gap_ms: float | None
    answer_at: float | None

    @property
    def measured(self) -> bool:
        """Whether an answer to a whole utterance was to be waited for."""
        return not self.cut_in and not self.talked_over


@dataclass(frozen=True, slots=True)
class Stopped:
    """How the agent took an interruption.

    Attributes:
        said: The interruption.
        into_speech: Whether the agent was heard at that moment; in a pause nothing can be measured.
        stopped_ms: From its first frame to the last sound of the reply it came into, while it
            lasted; 0 if there was none. What begins after that is a cut-in.
        silent: Whether that reply was silent by its end.
    """

    said: Said
    into_speech: bool
    stopped_ms: float
    silent: bool


@dataclass(frozen=True, slots=True)
class Disturbed:
    """How the agent took a sound that meant nothing.

    Attributes:
        said: The sound.
        into_speech: Whether the agent was heard at that moment.
        hole_ms: How long its voice was gone; 0 when it never was.
        resumed_ms: From the sound's end to the voice's return; None without a hole, or a return.
        lost_ms: Voice the reply lacks of what it has undisturbed, below 0 when part of it was said
            again; None when that is not known.
    """

    said: Said
    into_speech: bool
    hole_ms: float
    resumed_ms: float | None
    lost_ms: float | None

    @property
    def lost_words(self) -> bool:
        """Whether so much voice is missing that it can be heard."""
        return self.lost_ms is not None and self.lost_ms > _LOST_S * 1000


@dataclass(frozen=True, slots=True)
class Length:
    """Of a reply as it is heard.

    Attributes:
        voice_s: Sound in it.
        whole_s: From its first sound to its last.
    """

    voice_s: float
    whole_s: float


def between(agent: Floats, start: float, end: float) -> Floats:
    """Return the agent's sound from a moment on and before another."""
    return agent[np.searchsorted(agent, start) : np.searchsorted(agent, end)]


def talking(agent: Floats, moment: float, within_s: float = _TALKING_S) -> bool:
    """Whether the agent was heard just before a moment."""
    return bool(len(between(agent, moment - within_s, moment)))


def answer(agent: Floats, said: Said, until: float) -> Answered:
    """Judge the answer to an utterance.

    Args:
        agent: The agent's sound.
        said: The utterance.
        until: When the caller spoke again, or stopped listening.
    """
    spoken_over = said.mode is Mode.ANSWER and talking(agent, said.start, _BETWEEN_S)
    inside = between(agent, said.start, said.end)
    if said.mode is Mode.BARGE:  # the reply it interrupts is not the answer to it
        inside = inside[_after_silence(agent, said) :]
    cut_in = not spoken_over and len(inside) >= _FRAMES
    later = between(agent, said.end, until)
    answer_at = float(later[0]) if len(later) else None
    still_on = said.mode is Mode.BARGE and talking(agent, said.end, _END_S)
    usable = answer_at is not None and not (cut_in or spoken_over or still_on)
    gap_ms = (answer_at - said.end) * 1000 if usable and answer_at is not None else None
    if gap_ms is not None and gap_ms > GIVEN_UP_S * 1000:
        gap_ms = None
    return Answered(said, cut_in, spoken_over or still_on, gap_ms, answer_at)


def _after_silence(agent: Floats, said: Said) -> int:
    """Return how many of the sounds during an interruption belong to the reply it interrupts."""
    inside = between(agent, said.start, said.end)
    breaks = np.flatnonzero(np.diff(inside, prepend=said.start) > _BETWEEN_S)
    return int(breaks[0]) if len(breaks) else len(inside)


def stop(agent: Floats, said: Said) -> Stopped:
    """Judge how an interruption was obeyed, as far as that can be heard."""
    inside = between(agent, said.start, said.end)[: _after_silence(agent, said)]
    last = float(inside[-1]) if len(inside) else said.start
    return Stopped(
        said,
        into_speech=talking(agent, said.start),
        stopped_ms=(last - said.start) * 1000,
        silent=last < said.end - _END_S,
    )


def disturbance(
    agent: Floats, said: Said, begun: float, until: float, undisturbed: Length | None
) -> Disturbed:
    """Judge what a meaningless sound did to a reply.

    Args:
        agent: The agent's sound.
        said: The sound.
        begun: When the reply it came into began.
        until: When the caller spoke next.
        undisturbed: The same reply when nothing disturbs it; None when that is not known.
    """
    heard = between(agent, begun, until)
    before_s = _TALKING_S
    if undisturbed is not None:  # near its end there is nothing left to disturb
        before_s = _TALKING_S if said.end - begun < undisturbed.whole_s else 0.0
    into = before_s > 0 and talking(agent, said.start, before_s)
    longest = _longest_gap(heard, said)
    if undisturbed is None:
        gap_s = 0.0 if longest is None else longest[1] - longest[0]
        hole_s, lost_ms = (gap_s - FRAME_S if gap_s > _BETWEEN_S else 0.0), None
    else:
        now = length(heard)
        hole_s = max(0.0, now.whole_s - undisturbed.whole_s)
        lost_ms = (undisturbed.voice_s - now.voice_s) * 1000
    hole_s = hole_s if hole_s > _HOLE_S else 0.0
    back = None if longest is None or not hole_s else max(0.0, longest[1] - said.end) * 1000
    return Disturbed(said, into, hole_s * 1000, back, lost_ms)


def _longest_gap(heard: Floats, said: Said) -> tuple[float, float] | None:
    """Return the longest silence that began while a sound lasted, or just after it."""
    begins = np.flatnonzero((heard >= said.start - FRAME_S) & (heard <= said.end + _LATEST_PAUSE_S))
    gaps = [(float(heard[n]), float(heard[n + 1])) for n in begins if n + 1 < len(heard)]
    return max(gaps, key=lambda gap: gap[1] - gap[0], default=None)


def length(heard: Floats) -> Length:
    """Return how long some sound is."""
    whole_s = float(heard[-1] - heard[0]) + FRAME_S if len(heard) else 0.0
    return Length(len(heard) * FRAME_S, whole_s)


def share(hits: int, of: int) -> float:
    """Return a share in percent; 0 of nothing."""
    return 100.0 * hits / of if of else 0.0


def late(answers: Sequence[Answered]) -> int:
    """Count answers that came, but late."""
    return sum(a.gap_ms is not None and a.gap_ms > LATE_S * 1000 for a in answers)


def unanswered(answers: Sequence[Answered]) -> int:
    """Count utterances that nothing was said to for four seconds."""
    return sum(a.gap_ms is None for a in answers if a.measured)
