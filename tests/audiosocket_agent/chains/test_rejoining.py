"""Two models, one answer."""

import pytest

from audiosocket_agent.chains.rejoining import Rejoiner


@pytest.mark.parametrize(
    ("said", "again", "added"),
    [
        ("", "Good morning.", "Good morning."),
        ("  ", "Good morning.", "Good morning."),
        ("Good ", "morning.", "morning."),
        ("Good", "morning.", " morning."),
        ("Good", " morning.", " morning."),
        ("Good", ", morning.", ", morning."),
        ("Good", "Good morning.", " morning."),
        ("Good ", "Good morning.", "morning."),
        ("Good mor", "Good morning.", "ning."),
        (" Good mor", "\nGood morning.", "ning."),
        ("Good morning. Mr", "Good morning. Mrs", "s"),
        ("Good morning.", "Good night.", " Good night."),
        ("Good morning.", "Good", ""),
        ("Good morning.", "", ""),
    ],
)
def test_what_is_added_to_words_already_said(said, again, added):
    for size in range(1, len(again) + 1):
        rejoiner = Rejoiner(said)
        pieces = [rejoiner.feed(again[at : at + size]) for at in range(0, len(again), size)]
        assert "".join(pieces) == added, f"in pieces of {size}"
