import random

import pytest

from ari_app.simulate.mishearing import misheard

WORDS = ("leaking tap in truro on tuesday morning please number " * 500).strip()


def distance(one, other):
    """Return how many words must be replaced, lost or added."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row, before = [i], row
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]


@pytest.mark.parametrize("rate", [5, 15])
def test_the_word_error_rate_is_as_asked(rate):
    words = WORDS.split()[:900]
    heard = misheard(" ".join(words), rate, random.Random(1)).split()
    assert 100 * distance(words, heard) / len(words) == pytest.approx(rate, rel=0.4)


def test_without_errors_nothing_changes_and_with_a_seed_all_is_the_same():
    assert misheard(WORDS, 0, random.Random(1)) == WORDS
    assert misheard(WORDS, 15, random.Random(1)) == misheard(WORDS, 15, random.Random(1))
    assert misheard(WORDS, 15, random.Random(1)) != misheard(WORDS, 15, random.Random(2))
