"""How postcodes are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("TR1 2AB", "T R one, two A B"),
    ("tr1 2ab", "T R one, two A B"),
    ("TR12AB", "T R one, two A B"),
    ("SW1A 1AA.", "S W one A, one A A."),
    ("EH1 1AA and W1A 0AX", "E H one, one A A and W one A, oh A X"),
    ("(TR1 2AB)", "(T R one, two A B)"),
    ("B12 vitamins", "B12 vitamins"),
    ("postcode TR1", "postcode T R one"),
    ("in TR1.", "in T R one."),
    ("the TR1 area", "the T R one area"),
    ("TR1 and TR2", "TR1 and TR2"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
