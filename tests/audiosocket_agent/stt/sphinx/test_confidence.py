"""Confidence falls when words explain the sound worse than free phones do, or at no human pace."""

import pytest

from audiosocket_agent.stt.sphinx.confidence import THRESHOLD, Span, confidence

SILENCE = (Span("<sil>", 0, 29, -10.0), Span("<sil>", 90, 120, -10.0))
PHONES = (
    Span("SIL", 0, 29, -10.0),
    *(Span("AH", n, n + 9, -20.0) for n in range(30, 90, 10)),
    Span("SIL", 90, 120, -10.0),
)


def heard(*words):
    return (SILENCE[0], *words, SILENCE[1])


def test_a_good_fit_is_sure_and_a_worse_one_is_less_so():
    values = [
        confidence(heard(Span("monday", 30, 89, -120.0 - loss)), PHONES, 121)
        for loss in (0, 60, 120, 240, 480)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.9
    assert values[-1] < THRESHOLD


def test_one_bad_word_hides_in_no_average():
    even = heard(Span("blocked", 30, 59, -120.0), Span("drain", 60, 89, -120.0))
    uneven = heard(Span("blocked", 30, 59, -60.0), Span("drain", 60, 89, -180.0))
    assert confidence(uneven, PHONES, 121) < confidence(even, PHONES, 121)


def test_a_word_stretched_over_seconds_is_not_believed():
    phones = tuple(Span("AH", n, n + 9, -20.0) for n in range(0, 300, 10))
    stretched = (Span("no(2)", 0, 299, -700.0),)
    assert confidence(stretched, phones, 300) < THRESHOLD


@pytest.mark.parametrize(("words", "free"), [((), PHONES), (SILENCE, PHONES), (SILENCE, ())])
def test_no_words_no_confidence(words, free):
    assert confidence(words, free, 121) == 0.0
