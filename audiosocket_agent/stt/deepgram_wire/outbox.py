"""Transcripts on their way to the call: one consumer, unread ones do not pile up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import Hearing, Transcript

MOST_UNREAD = 64  # nobody reads any more; the oldest are lost


class Outbox:
    """What a session has heard and its call has not read yet."""

    def __init__(self) -> None:
        self._unread: deque[Transcript] = deque(maxlen=MOST_UNREAD)
        self._failure: ProviderError | None = None
        self._ended = False
        self._wakeup = asyncio.Event()

    def put(self, transcripts: Iterable[Transcript]) -> None:
        """Add transcripts; one that the next replaces anyway is dropped when it is unread."""
        for transcript in transcripts:
            last = self._unread[-1] if self._unread else None
            if last is not None and last.hearing is Hearing.PARTIAL and not transcript.final:
                self._unread.pop()
            elif (
                last is not None
                and last.hearing is Hearing.RESUMED
                and transcript.hearing in (Hearing.PARTIAL, Hearing.RESUMED)
            ):
                # That the caller went on must not get lost, only its words are newer.
                self._unread.pop()
                transcript = Transcript(transcript.text, transcript.confidence, Hearing.RESUMED)
            self._unread.append(transcript)
            self._wakeup.set()

    def fail(self, error: ProviderError) -> None:
        """Let the consumer meet this error after what it has not read yet; the first one counts."""
        self._failure = self._failure or error
        self._wakeup.set()

    def end(self) -> None:
        """Let the consumer's loop end now."""
        self._ended = True
        self._wakeup.set()

    async def read(self) -> AsyncIterator[Transcript]:
        """Yield transcripts until `end`.

        Raises:
            ProviderError: The one given to `fail`.
        """
        while not self._ended:
            if self._unread:
                yield self._unread.popleft()
            elif self._failure is not None:
                raise self._failure
            else:
                self._wakeup.clear()
                await self._wakeup.wait()
