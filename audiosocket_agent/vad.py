"""Energy voice activity detection with an adaptive noise floor. Pure: frames in, events out.

Cheap on purpose (one square root a frame): it runs on every frame of every call. It decides onsets
fast, for barge-in, and ends slowly, because how long a silence means "finished" is the turn
policy's business, not the VAD's.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from operator import mul

FULL_SCALE = 32768.0
QUIETEST_DB = -96.0
VOICE_DB = -48.0  # quieter than this nobody speaks into a phone


class VadEvent(Enum):
    """A change between speech and silence."""

    SPEECH_START = "speech_start"
    SPEECH_END = "speech_end"


@dataclass(frozen=True, slots=True)
class VadConfig:
    """Thresholds of the energy VAD.

    Attributes:
        margin_db: How far above the noise floor a frame must be to count as speech.
        minimum_db: Frames quieter than this (dBFS) are never speech, however quiet the line.
        onset_ms: Voiced time, within `onset_window_ms`, that starts speech. Shorter bursts (a
            click) do not.
        onset_window_ms: The window `onset_ms` is looked for in.
        hangover_ms: Unvoiced time that ends speech.
        floor_rise_db_s: How fast the noise floor follows a louder line, in dB a second.
        floor_fall_db_s: How fast it follows a quieter line.
    """

    margin_db: float = 9.0
    minimum_db: float = VOICE_DB
    onset_ms: int = 60
    onset_window_ms: int = 100
    hangover_ms: int = 160
    floor_rise_db_s: float = 3.0
    floor_fall_db_s: float = 60.0


def level_db(pcm: bytes) -> float:
    """Return the RMS level of 16-bit samples in dBFS, at least -96."""
    if len(pcm) < 2:
        return QUIETEST_DB
    samples = array("h", pcm[: len(pcm) & ~1])
    energy = sum(map(mul, samples, samples))
    rms = math.sqrt(energy / len(samples))
    return max(QUIETEST_DB, 20 * math.log10(rms / FULL_SCALE)) if rms > 0 else QUIETEST_DB


@dataclass(slots=True)
class EnergyVad:
    """The voice activity detector of one call.

    Attributes:
        config: Thresholds.
        speaking: Whether speech is going on now.
        floor_db: The current estimate of the line's noise, in dBFS.
        voiced: Whether the last frame counted as voice.
        level_db: The level of the last frame, in dBFS, at least -96.
    """

    config: VadConfig = field(default_factory=VadConfig)
    speaking: bool = False
    floor_db: float = -60.0
    voiced: bool = False
    level_db: float = QUIETEST_DB
    _recent: deque[tuple[float, bool]] = field(default_factory=deque)
    _quiet_ms: float = 0.0

    def feed(self, pcm: bytes, least_db: float = QUIETEST_DB) -> VadEvent | None:
        """Take the next piece of inbound audio and report a change, if any.

        Args:
            pcm: Any length, usually 20 ms.
            least_db: Audio at or below this level (dBFS) is not voice: what the echo of our own
                voice accounts for.
        """
        duration_ms = len(pcm) / 16  # 8000 Hz * 2 bytes = 16 bytes a millisecond
        level = self.level_db = level_db(pcm)
        loud = level >= max(self.config.minimum_db, self.floor_db + self.config.margin_db)
        # An echo is not the line's noise: the floor follows it no faster than it follows speech,
        # or a caller would have to be louder than echo and margin together.
        self._follow_noise(level, loud, duration_ms)
        self.voiced = loud and level > least_db
        return (
            self._while_speaking(self.voiced, duration_ms)
            if self.speaking
            else self._while_quiet(self.voiced, duration_ms)
        )

    def _follow_noise(self, level: float, loud: bool, duration_ms: float) -> None:
        # The floor also creeps up during "speech": a line that became noisy for good would
        # otherwise count as speech for ever. Real speech has gaps that pull it down again.
        step_s = duration_ms / 1000
        if level < self.floor_db:
            self.floor_db = max(level, self.floor_db - self.config.floor_fall_db_s * step_s)
        else:
            rise = self.config.floor_rise_db_s * (0.5 if loud else 4.0)
            self.floor_db = min(level, self.floor_db + rise * step_s)
        self.floor_db = max(self.floor_db, -75.0)

    def _while_quiet(self, voiced: bool, duration_ms: float) -> VadEvent | None:
        self._recent.append((duration_ms, voiced))
        while len(self._recent) > 1 and self._window_ms() > self.config.onset_window_ms:
            self._recent.popleft()
        if sum(d for d, v in self._recent if v) < self.config.onset_ms:
            return None
        self.speaking = True
        self._quiet_ms = 0.0
        self._recent.clear()
        return VadEvent.SPEECH_START

    def _window_ms(self) -> float:
        return sum(duration_ms for duration_ms, _ in self._recent)

    def _while_speaking(self, voiced: bool, duration_ms: float) -> VadEvent | None:
        if voiced:
            self._quiet_ms = 0.0
            return None
        self._quiet_ms += duration_ms
        if self._quiet_ms < self.config.hangover_ms:
            return None
        self.speaking = False
        self._quiet_ms = 0.0
        return VadEvent.SPEECH_END
