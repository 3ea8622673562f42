"""Digits that nobody may see: judged, taken once, and nowhere else to be found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.secrets_entry import Entered, SecretEntry

CARD = "4111111111111111"  # a test card of the networks


def keyed(keys, least=4, most=16, luhn=False):
    entry = SecretEntry(least, most, luhn=luhn)
    for key in keys:
        state = entry.feed(key)
        assert state is entry.state
    return entry


@pytest.mark.parametrize(("keys", "state", "digits"), [
    ("123", Entered.MORE, ""), ("123#", Entered.BAD, ""), ("#", Entered.BAD, ""),
    ("1234", Entered.MORE, ""), ("1234#", Entered.COMPLETE, "1234"),
    ("1234#56", Entered.COMPLETE, "1234"), ("123456", Entered.COMPLETE, "123456"),
    ("1234567", Entered.COMPLETE, "123456"), ("12*3456#", Entered.COMPLETE, "3456"),
    ("1A2B34#", Entered.COMPLETE, "1234"), ("0000#", Entered.COMPLETE, "0000"),
])  # fmt: skip
def test_an_entry_ends_with_a_hash_or_its_last_digit(keys, state, digits):
    entry = keyed(keys, most=6)
    assert entry.state is state and entry.take() == digits


@pytest.mark.parametrize("card", [CARD, "5500005555555559", "371449635398431", "79927398713"])
def test_a_cards_check_digit_counts(card):
    assert keyed(card + "#", least=8, luhn=True).take() == card
    for wrong in range(1, 10):
        mistyped = card[:-1] + str((int(card[-1]) + wrong) % 10)
        assert keyed(mistyped + "#", least=8, luhn=True).state is Entered.BAD


def test_digits_are_taken_once():
    entry = keyed(CARD, luhn=True)
    assert entry.take() == CARD and entry.take() == ""


@given(st.text("0123456789*#", min_size=6, max_size=20))
def test_nothing_of_it_shows(keys):
    entry = keyed(keys, most=8)
    shown = repr(entry) + str(entry) + f"{entry}" + repr(entry.state)
    assert not any(c.isdigit() for c in shown)
    assert not hasattr(entry, "__dict__")
    entry.take()
    assert not entry._digits


@given(st.text("0123456789*#", max_size=40), st.integers(1, 8), st.integers(8, 32), st.booleans())
def test_whatever_is_keyed_what_is_taken_has_the_right_length(keys, least, most, luhn):
    entry = keyed(keys, least, most, luhn)
    digits = entry.take()
    assert bool(digits) == (entry.state is Entered.COMPLETE)
    assert not digits or (least <= len(digits) <= most and digits.isdigit())
