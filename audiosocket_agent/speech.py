"""Speaking one reply: sentences through the voice into the playout buffer, and out again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from audiosocket_agent.playout import Passage, Playout
from audiosocket_agent.seams import TextToSpeech

# Voices cut the silence around a sentence; without a breath between them a reply sounds rushed.
BREATH = bytes(16 * 200)  # 200 ms * 16 bytes a millisecond


class Mouth:
    """Feeds a call's playout from the voice, one reply at a time.

    Args:
        playout: The call's buffer.
        voice: The voice engine.
        on_queued: Called after speech was queued, so that the first frame can leave at once.
    """

    def __init__(
        self, playout: Playout, voice: TextToSpeech, on_queued: Callable[[], None]
    ) -> None:
        self._playout = playout
        self._voice = voice
        self._on_queued = on_queued
        self._drained = asyncio.Event()

    async def speak(self, sentences: tuple[str, ...], on_first_byte: Callable[[], None]) -> None:
        """Speak sentences in order; returns when the last of their audio has left.

        All of a reply is queued as fast as the voice makes it: a reply is a few sentences, a
        megabyte at the very most.

        Raises:
            ProviderError: If the voice fails; what was queued stays queued.
        """
        reply = self._playout.begin_reply()
        self._drained.clear()
        first = True
        for position, text in enumerate(sentences):
            passage = self._playout.begin_passage(reply, text)
            if position:
                self._playout.push(passage, BREATH)
            async with aclosing(self._voice.synthesize(text)) as chunks:
                async for pcm in chunks:
                    if first:
                        on_first_byte()
                        first = False
                    if not self._playout.push(passage, pcm):
                        return
                    self._on_queued()
            passage.complete = True
            self._on_queued()
        self._playout.finish_reply(reply)
        if self._playout.empty:
            return
        await self._drained.wait()

    def drained(self) -> None:
        """The last queued frame of the reply has left."""
        self._drained.set()

    def stop(self) -> tuple[Passage, ...]:
        """Silence the reply at once; return its passages, which know what was heard."""
        return tuple(self._playout.clear())


def heard_text(passages: tuple[Passage, ...]) -> str:
    """Join the words that left before a reply was stopped."""
    return " ".join(text for p in passages if (text := p.heard_text()))
