"""The features are the recogniser's own, made for the phone."""

import numpy as np
import pytest

from audiosocket_agent.stt.sphinx.features import cepstra
from tests.audiosocket_agent.stt.callers import spoken


def test_a_row_of_thirteen_every_ten_milliseconds():
    pcm = spoken("yes please")
    rows = cepstra(pcm)
    assert rows.dtype == np.float32
    assert rows.shape[1] == 13
    assert abs(rows.shape[0] - len(pcm) / 160) <= 3
    assert np.isfinite(rows).all()


def test_the_level_of_the_call_does_not_matter():
    samples = np.frombuffer(spoken("yes please"), "<i2")
    quiet = (samples // 8).astype("<i2").tobytes()
    assert np.abs(cepstra(samples.tobytes()) - cepstra(quiet)).mean() < 0.5


@pytest.mark.parametrize(
    "pcm", [b"", b"\1\0" * 100, bytes(16000), (np.ones(8000) * 30000).astype("<i2").tobytes()]
)
def test_nothing_to_hear(pcm):
    assert cepstra(pcm) is None


def test_clipped_audio_is_just_audio():
    square = np.sign(np.sin(np.arange(8000) / 5)) * 32767
    assert np.isfinite(cepstra(square.astype("<i2").tobytes())).all()
