"""Markdown and HTML never reach the voice."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("**bold** and *it*, _it_ `code`", "bold and it, it code"),
    ("snake_case", "snake case"),
    ("# Heading\ntext", "Heading. text"),
    ("## Heading ##\n\ntext", "Heading. text"),
    ("- one\n- two\n- three", "one. two. three"),
    ("* one\n* two", "one. two"),
    ("1. first\n2. second", "first. second"),
    ("Now:\n- £95 call-out\n- £60/hour", "Now: ninety-five pounds call-out. sixty pounds an hour"),
    ("- [x] done\n- [ ] not", "done. not"),
    ("[text](https://x.com/a)", "text"),
    ("[text][1] and [a]", "text and a"),
    ("![alt](x.png) after", "after"),
    ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a, b. one, two"),
    ("a | b\n--- | ---\n1 | 2", "a, b. one, two"),
    ("> quote", "quote"),
    ('<b>hi</b> <break time="1s"/>there', "hi there"),
    ("one<br>two", "one two"),
    ('<speak>hi <phoneme x="y">there</phoneme></speak>', "hi there"),
    ("[[slnc 500]]hello", "slnc 500hello"),
    ("```python\nx\n```\nok", "x. ok"),
    ("~~old~~ new", "old new"),
    ("---\nhi", "hi"),
    ("&amp; &pound;5", "and five pounds"),
    ("a <b and so on", "a b and so on"),
    ("wow! [x", "wow! x"),
    ("a\n\nb", "a. b"),
    ("a\nb", "a b"),
    ("two  spaces", "two spaces"),
    ("Yes!\n\n* one\n\nThanks", "Yes! one. Thanks"),
    ("a note[^1].", "a note."),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
