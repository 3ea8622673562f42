import numpy as np
import pytest

from tests.phone import heard
from tests.phone.g711 import LAWS, Pcm
from tests.phone.heard import RATE_HZ, Sound, frames_of, sound_of


def _tone(seconds: float, hz: float, amplitude: float = 8000.0) -> Pcm:
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def _quiet(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE_HZ), dtype=np.int16)


def _sound(*parts: Pcm, start: float = 100.0) -> Sound:
    return sound_of(frames_of(np.concatenate(parts), start))


def test_levels_are_measured_against_full_scale() -> None:
    assert heard.level_dbfs(np.full(160, 32767, dtype=np.int16)) == pytest.approx(0.0, abs=0.01)
    assert heard.level_dbfs(_tone(0.02, 1000, 32767)) == pytest.approx(-3.01, abs=0.05)
    assert heard.level_dbfs(_quiet(0.02)) == heard.level_dbfs(_quiet(0)) == -100.0
    assert heard.level_dbfs(np.full(160, -8, dtype=np.int16)) < heard.VOICE_DBFS  # A-law silence


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_a_1000_hz_tone_is_told_from_other_tones_and_noise(law: str) -> None:
    coded = LAWS[law].decode(LAWS[law].encode(_tone(0.02, 1000)))
    assert heard.tone_share(coded) > 0.95
    assert heard.tone_share(_tone(0.02, 1100)) < 0.1
    assert heard.tone_share(_tone(0.02, 440)) < 0.1
    assert heard.tone_share(_quiet(0.02)) == 0.0
    noise = np.random.default_rng(1).normal(0, 3000, 160).astype(np.int16)
    assert heard.tone_share(noise) < 0.2


def test_two_phrases_are_two_segments_and_a_click_is_none() -> None:
    sound = _sound(
        _quiet(1.0), _tone(0.5, 300), _quiet(0.2), _tone(0.1, 300), _quiet(0.5), _tone(0.2, 300),
        _quiet(0.5), _tone(0.02, 300), _quiet(0.5),
    )  # fmt: skip
    found = heard.segments(sound)
    assert [(round(s.start, 3), round(s.seconds, 3)) for s in found] == [(101.0, 0.8), (102.3, 0.2)]


def test_the_first_sound_after_a_moment() -> None:
    sound = _sound(_quiet(0.3), _tone(0.2, 300), _quiet(0.3), _tone(0.2, 300))
    assert heard.first_sound_at(sound) == pytest.approx(100.3)
    assert heard.first_sound_at(sound, after=100.6) == pytest.approx(100.8)
    assert heard.first_sound_at(sound, after=101.0) is None


def test_when_the_agent_fell_silent_ignores_holes_between_words() -> None:
    sound = _sound(_tone(1.0, 300), _quiet(0.2), _tone(0.5, 300), _quiet(0.6), _tone(0.5, 300))
    assert heard.fell_silent_at(sound, after=100.5) == pytest.approx(101.68)
    assert heard.fell_silent_at(sound, after=101.75) == 101.75  # it was silent already
    assert heard.fell_silent_at(sound, after=102.4) is None  # it spoke until the record ends


def test_silence_that_lasts_to_the_end_of_the_record_counts() -> None:
    sound = _sound(_tone(1.0, 300), _quiet(0.4))
    assert heard.fell_silent_at(sound, after=100.2) == pytest.approx(100.98)
    assert heard.fell_silent_at(sound, after=105.0, quiet_s=0.3) is None  # nothing recorded there
    spoken = _sound(_tone(1.0, 300))
    assert heard.fell_silent_at(spoken, after=100.2) is None
    assert heard.fell_silent_at(spoken, after=100.2, until=102.0) == pytest.approx(100.98)


def test_a_steady_tone_is_found_after_speech_and_is_not_speech() -> None:
    voice = _tone(1.0, 150, 2000) + _tone(1.0, 300, 2000) + _tone(1.0, 1000, 2000)
    sound = _sound(voice, _quiet(0.2), _tone(1.5, 1000), _quiet(0.2))
    assert [(round(s.start, 2), round(s.seconds, 2)) for s in heard.tone_spans(sound)] == [
        (101.2, 1.5)
    ]
    [spoken] = heard.segments(heard.speech(sound))
    assert (round(spoken.start, 2), round(spoken.end, 2)) == (100.0, 101.0)


def test_gaps_are_sorted_by_time_and_summed_up() -> None:
    at = [100 + n * 0.02 for n in range(100)]
    steady = heard.gaps(at)
    assert (round(steady.p50_ms, 3), round(steady.max_ms, 3), steady.count) == (20.0, 20.0, 99)
    holed = heard.gaps([*at[60:], *at[:50]])
    assert round(holed.max_ms, 3) == 220.0
    assert round(holed.p99_ms, 3) > 20.0
    with pytest.raises(ValueError, match="fewer than two"):
        heard.gaps([1.0])


def test_percentiles_of_nothing_are_nothing() -> None:
    assert heard.percentiles([]) == {}
    assert heard.percentiles([1.0, 2.0, 3.0])["p50"] == 2.0


def test_no_frames_are_no_sound() -> None:
    nothing = sound_of([])
    assert heard.segments(nothing) == [] and heard.first_sound_at(nothing) is None
    assert heard.tone_spans(nothing) == []
