"""Every character a voice can be given, and none it cannot."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("Hello \U0001f600 there", "Hello there"),
    ("Hello\U0001f600!", "Hello!"),
    ("\U0001f469\u200d\U0001f527 here", "here"),
    ("work — today", "work, today"),
    ("work – today", "work, today"),
    ("wait -- what", "wait, what"),
    ("“don’t”", '"don\'t"'),
    ("wait…", "wait..."),
    ("tab\there", "tab here"),
    ("a\x00\x1b\u200bb", "ab"),
    ("№ 5", "number five"),
    ("½ price", "half price"),
    ("½ an hour", "half an hour"),
    ("¾ full", "three quarters full"),
    ("• one\n• two", "one. two"),
    ("co‑op", "co-op"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
