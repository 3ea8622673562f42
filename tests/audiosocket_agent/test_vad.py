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
