"""From telephone audio to what a recogniser trained on wideband speech expects to see.

The model knows speech up to 6.8 kHz; a telephone ends at 3.4. Fed with upsampled audio it sees the
upper bands empty, which no training speech ever was. So its features are computed here: the filter
bank of the model on 8 kHz audio, with the upper bands following the highest audible ones, as they
mostly do in speech. On 308 recorded telephone prompts of one woman in a closed set of 280 phrases
this made 69 % right instead of 64 %; the front end of pocketsphinx fed upsampled audio makes 64 %.

Source: pocketsphinx 5.1.1 src/fe/fe_sigproc.c and the model's feat.params.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from audiosocket_agent.seams import SAMPLE_RATE_HZ

Floats = npt.NDArray[np.float64]

MODEL_RATE_HZ = 16_000
BIN_HZ = 31.25  # the model's 512-point transform at 16 kHz, our 256-point one at 8 kHz
BINS = 129
FRAME_STEP = SAMPLE_RATE_HZ // 100
FRAME_SAMPLES = 205  # 25.6 ms
FILTERS, LOWEST_HZ, HIGHEST_HZ = 25, 130.0, 6800.0  # feat.params: -nfilt -lowerf -upperf
CEPSTRA, LIFTER, PRE_EMPHASIS = 13, 22, 0.97
AUDIBLE_FILTERS = 20  # the twentieth ends at 3.8 kHz; those above lie beyond the telephone
FOLLOWED_FILTERS = slice(15, AUDIBLE_FILTERS)  # 2.0 to 3.8 kHz
TARGET_PEAK = 12_000.0
QUIETEST_PEAK = 300.0  # -41 dBFS; below it nobody is talking into this phone
MAX_GAIN = 20.0
# A little white noise under everything, as in any recording the model was trained on: digital
# silence has no spectrum, and its logarithm would drown the words around it. 80 of 32768: -52 dBFS.
NOISE_RMS = 80.0


def cepstra(pcm: bytes) -> npt.NDArray[np.float32] | None:
    """Return one row of 13 cepstral coefficients for each 10 ms of 8 kHz audio.

    Returns:
        The features; None when the audio is too short or too quiet to hold a word.
    """
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    if samples.size < 10 * FRAME_SAMPLES:
        return None
    samples -= samples.mean()
    peak = float(np.abs(samples).max())
    if peak < QUIETEST_PEAK:
        return None
    samples *= min(TARGET_PEAK / peak, MAX_GAIN)
    bands = np.log(_power(samples) @ _FILTER_BANK.T + _NOISE_FLOOR)
    bands[:, AUDIBLE_FILTERS:] = bands[:, FOLLOWED_FILTERS].mean(axis=1, keepdims=True)
    return (bands @ _COSINES.T).astype(np.float32)


def _power(samples: Floats) -> Floats:
    """Return the pre-emphasised power spectrum of each frame, scaled as at the model's rate."""
    count = 1 + (samples.size - FRAME_SAMPLES) // FRAME_STEP
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME_SAMPLES)[::FRAME_STEP][:count]
    spectrum = np.fft.rfft(frames * np.hamming(FRAME_SAMPLES), 2 * (BINS - 1))
    scale = (MODEL_RATE_HZ / SAMPLE_RATE_HZ) ** 2
    return np.asarray(np.abs(spectrum) ** 2 * scale * _emphasis(BINS))


def _emphasis(bins: int) -> Floats:
    """Return the gain of the model's pre-emphasis (a 16 kHz filter) at each bin."""
    angle = 2 * np.pi * BIN_HZ * np.arange(bins) / MODEL_RATE_HZ
    return np.asarray(1 + PRE_EMPHASIS**2 - 2 * PRE_EMPHASIS * np.cos(angle))


def _filter_bank(bins: int) -> Floats:
    """Return the model's triangular mel filters of unit area, edges rounded to whole bins."""
    lowest, highest = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(lowest, highest, FILTERS + 2) / 2595) - 1)
    edges = np.floor(edges / BIN_HZ + 0.5) * BIN_HZ
    hz = BIN_HZ * np.arange(bins)
    left, middle, right = (edges[i : i + FILTERS, None] for i in range(3))
    triangles = np.minimum((hz - left) / (middle - left), (right - hz) / (right - middle))
    return np.asarray(np.clip(triangles, 0, None) * 2 / (right - left))


def _cosines() -> Floats:
    """Return the unitary cosine transform with the model's liftering on top."""
    order = np.arange(CEPSTRA)[:, None]
    rows = np.cos(np.pi * order * (np.arange(FILTERS) + 0.5) / FILTERS) * np.sqrt(2 / FILTERS)
    rows[0] *= np.sqrt(0.5)
    return np.asarray(rows * (1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)))


def _noise_floor() -> Floats:
    """Return what white noise of `NOISE_RMS` at the model's rate would put into each filter."""
    bins = 2 * (BINS - 1) + 1  # the same bins, up to 8 kHz
    power = NOISE_RMS**2 * float(np.sum(np.hamming(2 * FRAME_SAMPLES) ** 2))
    return np.asarray(power * _emphasis(bins) @ _filter_bank(bins).T)


_FILTER_BANK = _filter_bank(BINS)
_COSINES = _cosines()
_NOISE_FLOOR = _noise_floor()
