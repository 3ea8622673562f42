"""The simulated vendor's voices: espeak-ng at any rate, each text synthesised once, or tones."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import soxr

from audiosocket_agent.seams import SAMPLE_RATE_HZ, SpokenWord
from audiosocket_agent.simulators import cartesia_tones
from audiosocket_agent.tts.offline import OfflineVoice

CACHE_BYTES = 32 * 1024 * 1024  # over half an hour of speech; then the longest unused goes


class SimulatedVoice:
    """Speech for texts; calls that want the same text at once share one synthesis."""

    def __init__(self) -> None:
        self._voice = OfflineVoice()
        self._cache: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._cached_bytes = 0
        self._making: dict[tuple[str, int], asyncio.Task[bytes]] = {}

    async def speak(
        self, text: str, rate_hz: int, voice_id: str
    ) -> tuple[bytes, Sequence[SpokenWord]]:
        """Speak a text.

        Args:
            text: Words.
            rate_hz: Of the samples.
            voice_id: `cartesia_tones.VOICE`, or any other for espeak-ng.

        Returns:
            The speech as pcm, b"" when there is nothing to say, and when each word is heard.

        Raises:
            ProviderError: If espeak-ng is missing or fails.
        """
        if voice_id == cartesia_tones.VOICE:
            return cartesia_tones.spell(text, rate_hz)
        if not text.strip():
            return b"", ()
        pcm = await self._speech(text, rate_hz)
        return pcm, _word_times(text, len(pcm) / 2 / rate_hz * 1000)

    async def close(self) -> None:
        """Stop what is being synthesised; idempotent."""
        making = list(self._making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)
        await self._voice.close()

    async def _speech(self, text: str, rate_hz: int) -> bytes:
        key = (" ".join(text.split()), rate_hz)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make(key))
            task.add_done_callback(lambda _: self._making.pop(key, None))
        # Shielded: who hangs up must not silence another call that waits for the same words.
        return await asyncio.shield(task)

    async def _make(self, key: tuple[str, int]) -> bytes:
        text, rate_hz = key
        pcm = b"".join([piece async for piece in self._voice.synthesize(text)])
        if rate_hz != SAMPLE_RATE_HZ and pcm:
            pcm = await asyncio.to_thread(_resampled, pcm, rate_hz)
        self._cache[key] = pcm
        self._cached_bytes += len(pcm)
        while self._cached_bytes > CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= len(dropped)
        return pcm


def _word_times(text: str, length_ms: float) -> list[SpokenWord]:
    """Spread the words of a text over its audio by their letters."""
    words = text.split()
    weights = [max(1, len(re.findall(r"\w", word))) for word in words]
    total = sum(weights)
    ends_ms = [length_ms * passed / total for passed in accumulate(weights)]
    return [*map(SpokenWord, words, [0.0, *ends_ms], ends_ms)]


def _resampled(pcm: bytes, rate_hz: int) -> bytes:
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    resampled = soxr.resample(samples, SAMPLE_RATE_HZ, rate_hz, quality="MQ")
    return bytes(np.clip(np.rint(resampled), -32768, 32767).astype("<i2").tobytes())
