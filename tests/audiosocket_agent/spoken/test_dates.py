"""How dates are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("3/11/2026", "the third of November twenty twenty-six"),
    ("03/11/26", "the third of November twenty twenty-six"),
    ("on 03/11.", "on the third of November."),
    ("on 1/2", "on the first of February"),
    ("2026-11-24", "the twenty-fourth of November twenty twenty-six"),
    ("31.12.2026", "the thirty-first of December twenty twenty-six"),
    ("24 Nov", "the twenty-fourth of November"),
    ("24 Nov 2026.", "the twenty-fourth of November twenty twenty-six."),
    ("on 3rd March 2026, at 9am", "on the third of March twenty twenty-six, at nine A M"),
    ("Tuesday the 24th of November", "Tuesday the twenty-fourth of November"),
    ("November 24th, 2026", "November the twenty-fourth twenty twenty-six"),
    ("Nov 24", "November the twenty-fourth"),
    ("Sept 2026", "September twenty twenty-six"),
    ("1st Jan 2027", "the first of January twenty twenty-seven"),
    ("May 5", "May the fifth"),
    ("in May we", "in May we"),
    ("you may 5 times", "you may five times"),
    ("March on", "March on"),
    ("Mon-Fri", "Monday to Friday"),
    ("Mon - Fri, 9-5", "Monday to Friday, nine to five"),
    ("Mon-Sat 8am-6pm", "Monday to Saturday eight A M to six P M"),
    ("Tues 24 Nov at 2pm", "Tuesday the twenty-fourth of November at two P M"),
    ("Mon 3/11", "Monday the third of November"),
    ("the sun is out", "the sun is out"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
