"""How addresses are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("joe.b@example.co.uk", "joe dot b at example dot co dot uk"),
    ("info@st-austell.co.uk or call", "info at st dash austell dot co dot uk or call"),
    ("joe_99@example.com", "joe underscore nine nine at example dot com"),
    ("https://www.example.co.uk/book?x=1", "example dot co dot uk slash book"),
    ("Visit example.com.", "Visit example dot com."),
    ("see www.example.com/prices.", "see example dot com slash prices."),
    ("<https://example.org>", "example dot org"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
