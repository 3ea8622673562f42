"""One context of the Cartesia wire: text comes in pieces, generations go out. Pure.

Theory of operation. The transcripts of a context are joined verbatim. A *generation* is a stretch
of that text synthesised as one; it is `take`n when it is due, and `spoken` when its audio has been
streamed out. When it is due depends on the client:

    max_buffer_delay_ms 0    the first after four words, after a clause, or after 0.4 of the delay
                             to the first audio, whichever is first; a later one at the end of each
                             clause, at the latest just before the client runs out of audio
    max_buffer_delay_ms > 0  at the end of a clause, or when the text has waited that long

and at once when the text is finished or flushed. The real service starts on every submission at 0;
here submissions are gathered, because espeak-ng spoken token by token is neither speech nor cheap.
A word is never split: one that may go on is kept for a moment.

The context is over after a finish or a cancel once what is generating has been streamed out, and
expired 1 s after its last audio went out with nothing more to say. All times are in seconds of any
one clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from audiosocket_agent.simulators.cartesia_request import Say, bad

EXPIRES_S = 1.0
FIRST_WORDS = 4
FIRST_SHARE = 0.4  # of the delay to the first audio; the rest of it is for synthesis
CLAUSE_WORDS = 3  # a clause with fewer is spoken with the next one
HUNGRY_S = 0.3  # audio the client still has when the next generation must start
WORD_S = 0.1  # how long a last word may be the beginning of a longer one

_CLAUSE = re.compile(r"[.!?;:,\N{EM DASH}][\"')]*(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Generation:
    """Text to be synthesised as one.

    Attributes:
        text: The text.
        flush_id: Of the audio.
        flushed: The flushes that are done once its audio is out.
        first: Whether it is the first of the context.
    """

    text: str
    flush_id: int
    flushed: tuple[int, ...]
    first: bool


class Context:
    """The state of one context.

    Args:
        first_ms: The delay from the first text to the first audio.

    Attributes:
        first_text_at: When the first text came.
        ends_silently: Whether it was cancelled while nothing was generating.
    """

    def __init__(self, first_ms: float) -> None:
        self._first_s = first_ms / 1000
        self._fixed: Mapping[str, object] | None = None
        self._buffer_ms = 0
        self._text = ""  # not yet taken
        self._taken = 0  # characters, ever
        self._submissions: list[tuple[int, int]] = []  # flush id, end in characters, ever
        self._flushes = 0
        self._urgent = 0  # characters, ever, up to which nothing may wait
        self._more = True
        self._busy = False
        self._waiting_since = 0.0
        self._last_text_at = 0.0
        self._played_out_at: float | None = None  # when a client playing in real time runs dry
        self._audio_until: float | None = None  # when the last audio was streamed out
        self.first_text_at: float | None = None
        self.ends_silently = False

    @property
    def over(self) -> bool:
        """Whether nothing more will be said."""
        return not (self._more or self._busy or self._text or self._submissions)

    def say(self, said: Say, now: float) -> None:
        """Take text.

        Raises:
            Refusal: If a field changed that may not, or the text was finished before.
        """
        if self._fixed is None:
            self._fixed, self._buffer_ms = said.fixed, said.buffer_ms
        elif said.fixed != self._fixed:
            raise bad(said.context_id, "fields may not change within a context")
        if not self._more:
            raise bad(said.context_id, "the context was finished")
        if said.transcript:
            if self.first_text_at is None:
                self.first_text_at = now
            if not self._text.strip():
                self._waiting_since = now
            self._text += said.transcript
            self._last_text_at = now
        end = self._taken + len(self._text)
        if said.flush or (said.transcript and not self._buffer_ms):
            self._flushes += 1
            self._submissions.append((self._flushes, end))
        if said.flush or not said.more:
            self._urgent = end
        self._more = said.more

    def cancel(self) -> None:
        """Drop all text that is not generating."""
        self.ends_silently = not self._busy
        self._more = False
        self._text = ""
        self._submissions.clear()

    def expired(self, now: float) -> bool:
        """Whether the context has been left without text for too long."""
        waits = self._more and not self._busy and not self._text.strip()
        return waits and self._audio_until is not None and now - self._audio_until >= EXPIRES_S

    def take(self, now: float) -> Generation | None:
        """Return the generation that is due, if one is; `spoken` must follow."""
        if self._busy:
            return None
        length = self._due(now) if self._text else 0
        flushed_already = any(end <= self._taken for _, end in self._submissions)
        if not length and not flushed_already:
            return None
        text, self._text = self._text[:length], self._text[length:]
        self._taken += length
        self._waiting_since = self._last_text_at
        flushed = tuple(number for number, end in self._submissions if end <= self._taken)
        self._submissions = self._submissions[len(flushed) :]
        number = flushed[-1] if flushed else self._flushes if self._submissions else 0
        self._busy = True
        first = self._played_out_at is None
        return Generation(text, max(1, number), flushed, first)

    def playing(self, audio_s: float, now: float) -> None:
        """Say that the audio of the generation begins to be streamed out."""
        self._played_out_at = max(self._played_out_at or now, now) + audio_s

    def spoken(self, now: float) -> None:
        """Say that the generation's audio has been streamed out."""
        self._busy = False
        self._audio_until = now
        if self._played_out_at is None:
            self._played_out_at = now

    def wakes_at(self) -> float | None:
        """Return when to look again if no text comes before; None when there is no need to."""
        if self._busy or self.over:
            return None
        if not self._text.strip():
            return None if self._audio_until is None else self._audio_until + EXPIRES_S
        return max(self._patience(), self._last_text_at + WORD_S)

    def _patience(self) -> float:
        """Return when text is spoken though no clause has ended."""
        if self._buffer_ms:
            return self._waiting_since + self._buffer_ms / 1000
        if self._played_out_at is None:
            return self._waiting_since + self._first_s * FIRST_SHARE
        return self._played_out_at - HUNGRY_S

    def _due(self, now: float) -> int:
        """Return how much of the text to speak now."""
        urgent = self._urgent - self._taken
        if not self._text.strip():
            # Nothing to be heard, but a flush of it is to be reported, and a finish ends it.
            return len(self._text) if self._text and urgent > 0 else 0
        ends = [m.end() for m in _CLAUSE.finditer(self._text)]
        for end in ends:
            enough = len(self._text[:end].split()) >= CLAUSE_WORDS
            if enough or 0 < urgent <= end:
                return end
        if urgent > 0:
            return urgent
        whole = self._whole_words(now)
        if not whole:
            return 0
        if now >= self._patience():
            return whole
        if self._played_out_at is None and not self._buffer_ms:
            words = list(re.finditer(r"\S+\s", self._text[: whole + 1]))
            if len(words) >= FIRST_WORDS:
                return words[FIRST_WORDS - 1].end() - 1
        return 0

    def _whole_words(self, now: float) -> int:
        """Return the length of the text up to a word that may still grow."""
        complete = not self._text[-1].isalnum() or now - self._last_text_at >= WORD_S
        return len(self._text) if complete else len(re.sub(r"\S+$", "", self._text).rstrip())
