"""The offline ear: pocketsphinx with a small grammar per question, in processes of its own.

It recognises the phrases the conversation offers and nothing else; what it cannot place is an empty
transcript. Decoding starts when the utterance is over: it then takes a few per cent of the
utterance's length, and the recogniser works best when it sees the whole of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.options import VendorOptions, option
from audiosocket_agent.seams import (
    BYTES_PER_MS,
    FRAME_MS,
    SAMPLE_RATE_HZ,
    EarTraits,
    Expectation,
    Transcript,
)
from audiosocket_agent.stt.sphinx.grammar import normalise
from audiosocket_agent.stt.sphinx.workers import PROVIDER, WorkerPool

PRE_ROLL_BYTES = 300 * BYTES_PER_MS  # the VAD hears a voice at most this long after it began
MAX_UTTERANCE_BYTES = 8_000 * BYTES_PER_MS  # far longer than any answer to a closed question
MAX_WAITING = 4  # utterances of one call; a caller who is that far ahead is not being heard anyway

_TRAITS = EarTraits(
    encoding="pcm_s16le", rate_hz=SAMPLE_RATE_HZ, chunk_ms=FRAME_MS, closed_vocabulary=True
)

_log = logging.getLogger(__name__)


class Options(VendorOptions):
    """Settings of the offline ear."""

    workers: int = option(
        2,
        "recogniser processes: how many utterances can be recognised at the same moment; "
        "each takes 90 MB",
        env="VOICEAGENT_STT_WORKERS",
        ge=1,
        le=16,
    )


@dataclass(frozen=True, slots=True)
class _Utterance:
    """One finished utterance; empty pcm or no phrases mean that there is nothing to recognise."""

    pcm: bytes
    phrases: tuple[str, ...]


class OfflineSession:
    """The ear of one call; see `SttSession`."""

    def __init__(self, pool: WorkerPool, call_id: str) -> None:
        self._pool = pool
        self._call_id = call_id
        self._phrases: tuple[str, ...] = ()
        self._audio = bytearray()
        self._speaking = False
        self._waiting: deque[_Utterance] = deque()
        self._wakeup = asyncio.Event()
        self._closed = False

    def expect(self, expectation: Expectation) -> None:
        """See `SttSession.expect`; holds until the next one."""
        self._phrases = normalise(expectation.phrases)

    def feed(self, pcm: bytes) -> None:
        """See `SttSession.feed`."""
        if self._closed:
            return
        self._audio += pcm
        # Before speech only the last 300 ms are kept; during it the oldest audio gives way, because
        # an answer that follows eight seconds of something else is at the end.
        limit = MAX_UTTERANCE_BYTES if self._speaking else PRE_ROLL_BYTES
        if len(self._audio) > limit:
            del self._audio[: len(self._audio) - limit]

    def speech_started(self) -> None:
        """See `SttSession.speech_started`."""
        self._speaking = True

    def finalize(self) -> None:
        """See `SttSession.finalize`.

        An utterance for which there is no room still gets its transcript, an empty one. The line
        itself cannot grow without end: each entry is the end of a spoken turn.
        """
        pcm = bytes(self._audio) if self._speaking else b""
        if sum(1 for utterance in self._waiting if utterance.pcm) >= MAX_WAITING:
            _log.warning("an utterance is not heard: too many wait", extra=self._log_extra)
            pcm = b""
        self._waiting.append(_Utterance(pcm, self._phrases))
        self._audio.clear()
        self._speaking = False
        self._wakeup.set()

    def discard(self) -> None:
        """See `SttSession.discard`; its last 300 ms may be the pre-roll of what follows."""
        self._speaking = False
        del self._audio[: max(0, len(self._audio) - PRE_ROLL_BYTES)]

    async def transcripts(self) -> AsyncIterator[Transcript]:
        """See `SttSession.transcripts`; one consumer at a time."""
        while True:
            while self._waiting and not self._closed:
                yield await self._recognise(self._waiting.popleft())
            if self._closed:
                return
            self._wakeup.clear()
            await self._wakeup.wait()

    async def close(self) -> None:
        """See `SttSession.close`."""
        self._closed = True
        self._waiting.clear()
        self._audio.clear()
        self._wakeup.set()

    @property
    def _log_extra(self) -> dict[str, str]:
        return {"call_id": self._call_id}

    async def _recognise(self, utterance: _Utterance) -> Transcript:
        if not utterance.pcm or not utterance.phrases:
            return Transcript("", 0.0)
        try:
            reply = await self._pool.recognise(utterance.pcm, utterance.phrases)
        except ProviderError as error:
            # The caller is asked again, as after any answer that was not understood.
            _log.warning("an utterance is not heard: %s", error, extra=self._log_extra)
            return Transcript("", 0.0)
        return Transcript(reply.text, reply.confidence)


class OfflineEar:
    """A `SpeechToText` on a pool of recogniser processes."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._closed = False

    @property
    def traits(self) -> EarTraits:
        """See `SpeechToText.traits`."""
        return _TRAITS

    async def session(self, call_id: str, vocabulary: Sequence[str] = ()) -> OfflineSession:
        """See `SpeechToText.session`; any number of calls share the pool.

        It hears only phrases that it is told to expect: the vocabulary is no use to it.
        """
        if self._closed:
            raise ProviderError(PROVIDER, "the recogniser is closed")
        return OfflineSession(self._pool, call_id)

    async def check(self) -> None:
        """See `SpeechToText.check`; a moment of silence goes through a recogniser process."""
        if self._closed:
            raise ProviderError(PROVIDER, "the recogniser is closed")
        await self._pool.recognise(bytes(PRE_ROLL_BYTES), ("yes", "no"))

    async def close(self) -> None:
        """See `SpeechToText.close`."""
        self._closed = True
        await self._pool.close()


async def open_engine(options: Options) -> OfflineEar:
    """Start the recogniser processes and wait until they are ready.

    Raises:
        ProviderError: If they do not start.
    """
    pool = WorkerPool(options.workers)
    await pool.start()
    return OfflineEar(pool)
