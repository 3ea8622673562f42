"""How phones are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("01632 960123", "oh one six three two, nine six oh one two three"),
    ("07700 900123", "oh seven seven oh oh, nine oh oh one two three"),
    ("07700900123", "oh seven seven oh oh, nine oh oh, one two three"),
    ("+44 7700 900123", "plus four four, seven seven oh oh, nine oh oh one two three"),
    ("+447700900123", "plus four four, seven seven oh oh, nine oh oh, one two three"),
    ("+44 (0)1632 960123", "plus four four, one six three two, nine six oh one two three"),
    ("(01632) 960 123", "oh one six three two, nine six oh, one two three"),
    ("020 7946 0123", "oh two oh, seven nine four six, oh one two three"),
    ("02079460123", "oh two oh, seven nine four six, oh one two three"),
    ("0800 123 456", "oh eight oh oh, one two three, four five six"),
    ("0800 11 11", "oh eight oh oh, one one, one one"),
    (
        "01632 960123, 0800 11 11.",
        "oh one six three two, nine six oh one two three, oh eight oh oh, one one, one one.",
    ),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
