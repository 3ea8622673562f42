"""The model is told where the call stands, what is just written down, and what is booked."""

from dataclasses import replace
from datetime import date

from audiosocket_agent import wording
from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import Facts, Started, State, advance
from audiosocket_agent.prefill import prefill
from audiosocket_agent.situation import Recorded, situation, subject
from audiosocket_agent.workflow import Slot
from tests.fake_asterisk import DID, SHIPPED

COMPANY = load_companies(SHIPPED)[DID]
FACTS = Facts(COMPANY, "01632960123", date(2026, 11, 21))
STARTED = advance(State(), Started(open_question=True), FACTS)[0]


def test_the_situation_tells_what_is_known_needed_and_asked():
    state = prefill("a leaking tap", STARTED, FACTS)[0]
    assert situation(state, FACTS) == {
        "step": "qualify",
        "goal": "Find out where it is.",
        "known": {"service": "leaking_tap"},
        "needed": ["area", "wanted", "day", "part", "callback", "phone"],
        "ask": wording.question(Slot.AREA, COMPANY, state.slots, FACTS.today, 0),
        "asks": "area",
    }


def test_the_situation_tells_what_was_recorded_of_the_newest_words():
    state = prefill("a leaking tap in Truro", STARTED, FACTS)[0]
    recorded = Recorded({Slot.AREA: "truro"}, ("It costs 75 pounds.",))
    stands = situation(state, FACTS, recorded)
    assert stands == {
        **situation(state, FACTS),
        "recorded": {"area": "truro"},
        "tell": ["It costs 75 pounds."],
    }


def test_the_situation_tells_what_was_keyed_unseen():
    keyed = replace(STARTED, collected=("customer",))
    assert situation(keyed, FACTS) == {**situation(STARTED, FACTS), "collected": ["customer"]}


def test_the_situation_tells_the_reference_of_what_is_booked():
    stands = situation(STARTED, FACTS, reference="12A")
    assert stands == {**situation(STARTED, FACTS), "reference": "1, 2, A"}


def test_what_is_to_be_told_needs_nothing_recorded():
    stands = situation(STARTED, FACTS, Recorded(tell=("It costs 75 pounds.",)))
    assert stands == {**situation(STARTED, FACTS), "tell": ["It costs 75 pounds."]}


def test_the_subject_of_a_question_is_what_the_walk_said_before_it():
    state = STARTED
    told = []
    for text in ("a leaking tap in Truro", "yes", "Tuesday morning", "yes"):
        state, recorded = prefill(text, state, FACTS)
        told.append((recorded.tell, subject(state, FACTS)))
    price, nothing, nothing_yet, read_back = told
    assert price[0] == price[1] and "75 pounds" in price[0][0]
    assert nothing == nothing_yet == ((), ())
    assert read_back[0] == read_back[1] and "So that's" in read_back[0][0]
