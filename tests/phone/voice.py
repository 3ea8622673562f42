"""What the caller says: espeak-ng run as a program, and the noises people make without words."""

from __future__ import annotations

import asyncio
import functools
import shutil
import subprocess
from dataclasses import dataclass

import numpy as np
import soxr

from tests.phone.g711 import Pcm
from tests.phone.heard import FRAME_S, RATE_HZ, VOICE_DBFS, frames_of, sound_of

_PEAK = 16384  # -6 dBFS: loud and clear, with room for the codec
_DATA_CHUNK = b"data"
_SPEAK_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Voice:
    """A way of speaking.

    Attributes:
        name: An espeak-ng voice with its variant, such as `en-gb+f3` or `en-us+m3`.
        words_per_minute: The speed.
        pitch: 0..99, 50 is the voice's own.
    """

    name: str = "en-gb+f3"
    words_per_minute: int = 150
    pitch: int = 50


CALLERS = (
    Voice("en-gb+f3"),
    Voice("en-gb+m3", 140),
    Voice("en-us+m3", 150),
    Voice("en-gb-scotland+f2", 140),
)
"""Voices to pick callers from."""


class VoiceMissing(RuntimeError):
    """espeak-ng is not installed, or does not know the voice."""


@functools.lru_cache(maxsize=512)
def speak(text: str, voice: Voice = CALLERS[0]) -> Pcm:
    """Speech at 8,000 Hz with no silence around it, the same array for the same words.

    Raises:
        VoiceMissing: If espeak-ng cannot say it.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise VoiceMissing("espeak-ng is not installed: apt-get install espeak-ng")
    command = [program, "-v", voice.name, "-s", str(voice.words_per_minute)]
    command += ["-p", str(voice.pitch), "--stdout", "--stdin"]
    done = subprocess.run(
        command, input=text.encode(), capture_output=True, timeout=_SPEAK_TIMEOUT_S, check=False
    )
    if done.returncode or _DATA_CHUNK not in done.stdout:
        raise VoiceMissing(f"espeak-ng {voice.name}: {done.stderr.decode(errors='replace')}")
    pcm = trimmed(_resampled(done.stdout))
    pcm.setflags(write=False)  # it is shared through the cache
    return pcm


async def spoken(text: str, voice: Voice = CALLERS[0]) -> Pcm:
    """`speak` without holding up the calls that are going on."""
    return await asyncio.to_thread(speak, text, voice)


def trimmed(pcm: Pcm) -> Pcm:
    """Cut away silent frames at both ends, so that the first frame sent is a frame of voice."""
    sound = sound_of(frames_of(pcm))
    loud = np.flatnonzero(sound.level_dbfs > VOICE_DBFS)
    if not len(loud):
        return pcm[:0].copy()
    per_frame = round(FRAME_S * RATE_HZ)
    return pcm[loud[0] * per_frame : (loud[-1] + 1) * per_frame].copy()


def pause(seconds: float) -> Pcm:
    """Silence."""
    return np.zeros(round(seconds * RATE_HZ), dtype=np.int16)


def cough(seconds: float = 0.25, level_dbfs: float = -15.0, seed: int = 1) -> Pcm:
    """A burst of white noise that dies away: a cough, a door."""
    count = round(seconds * RATE_HZ)
    noise = np.random.default_rng(seed).standard_normal(count)
    shaped = noise * np.exp(-4 * np.arange(count) / count)
    return np.clip(shaped * 10 ** (level_dbfs / 20) * 32767, -32768, 32767).astype(np.int16)


def hiss(seconds: float, level_dbfs: float = -45.0, seed: int = 2) -> Pcm:
    """Steady white noise: a bad line."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))
    return np.clip(noise * 10 ** (level_dbfs / 20) * 32767, -32768, 32767).astype(np.int16)


def nonsense(words: int = 5, seed: int = 3) -> str:
    """Words nobody can understand, to be spoken: the caller who never makes sense."""
    random = np.random.default_rng(seed)
    syllables = ("bla", "fro", "gub", "wim", "zot", "plee", "snar", "dook", "vash", "tril")
    return " ".join("".join(random.choice(syllables, size=3)) for _ in range(words))


def _resampled(wav: bytes) -> Pcm:
    # espeak-ng cannot know the length when it writes to a pipe: what follows `data` is the sound.
    rate_hz = int.from_bytes(wav[24:28], "little")
    start = wav.index(_DATA_CHUNK, 12) + 8
    sound = np.frombuffer(wav[start : len(wav) - (len(wav) - start) % 2], dtype="<i2")
    narrow = soxr.resample(sound.astype(np.float32), rate_hz, RATE_HZ)
    peak = max(1.0, float(np.abs(narrow).max(initial=0.0)))
    return np.asarray(narrow * (_PEAK / peak), dtype=np.int16)
