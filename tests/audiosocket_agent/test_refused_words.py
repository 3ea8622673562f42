"""What is named only to be refused is no answer, in the words people use."""

from datetime import date
from pathlib import Path

import pytest

import audiosocket_agent
from audiosocket_agent.company import load_company
from audiosocket_agent.guard_call import agrees
from audiosocket_agent.refused_words import turns_a_yes
from audiosocket_agent.understanding import value_in
from audiosocket_agent.workflow import Slot

COMPANY = load_company(Path(audiosocket_agent.__file__).parent / "companies" / "harbour.yaml")
TODAY = date(2026, 11, 21)  # a Saturday
TUESDAY, WEDNESDAY, THURSDAY = "2026-11-24", "2026-11-25", "2026-11-26"


@pytest.mark.parametrize(
    ("slot", "said", "value"),
    [
        (Slot.DAY, "I can't do Wednesday", None),
        (Slot.DAY, "not Tuesday, any other day", None),
        (Slot.DAY, "Wednesday isn't good for me", None),
        (Slot.DAY, "anything but Thursday", None),
        (Slot.DAY, "No, not Tuesday. Wednesday.", WEDNESDAY),
        (Slot.DAY, "I can't do Tuesday but Thursday is fine", THURSDAY),
        (Slot.DAY, "I don't mind, Wednesday", WEDNESDAY),
        (Slot.DAY, "why don't we say Thursday", THURSDAY),
        (Slot.DAY, "why not Tuesday", TUESDAY),
        (Slot.PART, "not in the morning", None),
        (Slot.PART, "I can't do mornings, the afternoon please", "afternoon"),
        (Slot.SERVICE, "I don't want the boiler", None),
        (Slot.SERVICE, "don't send anyone, I don't need a boiler service", None),
        (Slot.SERVICE, "not the boiler, the leaking tap", "leaking_tap"),
        (Slot.SERVICE, "a leaking tap instead of the boiler", "leaking_tap"),
        (Slot.SERVICE, "my boiler isn't working", "boiler_service"),
        (Slot.SERVICE, "I can't get any hot water out of the boiler", "boiler_service"),
        (Slot.SERVICE, "I'm not sure, I think it's my boiler", "boiler_service"),
        (Slot.AREA, "not in Truro, in Falmouth", "falmouth"),
        (Slot.AGREED, "yes that's wrong", None),
        (Slot.AGREED, "yes, no, that's not right", None),
        (Slot.AGREED, "yes but wait", None),
        (Slot.AGREED, "yes if it's free", None),
        (Slot.AGREED, "I don't know, yes maybe", None),
        (Slot.AGREED, "yes, but on Wednesday", None),
        (Slot.AGREED, "yes, my number is oh double seven double oh", None),
        (Slot.AGREED, "yes, that's right", "yes"),
        (Slot.AGREED, "yes, if you would", "yes"),
        (Slot.AGREED, "yes please, why not", "yes"),
        (Slot.AGREED, "no", "no"),
        (Slot.AGREED, "Right.", "yes"),
        (Slot.AGREED, "That is correct.", "yes"),
        (Slot.AGREED, "perfect, thank you", "yes"),
        (Slot.WANTED, "go ahead please", "yes"),
        (Slot.WANTED, "Nope.", "no"),
        (Slot.AGREED, "wrong", "no"),
        (Slot.AGREED, "That’s not right.", "no"),
        (Slot.AGREED, "Right?", None),
        (Slot.AGREED, "right now", None),
        (Slot.AGREED, "make that right", None),
        (Slot.AGREED, "not perfect", None),
        (Slot.AGREED, "is that correct", None),
        (Slot.AGREED, "the wrong one is perfect", None),
        (Slot.AGREED, "right, wrong", None),
        (Slot.AGREED, "I'd go ahead if it was Friday", None),
        (Slot.WANTED, "yes, I don't mind the price", "yes"),
    ],
)  # fmt: skip
def test_an_answer_is_what_is_wanted(slot, said, value):
    assert value_in(slot, said, COMPANY, TODAY) == value


@pytest.mark.parametrize("said", ["yes", "yes not a problem", "yes that doesn't matter"])
def test_a_yes_with_a_harmless_not_stays_one(said):
    assert not turns_a_yes(said)


@pytest.mark.parametrize(
    "said",
    [
        "yes", "yes please", "that's correct, thank you", "ok go ahead", "sure, that's fine",
        "yes please, if you could", "yes that's all right", "perfect, Tuesday morning it is",
        "no, that's right", "yes that's the one", "lovely, see you on the 24th",
    ],
)  # fmt: skip
def test_a_clear_yes_is_agreed(said):
    assert agrees(said)


@pytest.mark.parametrize(
    "said",
    [
        "fine except the day", "sure, whatever, but I want to pay less",
        "yes I will think about it",
        "correct, but phone 07700900461 instead", "correct, phone 07700 900461",
        "okay let me ask my wife first", "yes if it's free", "I don't know, yes maybe",
        "yes, only make it Wednesday", "right, I'd rather come on Friday", "ok I'll check with him",
        "yes, depends what it costs", "great, can I get a discount", "yes another day",
        "sure, ring oh one eight seven two", "yes no wait", "fine, as long as it's the morning",
    ],
)  # fmt: skip
def test_a_yes_with_a_doubt_a_condition_or_a_change_in_it_is_none(said):
    assert not agrees(said)
