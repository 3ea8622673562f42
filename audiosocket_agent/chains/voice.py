"""Voices in a row: where one fails, the next says the rest of the reply."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from copy import copy

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.chosen import (
    Candidate,
    Refusals,
    candidates,
    one_voiced,
    refuses_voice,
)
from audiosocket_agent.chains.told import Told
from audiosocket_agent.company_voice import OWN, Voices
from audiosocket_agent.errors import ProviderError, VendorDown, failure_of
from audiosocket_agent.seams import (
    Speech,
    SpeechPiece,
    TextToSpeech,
    VoiceSession,
    VoiceTraits,
)
from audiosocket_agent.spoken_words import count_words

# A voice that could not be reached while the phone rang is not waited for in the caller's time.
NOT_AGAIN_S = 30.0

_log = logging.getLogger(__name__)


class VoiceChain:
    """A `TextToSpeech` made of several.

    Args:
        engines: Names and voices, the preferred one first; at least one.
        breakers: The breaker of each, by name.
        now: The loop's clock, in seconds.
    """

    def __init__(
        self,
        engines: Sequence[tuple[str, TextToSpeech]],
        breakers: Mapping[str, Breaker],
        now: Callable[[], float],
    ) -> None:
        self._engines = tuple(engines)
        self._breakers = breakers
        self._now = now
        self._candidates = candidates(self._engines, OWN)
        self._refusals = Refusals()
        self._one_voiced: set[str] = set()  # that was said in the log

    @property
    def voice_id(self) -> str:
        """The preferred voice's: what another says in its place is not for keeping."""
        return self._candidates[0].engine.voice_id

    @property
    def traits(self) -> VoiceTraits:
        """The preferred voice's."""
        return self._candidates[0].engine.traits

    def of_company(self, voices: Voices) -> VoiceChain:
        """Return this chain as it speaks for a company; it is closed with this one.

        Args:
            voices: What the company chose.
        """
        for name in one_voiced(self._engines, voices):
            if name not in self._one_voiced:
                self._one_voiced.add(name)
                _log.warning("%s has but one voice; it speaks for all companies with it", name)
        other = copy(self)  # breakers and refusals are shared
        other._candidates = candidates(self._engines, voices)
        return other

    async def session(self, call_id: str) -> ChainSession:
        """See `TextToSpeech.session`: opens the first voice that can be, the others when needed."""
        session = ChainSession(self._candidates, self._breakers, self._refusals, self._now, call_id)
        await session.open()
        return session

    async def check(self) -> None:
        """See `TextToSpeech.check`; one that works is enough.

        Raises:
            ProviderError: The first voice's, if none works.
        """
        failures: list[ProviderError] = []
        for _, engine in self._engines:
            try:
                await engine.check()
            except ProviderError as error:
                failures.append(error)
        if len(failures) == len(self._engines):
            raise failures[0]

    async def close(self) -> None:
        """See `TextToSpeech.close`."""
        await asyncio.gather(*(engine.close() for _, engine in self._engines))


def voice_of(voice: TextToSpeech, voices: Voices) -> TextToSpeech:
    """Return a voice as it speaks for a company; one that is no chain speaks as it is set."""
    return voice.of_company(voices) if voices and isinstance(voice, VoiceChain) else voice


