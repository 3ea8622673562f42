"""Sessions that may still be on their way: a call starts before its vendors are connected.

The ear and the voice of a call are opened when it is registered, while the phone still rings. When
the caller is on the line first, frames wait here for the ear and text for the voice; the greeting,
which comes from stock, waits for neither.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from audiosocket_agent.call import Ear
from audiosocket_agent.seams import (
    EarTraits,
    Expectation,
    Speech,
    SpeechPiece,
    Transcript,
    VoiceSession,
)

_T = TypeVar("_T")

MOST_WAITING = 500  # 10 s of frames: long past every connect deadline; the oldest give way
CLOSE_S = 3.0


class EarlyEar:
    """An ear that can be used while it is being opened; see `SttSession`.

    Args:
        opening: Opens the session; owned by this object from now on.
        traits: Of the engine it is most likely to be.
    """

    def __init__(self, opening: asyncio.Task[Ear], traits: EarTraits) -> None:
        self._opening = opening
        self._traits = traits
        self._ear: Ear | None = None
        self._waiting: deque[Callable[[Ear], None]] = deque(maxlen=MOST_WAITING)

    @property
    def traits(self) -> EarTraits:
        """See `Ear.traits`."""
        return self._traits if self._ear is None else self._ear.traits

    def expect(self, expectation: Expectation) -> None:
        """See `SttSession.expect`."""
        self._do(lambda ear: ear.expect(expectation))

    def feed(self, pcm: bytes) -> None:
        """See `SttSession.feed`."""
        if self._ear is not None:  # fifty times a second: without the closure
            self._ear.feed(pcm)
        else:
            self._waiting.append(lambda ear: ear.feed(pcm))

    def speech_started(self) -> None:
        """See `SttSession.speech_started`."""
        self._do(lambda ear: ear.speech_started())

    def finalize(self) -> None:
        """See `SttSession.finalize`."""
        self._do(lambda ear: ear.finalize())

    def discard(self) -> None:
        """See `SttSession.discard`."""
        self._do(lambda ear: ear.discard())

    async def transcripts(self) -> AsyncIterator[Transcript]:
        """See `SttSession.transcripts`."""
        ear = await asyncio.shield(self._opening)
        for operation in self._waiting:
            operation(ear)
        self._waiting.clear()
        self._ear = ear
        async for transcript in ear.transcripts():
            yield transcript

    async def close(self) -> None:
        """See `SttSession.close`."""
        if (ear := await _opened(self._opening)) is not None:
            await ear.close()

    def _do(self, operation: Callable[[Ear], None]) -> None:
        if self._ear is not None:
            operation(self._ear)
        else:
            self._waiting.append(operation)


class EarlyVoice:
    """A voice that can be used while it is being opened; see `VoiceSession`.

    Args:
        opening: Opens the session; owned by this object from now on.
    """

    def __init__(self, opening: asyncio.Task[VoiceSession]) -> None:
        self._opening = opening

    def begin(self) -> Speech:
        """See `VoiceSession.begin`."""
        if self._opening.done():
            return self._opening.result().begin()
        return _EarlySpeech(self._opening)

    async def close(self) -> None:
        """See `VoiceSession.close`."""
        if (voice := await _opened(self._opening)) is not None:
            await voice.close()


class _EarlySpeech:
    """A reply begun before its voice was there."""

    def __init__(self, opening: asyncio.Task[VoiceSession]) -> None:
        self._opening = opening
        self._speech: Speech | None = None
        self._text: list[str] = []  # one reply's at most
        self._finished = False
        self._cancelled = False

    def say(self, text: str) -> None:
        if self._speech is not None:
            self._speech.say(text)
        else:
            self._text.append(text)

    def finish(self) -> None:
        self._finished = True
        if self._speech is not None:
            self._speech.finish()

    async def pieces(self) -> AsyncIterator[SpeechPiece]:
        voice = await asyncio.shield(self._opening)
        if self._cancelled:
            return
        self._speech = voice.begin()
        for text in self._text:
            self._speech.say(text)
        if self._finished:
            self._speech.finish()
        async for piece in self._speech.pieces():
            yield piece

    def cancel(self) -> None:
        self._cancelled = True
        if self._speech is not None:
            self._speech.cancel()


async def _opened(opening: asyncio.Task[_T]) -> _T | None:
    """Return what was opened; an opening still under way is given up, a failed one is None."""
    if not opening.done():
        opening.cancel()
    await asyncio.wait((opening,), timeout=CLOSE_S)
    if not opening.done() or opening.cancelled() or opening.exception() is not None:
        return None
    return opening.result()
