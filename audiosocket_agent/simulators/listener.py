"""The ear behind the simulated ears: what the script does not say is recognised.

It is the project's offline recogniser, so it hears what a caller of the sample company may say:
the key terms of the connection, and the answers every booking needs.
"""

from __future__ import annotations

import asyncio
import logging

import numpy as np
import numpy.typing as npt
import soxr

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import SAMPLE_RATE_HZ
from audiosocket_agent.stt.sphinx.grammar import normalise
from audiosocket_agent.stt.sphinx.workers import WorkerPool
from audiosocket_agent.understanding import NO, PARTS, PERSON, TOMORROW, WEEKDAYS, YES

WORKERS = 2
KEPT_MS = 9000
AROUND_MS = 300  # with less quiet around it the recogniser takes "yes please" for "yeah"
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


class Recording:
    """The last seconds of a connection's audio.

    Args:
        rate_hz: Of its samples.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._kept = bytearray()
        self._end = 0  # samples received so far

    @property
    def end_ms(self) -> float:
        """How much audio there was."""
        return self._end * 1000 / self._rate_hz

    def feed(self, samples: npt.NDArray[np.int16]) -> None:
        """Take in more; what is older than 9 s gives way, in pieces of half a second."""
        self._end += len(samples)
        self._kept += samples.tobytes()
        surplus = len(self._kept) - KEPT_MS * self._rate_hz // 1000 * 2
        if surplus > self._rate_hz:
            del self._kept[:surplus]

    def cut(self, start_ms: float, end_ms: float) -> bytes:
        """Return a piece and the quiet around it as pcm at 8,000 Hz."""
        first = self._end - len(self._kept) // 2
        start = max(0, self._index(start_ms - AROUND_MS) - first)
        end = max(0, self._index(end_ms + AROUND_MS) - first)
        pcm = bytes(self._kept[start * 2 : end * 2])
        if self._rate_hz == SAMPLE_RATE_HZ:
            return pcm
        heard = soxr.resample(np.frombuffer(pcm, "<i2"), self._rate_hz, SAMPLE_RATE_HZ)
        return np.asarray(heard, "<i2").tobytes()

    def _index(self, ms: float) -> int:
        return int(ms * self._rate_hz / 1000)


class Listener:
    """Recognises stretches of voice; its processes start when somebody may need it."""

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

    async def warm(self) -> None:
        """Start the recogniser, so that the first stretch need not wait for it."""
        try:
            await self._ready()
        except ProviderError as error:
            _log.warning("the recogniser does not start: %s", error)

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
