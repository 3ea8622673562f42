import numpy as np
import pytest

from bench.speaking import stretches_of
from bench.voices import BACKGROUNDS, CLICKS, COUGHS, background, noise
from tests.phone.g711 import Pcm
from tests.phone.heard import level_dbfs


def _in_silence(pcm: Pcm) -> Pcm:
    return np.concatenate([pcm, np.zeros(3200, dtype=np.int16)])


@pytest.mark.parametrize("name", sorted(set(BACKGROUNDS)))
def test_no_background_is_taken_for_a_voice(name: str) -> None:
    assert stretches_of(background(name)) == ()


def test_noisy_lines_are_as_noisy_as_they_say() -> None:
    for name in ("hiss -55 dBFS", "hiss -52 dBFS"):
        assert level_dbfs(background(name)) == pytest.approx(float(name.split()[1]), abs=0.3)
    assert -65 < level_dbfs(background("street")) < -50
    assert not background("clean").any()


@pytest.mark.parametrize("name", COUGHS)
def test_a_cough_is_one_stretch_as_loud_as_speech(name: str) -> None:
    [stretch] = stretches_of(_in_silence(noise(name)))
    assert stretch.start_ms == 0 and 200 <= stretch.end_ms <= 500
    assert -30 < level_dbfs(noise(name)) < -10


@pytest.mark.parametrize("name", CLICKS)
def test_a_click_is_too_short_to_be_a_voice(name: str) -> None:
    assert stretches_of(_in_silence(noise(name))) == ()
    assert np.abs(noise(name).astype(int)).max() > 8000


def test_the_same_name_is_the_same_sound() -> None:
    assert (noise("sneeze") == noise("sneeze")).all()
    assert (background("street") == background("street")).all()
