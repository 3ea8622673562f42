"""The energy VAD on made-up audio."""

import random
from array import array

import pytest

from audiosocket_agent.vad import EnergyVad, VadConfig, VadEvent, level_db


def noise(level, rng, samples=160):
    return array("h", (int(rng.gauss(0, level)) for _ in range(samples))).tobytes()


def feed(vad, level, ms, rng):
    """Feed noise of a level; return (ms, event) of every change."""
    events = []
    for at in range(0, ms, 20):
        event = vad.feed(noise(level, rng))
        if event:
            events.append((at + 20, event))
    return events


def test_level():
    assert level_db(bytes(320)) == -96.0
    assert level_db(b"") == -96.0
    assert level_db(b"\x00\x80" * 160) == pytest.approx(0.0)
    assert level_db(array("h", [328] * 160).tobytes()) == pytest.approx(-40, abs=0.1)


@pytest.mark.parametrize("background", [0, 30, 120])
def test_speech_starts_quickly_and_ends_after_the_hangover(background):
    rng, config = random.Random(1), VadConfig()
    vad = EnergyVad(config)
    assert feed(vad, background, 2000, rng) == []
    (started,) = feed(vad, 3000, 600, rng)
    assert started[1] is VadEvent.SPEECH_START and started[0] <= config.onset_ms + 20
    (ended,) = feed(vad, background, 1000, rng)
    assert ended == (config.hangover_ms, VadEvent.SPEECH_END)


def test_a_click_is_not_speech():
    rng, vad = random.Random(2), EnergyVad()
    feed(vad, 20, 1000, rng)
    assert feed(vad, 9000, 20, rng) + feed(vad, 20, 500, rng) == []


def test_a_line_that_becomes_noisy_stops_being_speech():
    rng, vad = random.Random(3), EnergyVad()
    feed(vad, 10, 1000, rng)
    assert [e for _, e in feed(vad, 300, 30_000, rng)] == [
        VadEvent.SPEECH_START,
        VadEvent.SPEECH_END,
    ]
    assert [e for _, e in feed(vad, 6000, 400, rng)] == [VadEvent.SPEECH_START]


def test_pauses_between_words_do_not_end_speech():
    rng, vad = random.Random(4), EnergyVad()
    feed(vad, 10, 500, rng)
    events = []
    for _ in range(5):
        events += feed(vad, 3000, 300, rng) + feed(vad, 10, 120, rng)
    assert [e for _, e in events] == [VadEvent.SPEECH_START]


def test_pieces_of_any_length_are_taken():
    rng, vad = random.Random(5), EnergyVad()
    for samples in (0, 1, 80, 240, 4000):
        vad.feed(noise(10, rng, samples))
    assert vad.feed(noise(3000, rng, 1600)) is VadEvent.SPEECH_START


def test_the_last_frame_is_told():
    rng, vad = random.Random(6), EnergyVad()
    feed(vad, 10, 500, rng)
    assert not vad.voiced and vad.level_db == pytest.approx(-70, abs=1.5)
    frame = noise(3000, rng)
    vad.feed(frame)
    assert vad.voiced and not vad.speaking  # one frame is voice, not yet speech
    assert vad.level_db == level_db(frame)


def test_what_an_echo_accounts_for_is_not_voice():
    rng, vad = random.Random(7), EnergyVad()
    feed(vad, 10, 500, rng)
    for _ in range(50):
        frame = noise(1000, rng)
        assert vad.feed(frame, least_db=level_db(frame)) is None  # at the level, not above it
        assert not vad.voiced
    floor_db = vad.floor_db
    for _ in range(50):
        assert vad.feed(noise(1000, rng), least_db=-24.0) is None
    assert vad.floor_db - floor_db <= 2.0  # the floor takes it no more for noise than speech
    events = [vad.feed(noise(2000, rng), least_db=-27.0) for _ in range(3)]
    assert events == [None, None, VadEvent.SPEECH_START]


def test_a_gate_ends_speech_like_silence():
    rng, vad = random.Random(8), EnergyVad()
    feed(vad, 10, 500, rng)
    feed(vad, 3000, 200, rng)
    events = [vad.feed(noise(3000, rng), least_db=0.0) for _ in range(8)]
    assert events == [None] * 7 + [VadEvent.SPEECH_END]
