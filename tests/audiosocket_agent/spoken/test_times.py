"""How times are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("9am", "nine A M"),
    ("9:30 am", "nine thirty A M"),
    ("9.30am.", "nine thirty A M."),
    ("9 a.m. to 5 p.m.", "nine A M to five P M."),
    ("by 5 p.m. We will", "by five P M. We will"),
    ("by 5 p.m. we will", "by five P M we will"),
    ("12pm", "noon"),
    ("12am", "midnight"),
    ("17:00", "five o'clock in the afternoon"),
    ("10:30", "half past ten"),
    ("14:15", "quarter past two in the afternoon"),
    ("14:45", "quarter to three in the afternoon"),
    ("00:00", "midnight"),
    ("12:00", "noon"),
    ("09:05", "nine oh five in the morning"),
    ("at 10.30", "at half past ten"),
    ("10.30 kW", "ten point three zero kilowatts"),
    ("9-5", "nine to five"),
    ("8-10am", "eight to ten A M"),
    ("9am-5pm", "nine A M to five P M"),
    ("9am - 5pm", "nine A M to five P M"),
    ("10am–12pm", "ten A M to noon"),
    ("10:30-11:30", "half past ten to half past eleven"),
    ("12:00-13:00", "noon to one o'clock in the afternoon"),
    ("from 8.30am to 5.30pm", "from eight thirty A M to five thirty P M"),
    ("between 8am and 12pm", "between eight A M and noon"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
