"""Only what the caller's words surely give is written down without asking the model."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent import wording
from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import (
    Facts,
    Heard,
    Offer,
    Phase,
    Started,
    State,
    advance,
    answers_offer,
)  # fmt: skip
from audiosocket_agent.prefill import NEGATIONS, prefill
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.situation import Recorded, subject
from audiosocket_agent.toolbox import RECORD, work
from audiosocket_agent.workflow import Slot, Step
from tests.fake_asterisk import DID, SHIPPED

COMPANY = load_companies(SHIPPED)[DID]
FACTS = Facts(COMPANY, "01632960123", date(2026, 11, 19))  # a Thursday: tomorrow is a working day
DATES = {
    "monday": "2026-11-23", "tuesday": "2026-11-24", "wednesday": "2026-11-25",
    "friday": "2026-11-20", "tomorrow": "2026-11-20",
}  # fmt: skip
WITHHELD = replace(FACTS, caller="")
STARTED = advance(State(), Started(open_question=True), FACTS)[0]


def after(*said, facts=FACTS):
    """Return the state after the rules have heard all this."""
    state = STARTED
    for text in said:
        state, _ = advance(state, Heard(text), facts)
    return state


TAP, TRURO, YES, DAY, PART = "a leaking tap", "Truro", "yes", "Tuesday", "morning"
STATES = {
    "service": STARTED,
    "area": after(TAP),
    "wanted": after(TAP, TRURO),
    "day": after(TAP, TRURO, YES),
    "part": after(TAP, TRURO, YES, DAY),
    "callback": after(TAP, TRURO, YES, DAY, PART),
    "phone": after(TAP, TRURO, YES, DAY, PART, facts=WITHHELD),
    "agreed": after(TAP, TRURO, YES, DAY, PART, YES),
}

SURE = [
    ("service", "A leaking tap.", {"service": "leaking_tap"}),
    ("service", "Hi, um, my drain is blocked", {"service": "blocked_drain"}),
    ("service", "I've got a dripping tap in Truro.", {"service": "leaking_tap", "area": "truro"}),
    ("service", "I need a boiler service please", {"service": "boiler_service"}),
    ("service", "I'd like to book a boiler service for Tuesday morning in Redruth",
     {"service": "boiler_service", "area": "redruth", "day": "tuesday", "part": "morning"}),
    ("service", "Good morning, a leaking tap please", {"service": "leaking_tap"}),
    ("service", "It's in Falmouth.", {"area": "falmouth"}),
    ("area", "Truro", {"area": "truro"}),
    ("area", "It's in Truro, thanks.", {"area": "truro"}),
    ("area", "TR11 3AB", {"area": "falmouth"}),
    ("area", "my postcode is T R 1 2 A B", {"area": "truro"}),
    ("area", "tr15", {"area": "redruth"}),
    ("area", "Truro, TR1 4BT", {"area": "truro"}),
    ("area", "Falmouth, tomorrow afternoon",
     {"area": "falmouth", "day": "tomorrow", "part": "afternoon"}),
    ("wanted", "Yes.", {"wanted": "yes"}),
    ("wanted", "yes please", {"wanted": "yes"}),
    ("wanted", "Yeah, that's fine, thank you.", {"wanted": "yes"}),
    ("wanted", "That's right.", {"wanted": "yes"}),
    ("wanted", "Yes, Tuesday morning please",
     {"wanted": "yes", "day": "tuesday", "part": "morning"}),
    ("wanted", "Tuesday morning", {"day": "tuesday", "part": "morning"}),
    ("wanted", "yes, a leaking tap in Truro", {"wanted": "yes"}),
    ("day", "Tuesday", {"day": "tuesday"}),
    ("day", "on Friday please", {"day": "friday"}),
    ("day", "Tomorrow.", {"day": "tomorrow"}),
    ("day", "Yes, Monday would be good", {"day": "monday"}),
    ("day", "Wednesday afternoon", {"day": "wednesday", "part": "afternoon"}),
    ("part", "Morning.", {"part": "morning"}),
    ("part", "In the afternoon would suit me.", {"part": "afternoon"}),
    ("part", "Tuesday morning", {"part": "morning"}),  # the day is known, and the same
    ("callback", "Yes", {"callback": "yes"}),
    ("callback", "yes that's the number", {"callback": "yes"}),
    ("callback", "No.", {"callback": "no"}),
    ("wanted", "Correct", {"wanted": "yes"}),
    ("wanted", "go ahead please", {"wanted": "yes"}),
    ("area", "T R one one A A", {"area": "truro"}),
    ("area", "my postcode is T R eleven four H J", {"area": "falmouth"}),
    ("phone", "oh seven seven double oh nine oh oh one two three", {"phone": "07700900123"}),
    ("service", "a leaking tap, my number is 07700 900123",
     {"service": "leaking_tap", "phone": "07700900123"}),
    ("phone", "07700 900123", {"phone": "07700900123"}),
    ("phone", "It's +44 7700 900 123.", {"phone": "+447700900123"}),
    ("phone", "01632-960-123", {"phone": "01632960123"}),
]  # fmt: skip

UNSURE = [
    # nothing in it
    ("service", ""), ("service", "..."), ("service", "hello"), ("service", "purple elephants"),
    # negations
    ("service", "not a leaking tap"), ("service", "It isn't a leaking tap, it's my boiler"),
    ("area", "no, Truro"), ("area", "it's not in Truro"), ("day", "I can't do Tuesday"),
    ("day", "Don't come on Monday"), ("day", "never on a Friday"), ("part", "nope, morning"),
    ("day", "Tuesday won\N{RIGHT SINGLE QUOTATION MARK}t do"), ("part", "anything but morning"),
    # a "no" changes the course of the call
    ("wanted", "No."), ("wanted", "no thank you"), ("callback", "no, not that"),
    ("callback", "No, it's 07700 900123"),
    # corrections
    ("day", "Tuesday, sorry, Wednesday"), ("day", "actually Tuesday"), ("area", "I said Truro"),
    ("part", "make it the afternoon"), ("part", "Wednesday morning instead"),
    ("day", "Tuesday, no, Wednesday"), ("part", "I'd rather the afternoon"),
    ("service", "can you move my boiler service to Wednesday"),
    ("service", "cancel my boiler service"), ("day", "hang on, Monday"), ("area", "I mean Truro"),
    # questions
    ("service", "Do you do boiler service"), ("service", "A leaking tap?"),
    ("service", "how much is a boiler service"), ("area", "Is Truro possible"),
    ("day", "Can you come on Tuesday"), ("day", "What about Monday"), ("part", "Is it morning"),
    ("service", "would you look at my boiler"), ("service", "a boiler price please"),
    # doubts and conditions
    ("day", "maybe Tuesday"), ("day", "Tuesday if that works"), ("day", "I think Monday"),
    ("part", "morning or afternoon"), ("day", "either Monday will do"), ("day", "any day, Friday"),
    ("wanted", "yes I suppose"), ("wanted", "yes but Friday"),
    # several values
    ("service", "a leaking tap and a blocked drain"), ("area", "Truro, Falmouth"),
    ("area", "Truro, TR11 3AB"), ("area", "TR1 TR15"), ("day", "Monday, Tuesday, Wednesday"),
    ("part", "morning, afternoon"), ("service", "tap leaking tap boiler Truro"),
    # other times than the words name
    ("day", "the Tuesday after next"), ("day", "next Tuesday"), ("day", "Tuesday the 1st"),
    ("day", "Tuesday the twenty fourth"), ("day", "the day after tomorrow"),
    ("day", "Saturday morning"), ("service", "a leaking tap since Tuesday"),
    ("service", "my tap is leaking, it started this morning"), ("day", "before Friday"),
    ("day", "a week on Monday"), ("day", "late on Friday"), ("day", "every Monday"),
    # a yes that is more, or where it is not plain what it is to
    ("wanted", "Yes, and bring a new washing machine"), ("wanted", "book it"),
    ("service", "yes"), ("part", "yes"), ("agreed", "yes"), ("agreed", "Yes, that's right."),
    ("callback", "yes, on weekdays"), ("callback", "yes, or 07700 900123"),
    # other values than those on record
    ("area", "a boiler in Truro"), ("wanted", "yes, in Falmouth"), ("part", "Friday morning"),
    ("agreed", "yes, Friday"), ("callback", "yes, in the afternoon"), ("agreed", "morning"),
    # numbers with digits missing, too many, or that nobody asked for
    ("phone", "07700 900"), ("phone", "07700 9001"), ("phone", "07700 900123 4"),
    ("phone", "07700 900123, flat 3"), ("phone", "+44 7700 900"), ("phone", "7700 900123"),
    ("phone", "07700 900123 and 01632 960123"), ("callback", "07700 900123"),
    ("service", "07700 900123"), ("phone", "oh seven seven"),
    # a person, or something else altogether
    ("service", "a person please, about a boiler service"), ("day", "Tuesday, bye"),
    ("service", "I want to speak to the manager about my boiler service"),
    ("service", "about the boiler service I booked already"),
    ("service", "a story of a leaking tap " + "and on and on " * 8),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "text", "values"), SURE)
def test_plain_words_are_written_down(asked, text, values):
    facts = WITHHELD if asked == "phone" else FACTS
    state, recorded = prefill(text, STATES[asked], facts)
    assert {slot.value: value for slot, value in recorded.values.items()} == {
        slot: DATES.get(value, value) for slot, value in values.items()
    }
    assert recorded.values.items() <= state.slots.items()


@pytest.mark.parametrize(("asked", "text"), UNSURE)
def test_words_that_may_mean_something_else_are_left_to_the_model(asked, text):
    state, recorded = prefill(text, STATES[asked], FACTS)
    assert state is STATES[asked] and recorded == Recorded()


@pytest.mark.parametrize(("asked", "text", "values"), SURE)
def test_it_comes_to_the_same_as_the_models_own_record(asked, text, values):
    facts = WITHHELD if asked == "phone" else FACTS
    before = STATES[asked]
    call = ToolCall("1", RECORD, "{" + ",".join(f'"{s}":"{v}"' for s, v in values.items()) + "}")
    worked = work(call, before, before.step, text, facts)
    state, recorded = prefill(text, before, facts)
    assert state == worked.state and list(recorded.tell) == worked.facts


def test_the_price_and_the_read_back_are_to_be_told():
    state, recorded = prefill("a leaking tap in Truro", STARTED, FACTS)
    assert recorded.tell == ("A leaking tap repair in Truro costs 75 pounds.",)
    assert (state.step, state.asked) == (Step.QUOTE, Slot.WANTED)
    state, recorded = prefill("yes", STATES["callback"], FACTS)
    assert recorded.tell == (wording.read_back(COMPANY, state.slots, FACTS.today),)
    assert (state.step, state.asked) == (Step.BOOK, Slot.AGREED)


@pytest.mark.parametrize("asked", ["wanted", "callback", "agreed"])
def test_a_yes_to_a_question_that_was_not_heard_is_none(asked):
    state, recorded = prefill("yes", STATES[asked], FACTS, asked=False)
    assert state is STATES[asked] and not recorded.values
    assert recorded.tell == subject(state, FACTS)
    assert (recorded.tell == ()) == (asked == "callback")


def test_what_is_volunteered_needs_no_question():
    state, recorded = prefill("Tuesday, please", STATES["wanted"], FACTS, asked=False)
    assert recorded.values == {Slot.DAY: "2026-11-24"}
    assert recorded.tell == ("A leaking tap repair in Truro costs 75 pounds.",)
    assert prefill("07700 900123", STATES["phone"], WITHHELD, asked=False)[1] == Recorded()


def test_a_yes_to_the_offer_of_a_person_is_not_one_to_the_price():
    offered = replace(STATES["wanted"], offer=Offer.OPEN)
    text = "yes, Tuesday"
    assert not answers_offer(offered, text)
    assert prefill(text, offered, FACTS)[1].values == {Slot.DAY: "2026-11-24"}


@pytest.mark.parametrize(
    "over",
    [
        replace(STATES["day"], phase=Phase.BOOKING),
        replace(STATES["day"], phase=Phase.ENDED),
        replace(STATES["day"], step=Step.CLOSE, asked=None),
    ],
)
def test_nothing_is_written_down_when_all_is_over(over):
    assert prefill("Tuesday", over, FACTS) == (over, Recorded())


def test_a_longer_name_hides_the_one_inside_it():
    services = COMPANY.services[2].model_copy(update={"key": "cover", "phrases": ("boiler cover",)})
    company = COMPANY.model_copy(update={"services": (*COMPANY.services, services)})
    facts = replace(FACTS, company=company)
    assert prefill("boiler cover", STARTED, facts)[1].values == {Slot.SERVICE: "cover"}
    assert prefill("boiler cover, boiler", STARTED, facts)[1] == Recorded()


@pytest.mark.parametrize("text", ["I need them 15 minutes early", "I'm 15 miles away"])
def test_a_postcode_is_only_seen_where_one_is_written(text):
    area = COMPANY.areas[0].model_copy(update={"outward": ("M1",)})
    facts = replace(FACTS, company=COMPANY.model_copy(update={"areas": (area,)}))
    assert prefill(text, STATES["area"], facts)[1] == Recorded()
    assert prefill("M1 5MI", STATES["area"], facts)[1].values == {Slot.AREA: "truro"}


WORDS = st.sampled_from(
    "a leaking tap my drain is blocked boiler service in truro falmouth redruth TR1 4BT TR11 on "
    "monday tuesday friday tomorrow morning afternoon yes please yeah that's right thanks 07700 "
    "900123 um and the it's for me would like".split()
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
STANDING = st.sampled_from(list(STATES.values()))


@settings(max_examples=400, deadline=None)
@given(TEXTS | st.text(max_size=40), STANDING)
def test_nothing_on_record_is_ever_changed_and_nothing_agreed_to(text, state):
    after_it, recorded = prefill(text, state, FACTS)
    assert state.slots.items() <= after_it.slots.items()
    assert Slot.AGREED not in recorded.values and "no" not in recorded.values.values()
    assert (after_it is state) == (not recorded.values)
    assert after_it.phase is Phase.ASKING


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.sampled_from([*sorted(NEGATIONS), "isn't", "can't"]), TEXTS, STANDING)
def test_nothing_is_taken_from_words_with_a_negation(before, negation, after_it, state):
    text = f"{before} {negation} {after_it}"
    assert prefill(text, state, FACTS) == (state, Recorded())
