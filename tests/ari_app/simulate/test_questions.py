"""A caller understands every question the agent can ask, in each of its wordings."""

from datetime import date

import pytest

from ari_app.simulate.questions import asked, asks_for_keys, keys_for
from ari_app.simulate.scenario_file import COMPANIES
from audiosocket_agent.company import load_company
from audiosocket_agent.wording import WORDINGS, question
from audiosocket_agent.workflow import Slot

TODAY = date(2026, 11, 23)
HARBOUR = load_company(COMPANIES / "harbour.yaml")
SLOTS = ("service", "area", "wanted", "day", "part", "callback", "phone", "ring_back", "message")


@pytest.mark.parametrize("attempt", range(WORDINGS))
@pytest.mark.parametrize("slot", SLOTS)
def test_each_wording_of_each_question_is_understood(slot, attempt):
    known = {Slot.PHONE: "01632960123"}
    said = question(Slot(slot), HARBOUR, known, TODAY, attempt)
    topic = asked(f"Sorry, I didn't catch that. {said}").topic
    assert topic in (slot, "same", "yes_no")
    if attempt == 0:
        assert topic == slot


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("How can I help?", "open"),
        ("That's booked. Is there anything else I can help with?", "anything_else"),
        ("No problem. What would you like to change?", "changed"),
        ("I'm sorry. Would you like me to put you through to a person? Or press 1 for yes.",
         "person"),
        ("An MOT test costs 54 pounds 85. Shall I book that in?", "booked_in"),
        ("So that's a cut with Maya. Shall I book that for you?", "agreed"),
        ("I have 0, 1 so far. Please key in the rest, then press hash.", "rest"),
        ("One moment, I'm booking that for you.", ""),
        ("That's booked. Your reference is 1, 2, 3. Thank you for calling. Goodbye.", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_asked_last_counts(said, topic):
    assert asked(said).topic == topic


def test_a_word_the_caller_knows_is_what_is_asked_for():
    assert asked("What is your membership number?", ["membership"]).topic == "membership"


def test_keys_are_found_by_what_they_stand_for():
    said = (
        "Which one? Or press 1 for blocked drain visit, 2 for leaking tap repair, or 3 for boiler."
    )
    assert keys_for(said, "leaking tap") == "2"
    assert keys_for(said, "boiler") == "3"
    assert keys_for(said, "a new roof") == ""
    assert keys_for("Or press 1 for yes, 2 for no.", "no") == "2"
    assert asks_for_keys("Please key in your phone number")
    assert not asks_for_keys("Which day suits you?")