class ChainSession:
    """A `VoiceSession`; made by `VoiceChain.session`."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        breakers: Mapping[str, Breaker],
        refusals: Refusals,
        now: Callable[[], float],
        call_id: str,
    ) -> None:
        self._candidates = candidates
        self._breakers = breakers
        self._refusals = refusals
        self._now = now
        self._call_id = call_id
        self._sessions: dict[int, VoiceSession] = {}
        # When a voice that could not be opened may be again.
        self._not_before: dict[int, float] = {}
        self._opening = asyncio.Lock()  # two replies that fail together open one session
        self._speeches: set[ChainSpeech] = set()
        self._closed = False

    async def open(self) -> None:
        """Open the first voice that can be.

        Raises:
            ProviderError: The last voice's, if none can.
        """
        last: ProviderError | None = None
        for at in range(len(self._candidates)):
            if not self.allows(at):
                continue
            try:
                await self.reach(at)
            except ProviderError as error:
                self.failed(at, error)
                self.warn(at, error)
                last = error
            else:
                return
        raise last or self.exhausted()

    def begin(self) -> ChainSpeech:
        """See `VoiceSession.begin`."""
        speech = ChainSpeech(self, len(self._candidates), self._speeches.discard)
        self._speeches.add(speech)
        return speech

    async def close(self) -> None:
        """See `VoiceSession.close`."""
        self._closed = True
        for speech in list(self._speeches):
            speech.cancel()
        async with self._opening:
            sessions, self._sessions = list(self._sessions.values()), {}
        await asyncio.gather(*(session.close() for session in sessions))

    def ready(self, at: int) -> VoiceSession | None:
        """Return a voice's session if it is open already."""
        return self._sessions.get(at)

    async def reach(self, at: int) -> VoiceSession:
        """Return a voice's session, opened if need be.

        Raises:
            ProviderError: If it cannot be, within its own deadline.
        """
        name, engine = self._candidates[at].name, self._candidates[at].engine
        async with self._opening:
            if self._closed:
                raise ProviderError(name, "the session is closed")
            if at not in self._sessions:
                try:
                    self._sessions[at] = await engine.session(self._call_id)
                except Exception as error:
                    self._not_before[at] = self._now() + NOT_AGAIN_S
                    raise failure_of(name, error) from None
            return self._sessions[at]

    def name_of(self, at: int) -> str:
        """Return the name of a voice."""
        return self._candidates[at].name

    def allows(self, at: int) -> bool:
        """Return whether a voice may be asked now."""
        candidate, now = self._candidates[at], self._now()
        if not self._refusals.allow(candidate, now) or now < self._not_before.get(at, now):
            return False
        return self._breakers[candidate.name].allows(now)

    def succeeded(self, at: int) -> None:
        """A voice spoke a reply to its end."""
        self._breakers[self.name_of(at)].succeeded(self._now())

    def failed(self, at: int, error: ProviderError) -> None:
        """A voice failed."""
        candidate = self._candidates[at]
        if refuses_voice(candidate, error):
            self._refusals.note(candidate, self._now())
        else:
            self._breakers[candidate.name].failed(self._now(), error)

    def warn(self, at: int, error: ProviderError) -> None:
        """Log a switch: the error only, never what was to be said."""
        next_one = "the next voice takes over"
        if refuses_voice(self._candidates[at], error):
            next_one = (
                f"its own voice speaks instead of the company's, {self._candidates[at].chosen}"
            )
        _log.warning("%s; %s", error, next_one, extra={"call_id": self._call_id})

    def exhausted(self) -> ProviderError:
        """Return the error for a chain in which no voice may be asked."""
        return VendorDown(self.name_of(0), "every voice has failed lately")


class ChainSpeech:
    """A `Speech`; made by `ChainSession.begin`."""

    def __init__(
        self, session: ChainSession, voices: int, over: Callable[[ChainSpeech], None]
    ) -> None:
        self._session = session
        self._tell_over = over
        self._told = Told()
        self._finished = False
        self._cancelled = False
        self._inner: Speech | None = None
        self._candidates = iter(range(voices))
        self._at = self._next_voice()
        if self._at is not None and (ready := session.ready(self._at)) is not None:
            self._inner = ready.begin()

    def say(self, text: str) -> None:
        """See `Speech.say`."""
        if self._finished or self._cancelled:
            return
        self._told.say(text)
        if self._inner is not None:
            self._inner.say(text)

    def finish(self) -> None:
        """See `Speech.finish`."""
        if self._finished or self._cancelled:
            return
        self._finished = True
        if self._inner is not None:
            self._inner.finish()

    async def pieces(self) -> AsyncGenerator[SpeechPiece, None]:
        """See `Speech.pieces`; raises the last voice's error when none is left."""
        last: ProviderError | None = None
        try:
            while self._at is not None and not self._cancelled:
                try:
                    inner = self._inner or await self._begin(self._at)
                    pieces = inner.pieces()
                    try:
                        async for piece in pieces:
                            if self._cancelled:
                                return
                            yield self._told.heard(piece)
                    finally:
                        await _closed(pieces)
                    if not self._cancelled:
                        self._session.succeeded(self._at)
                    return
                except Exception as failure:
                    last = error = failure_of(self._session.name_of(self._at), failure)
                    self._fail(error)
                    if self._all_told():
                        return
            if not self._cancelled:
                raise last or self._session.exhausted()
        finally:
            self.cancel()

    def cancel(self) -> None:
        """See `Speech.cancel`."""
        if self._cancelled:
            return
        self._cancelled = True
        if self._inner is not None:
            self._inner.cancel()
        self._tell_over(self)

    async def _begin(self, at: int) -> Speech:
        """Have a voice say what has not been heard."""
        session = await self._session.reach(at)
        inner = session.begin()
        self._inner = inner
        if rest := self._told.hand_over():
            inner.say(rest)
        if self._finished:
            inner.finish()
        if self._cancelled:
            inner.cancel()
        return inner

    def _fail(self, error: ProviderError) -> None:
        assert self._at is not None
        failed_at = self._at
        self._session.failed(failed_at, error)
        if self._inner is not None:
            self._inner.cancel()
            self._inner = None
        self._at = self._next_voice()
        if self._at is not None and not self._all_told():
            self._session.warn(failed_at, error)

    def _next_voice(self) -> int | None:
        return next((at for at in self._candidates if self._session.allows(at)), None)

    def _all_told(self) -> bool:
        return self._finished and not count_words(self._told.rest())


async def _closed(pieces: AsyncIterator[SpeechPiece]) -> None:
    """End a voice's stream now, not when the garbage collector finds it."""
    if isinstance(pieces, AsyncGenerator):
        await pieces.aclose()
