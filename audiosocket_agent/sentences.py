"""Makes a streaming voice of one that speaks complete sentences only."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import BYTES_PER_MS, SentenceVoice, SpeechPiece, VoiceTraits
from audiosocket_agent.sentence_ends import SentenceCutter

PAUSE = bytes(200 * BYTES_PER_MS)  # between two sentences; the voice's own silence is trimmed off
MOST_WAITING = 200  # sentences: over ten minutes of speech; a reply with more fails
MOST_AHEAD = 16  # pieces made before they are taken; when full, the voice waits


class BySentence:
    """A `TextToSpeech` on a `SentenceVoice`: speaks each sentence as soon as it is complete.

    Args:
        engine: Speaks.
        traits: Of the engine.
        name: The engine's, for errors.
        other: Gives the engine with another voice and speed, see `OtherVoices.speaking`; None if
            it has but one.
    """

    def __init__(
        self,
        engine: SentenceVoice,
        traits: VoiceTraits,
        name: str = "offline",
        other: Callable[[str, float], SentenceVoice] | None = None,
    ) -> None:
        self._engine = engine
        self._traits = traits
        self._name = name
        self._other = other
        self._sessions: set[SentenceSession] = set()

    @property
    def voice_id(self) -> str:
        """See `TextToSpeech.voice_id`."""
        return self._engine.voice_id

    @property
    def traits(self) -> VoiceTraits:
        """See `TextToSpeech.traits`."""
        return self._traits

    def speaking(self, voice: str, speed: float) -> BySentence | None:
        """See `OtherVoices.speaking`."""
        if self._other is None:
            return None
        other = BySentence(self._other(voice, speed), self._traits, self._name)
        other._sessions = self._sessions  # closed with this one
        return other

    async def session(self, call_id: str) -> SentenceSession:
        """See `TextToSpeech.session`."""
        session = SentenceSession(self._engine, self._name, self._sessions.discard)
        self._sessions.add(session)
        return session

    def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Speak one sentence; see `SentenceVoice.synthesize`."""
        return self._engine.synthesize(text)

    async def check(self) -> None:
        """See `TextToSpeech.check`: speaks a word."""
        async with aclosing(self._engine.synthesize("Ready.")) as chunks:
            async for _ in chunks:
                return
        raise ProviderError(self._name, "the voice says nothing")

    async def close(self) -> None:
        """See `TextToSpeech.close`."""
        for session in list(self._sessions):
            await session.close()
        await self._engine.close()


class SentenceSession:
    """A `VoiceSession`; made by `BySentence.session`."""

    def __init__(
        self, engine: SentenceVoice, name: str, closed: Callable[[SentenceSession], None]
    ) -> None:
        self._engine = engine
        self._name = name
        self._tell_closed = closed
        self._workers: set[asyncio.Task[None]] = set()
        self._speeches: set[SentenceSpeech] = set()

    def begin(self) -> SentenceSpeech:
        """See `VoiceSession.begin`."""
        speech = SentenceSpeech(self._engine, self._name, self._start, self._speeches.discard)
        self._speeches.add(speech)
        return speech

    async def close(self) -> None:
        """See `VoiceSession.close`."""
        for speech in list(self._speeches):
            speech.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._tell_closed(self)

    def _start(self, speech: SentenceSpeech) -> asyncio.Task[None]:
        worker = asyncio.create_task(speech.work())
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)
        return worker


class SentenceSpeech:
    """A `Speech`; made by `SentenceSession.begin`."""

    def __init__(
        self,
        engine: SentenceVoice,
        name: str,
        start: Callable[[SentenceSpeech], asyncio.Task[None]],
        over: Callable[[SentenceSpeech], None],
    ) -> None:
        self._engine = engine
        self._name = name
        self._start = start
        self._tell_over = over
        self._cutter = SentenceCutter()
        self._sentences: deque[str] = deque()
        self._pieces: asyncio.Queue[bytes | ProviderError | None] = asyncio.Queue(MOST_AHEAD)
        self._more = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._finished = False
        self._cancelled = False

    def say(self, text: str) -> None:
        """See `Speech.say`."""
        if not self._finished and not self._cancelled:
            self._add(self._cutter.feed(text))

    def finish(self) -> None:
        """See `Speech.finish`."""
        if not self._finished and not self._cancelled:
            self._finished = True
            self._add(self._cutter.finish())
            self._more.set()

    async def pieces(self) -> AsyncGenerator[SpeechPiece, None]:
        """See `Speech.pieces`; a consumer who leaves cancels."""
        if self._cancelled:
            return
        self._worker = self._start(self)
        try:
            while (piece := await self._pieces.get()) is not None and not self._cancelled:
                if isinstance(piece, ProviderError):
                    raise piece
                yield piece
        finally:
            self.cancel()
            await asyncio.wait([self._worker])
        if not self._worker.cancelled():
            self._worker.result()

    def cancel(self) -> None:
        """See `Speech.cancel`."""
        if self._cancelled:
            return
        self._cancelled = True
        self._sentences.clear()
        if self._worker is not None:
            self._worker.cancel()
        while not self._pieces.empty():
            self._pieces.get_nowait()
        self._pieces.put_nowait(None)
        self._tell_over(self)

    async def work(self) -> None:
        """Speak the sentences one after the other; run by the session, ended by `cancel`."""
        try:
            pause = b""
            while (sentence := await self._next()) is not None:
                async with aclosing(self._engine.synthesize(sentence)) as chunks:
                    async for chunk in chunks:
                        await self._pieces.put(pause + chunk)
                        pause = b""
                pause = PAUSE
        except ProviderError as error:
            await self._pieces.put(error)
            return
        except Exception:
            await self._pieces.put(None)  # a bug: `pieces` ends and raises it
            raise
        await self._pieces.put(None)

    def _add(self, sentences: list[str]) -> None:
        if not sentences:
            return
        self._sentences += sentences
        self._more.set()

    async def _next(self) -> str | None:
        """Return the next sentence; None at the end."""
        while not self._sentences:
            if self._finished:
                return None
            self._more.clear()
            # No deadline: it is the model's, or a tool's, when the next text comes.
            await self._more.wait()
        if len(self._sentences) > MOST_WAITING:
            raise ProviderError(self._name, "a reply is longer than anybody listens to")
        return self._sentences.popleft()
