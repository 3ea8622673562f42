"""What may still grow, and how soon it is known that it does not."""

import pytest

from audiosocket_agent.spoken.growth import belongs, growths, may_continue, waits


@pytest.mark.parametrize(
    ("held", "word"),
    [
        ("24", "Nov"),
        ("24 Nov", "2026."),
        ("Nov 24,", "2026"),
        ("TR1", "2AB,"),
        ("01632", "960123"),
        ("£75", "-"),
        ("£75 -", "£95."),
        ("9", "am."),
        ("9", "a.m."),
        ("75", "pounds"),
        ("75 pounds", "50"),
        ("10", "km,"),
        ("No.", "5"),
        ("2", "1/2"),
        ("GBP", "75"),
        ("Mon -", "Fri"),
        ("the (24", "Nov"),
    ],
)
def test_a_word_that_belongs_may_continue_at_every_character(held: str, word: str) -> None:
    ways = growths(held)
    for length in range(1, len(word) + 1):
        assert may_continue(ways, word[:length])
    assert belongs(ways, word)


@pytest.mark.parametrize(
    ("held", "begun"),
    [
        ("24", "N."), ("24", "q"), ("24", "today"), ("TR1", "b"), ("TR1", "2 "), ("£75", "5"),
        ("01632", "o"), ("No.", "W"), ("24 Nov", "at"), ("9", "1z"),
    ],
)  # fmt: skip
def test_a_word_that_cannot_belong_is_known_early(held: str, begun: str) -> None:
    assert not may_continue(growths(held), begun)


@pytest.mark.parametrize("word", ["2", "2A", "2ABC"])
def test_the_beginning_of_a_postcode_half_is_not_one(word: str) -> None:
    assert not belongs(growths("TR1"), word)


@pytest.mark.parametrize("held", ["word", "£95,", "£95.50!", "example.com", "3/4?"])
def test_nothing_else_is_open(held: str) -> None:
    assert growths(held) == ()
    assert not waits(held)


@pytest.mark.parametrize("held", ["St", "Dr.", "12 High St", "etc.", "9 a.m."])
def test_some_need_only_the_next_character(held: str) -> None:
    assert waits(held)
