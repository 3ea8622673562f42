"""The ear behind the simulated ears: what the script does not say is recognised.

It is the project's offline recogniser, so it hears what a caller of the sample company may say:
the key terms of the connection, and the answers every booking needs.
"""

from __future__ import annotations

import asyncio
import logging

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.stt.sphinx.grammar import normalise
from audiosocket_agent.stt.sphinx.workers import WorkerPool
from audiosocket_agent.understanding import NO, PARTS, PERSON, TOMORROW, WEEKDAYS, YES

WORKERS = 1
LONGEST_BYTES = 8 * 16_000  # 8 s at 8000 Hz * 2 bytes; a worker takes no more than 12 s
DIGITS = ("oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GENERAL = (
    *YES,
    *NO,
    *PERSON,
    *(phrase for day in (*WEEKDAYS, TOMORROW) for phrase in (day, f"on {day}")),
    *(phrase for ways in PARTS.values() for phrase in ways),
    *DIGITS,
)

_log = logging.getLogger(__name__)


class Listener:
    """Recognises stretches of voice; its process starts when the first one needs it."""

    def __init__(self) -> None:
        self._pool: WorkerPool | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    async def words(self, pcm: bytes, keyterms: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words of a stretch; none when it was not understood.

        Args:
            pcm: The stretch; only its last 8 s are heard.
            keyterms: What may have been said, besides the general answers.
        """
        try:
            pool = await self._ready()
            reply = await pool.recognise(pcm[-LONGEST_BYTES:], normalise((*GENERAL, *keyterms)))
        except ProviderError as error:
            _log.warning("a stretch of voice is not heard: %s", error)
            return ()
        return tuple(reply.text.split())

    async def close(self) -> None:
        """Stop the recogniser; idempotent."""
        self._closed = True
        async with self._starting:
            pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _ready(self) -> WorkerPool:
        async with self._starting:
            if self._closed:
                raise ProviderError("simulators", "the recogniser is closed")
            if self._pool is None:
                pool = WorkerPool(WORKERS)
                await pool.start()
                self._pool = pool
            return self._pool
