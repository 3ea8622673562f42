"""Several ears in a row: when one fails in the middle of a call, the next hears what it missed.

The switch happens inside the call's own loop over the transcripts: nothing else runs for it. The
audio of the utterance in progress is replayed into the new ear, with everything that was said about
it, an unanswered `finalize` included; audio fed meanwhile is recorded and replayed too. A call
never goes back to an ear that failed it.

What a switch costs the caller: an ear that hangs is found out by its own deadline (about 0.5 s), a
fresh session may take `SWITCH_S`, and recognising what is replayed is the new ear's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.replay import Mark, Replay
from audiosocket_agent.errors import (
    DeadlineMissed,
    ProviderError,
    SessionExpired,
    StreamBroken,
    VendorDown,
    failure_of,
)
from audiosocket_agent.seams import (
    EarTraits,
    Expectation,
    SpeechToText,
    SttSession,
    Transcript,
)

OPEN_S = 3.0  # while the phone rings; vendors have shorter deadlines of their own
SWITCH_S = 0.6  # while the caller waits: a TLS handshake across a continent fits, twice does not

_log = logging.getLogger(__name__)


class EarChain:
    """A `SpeechToText` that is several, tried in order.

    Args:
        engines: Name and engine, the preferred one first; at least one.
        breakers: One for each name.
        now: ``loop.time``.
    """

    def __init__(
        self,
        engines: Sequence[tuple[str, SpeechToText]],
        breakers: Mapping[str, Breaker],
        now: Callable[[], float],
    ) -> None:
        self._engines = tuple(engines)
        self._breakers = tuple(breakers[name] for name, _ in engines)
        self._now = now

    @property
    def traits(self) -> EarTraits:
        """Of the first ear; see `ChainedEar.traits` for the one that listens."""
        return self._engines[0][1].traits

    async def session(self, call_id: str, vocabulary: Sequence[str] = ()) -> ChainedEar:
        """See `SpeechToText.session`; the first ear that opens takes the call.

        Raises:
            ProviderError: That of the last ear that was tried.
        """
        last: ProviderError | None = None
        for index in range(len(self._engines)):
            if not self.allows(index):
                continue
            try:
                ear = await self.open(index, call_id, vocabulary, OPEN_S)
            except ProviderError as error:
                _log.warning("the next ear is tried: %s", said(error), extra={"call_id": call_id})
                last = error
            else:
                return ChainedEar(self, index, ear, call_id, vocabulary)
        if last is not None:
            raise last
        name, resting = self._engines[-1][0], self._breakers[-1].reason
        raise VendorDown(name, f"every ear is resting after failures; the last: {resting}")

    async def check(self) -> None:
        """See `SpeechToText.check`; every ear is checked, the first one's error counts."""
        for _, engine in self._engines:
            await engine.check()

    async def close(self) -> None:
        """See `SpeechToText.close`."""
        await asyncio.gather(*(engine.close() for _, engine in self._engines))

    def __len__(self) -> int:
        return len(self._engines)

    def traits_of(self, index: int) -> EarTraits:
        """Return the traits of one ear."""
        return self._engines[index][1].traits

    def name_of(self, index: int) -> str:
        """Return the name of one ear."""
        return self._engines[index][0]

    def allows(self, index: int) -> bool:
        """Return whether an ear may be tried now; True may be its breaker's only trial."""
        return self._breakers[index].allows(self._now())

    def succeeded(self, index: int) -> None:
        """An ear heard something."""
        self._breakers[index].succeeded(self._now())

    def failed(self, index: int, error: ProviderError) -> None:
        """An ear failed; that a session grew too old says nothing against its vendor."""
        if not isinstance(error, SessionExpired):
            self._breakers[index].failed(self._now(), error)

    async def open(
        self, index: int, call_id: str, vocabulary: Sequence[str], limit_s: float
    ) -> SttSession:
        """Open a session of one ear.

        Raises:
            ProviderError: If it does not open within the limit; its breaker knows.
        """
        name, engine = self._engines[index]
        try:
            async with asyncio.timeout(limit_s):
                return await engine.session(call_id, vocabulary)
        except TimeoutError:
            error: ProviderError = DeadlineMissed(name, f"no session within {limit_s:g} s")
        except Exception as failure:
            error = failure_of(name, failure)
        self.failed(index, error)
        raise error


