"""What has been heard at a moment: stretches of voice turned into words with times. Pure.

A scripted stretch shows its words while it lasts, at their places in the segment's milliseconds.
Those are a measurement, so quiet longer than the closure of a consonant lets the words of the last
`LEEWAY_MS` count as said, and the end of the stretch all of them. A scripted
noise has no words at all, and is known not to. The words of a stretch the script has nothing for
are unknown until somebody else recognised them (see `Hearing.hand_over`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from audiosocket_agent.simulators.script import Segment
from audiosocket_agent.simulators.stretches import Change, Edge

CLOSURE_MS = 100  # quiet within a word, before its p, t or k, is shorter
LEEWAY_MS = 200


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and where in the audio it is."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(slots=True)
class Stretch:
    """One stretch of voice.

    Attributes:
        number: Counted from 0 on this connection.
        start_ms: Where it begins.
        words: All of its words that nobody took yet; None while unknown.
        voice_end_ms: Where its voice stopped last; None while there is a voice.
        over: Whether it is.
    """

    number: int
    start_ms: float
    words: list[Word] | None = None
    voice_end_ms: float | None = None
    over: bool = False


@dataclass(slots=True)
class Taken:
    """Words taken out of the hearing to be said finally.

    Attributes:
        words: Those known when they were taken.
        waiting: Stretches whose words are still to come, and belong after them.
    """

    words: list[Word]
    waiting: list[Stretch] = field(default_factory=list)

    def complete(self) -> bool:
        """Whether all words are known."""
        return all(stretch.words is not None for stretch in self.waiting)

    def all_words(self) -> list[Word]:
        """Return the words, complete or not."""
        late = [word for stretch in self.waiting for word in stretch.words or ()]
        return self.words + late


class Hearing:
    """The words of one connection.

    Args:
        segments: The script's line; each stretch uses up the next one.
        said: Gives the segment of a stretch the script has none for, as it begins.
    """

    def __init__(
        self, segments: Sequence[Segment] = (), said: Callable[[], Segment] | None = None
    ) -> None:
        self._segments = deque(segments)
        self._said = said
        self._count = 0
        self._stretches: list[Stretch] = []  # with words to take, or not over; oldest first
        self._unresolved: dict[int, Stretch] = {}
        self._to_recognise: list[Stretch] = []
        self._open: Stretch | None = None
        self._quiet_since_ms: float | None = 0.0

    @property
    def voice(self) -> bool:
        """Whether a voice is heard."""
        return self._quiet_since_ms is None

    @property
    def open(self) -> Stretch | None:
        """The stretch that is not over."""
        return self._open

    @property
    def unknown(self) -> bool:
        """Whether a stretch not yet taken has words still to be recognised."""
        return any(stretch.words is None for stretch in self._stretches)

    def quiet_ms(self, clock_ms: float) -> float:
        """Return for how long there has been no voice; 0 while there is one."""
        return 0.0 if self._quiet_since_ms is None else clock_ms - self._quiet_since_ms

    def note(self, change: Change) -> None:
        """Take in a change of the voice."""
        if change.edge is Edge.VOICE:
            self._quiet_since_ms = None
            if self._open is None:
                self._open = self._begin(change.at_ms)
            self._open.voice_end_ms = None
        elif self._open is not None:
            self._open.voice_end_ms = change.at_ms
            self._quiet_since_ms = change.at_ms
            if change.edge is Edge.END:
                self._close(self._open)

    def cut(self, clock_ms: float) -> None:
        """End an open stretch of unknown words now, so that what was said of it is recognised.

        A voice that goes on begins another stretch.
        """
        stretch = self._open
        if stretch is None or stretch.words is not None:
            return
        goes_on = stretch.voice_end_ms is None
        if goes_on:
            stretch.voice_end_ms = clock_ms
        self._close(stretch)
        if goes_on:
            self._open = self._begin(clock_ms)

    def hand_over(self) -> list[Stretch]:
        """Return the stretches that are over and that somebody has to recognise, each once."""
        stretches, self._to_recognise = self._to_recognise, []
        return stretches

    def resolve(self, number: int, words: Sequence[str]) -> None:
        """Say what was said in a stretch; no words is an answer too."""
        stretch = self._unresolved.pop(number)
        end_ms = stretch.voice_end_ms if stretch.voice_end_ms is not None else stretch.start_ms
        stretch.words = _spread(words, stretch.start_ms, end_ms - stretch.start_ms)
        self._forget()

    def words(self, clock_ms: float, lag_ms: float = 0.0) -> list[Word]:
        """Return the words that were heard by now and not taken.

        Args:
            clock_ms: Now, in audio time.
            lag_ms: How long ago a word of the stretch that is not over must have ended.
        """
        heard: list[Word] = []
        for stretch in self._stretches:
            if stretch.words is None:
                break  # what comes after it waits for it
            heard += [w for w in stretch.words if _is_heard(w, stretch, clock_ms, lag_ms)]
        return heard

    def take(self, clock_ms: float) -> Taken:
        """Take out the words heard by now, those that are over but unknown included."""
        taken = Taken([])
        for stretch in self._stretches:
            if stretch.words is None:
                if stretch.over:
                    taken.waiting.append(stretch)
                continue
            heard = [w for w in stretch.words if _is_heard(w, stretch, clock_ms, 0.0)]
            taken.words += heard
            del stretch.words[: len(heard)]
        waiting = {stretch.number for stretch in taken.waiting}
        self._stretches = [s for s in self._stretches if s.number not in waiting]
        self._forget()
        return taken

    def due_ms(self, clock_ms: float, lag_ms: float = 0.0) -> float | None:
        """Return when the next word will have been heard; None if no word is under way."""
        stretch = self._open
        if stretch is None or not stretch.words:
            return None
        return min(
            (w.end_ms + lag_ms for w in stretch.words if w.end_ms + lag_ms > clock_ms),
            default=None,
        )

    def _begin(self, at_ms: float) -> Stretch:
        stretch = Stretch(self._count, at_ms)
        self._count += 1
        segment = self._next_segment()
        if segment is not None:
            stretch.words = _spread(segment.words, at_ms, segment.voice_ms)
        else:
            self._unresolved[stretch.number] = stretch
        self._stretches.append(stretch)
        return stretch

    def _next_segment(self) -> Segment | None:
        if self._segments:
            return self._segments.popleft()
        return None if self._said is None else self._said()

    def _close(self, stretch: Stretch) -> None:
        self._open = None
        stretch.over = True
        if stretch.words is None:
            self._to_recognise.append(stretch)
        self._forget()

    def _forget(self) -> None:
        """Drop stretches with nothing more to come."""
        self._stretches = [s for s in self._stretches if s.words is None or s.words or not s.over]


def _spread(words: Sequence[str], start_ms: float, voice_ms: float) -> list[Word]:
    each_ms = voice_ms / max(len(words), 1)
    return [
        Word(text, start_ms + index * each_ms, start_ms + (index + 1) * each_ms)
        for index, text in enumerate(words)
    ]


def _is_heard(word: Word, stretch: Stretch, clock_ms: float, lag_ms: float) -> bool:
    if stretch.over:
        return True
    stopped_ms = stretch.voice_end_ms
    if stopped_ms is not None and clock_ms - stopped_ms >= CLOSURE_MS:
        return word.end_ms <= max(clock_ms, stopped_ms + LEEWAY_MS)
    return word.end_ms + lag_ms <= clock_ms
