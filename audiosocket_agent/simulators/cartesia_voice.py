"""The simulated vendor's voice: espeak-ng at any rate, each text synthesised once."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import soxr

from audiosocket_agent.seams import SAMPLE_RATE_HZ
from audiosocket_agent.tts.offline import OfflineVoice

CACHE_BYTES = 32 * 1024 * 1024  # over half an hour of speech; then the longest unused goes


class SimulatedVoice:
    """Speech for texts; calls that want the same text at once share one synthesis."""

    def __init__(self) -> None:
        self._voice = OfflineVoice()
        self._cache: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._cached_bytes = 0
        self._making: dict[tuple[str, int], asyncio.Task[bytes]] = {}

    async def speak(self, text: str, rate_hz: int) -> bytes:
        """Return the speech of a text as pcm at a rate; b"" when there is nothing to say.

        Raises:
            ProviderError: If espeak-ng is missing or fails.
        """
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

    async def close(self) -> None:
        """Stop what is being synthesised; idempotent."""
        making = list(self._making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)
        await self._voice.close()

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


def word_times(
    text: str, start_s: float, length_s: float
) -> tuple[Sequence[str], Sequence[float], Sequence[float]]:
    """Spread the words of a text over its audio by their letters.

    Returns:
        The words as written, and the seconds at which each starts and ends.
    """
    words = text.split()
    weights = [max(1, len(re.findall(r"\w", word))) for word in words]
    total = sum(weights)
    ends, passed = [], 0
    for weight in weights:
        passed += weight
        ends.append(round(start_s + length_s * passed / total, 3))
    return words, [round(start_s, 3), *ends[:-1]][: len(words)], ends


def _resampled(pcm: bytes, rate_hz: int) -> bytes:
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    resampled = soxr.resample(samples, SAMPLE_RATE_HZ, rate_hz, quality="MQ")
    return bytes(np.clip(np.rint(resampled), -32768, 32767).astype("<i2").tobytes())
