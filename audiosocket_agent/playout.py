"""What the caller hears: the one buffer between our voice and the socket, and its clock.

Pure: time comes in as an argument. The call asks `tick` for the frame that is due and is told when
the next one is. Every piece of speech carries the number of the reply it belongs to, so an
interruption is one integer and a cleared buffer, and speech that arrives late for a dropped reply
drops itself. Speech may be held: an answer that was begun before the caller was surely done, or our
voice while it is unclear whether the caller interrupts; released, it goes on with the very next
sample. What was heard is counted from the frames that really left.

Lead is how far the audio sent is ahead of real time. A reply's first frame leaves at once, which
makes the stream up to 20 ms early; more than 40 ms is never allowed (a phone's jitter buffer would
turn it into delay or loss), and the lead is given back during silence by stretching frames by half
a millisecond, so no listener ever sees a gap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

from audiosocket_agent.seams import BYTES_PER_MS, FRAME_BYTES, SpokenWord
from audiosocket_agent.spoken_words import count_words
from audiosocket_agent.written import Written

FRAME_S = 0.020
MAX_LEAD_S = 0.040
REANCHOR_LATE_S = 0.080  # past this, catching up would reach the phone as a burst: start afresh
SILENCE_STRETCH_S = 0.0005
SILENCE = bytes(FRAME_BYTES)
TYPICAL_BYTES_PER_LETTER = 1000  # about 16 letters a second * 16,000 bytes a second


@dataclass(slots=True)
class Passage:
    """One stretch of text and how much of its audio has left.

    Attributes:
        written: The words being spoken; may still grow.
        reply: Number of the reply it belongs to.
        queued_bytes: Audio received from the voice so far.
        sent_bytes: Audio handed to the socket so far.
        complete: Whether the voice has delivered all of it.
        lead_bytes: Silence before its first word.
        word_ends: Where in the audio each spoken word ends, in bytes, as far as the voice told.
    """

    written: Written
    reply: int
    queued_bytes: int = 0
    sent_bytes: int = 0
    complete: bool = False
    lead_bytes: int = 0
    word_ends: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words as they are written."""
        return self.written.text

    def timed(self, words: tuple[SpokenWord, ...]) -> None:
        """Take the voice's word times, counted from the start of its own audio."""
        for word in words:
            end = self.lead_bytes + round(word.end_ms * BYTES_PER_MS)
            self.word_ends += [end] * count_words(word.text)

    def heard_text(self) -> str:
        """Return the words whose audio left, whole words only.

        By the voice's word times where it gives them, else by proportion of the audio.
        """
        if self.sent_bytes <= self.lead_bytes:
            return ""
        if self.complete and self.sent_bytes >= self.queued_bytes:
            return self.text
        return self.written.first(self._heard_words())

    def _heard_words(self) -> float:
        """Return how many of the spoken words were heard."""
        heard = bisect_right(self.word_ends, self.sent_bytes)
        left = self.written.spoken_words - heard
        if left <= 0 or heard < len(self.word_ends):
            return heard
        if self.word_ends and not self.complete:
            return heard  # between two words of a voice that tells the next one's time with it
        timed_bytes = self.word_ends[-1] if self.word_ends else self.lead_bytes
        left_bytes = self.queued_bytes - timed_bytes
        if not self.complete:  # the voice is still at it: the text's length says what is to come
            left_bytes = max(left_bytes, len(self.written.spoken) * TYPICAL_BYTES_PER_LETTER)
        return heard + left * min(1.0, (self.sent_bytes - timed_bytes) / max(1, left_bytes))


@dataclass(slots=True)
class _Chunk:
    passage: Passage
    pcm: bytes
    at: int = 0


@dataclass(slots=True)
class Tick:
    """The outcome of one tick.

    Attributes:
        pcm: The frame to write, always 320 bytes.
        next_due_s: When to ask again.
        voiced: Whether the frame carries speech of ours.
        drained: Whether the last speech of the reply left with this frame.
    """

    pcm: bytes
    next_due_s: float
    voiced: bool
    drained: bool = False


