"""How abbreviations are said."""

import pytest

from audiosocket_agent.spoken import SpokenText, spoken

ROWS = [
    ("No. 5", "number five"),
    ("No. 5 High St", "number five High Street"),
    ("No. 5 pm is taken.", "No. five P M is taken."),
    ("I said no. OK", "I said no. OK"),
    ("St Austell", "Saint Austell"),
    ("12 High St.", "twelve High Street."),
    ("High St Truro", "High Street Truro"),
    ("1 Fore St, Truro", "one Fore Street, Truro"),
    ("Dr Smith", "Doctor Smith"),
    ("Mill Rd", "Mill Road"),
    ("Mr. Smith and Mrs Jones", "Mister Smith and Missus Jones"),
    ("e.g. boilers", "for example boilers"),
    ("i.e., now", "that is, now"),
    ("pipes, taps etc. and more", "pipes, taps et cetera and more"),
    ("taps etc. We", "taps et cetera. We"),
    ("approx. 20", "approximately twenty"),
    ("ext. 204", "extension two hundred and four"),
    ("R&D", "R and D"),
    ("Bed & breakfast", "Bed and breakfast"),
    ("A&E", "A and E"),
    ("his/her", "his or her"),
    ("and/or", "and or"),
    ("N/A", "N A"),
    ("+ VAT", "plus VAT"),
    ("a < b", "a less than b"),
]


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "said"), ROWS)
def test_is_said_the_same_character_by_character(text: str, said: str) -> None:
    stream = SpokenText()
    assert "".join(map(stream.feed, text)) + stream.finish() == said
