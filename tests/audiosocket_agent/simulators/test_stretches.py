"""Stretches of voice: where they begin, where the voice stops, when they are over."""

import numpy as np
import pytest

from audiosocket_agent.simulators.stretches import Change, Edge, StretchDetector, decoder
from tests.audiosocket_agent.simulators.voices import audio, quiet, voice


def changes(samples, rate_hz=8000, packet=160):
    detector = StretchDetector(rate_hz)
    found = []
    for start in range(0, len(samples), packet):
        found += detector.feed(samples[start : start + packet])
    return found


def test_a_stretch_ends_after_200_ms_of_quiet_and_says_where_the_voice_stopped():
    assert changes(audio(-300, 500, -250, 400, -300)) == [
        Change(Edge.VOICE, 300),
        Change(Edge.QUIET, 800),
        Change(Edge.END, 800),
        Change(Edge.VOICE, 1050),
        Change(Edge.QUIET, 1450),
        Change(Edge.END, 1450),
    ]


def test_a_shorter_pause_does_not_end_it():
    assert [c.edge for c in changes(audio(-100, 300, -150, 300, -250))] == [
        Edge.VOICE,
        Edge.QUIET,
        Edge.VOICE,
        Edge.QUIET,
        Edge.END,
    ]


@pytest.mark.parametrize("packet", [1, 7, 80, 333, 640, 100_000])
def test_packets_make_no_difference(packet):
    samples = audio(-300, 500, -250, 400, -300)
    assert changes(samples, packet=packet) == changes(samples)


def test_line_noise_is_no_voice():
    assert changes(quiet(60_000)) == []


def test_a_click_is_no_voice():
    click = quiet(200)
    click[800:840] = 20_000
    assert changes(click) == []


@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000, 44100, 48000])
def test_every_rate_of_the_vendor(rate_hz):
    samples = np.concatenate([quiet(300, rate_hz), voice(500, rate_hz), quiet(300, rate_hz)])
    first, stopped, over = changes(samples, rate_hz)
    assert (first.edge, stopped.edge, over.edge) == (Edge.VOICE, Edge.QUIET, Edge.END)
    assert abs(first.at_ms - 300) <= 10
    assert abs(over.at_ms - 800) <= 20


def test_mu_law_and_a_law_as_in_g_711():
    mu_law, a_law = decoder("mulaw"), decoder("alaw")
    assert [int(mu_law[code]) for code in (0xFF, 0x7F, 0x80, 0x00, 0xFE)] == [
        0, 0, 32124, -32124, 8,
    ]  # fmt: skip
    assert [int(a_law[code]) for code in (0xD5, 0x55, 0xAA, 0x2A, 0xD4)] == [
        8, -8, 32256, -32256, 24,
    ]  # fmt: skip
    assert decoder("linear16") is None
    assert decoder("opus") is None