@dataclass(slots=True)
class Playout:
    """The playout buffer of one call.

    Attributes:
        reply: Number of the reply that may speak; anything else is dropped on arrival.
        held: Whether speech waits where it is, and silence is sent.
        frames_sent: Frames handed out since the start, silence included.
    """

    reply: int = 0
    held: bool = False
    frames_sent: int = 0
    _chunks: deque[_Chunk] = field(default_factory=deque)
    _queued_bytes: int = 0  # of all chunks, not yet taken
    _passages: list[Passage] = field(default_factory=list)
    _anchor_s: float | None = None
    _speaking: bool = False
    _finished: bool = False

    def begin_reply(self, *, held: bool = False) -> int:
        """Start a new reply, dropping whatever is left of the last; return its number."""
        self.clear()
        self._finished = False
        self.held = held
        return self.reply

    def finish_reply(self, reply: int) -> None:
        """Say that the voice has delivered all of a reply."""
        if reply == self.reply:
            self._finished = True

    def begin_passage(self, reply: int, written: Written) -> Passage:
        """Announce the text whose audio comes next."""
        passage = Passage(written, reply)
        if reply == self.reply:
            self._passages.append(passage)
        return passage

    def push(self, passage: Passage, pcm: bytes) -> bool:
        """Queue audio of a passage.

        Returns:
            False if the passage's reply was interrupted meanwhile; the audio is dropped.
        """
        if passage.reply != self.reply:
            return False
        if pcm:
            passage.queued_bytes += len(pcm)
            self._chunks.append(_Chunk(passage, pcm))
            self._queued_bytes += len(pcm)
        return True

    def clear(self) -> list[Passage]:
        """Drop all queued speech at once and end the current reply.

        Returns:
            The passages of the ended reply, each knowing how much of it was heard.
        """
        passages, self._passages = self._passages, []
        self._chunks.clear()
        self._queued_bytes = 0
        self._speaking = self.held = False
        self.reply += 1
        return passages

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages of the current reply, in order."""
        return tuple(self._passages)

    @property
    def empty(self) -> bool:
        """Whether no speech waits to be sent."""
        return not self._chunks

    @property
    def left_ms(self) -> float:
        """How much of the reply is still to be heard; infinite while the voice is at it."""
        if not self._finished:
            return float("inf")
        return self._queued_bytes / BYTES_PER_MS

    def urgent_due_s(self, now_s: float, due_s: float) -> float:
        """Return when the next frame should leave now that speech was queued.

        The first frame of a reply leaves at once unless that would put the stream more than
        `MAX_LEAD_S` ahead; anything later keeps its deadline.
        """
        if self._speaking or self.held or not self._chunks or self._anchor_s is None:
            return due_s
        if self.lead_s(now_s) + FRAME_S > MAX_LEAD_S:
            return due_s
        return min(due_s, now_s)

    def lead_s(self, now_s: float) -> float:
        """Return how far the sent audio is ahead of real time, in seconds (negative: behind)."""
        if self._anchor_s is None:
            return 0.0
        return self._anchor_s + self.frames_sent * FRAME_S - now_s

    def tick(self, now_s: float, due_s: float) -> Tick:
        """Hand out the frame due at `due_s`; call it once for each deadline."""
        if self._anchor_s is None or now_s - due_s > REANCHOR_LATE_S:
            self._anchor_s = now_s - self.frames_sent * FRAME_S
            due_s = now_s
        self.frames_sent += 1
        pcm = self._take()
        if pcm is None:
            # Give back the lead a reply's early start built up. The deadline drifts, not the tick.
            stretch_s = SILENCE_STRETCH_S if self.lead_s(now_s) > FRAME_S else 0.0
            return Tick(SILENCE, due_s + FRAME_S + stretch_s, voiced=False)
        self._speaking = True
        drained = not self._chunks and self._finished
        if drained:
            self._speaking = False
        return Tick(pcm, due_s + FRAME_S, voiced=True, drained=drained)

    def _available(self) -> bool:
        """Whether a frame can be filled; only the very last one of a passage may be short."""
        ready = 0
        for chunk in self._chunks:
            ready += len(chunk.pcm) - chunk.at
            if ready >= FRAME_BYTES or chunk.passage.complete:
                return True
        return False

    def _take(self) -> bytes | None:
        """Take 20 ms of speech; None if there is none, or not yet a whole frame of it."""
        if self.held or not self._available():
            self._speaking = False
            return None
        parts: list[bytes] = []
        wanted = FRAME_BYTES
        while wanted and self._chunks:
            chunk = self._chunks[0]
            part = chunk.pcm[chunk.at : chunk.at + wanted]
            chunk.at += len(part)
            chunk.passage.sent_bytes += len(part)
            wanted -= len(part)
            self._queued_bytes -= len(part)
            parts.append(part)
            if chunk.at >= len(chunk.pcm):
                self._chunks.popleft()
        return b"".join(parts) + bytes(wanted)
