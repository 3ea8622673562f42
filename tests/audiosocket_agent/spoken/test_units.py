"""How units are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("10 km", "ten kilometres"),
    ("1 km", "one kilometre"),
    ("15mm", "fifteen millimetres"),
    ("15mm x 10mm", "fifteen millimetres by ten millimetres"),
    ("2 x 15mm", "two by fifteen millimetres"),
    ("5 m²", "five square metres"),
    ("5 sq m", "five square metres"),
    ("20°C", "twenty degrees Celsius"),
    ("-5°C", "minus five degrees Celsius"),
    ("7kW", "seven kilowatts"),
    ("3.5-4.5 kW", "three point five to four point five kilowatts"),
    ("13A", "thirteen amps"),
    ("230V", "two hundred and thirty volts"),
    ("6 ft", "six feet"),
    ("1 hr", "one hour"),
    ("30 mins", "thirty minutes"),
    ("1.5m", "one point five metres"),
    ("30 mph", "thirty miles an hour"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
