"""Who calls and from where: voices, line and street noise, and noises that are no words. Pure."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tests.phone import voice
from tests.phone.g711 import Pcm
from tests.phone.heard import RATE_HZ
from tests.phone.voice import CALLERS, Voice

VOICES = (
    *CALLERS,
    Voice("en-gb+m1", 165),
    Voice("en-us+f2", 170, 60),
    Voice("en-gb-x-rp+m2", 125, 40),
    Voice("en-gb+f5", 180, 55),
)
"""Callers' voices: men and women, 125 to 180 words a minute."""

BACKGROUND_S = 4.0  # then it begins again
_CLEAN = "clean"
BACKGROUNDS = (_CLEAN, "hiss -55 dBFS", _CLEAN, "street", _CLEAN, "hiss -52 dBFS", _CLEAN)
"""What is heard behind the callers, in turn: three in seven have a bad line or stand outside."""
# The loudest 10 ms of it stay 2 dB under what the simulated ears take for a voice (-48 dBFS): one
# that heard a street as words would be no test of the agent.
_LOUDEST_DBFS = -50.0
_FRAME = RATE_HZ // 100

COUGHS = ("cough", "double cough", "throat", "sneeze", "thump")
CLICKS = ("click", "tap on the phone")
NOISES = COUGHS + CLICKS
"""Noises without words: all but the clicks are long enough to be taken for a voice."""

_Floats = npt.NDArray[np.float64]


@functools.lru_cache(maxsize=16)
def background(name: str, seconds: float = BACKGROUND_S) -> Pcm:
    """Return what is heard behind a caller: one of `BACKGROUNDS`, the same for the same name."""
    count = round(seconds * RATE_HZ)
    if name == _CLEAN:
        sound = np.zeros(count, dtype=np.int16)
    elif name.startswith("hiss"):
        sound = voice.hiss(seconds, float(name.split()[1]))
    else:
        sound = _street(count)
    sound.setflags(write=False)  # it is shared through the cache
    return sound


def _street(count: int) -> Pcm:
    random = np.random.default_rng(7)
    rumble = _lowpass(random.standard_normal(count), 12)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * np.arange(count) / count * 3)  # cars, passing
    sound = rumble * swell
    frames = sound[: count // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudest = float(np.sqrt((frames**2).mean(axis=1)).max())
    return _pcm(sound / loudest * 10 ** (_LOUDEST_DBFS / 20))


def noise(name: str) -> Pcm:
    """Return one of `NOISES`, the same array for the same name.

    Raises:
        KeyError: If there is none of that name.
    """
    makers: dict[str, Callable[[], Pcm]] = {
        "cough": lambda: voice.cough(0.25, -15.0, 1),
        "double cough": _double_cough,
        "throat": _throat,
        "sneeze": _sneeze,
        "thump": _thump,
        "click": lambda: _burst(24, -6.0),  # 3 ms
        "tap on the phone": lambda: np.concatenate(
            [_burst(40, -8.0), np.zeros(1160, dtype=np.int16), _burst(40, -8.0)]
        ),
    }
    return makers[name]()


def _double_cough() -> Pcm:
    one, two = voice.cough(0.16, -12.0, 3), voice.cough(0.2, -16.0, 4)
    return np.concatenate([one, np.zeros(960, dtype=np.int16), two])  # 120 ms between them


def _throat() -> Pcm:
    """Clearing one's throat: 400 ms of rough, low noise at 25 Hz."""
    count = round(0.4 * RATE_HZ)
    rough = _lowpass(np.random.default_rng(5).standard_normal(count), 5)
    flutter = 0.6 + 0.4 * np.sin(2 * np.pi * 25 * np.arange(count) / RATE_HZ)
    return _levelled(rough * flutter, -20.0)


def _sneeze() -> Pcm:
    """A breath drawn in, louder and louder, and the burst."""
    drawn = np.random.default_rng(6).standard_normal(round(0.25 * RATE_HZ))
    rising = drawn * np.linspace(0.02, 0.15, len(drawn))
    burst = np.random.default_rng(8).standard_normal(round(0.22 * RATE_HZ))
    falling = burst * np.exp(-5 * np.arange(len(burst)) / len(burst))
    return _levelled(np.concatenate([rising, falling]), -17.0)


def _thump() -> Pcm:
    """A door, or the phone put down: 90 Hz that die away, and a little noise."""
    count = round(0.3 * RATE_HZ)
    at = np.arange(count) / RATE_HZ
    boom = np.sin(2 * np.pi * 90 * at) + 0.2 * np.random.default_rng(9).standard_normal(count)
    return _levelled(boom * np.exp(-10 * at), -18.0)


def _burst(samples: int, level_dbfs: float) -> Pcm:
    return _levelled(np.random.default_rng(10).standard_normal(samples), level_dbfs)


def _lowpass(sound: _Floats, width: int) -> _Floats:
    return np.convolve(sound, np.ones(width) / width, mode="same")


def _levelled(sound: _Floats, level_dbfs: float) -> Pcm:
    rms = float(np.sqrt((sound**2).mean()))
    return _pcm(sound / rms * 10 ** (level_dbfs / 20))


def _pcm(sound: _Floats) -> Pcm:
    return np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)
