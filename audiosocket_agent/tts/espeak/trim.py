"""Cut the silence off both ends of a sentence while it streams, and soften the cuts.

A synthesiser pads each sentence; on the phone that padding is delay before the first word and a
dead gap before the next sentence. Quiet at the front is dropped, quiet inside is held back until
sound follows it, and quiet that turns out to be the end is dropped too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from audiosocket_agent.seams import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.int16]

QUIET_PEAK = 60  # -55 dBFS: below any speech sound espeak-ng makes, above resampling ripple
LEAD_SAMPLES = SAMPLE_RATE_HZ * 15 // 1000  # kept before the first sound, so onsets stay whole
TAIL_SAMPLES = SAMPLE_RATE_HZ * 25 // 1000  # kept after the last sound, so it can die away
FADE_SAMPLES = SAMPLE_RATE_HZ * 5 // 1000  # too short to hear, long enough not to click


class SilenceTrimmer:
    """Streams one sentence through: feed it chunks, then finish it."""

    def __init__(self) -> None:
        self._held: Samples = np.zeros(0, np.int16)
        self._started = False

    def feed(self, samples: Samples) -> Samples:
        """Take the next samples; return what is certain to be part of the sentence."""
        held = np.concatenate((self._held, samples))
        loud = np.flatnonzero(np.abs(held.astype(np.int32)) > QUIET_PEAK)
        if loud.size == 0:
            # Before the first sound only its possible lead-in is worth keeping; later, all of it.
            self._held = held if self._started else held[-LEAD_SAMPLES:]
            return held[:0]
        begin = 0 if self._started else max(0, int(loud[0]) - LEAD_SAMPLES)
        end = int(loud[-1]) + 1
        # The last few loud samples wait too: they may need the closing fade.
        end = max(begin, end - FADE_SAMPLES)
        ready = held[begin:end].copy()
        if not self._started and ready.size:
            self._started = True
            ramp = min(FADE_SAMPLES, ready.size)
            ready[:ramp] = (ready[:ramp] * np.linspace(0.0, 1.0, ramp)).astype(np.int16)
        self._held = held[end:] if self._started else held[begin:]
        return ready

    def finish(self) -> Samples:
        """Return the rest of the sentence, its trailing silence cut and its end faded out."""
        held, self._held = self._held, np.zeros(0, np.int16)
        loud = np.flatnonzero(np.abs(held.astype(np.int32)) > QUIET_PEAK)
        if loud.size == 0:
            return held[:0]
        rest = held[: int(loud[-1]) + 1 + TAIL_SAMPLES].copy()
        ramp = min(FADE_SAMPLES, rest.size)
        rest[-ramp:] = (rest[-ramp:] * np.linspace(1.0, 0.0, ramp)).astype(np.int16)
        return rest
