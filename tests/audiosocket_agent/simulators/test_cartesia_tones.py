"""The voice that spells: its sounds, its times, and what it spells of a written word."""

import numpy as np
import pytest

from audiosocket_agent.simulators.cartesia_tones import (
    PAIRS_HZ,
    SYMBOL_MS,
    SYMBOLS,
    letters,
    spell,
    symbol,
)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
def test_a_symbol_is_its_pair_of_tones_and_no_other(rate_hz):
    assert len(set(PAIRS_HZ.values())) == len(SYMBOLS) == 39
    for letter in SYMBOLS:
        pcm = symbol(letter, rate_hz).astype(float)
        assert len(pcm) == SYMBOL_MS * rate_hz // 1000 and 10_000 < np.abs(pcm).max() <= 12_000
        spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)), rate_hz))  # a bin a hertz
        loudest = int(spectrum.argmax())
        spectrum[max(0, loudest - 70) : loudest + 70] = 0
        pair = sorted((loudest, int(spectrum.argmax())))
        assert pair == pytest.approx(PAIRS_HZ[letter], abs=6)


def test_words_follow_each_other_without_a_gap_and_with_their_times():
    pcm, words = spell("Well,  it's  £75 - then.", 8000)
    assert [letters(word.text) for word in words] == ["well", "it's", "75", "", "then"]
    lengths_ms = [SYMBOL_MS * (2 + spelled) for spelled in (4, 4, 2, 0, 4)]
    ends_ms = np.cumsum(lengths_ms)
    assert [word.end_ms for word in words] == pytest.approx(ends_ms)
    assert [word.start_ms for word in words] == pytest.approx([0, *ends_ms[:-1]])
    assert len(pcm) == ends_ms[-1] * 16
    assert spell(" ", 8000) == (b"", [])
