"""Counting what was heard."""

import pytest

from audiosocket_agent.spoken_words import MS_PER_CHARACTER, count_words, rest_after, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), (" \n", 0), ("one", 1), (" one  two, ", 2), ("one - two", 2), ("\u00a33.50 it's", 2)],
)
def test_words(text, words):
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("words", "rest"),
    [(0, "One, two - three. "), (1, "two - three. "), (2, "three. "), (3, ""), (9, "")],
)
def test_the_rest_of_a_text(words, rest):
    assert rest_after(" One, two - three. ", words) == rest


@pytest.mark.parametrize(("characters", "words"), [(0, 0), (2, 0), (3, 1), (6, 1), (7, 2), (99, 2)])
def test_words_heard_by_proportion(characters, words):
    assert words_in("One two", characters * MS_PER_CHARACTER) == words


def test_a_long_text_without_words_is_quick():
    assert count_words("." * 200_000) == 0
