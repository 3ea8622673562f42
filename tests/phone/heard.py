"""What was heard, as figures: levels, speech segments, tones, gaps.

Pure functions over numpy arrays; times are in seconds of whatever clock the arrivals carry.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.phone.g711 import Pcm
from tests.phone.rtp import FRAME_SAMPLES

RATE_HZ = 8000
VOICE_DBFS = -55.0
"""A frame above this is sound: a soft "h" is at -50, a vowel at -20, G.711 silence below -66."""
TONE_HZ = 1000.0
FRAME_S = FRAME_SAMPLES / RATE_HZ
_SILENCE_DBFS = -100.0
TONE_SHARE = 0.8
"""Of a frame's power at one frequency; the loudest harmonic of speech has less."""
Floats = npt.NDArray[np.float64]
Block = npt.NDArray[np.int16]  # one frame a row
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sound:
    """Frames in the order heard.

    Attributes:
        at: When each frame arrived.
        level_dbfs: Its level.
        tone: Its share of power at 1,000 Hz, 0..1.
    """

    at: Floats
    level_dbfs: Floats
    tone: Floats

    def after(self, moment: float) -> Sound:
        """What arrived at or after a moment."""
        keep = self.at >= moment
        return Sound(self.at[keep], self.level_dbfs[keep], self.tone[keep])

    def voiced(self) -> Flags:
        """Which frames are sound at all."""
        return self.level_dbfs > VOICE_DBFS


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of sound.

    Attributes:
        start: Arrival of its first frame.
        end: Arrival of its last frame plus one frame.
    """

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Gaps:
    """Time between packets that follow each other, in milliseconds.

    Attributes:
        p50_ms: The median.
        p99_ms: The 99th percentile.
        max_ms: The longest.
        count: How many gaps.
    """

    p50_ms: float
    p99_ms: float
    max_ms: float
    count: int


def level_dbfs(pcm: Pcm) -> float:
    """Mean level of some samples against a full-scale square wave, -100 for digital silence."""
    return float(_levels_dbfs(pcm[np.newaxis])[0]) if len(pcm) else _SILENCE_DBFS


def tone_share(pcm: Pcm, hz: float = TONE_HZ) -> float:
    """The share of power at one frequency (Goertzel), 0..1.

    20 ms of 8 kHz hold 20 whole periods of 1,000 Hz, so a steady tone gives 1.0 and no window is
    needed.
    """
    return float(_tone_shares(pcm[np.newaxis], hz)[0]) if len(pcm) else 0.0


def sound_of(frames: Sequence[tuple[float, Pcm]]) -> Sound:
    """Measure frames with their arrival times, all frames of one length in one go."""
    lengths = np.array([len(pcm) for _, pcm in frames], dtype=np.int64)
    levels = np.full(len(frames), _SILENCE_DBFS)
    tones = np.zeros(len(frames))
    for length in set(lengths.tolist()) - {0}:
        which = np.flatnonzero(lengths == length)
        block = np.stack([frames[n][1] for n in which.tolist()])
        levels[which] = _levels_dbfs(block)
        tones[which] = _tone_shares(block, TONE_HZ)
    return Sound(np.array([at for at, _ in frames], dtype=np.float64), levels, tones)


def _powers(block: Block) -> Floats:
    wide = block.astype(np.float64)
    return np.asarray(np.einsum("ij,ij->i", wide, wide), dtype=np.float64)


def _levels_dbfs(block: Block) -> Floats:
    mean = _powers(block) / block.shape[1] / 32768.0**2
    floor = 10 ** (_SILENCE_DBFS / 10)
    return np.asarray(10 * np.log10(np.maximum(mean, floor)), dtype=np.float64)


def _tone_shares(block: Block, hz: float) -> Floats:
    length = block.shape[1]
    wave = np.exp(-2j * math.pi * hz / RATE_HZ * np.arange(length))
    correlation = np.abs(block @ wave) ** 2
    shares = 2 * correlation / (length * np.maximum(_powers(block), 1.0))
    return np.asarray(np.minimum(1.0, shares), dtype=np.float64)


def frames_of(pcm: Pcm, start: float = 0.0) -> list[tuple[float, Pcm]]:
    """Cut samples into 20 ms frames that arrive exactly on time; a rest is padded with silence."""
    padded = np.concatenate([pcm, np.zeros(-len(pcm) % FRAME_SAMPLES, dtype=np.int16)])
    count = len(padded) // FRAME_SAMPLES
    return [
        (start + n * FRAME_S, padded[n * FRAME_SAMPLES : (n + 1) * FRAME_SAMPLES])
        for n in range(count)
    ]


def segments(sound: Sound, join_s: float = 0.3, shortest_s: float = 0.06) -> list[Segment]:
    """Stretches of sound.

    Args:
        sound: What was heard.
        join_s: Quiet no longer than this belongs to the stretch.
        shortest_s: Shorter stretches are clicks and left out.
    """
    found: list[Segment] = []
    for at in sound.at[sound.voiced()]:
        moment = float(at)
        if found and moment - found[-1].end <= join_s:
            found[-1] = Segment(found[-1].start, max(found[-1].end, moment + FRAME_S))
        else:
            found.append(Segment(moment, moment + FRAME_S))
    return [segment for segment in found if segment.seconds >= shortest_s - FRAME_S / 2]


def first_sound_at(sound: Sound, after: float = -math.inf) -> float | None:
    """Arrival of the first frame of sound at or after a moment, None when there is none."""
    heard = sound.after(after)
    loud = heard.at[heard.voiced()]
    return float(loud[0]) if len(loud) else None


def fell_silent_at(
    sound: Sound, after: float, quiet_s: float = 0.3, until: float | None = None
) -> float | None:
    """When the last frame of sound arrived before the first real quiet after a moment.

    Args:
        sound: What was heard.
        after: The moment somebody started to talk over it.
        quiet_s: How long it must be quiet to count as silent: speech has holes of its own.
        until: When listening ended; default: with the last packet. Silence may be no packets.

    Returns:
        Arrival of that last frame; `after` itself when it was quiet from then on; None when the
        sound never stopped for that long before the record ends.
    """
    heard = sound.after(after)
    last = after
    for at in heard.at[heard.voiced()]:
        if at - last > quiet_s:
            return last
        last = float(at)
    end = until if until is not None else float(heard.at[-1]) if len(heard.at) else after
    return last if end - last >= quiet_s else None


def tone_spans(sound: Sound, shortest_s: float = 0.5) -> list[Segment]:
    """Stretches of steady 1,000 Hz, which is how the sandbox says "a person was reached"."""
    tonal = Sound(
        sound.at,
        np.where(sound.tone >= TONE_SHARE, sound.level_dbfs, _SILENCE_DBFS),
        sound.tone,
    )
    return segments(tonal, join_s=0.05, shortest_s=shortest_s)


def speech(sound: Sound) -> Sound:
    """The same frames with steady tones made silent, so that what is left is a voice."""
    levels = sound.level_dbfs.copy()
    for span in tone_spans(sound, shortest_s=0.1):
        levels[(sound.at >= span.start) & (sound.at < span.end)] = _SILENCE_DBFS
    return Sound(sound.at, levels, sound.tone)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and max, empty for no values."""
    if not len(values):
        return {}
    array = np.asarray(values, dtype=np.float64)
    found = {f"p{p}": float(np.percentile(array, p)) for p in (50, 95, 99)}
    return {**found, "max": float(array.max())}


def gaps(at: Sequence[float] | Floats) -> Gaps:
    """Statistics of the time between packets.

    Raises:
        ValueError: For fewer than two packets.
    """
    if len(at) < 2:
        raise ValueError("no gap between fewer than two packets")
    steps = np.diff(np.sort(np.asarray(at, dtype=np.float64))) * 1000
    return Gaps(
        float(np.percentile(steps, 50)),
        float(np.percentile(steps, 99)),
        float(steps.max()),
        len(steps),
    )
