"""A caller who is offered times takes one of them in the words people use for it."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

import audiosocket_agent
from audiosocket_agent.agenda import Agenda, Visit
from audiosocket_agent.company import load_company
from audiosocket_agent.conversation import Facts, Heard, Started, State, advance
from audiosocket_agent.offered import taken
from audiosocket_agent.prefill import prefill
from audiosocket_agent.workflow import Slot

SAMPLES = Path(audiosocket_agent.__file__).parent / "companies" / "samples"
MILLBROOK = load_company(SAMPLES / "millbrook.yaml")
HARBOUR = load_company(SAMPLES.parent / "harbour.yaml").model_copy(
    update={"calendar": MILLBROOK.calendar}
)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)  # a Sunday
TUESDAY = datetime(2026, 11, 24, tzinfo=UTC)
FULL_MORNING = [
    Visit(datetime.combine(TUESDAY, time(8), UTC), datetime.combine(TUESDAY, time(12), UTC), lane=n)
    for n in range(5)
]


def facts_of(company, *visits):
    return Facts(company, "01632960123", NOW.date(), Agenda(company, visits, NOW))


def said(facts, *texts, state=None):
    if state is None:
        state, _ = advance(State(), Started(), facts)
    for text in texts:
        state, reply = advance(state, Heard(text), facts)
    return state, reply


FULL = facts_of(HARBOUR, *FULL_MORNING)
OFFERED, OFFER = said(FULL, "a leaking tap in Truro", "yes", "Tuesday morning")


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("the first one", ("2026-11-24", "afternoon")),
        ("The first one, please.", ("2026-11-24", "afternoon")),
        ("I'd like the second", ("2026-11-23", "morning")),
        ("the latter", ("2026-11-23", "morning")),
        ("the earlier one", ("2026-11-24", "afternoon")),
        ("yes", ("2026-11-24", "afternoon")),
        ("either would be fine", ("2026-11-24", "afternoon")),
        ("morning", ("2026-11-23", "morning")),
        ("in the afternoon please", ("2026-11-24", "afternoon")),
    ],
)
def test_one_of_two_times_offered_is_taken(words, when):
    assert OFFER.say[1] == "I could do Tuesday afternoon or Monday morning."
    after, reply = said(FULL, words, state=OFFERED)
    assert (after.slots[Slot.DAY], after.slots[Slot.PART]) == when
    assert reply.asks is Slot.CALLBACK and after.offered == ()
    state, recorded = prefill(words, OFFERED, FULL)  # and the same before a model is asked
    assert (state.slots[Slot.DAY], state.slots[Slot.PART]) == when
    assert recorded.values == {Slot.DAY: when[0], Slot.PART: when[1]}


@pytest.mark.parametrize(
    "words",
    ["no", "later", "an earlier one if you have it",
     "not the first one", "the third one", "the first of December", "Wednesday", "a person",
     "no, the morning", "yes but how much is it", "the evening"],
)  # fmt: skip
def test_other_words_take_none_of_them(words):
    assert taken(words, OFFERED, FULL) is None


GARAGE = facts_of(MILLBROOK)
LISTED, LIST = said(GARAGE, "an MOT please", "on Thursday")


@pytest.mark.parametrize(
    ("words", "at"),
    [("the first one", "08:00"), ("the last one please", "16:30"), ("the second", "12:00"),
     ("morning", "08:00"), ("afternoon please", "12:00"), ("any of them", "08:00"),
     ("half past nine", "09:30"), ("one o'clock", "13:00")],
)  # fmt: skip
def test_one_of_the_times_read_out_is_taken(words, at):
    assert LIST.say[-1].startswith("I have 8 o'clock in the morning or 12 o'clock")
    after, _ = said(GARAGE, words, state=LISTED)
    assert after.slots[Slot("time")] == at


@pytest.mark.parametrize("words", ["yes", "that one", "the fourth one", "this one"])
def test_what_chooses_no_time_fills_none(words):
    after, _ = said(GARAGE, words, state=LISTED)
    assert Slot("time") not in after.slots


def test_a_choice_the_ear_is_not_sure_of_is_said_back():
    after, reply = advance(LISTED, Heard("the first one", 0.3), GARAGE)
    assert "8 o'clock" in " ".join(reply.say) and Slot("time") in after.unsure


@pytest.mark.parametrize(("words", "service"), [
    ("the second one", "full_service"), ("the first one please", "mot"), ("the last", "brakes"),
    ("I'd like the third one", "brakes"), ("the latter", "brakes"), ("the fourth one", None),
    ("the first thing on Monday", None), ("first", "mot"), ("the earlier one", None),
])  # fmt: skip
def test_a_choice_that_was_listed_is_taken_by_its_place(words, service):
    state, reply = said(GARAGE, "um", words)
    assert state.slots.get(Slot.SERVICE) == service
    assert (reply.asks is Slot.SERVICE) is (service is None)
