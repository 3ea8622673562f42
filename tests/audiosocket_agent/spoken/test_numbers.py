"""How numbers are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("1,000", "one thousand"),
    ("1,250,000", "one million two hundred and fifty thousand"),
    ("1000", "one thousand"),
    ("101", "one hundred and one"),
    ("0", "zero"),
    ("007", "oh oh seven"),
    ("-3", "minus three"),
    ("3.5", "three point five"),
    ("99.9", "ninety-nine point nine"),
    ("50%", "fifty percent"),
    ("12.5%", "twelve point five percent"),
    ("1/2", "a half"),
    ("2 1/2 hours", "two and a half hours"),
    ("20-30 minutes", "twenty to thirty minutes"),
    ("20 - 30 minutes", "twenty to thirty minutes"),
    ("20–30 minutes", "twenty to thirty minutes"),
    ("~20 minutes", "about twenty minutes"),
    ("24/7", "twenty-four seven"),
    ("50/50", "fifty fifty"),
    ("1-2-3", "one-two-three"),
    ("1,2,3", "one, two, three"),
    ("3rd", "third"),
    ("2nd floor", "second floor"),
    ("1st-floor", "first-floor"),
    ("The 21st", "The twenty-first"),
    ("in 2026", "in twenty twenty-six"),
    ("in 2005", "in two thousand and five"),
    ("1990s", "nineteen nineties"),
    ("2026-27", "twenty twenty-six to twenty-seven"),
    ("2026 people", "two thousand and twenty-six people"),
    ("3 bedroom", "three bedroom"),
    ("2-bed house", "two-bed house"),
    ("3 x 4", "three by four"),
    ("100 × 50", "one hundred by fifty"),
    ("Your reference is 482913.", "Your reference is four eight two, nine one three."),
    ("ref 4821", "ref four eight two one"),
    ("PIN 0042", "PIN oh oh four two"),
    ("call 101", "call one oh one"),
    ("dial 999", "dial nine nine nine"),
    ("Our VAT no. is 123456789", "Our VAT no. is one two three, four five six, seven eight nine"),
    ("#5", "number five"),
    ("It is 5. Then we go", "It is five. Then we go"),
    ("I have 3 - 4 left", "I have three to four left"),
    ("20 - not 30", "twenty, not thirty"),
    ("25%-30%", "twenty-five to thirty percent"),
    ("2 x £45", "two times forty-five pounds"),
    ("ref VA-4821", "ref V A, four eight two one"),
    ("24th-26th November", "twenty-fourth to twenty-sixth November"),
    ("Flat 12a", "Flat 12a"),
    ("M5 and A30", "M5 and A30"),
    ("WD40", "WD40"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
