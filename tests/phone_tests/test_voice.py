import shutil

import numpy as np
import pytest

from tests.phone import heard, voice

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"
)


@needs_espeak
def test_speech_starts_and_ends_with_voice_and_is_cached() -> None:
    pcm = voice.speak("Good morning, I need a plumber.")
    sound = heard.sound_of(heard.frames_of(pcm))
    assert sound.voiced()[0] and sound.voiced()[-1]
    assert 1.0 < len(pcm) / heard.RATE_HZ < 4.0
    assert not heard.tone_spans(sound)
    assert voice.speak("Good morning, I need a plumber.") is pcm


@needs_espeak
def test_voices_and_speeds_differ() -> None:
    slow = voice.speak("seven", voice.Voice("en-us+m3", 100))
    fast = voice.speak("seven", voice.Voice("en-us+m3", 200))
    assert len(slow) > 1.3 * len(fast)
    assert not np.array_equal(slow, voice.speak("seven", voice.Voice("en-gb+f3", 100)))


@needs_espeak
def test_words_that_look_like_options_are_spoken() -> None:
    assert len(voice.speak("--help")) > 0


@needs_espeak
def test_an_unknown_voice_is_said_to_be_missing() -> None:
    with pytest.raises(voice.VoiceMissing):
        voice.speak("hello", voice.Voice("qq-none"))


def test_a_cough_is_loud_and_dies_away() -> None:
    levels = heard.sound_of(heard.frames_of(voice.cough(0.3))).level_dbfs
    assert levels[0] > -25 and levels[-1] < levels[0] - 20
    assert np.array_equal(voice.cough(), voice.cough())


def test_hiss_has_the_level_asked_for() -> None:
    assert heard.level_dbfs(voice.hiss(1.0, -40.0)) == pytest.approx(-40.0, abs=0.5)


def test_nothing_but_silence_is_trimmed_to_nothing() -> None:
    assert len(voice.trimmed(voice.pause(0.5))) == 0
    assert len(voice.trimmed(voice.pause(0))) == 0


def test_nonsense_is_the_same_for_the_same_seed() -> None:
    assert voice.nonsense(3, seed=1) == voice.nonsense(3, seed=1) != voice.nonsense(3, seed=2)
