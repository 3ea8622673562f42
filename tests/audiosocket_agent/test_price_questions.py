"""Who asks what something costs hears the list, and the question that was open."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import audiosocket_agent
from audiosocket_agent import wording
from audiosocket_agent.company import load_company
from audiosocket_agent.conversation import Facts, Heard, Started, State, advance
from audiosocket_agent.price_questions import MOST_ASIDES
from audiosocket_agent.workflow import Slot, Step

FOLDER = Path(audiosocket_agent.__file__).parent / "companies"
HARBOUR = load_company(FOLDER / "harbour.yaml")
TODAY = date(2026, 11, 21)
TAP = "A leaking tap repair costs 75 pounds."
LIST = (
    "I can only tell you the prices on our list: blocked drain visit 95 pounds, leaking tap repair "
    "75 pounds, boiler service 89 pounds."
)


def at_the_quote(facts):
    state, _ = advance(State(), Started(), facts)
    state, reply = advance(state, Heard("a leaking tap in Truro"), facts)
    assert reply.asks is Slot.WANTED
    return state


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("How much is a new kitchen?", (LIST,)),
        ("what does a boiler service cost", ("A boiler service costs 89 pounds.",)),
        ("what was the price again", (TAP,)),
        ("how much is it", (TAP,)),
        ("can you do it for fifty", (TAP, wording.FIXED_PRICES)),
        ("that's too expensive, can you do it for fifty?", (TAP, wording.FIXED_PRICES)),
        ("is there a discount", (TAP, wording.FIXED_PRICES)),
    ],
)
def test_prices_are_told_and_the_question_is_put_again(said, told):
    facts = Facts(HARBOUR, "07700900123", TODAY)
    state = at_the_quote(facts)
    after, reply = advance(state, Heard(said), facts)
    assert reply.say == (*told, "Would you like to book it?")
    assert after == replace(state, asides=1) and after.step is Step.QUOTE
    booked, _ = advance(after, Heard("yes please"), facts)
    assert booked.step is Step.COLLECT


def test_who_only_asks_for_prices_is_not_served_for_ever():
    facts = Facts(HARBOUR, "07700900123", TODAY)
    state = at_the_quote(facts)
    for _ in range(MOST_ASIDES):
        state, reply = advance(state, Heard("how much is it"), facts)
        assert reply.say[0] == TAP
    state, reply = advance(state, Heard("how much is it"), facts)
    assert reply.say[0] in wording.MISHEARD and state.misses == 1


def test_a_company_without_prices_says_so():
    company = load_company(FOLDER / "samples" / "rosewood.yaml")
    facts = Facts(company, "07700900123", TODAY)
    state, _ = advance(State(), Started(), facts)
    _, reply = advance(state, Heard("what do you charge"), facts)
    assert reply.say[0] == wording.NO_PRICES
