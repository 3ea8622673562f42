"""The trimmer keeps the sentence, drops the padding, and does not care how the audio is cut."""

import numpy as np
import pytest

from audiosocket_agent.tts.espeak.trim import LEAD_SAMPLES, TAIL_SAMPLES, SilenceTrimmer


def sentence(lead_ms=200, words=(300, 400), gap_ms=150, tail_ms=500):
    parts = [np.zeros(lead_ms * 8)]
    for length_ms in words:
        t = np.arange(length_ms * 8)
        parts += [6000 * np.sin(2 * np.pi * 440 * t / 8000 + 1), np.zeros(gap_ms * 8)]
    parts[-1] = np.zeros(tail_ms * 8)
    return np.concatenate(parts).astype(np.int16)


def trimmed(samples, step):
    trimmer = SilenceTrimmer()
    parts = [trimmer.feed(samples[i : i + step]) for i in range(0, samples.size, step)]
    return np.concatenate([*parts, trimmer.finish()])


def test_padding_goes_and_the_pause_inside_stays():
    out = trimmed(sentence(), 10_000)
    spoken = (300 + 150 + 400) * 8
    assert spoken < out.size <= spoken + LEAD_SAMPLES + TAIL_SAMPLES
    loud = np.flatnonzero(np.abs(out) > 60)
    assert loud[0] <= 30 * 8
    assert out.size - loud[-1] <= 30 * 8


@pytest.mark.parametrize("step", [1, 7, 160, 4096])
def test_the_cuts_of_the_stream_do_not_matter(step):
    assert np.array_equal(trimmed(sentence(), step), trimmed(sentence(), 1_000_000))


def test_ends_do_not_click():
    out = trimmed(sentence(lead_ms=0, tail_ms=0), 160)
    assert abs(int(out[0])) < 200
    assert abs(int(out[-1])) < 200


@pytest.mark.parametrize("samples", [np.zeros(0, np.int16), np.zeros(8000, np.int16)])
def test_silence_is_nothing(samples):
    assert trimmed(samples, 160).size == 0
