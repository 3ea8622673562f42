"""Synthetic callers: espeak-ng speaks, and the phone line does what phone lines do."""

import functools
import subprocess

import numpy as np
import soxr

VOICES = ("en-gb", "en-gb+f3", "en-us+m3", "en-gb-x-rp", "en-us+f2", "en-us")


@functools.cache
def spoken(text, voice="en-gb", speed=160):
    """Return an utterance as a phone delivers it: 8 kHz, mu-law coded, quiet before and after."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-z", "--stdout", "--stdin"]
    wav = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    samples = np.frombuffer(wav[44 : len(wav) // 2 * 2], "<i2").astype(np.float64)
    samples = soxr.resample(samples, 22050, 8000)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1] * 12000 / np.abs(samples).max()
    samples = np.concatenate([np.zeros(2400), samples, np.zeros(3200)])
    return mu_law(samples)


def mu_law(samples):
    """Return samples as pcm after mu-law coding and decoding (G.711, its smooth form)."""
    scaled = np.clip(samples / 32768, -1, 1)
    coded = np.round(np.sign(scaled) * np.log1p(255 * np.abs(scaled)) / np.log(256) * 127) / 127
    decoded = np.sign(coded) * (np.power(256.0, np.abs(coded)) - 1) / 255
    return (decoded * 32000).astype("<i2").tobytes()


def knock(seed=1, ms=200):
    """Return a burst of noise that dies away, with quiet around it."""
    rng = np.random.default_rng(seed)
    n = ms * 8
    burst = rng.normal(size=n) * np.exp(-np.arange(n) / (n / 4)) * 6000
    return np.concatenate([np.zeros(2400), burst, np.zeros(3200)]).astype("<i2").tobytes()


def frames(pcm):
    """Return the pcm in frames of 20 ms, as the media process feeds it."""
    return [pcm[i : i + 320] for i in range(0, len(pcm), 320)]
