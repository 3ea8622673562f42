"""Audio with a voice in it, for the simulated ears."""

import numpy as np

NOISE_RMS = 32768 * 10 ** (-60 / 20)


def quiet(ms, rate_hz=8000):
    """Return the noise of a line."""
    count = ms * rate_hz // 1000
    return np.random.default_rng(count).normal(0, NOISE_RMS, count).astype("<i2")


def voice(ms, rate_hz=8000):
    """Return a steady vowel, on the noise of a line."""
    seconds = np.arange(ms * rate_hz // 1000) / rate_hz
    sound = sum(np.sin(2 * np.pi * 110 * n * seconds) / n for n in range(1, 8))
    return (3000 * sound + quiet(ms, rate_hz)).astype("<i2")


def audio(*parts):
    """Return parts one after another: positive milliseconds of voice, negative ones of quiet."""
    return np.concatenate([voice(p) if p > 0 else quiet(-p) for p in parts])
