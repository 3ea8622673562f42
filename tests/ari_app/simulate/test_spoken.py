import numpy as np

from ari_app.simulate.spoken import Spoken, segments

VOICE = (8000 * np.sin(np.arange(8000) * 0.3)).astype(np.int16)  # a second
QUIET = np.zeros(4000, np.int16)  # half a second


def test_words_lie_along_the_stretches_of_voice():
    pcm = np.concatenate([QUIET, VOICE, VOICE, QUIET, VOICE]).tobytes()
    first, second = segments("one two three four five six", pcm)
    assert (first.words, second.words) == (("one", "two", "three", "four"), ("five", "six"))
    assert 1900 < first.voice_ms < 2100


def test_what_was_not_said_is_a_noise():
    spoken = Spoken()
    assert spoken().words == ()
    spoken.begin("yes please", VOICE.tobytes())
    assert spoken().words == ("yes", "please")
    assert spoken().words == ()
    spoken.begin("", VOICE.tobytes())
    assert spoken().words == ()
