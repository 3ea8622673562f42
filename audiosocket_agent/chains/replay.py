"""What an ear was told and given since the utterance began, for the one that replaces it. Pure.

The record is a list of what was done to the session, in order. A FINAL takes the utterance that it
ends off the front; outside an utterance only the last 300 ms of audio are kept, because the VAD
hears a voice that late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import Enum

from audiosocket_agent.seams import BYTES_PER_MS, Expectation

PRE_ROLL_BYTES = 300 * BYTES_PER_MS
MOST_BYTES = 15_000 * BYTES_PER_MS  # the oldest audio gives way; its marks stay


class Mark(Enum):
    """What was done besides feeding audio."""

    STARTED = "started"
    FINALIZED = "finalized"


Entry = bytes | Expectation | Mark


class Replay:
    """The record of one session."""

    def __init__(self) -> None:
        self._expectation: Expectation | None = None  # in force before the first entry
        # Audio is bounded by MOST_BYTES; marks and expectations are a few a turn, and a FINAL takes
        # them off.
        self._entries: deque[Entry] = deque()
        self._audio_bytes = 0
        self._speaking = False
        self._owed = 0

    def expect(self, expectation: Expectation) -> None:
        """Record what is expected from now on."""
        if self._idle:
            self._expectation = expectation
        else:
            self._entries.append(expectation)

    def feed(self, pcm: bytes) -> None:
        """Record audio."""
        self._entries.append(bytes(pcm))
        self._audio_bytes += len(pcm)
        self._trim()

    def speech_started(self) -> None:
        """Record that a voice was heard."""
        if self._speaking:
            # The ear had ended the utterance before by itself, so nobody finalized it: what was
            # kept of it and of our answer to it is no part of this one.
            self.discard()
        self._speaking = True
        self._entries.append(Mark.STARTED)

    def finalize(self) -> None:
        """Record that a FINAL was asked for."""
        self._speaking = False
        self._owed += 1
        self._entries.append(Mark.FINALIZED)

    def discard(self) -> None:
        """Forget the utterance in progress, but for its last 300 ms."""
        kept: deque[Entry] = deque()
        while self._entries and self._entries[-1] is not Mark.FINALIZED:
            kept.appendleft(self._pop_last())
        self._speaking = False
        self._put_back_quiet(kept)
        self._trim()

    def final(self) -> None:
        """Record that a FINAL came: of the first finalize, or else of all audio so far."""
        if self._owed:
            self._owed -= 1
            while self._pop_first() is not Mark.FINALIZED:
                pass
            if self._idle:  # nothing is left that a later question could come after
                kept, self._entries, self._audio_bytes = self._entries, deque(), 0
                self._put_back_quiet(kept)
        else:
            kept, self._entries, self._audio_bytes = self._entries, deque(), 0
            self._put_back_quiet(kept)
            if self._speaking:  # the ear ended a turn in which the caller goes on
                self._entries.append(Mark.STARTED)
        self._trim()

    def steps(self) -> Iterator[Entry]:
        """Yield what to do to a fresh session, audio in as few pieces as possible."""
        if self._expectation is not None:
            yield self._expectation
        audio = bytearray()
        for entry in self._entries:
            if isinstance(entry, bytes):
                audio += entry
                continue
            if audio:
                yield bytes(audio)
                audio.clear()
            yield entry
        if audio:
            yield bytes(audio)

    @property
    def _idle(self) -> bool:
        return not self._speaking and not self._owed

    def _put_back_quiet(self, entries: deque[Entry]) -> None:
        """Append the last 300 ms of some entries' audio, and what they expected last."""
        audio = b"".join(entry for entry in entries if isinstance(entry, bytes))[-PRE_ROLL_BYTES:]
        for entry in entries:
            if isinstance(entry, Expectation):
                self.expect(entry)
        if audio:
            self._entries.append(audio)
            self._audio_bytes += len(audio)

    def _trim(self) -> None:
        limit = PRE_ROLL_BYTES if self._idle else MOST_BYTES
        passed: list[Entry] = []
        while self._audio_bytes > limit:
            entry = self._entries.popleft()
            if not isinstance(entry, bytes):
                passed.append(entry)
                continue
            surplus = self._audio_bytes - limit
            self._audio_bytes -= min(surplus, len(entry))
            if surplus < len(entry):
                self._entries.appendleft(entry[surplus:])
        self._entries.extendleft(reversed(passed))

    def _pop_first(self) -> Entry:
        entry = self._entries.popleft()
        if isinstance(entry, bytes):
            self._audio_bytes -= len(entry)
        elif isinstance(entry, Expectation):
            self._expectation = entry
        return entry

    def _pop_last(self) -> Entry:
        entry = self._entries.pop()
        if isinstance(entry, bytes):
            self._audio_bytes -= len(entry)
        return entry
