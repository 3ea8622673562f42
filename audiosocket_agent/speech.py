"""Speaking one reply: text through the voice into the playout buffer, and out again.

A reply's text may still be on its way from a language model while its first words are heard. Text
goes to the voice as it comes, made fit for speaking (`spoken`); sentences every caller hears come
from stock, at once and without the voice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from audiosocket_agent.phrases import Recording
from audiosocket_agent.playout import Passage, Playout
from audiosocket_agent.seams import Speech, VoiceSession
from audiosocket_agent.written import Written

# Between a sentence from stock and its neighbour; without a breath a reply sounds rushed.
BREATH = bytes(16 * 200)  # 200 ms * 16 bytes a millisecond
MOST_WAITING = 64  # parts of one reply; a full queue makes the text wait for the voice

Stock = Callable[[str], Recording | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A whole sentence, settled before it is spoken; looked for in stock."""

    text: str


@dataclass(slots=True)
class _Recorded:
    """A sentence from stock."""

    written: Written
    recording: Recording


@dataclass(slots=True)
class _Streamed:
    """Text on its way through the voice."""

    speech: Speech
    written: Written = field(default_factory=Written)

    def take(self, piece: str | Line) -> None:
        """Add a piece of running text, or a sentence after it."""
        if isinstance(piece, str):
            self._say(self.written.add(piece))
        else:
            self._say(self.written.sentence(piece.text))

    def finish(self) -> None:
        """No more text follows."""
        self._say(self.written.finish())
        self.speech.finish()

    def _say(self, ready: str) -> None:
        if ready:
            self.speech.say(ready)


_Part = _Recorded | _Streamed


class Mouth:
    """Feeds a call's playout from the voice, one reply at a time.

    Args:
        playout: The call's buffer.
        voice: The voice of this call.
        stock: Finds a sentence that is kept ready.
        on_queued: Called after speech was queued, so that the first frame can leave at once.
    """

    def __init__(
        self, playout: Playout, voice: VoiceSession, stock: Stock, on_queued: Callable[[], None]
    ) -> None:
        self._playout = playout
        self._voice = voice
        self._stock = stock
        self._on_queued = on_queued
        self._drained = asyncio.Event()

    async def speak(
        self,
        text: AsyncGenerator[str | Line, None],
        on_first_byte: Callable[[], None],
        *,
        held: bool = False,
    ) -> None:
        """Speak text as it comes; returns when the last of its audio has left.

        All of a reply is queued as fast as the voice makes it: a reply is a few sentences, a
        megabyte at the very most.

        Args:
            text: Pieces of running text, and whole sentences; closed here, whatever happens.
            on_first_byte: Called when the first audio is there.
            held: Whether the audio waits in the buffer until `release`.

        Raises:
            ProviderError: If the voice fails; what was queued stays queued.
        """
        reply = self._playout.begin_reply(held=held)
        self._drained.clear()
        parts: asyncio.Queue[_Part | None] = asyncio.Queue(MOST_WAITING)
        begun: list[_Streamed] = []
        pumping = asyncio.create_task(self._pump(reply, parts, on_first_byte))
        try:
            feeding = asyncio.create_task(self._feed(text, parts, begun))
            try:
                # A voice that fails ends the reply at once, whatever the model still says.
                await asyncio.wait((feeding, pumping), return_when=asyncio.FIRST_COMPLETED)
                if feeding.done():
                    await feeding
                await pumping
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
        finally:
            pumping.cancel()
            for part in begun:
                part.speech.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
        self._playout.finish_reply(reply)
        if self._playout.empty:
            return
        await self._drained.wait()

    def hold(self) -> None:
        """Let our voice wait where it is; silence is sent."""
        self._playout.held = True

    def release(self) -> None:
        """Let it go on from there, at once."""
        self._playout.held = False
        self._on_queued()

    def drained(self) -> None:
        """The last queued frame of the reply has left."""
        self._drained.set()

    def stop(self) -> tuple[Passage, ...]:
        """Silence the reply at once; return its passages, which know what was heard."""
        return tuple(self._playout.clear())

    async def _feed(
        self,
        text: AsyncGenerator[str | Line, None],
        parts: asyncio.Queue[_Part | None],
        begun: list[_Streamed],
    ) -> None:
        """Turn text into parts, and go on filling the last of them."""
        current: _Streamed | None = None
        async with aclosing(text):
            async for piece in text:
                recording = self._stock(piece.text) if isinstance(piece, Line) else None
                if isinstance(piece, Line) and recording is not None:
                    if current is not None:
                        current.finish()
                        current = None
                    await parts.put(_Recorded(Written.whole(piece.text), recording))
                    continue
                if current is None:
                    current = _Streamed(self._voice.begin())
                    begun.append(current)
                    await parts.put(current)
                current.take(piece)
        if current is not None:
            current.finish()
        await parts.put(None)

    async def _pump(
        self, reply: int, parts: asyncio.Queue[_Part | None], on_first_byte: Callable[[], None]
    ) -> None:
        """Carry the audio of one part after the other into the playout."""
        first = True
        while (part := await parts.get()) is not None:
            passage = self._playout.begin_passage(reply, part.written)
            if not first:
                self._playout.push(passage, BREATH)
                passage.lead_bytes = len(BREATH)
            first = False
            if isinstance(part, _Recorded):
                on_first_byte()
                passage.timed(part.recording.words)
                self._playout.push(passage, part.recording.pcm)
            else:
                await self._carry(part.speech, passage, on_first_byte)
            passage.complete = True
            self._on_queued()

    async def _carry(
        self, speech: Speech, passage: Passage, on_first_byte: Callable[[], None]
    ) -> None:
        async for piece in speech.pieces():
            if isinstance(piece, bytes):
                on_first_byte()
                self._playout.push(passage, piece)
                self._on_queued()
            else:
                passage.timed(piece)


def heard_text(passages: tuple[Passage, ...]) -> str:
    """Join the words that left before a reply was stopped."""
    return " ".join(text for p in passages if (text := p.heard_text()))