class ChainedEar:
    """The ear of one call; see `SttSession`.

    Args:
        chain: What it switches within.
        index: The ear that listens first.
        ear: Its session, owned by this object from now on.
        call_id: For logs.
        vocabulary: For the ears to come.
    """

    def __init__(
        self,
        chain: EarChain,
        index: int,
        ear: SttSession,
        call_id: str,
        vocabulary: Sequence[str],
    ) -> None:
        self._chain = chain
        self._index = index
        self._ear: SttSession | None = ear  # None while the next one connects
        self._call_id = call_id
        self._vocabulary = tuple(vocabulary)
        self._replay = Replay()
        self._reconnected = False
        self._closed = False
        self._retired: set[asyncio.Task[None]] = set()

    @property
    def traits(self) -> EarTraits:
        """Of the ear that listens now."""
        return self._chain.traits_of(self._index)

    def expect(self, expectation: Expectation) -> None:
        """See `SttSession.expect`."""
        self._replay.expect(expectation)
        if self._ear is not None:
            self._ear.expect(expectation)

    def feed(self, pcm: bytes) -> None:
        """See `SttSession.feed`."""
        self._replay.feed(pcm)
        if self._ear is not None:
            self._ear.feed(pcm)

    def speech_started(self) -> None:
        """See `SttSession.speech_started`."""
        self._replay.speech_started()
        if self._ear is not None:
            self._ear.speech_started()

    def finalize(self) -> None:
        """See `SttSession.finalize`."""
        self._replay.finalize()
        if self._ear is not None:
            self._ear.finalize()

    def discard(self) -> None:
        """See `SttSession.discard`."""
        self._replay.discard()
        if self._ear is not None:
            self._ear.discard()

    async def transcripts(self) -> AsyncIterator[Transcript]:
        """See `SttSession.transcripts`.

        Raises:
            ProviderError: That of the last ear, when there is no other.
        """
        while self._ear is not None and not self._closed:
            try:
                async for transcript in self._ear.transcripts():
                    self._note(transcript)
                    yield transcript
                return
            except Exception as failure:
                if self._closed:
                    return
                await self._switch(failure_of(self._chain.name_of(self._index), failure))

    async def close(self) -> None:
        """See `SttSession.close`."""
        self._closed = True
        if self._ear is not None:
            await self._ear.close()
        await asyncio.gather(*self._retired, return_exceptions=True)

    def _note(self, transcript: Transcript) -> None:
        if not transcript.final:
            return
        self._replay.final()
        self._reconnected = False
        if transcript.text:  # an empty one may not have needed the vendor
            self._chain.succeeded(self._index)

    async def _switch(self, error: ProviderError) -> None:
        """Put the next ear that opens in the place of the one that failed.

        Raises:
            ProviderError: That of the last one tried.
        """
        dead, self._ear = self._ear, None
        if dead is not None:
            self._retire(dead)
        self._chain.failed(self._index, error)
        for index in self._candidates(error):
            if not self._chain.allows(index):
                continue
            _log.warning("the call changes its ear: %s", said(error), extra=self._extra)
            try:
                ear = await self._chain.open(index, self._call_id, self._vocabulary, SWITCH_S)
            except ProviderError as failure:
                error = failure
                continue
            if self._closed:
                await ear.close()
                return
            self._adopt(index, ear)
            return
        _log.warning("no ear is left: %s", said(error), extra=self._extra)
        raise error

    def _candidates(self, error: ProviderError) -> Iterator[int]:
        # A connection that broke was noticed at once, so there is time to try its vendor again; one
        # that hung has already cost the caller its deadline.
        if isinstance(error, StreamBroken) and error.retryable and not self._reconnected:
            yield self._index
        yield from range(self._index + 1, len(self._chain))

    def _adopt(self, index: int, ear: SttSession) -> None:
        self._reconnected = index == self._index
        self._index = index
        self._ear = ear
        for step in self._replay.steps():
            if isinstance(step, bytes):
                ear.feed(step)
            elif isinstance(step, Expectation):
                ear.expect(step)
            elif step is Mark.STARTED:
                ear.speech_started()
            else:
                ear.finalize()

    def _retire(self, ear: SttSession) -> None:
        """Close an ear that failed beside the call; `close` waits for it."""
        task = asyncio.create_task(self._close_retired(ear))
        self._retired.add(task)
        task.add_done_callback(self._retired.discard)

    async def _close_retired(self, ear: SttSession) -> None:
        try:
            await ear.close()
        except ProviderError as error:
            _log.info("an ear that failed did not close: %s", said(error), extra=self._extra)

    @property
    def _extra(self) -> dict[str, str]:
        return {"call_id": self._call_id}


def said(error: ProviderError) -> str:
    """Return an error for the log, with its class; its text has no personal data by contract."""
    return f"{type(error).__name__}, {error}"
