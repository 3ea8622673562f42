"""Cartesia: the voice, streamed at 8 kHz while the text is still being written.

Source: https://docs.cartesia.ai/api-reference/tts/websocket.
"""

from __future__ import annotations

import asyncio

from audiosocket_agent.errors import DeadlineMissed, StreamBroken
from audiosocket_agent.seams import SAMPLE_RATE_HZ, VoiceTraits
from audiosocket_agent.tts.cartesia_wire.failures import PROVIDER, URL
from audiosocket_agent.tts.cartesia_wire.request import (
    ENCODING,
    FASTEST,
    SLOWEST,
    CartesiaOptions,
)
from audiosocket_agent.tts.cartesia_wire.session import CartesiaSession

CHECK_S = 10.0
IDLE_S = 300.0


class Options(CartesiaOptions):
    """What can be set about Cartesia."""


class CartesiaVoice:
    """A `TextToSpeech`.

    Args:
        options: What is set.
        sessions: Those that are open, when other voices of the engine share them.
    """

    traits = VoiceTraits(ENCODING, SAMPLE_RATE_HZ, timestamps=True, idle_s=IDLE_S)

    def __init__(
        self, options: CartesiaOptions, sessions: set[CartesiaSession] | None = None
    ) -> None:
        self._options = options
        self._sessions = set[CartesiaSession]() if sessions is None else sessions

    @property
    def voice_id(self) -> str:
        """See `TextToSpeech.voice_id`."""
        o = self._options
        return f"{PROVIDER}-{o.version}-{o.model}-{o.voice}-{o.language}-{o.speed:g}"

    def speaking(self, voice: str, speed: float) -> CartesiaVoice:
        """See `OtherVoices.speaking`; the voice is its id."""
        faster = min(max(self._options.speed * speed, SLOWEST), FASTEST)
        own = {"voice": voice, "speed": round(faster, 3)}
        return CartesiaVoice(self._options.model_copy(update=own), self._sessions)

    async def session(self, call_id: str) -> CartesiaSession:
        """See `TextToSpeech.session`."""
        return await self._open(self._options, call_id)

    async def check(self) -> None:
        """See `TextToSpeech.check`: speaks one word, with patience."""
        patient = {"connect_ms": 5000, "first_byte_ms": 5000, "stall_ms": 5000}
        heard = 0
        try:
            async with asyncio.timeout(CHECK_S):
                session = await self._open(self._options.model_copy(update=patient), "check")
                try:
                    speech = session.begin()
                    speech.say("Hello.")
                    speech.finish()
                    async for piece in speech.pieces():
                        heard += len(piece)
                finally:
                    await session.close()
        except TimeoutError:
            what = f"no word was spoken within {CHECK_S:g} s; check {URL}"
            raise DeadlineMissed(PROVIDER, what) from None
        if not heard:
            raise StreamBroken(PROVIDER, "the voice says nothing")

    async def close(self) -> None:
        """See `TextToSpeech.close`."""
        await asyncio.gather(*(session.close() for session in list(self._sessions)))

    async def _open(self, options: CartesiaOptions, call_id: str) -> CartesiaSession:
        session = CartesiaSession(options, call_id, self._sessions.discard)
        await session.open()
        self._sessions.add(session)
        return session


async def open_engine(options: Options) -> CartesiaVoice:
    """Return the voice; nothing is connected yet."""
    return CartesiaVoice(options)
