"""The eight steps: whole conversations as rows, and properties of every possible one."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiosocket_agent
from audiosocket_agent import wording
from audiosocket_agent.company import load_company
from audiosocket_agent.conversation import (
    LEGAL,
    Booked,
    BookingFailed,
    BookingRequest,
    Facts,
    Heard,
    Keyed,
    Overtime,
    Phase,
    Silent,
    Started,
    State,
    advance,
)
from audiosocket_agent.errors import IllegalEvent
from audiosocket_agent.workflow import STEPS, Outcome, Slot, Step

COMPANY = load_company(Path(audiosocket_agent.__file__).parent / "companies" / "harbour.yaml")
SATURDAY = date(2026, 11, 21)
FACTS = Facts(COMPANY, "+441632960123", SATURDAY)
BOOKED = BookingRequest(
    "boiler_service", "truro", date(2026, 11, 24), "morning", "+441632960123", "89"
)
HAPPY = [
    Started(), Heard("boiler service"), Heard("truro"), Heard("yes please"), Heard("tuesday"),
    Heard("in the morning"), Heard("yes"), Heard("yes"), Booked("482913"),
]  # fmt: skip


def run(events, facts=FACTS):
    """Feed events; return every (state, reply)."""
    state, trail = State(), []
    for event in events:
        state, reply = advance(state, event, facts)
        trail.append((state, reply))
    return trail


def test_a_caller_who_answers_everything_gets_a_booking():
    trail = run(HAPPY)
    steps = [step for _, reply in trail for step in reply.passed]
    assert list(dict.fromkeys(steps)) == list(Step)
    assert trail[-2][1].book == BOOKED
    assert [reply.end for _, reply in trail] == [None] * 8 + [Outcome.HANGUP]
    said = " ".join(" ".join(reply.say) for _, reply in trail)
    assert COMPANY.greeting in said
    assert "costs 89 pounds" in said
    assert "Tuesday the 24th of November" in said
    assert "4, 8, 2, 9, 1, 3" in said


def test_what_is_said_besides_the_answer_is_not_asked_again():
    said = ["I've got a leaking tap in Truro.", "Yes.", "Tuesday, in the morning.", "Yes."]
    trail = run([Started(), *map(Heard, said)])
    asked = [reply.asks for _, reply in trail]
    assert asked == [Slot.SERVICE, Slot.WANTED, Slot.DAY, Slot.CALLBACK, Slot.AGREED]
    early = run([Started(), Heard("can you come on tuesday"), Heard("boiler service, TR1 2AB")])
    assert early[1][1].asks is Slot.SERVICE and early[2][1].asks is Slot.WANTED
    assert early[2][0].slots[Slot.DAY] == "tuesday"


def test_every_question_can_be_answered_on_the_keypad():
    keys = ["3", "8711322", "1", "2", "1", "2", "01632960999", "1"]
    trail = run([Started(), *map(Keyed, keys)])
    assert trail[-1][1].book == replace(BOOKED, area="falmouth", phone="01632960999")


@pytest.mark.parametrize(("keys", "area"), [
    ("871", "truro"), ("871122", "truro"), ("8711", "falmouth"), ("8711122", "falmouth"),
    ("8715", "redruth"), ("879", None), ("87", None), ("12345678", None),
])  # fmt: skip
def test_postcodes_are_typed_whole_or_by_their_first_half(keys, area):
    state = run([Started(), Heard("boiler service"), Keyed(keys)])[-1][0]
    assert state.slots.get(Slot.AREA) == area


def test_a_withheld_number_is_asked_for():
    trail = run(HAPPY[:6], replace(FACTS, caller=""))
    assert trail[-1][1].asks is Slot.PHONE
    state, reply = advance(trail[-1][0], Keyed("12"), replace(FACTS, caller=""))
    assert reply.asks is Slot.PHONE
    state, reply = advance(state, Keyed("07700900123"), replace(FACTS, caller=""))
    assert reply.asks is Slot.AGREED and state.slots[Slot.PHONE] == "07700900123"


def test_no_to_the_price_ends_politely_without_a_booking():
    reply = run([*HAPPY[:3], Heard("no thanks")])[-1][1]
    assert reply.end is Outcome.HANGUP and wording.DECLINED in reply.say and reply.book is None


def test_no_to_the_read_back_starts_over_once_then_a_person():
    again = [*HAPPY[:7], Heard("no")]
    trail = run(again)
    assert trail[-1][1].asks is Slot.DAY and Slot.DAY not in trail[-1][0].slots
    rest = [Heard("friday"), Heard("afternoon"), Heard("yes"), Heard("no")]
    assert run([*again, *rest])[-1][1].end is Outcome.QUEUE
    assert run([*again, *rest[:3], Heard("yes")])[-1][1].book.day == date(2026, 11, 27)


@pytest.mark.parametrize("so_far", range(1, 8))
@pytest.mark.parametrize("event", [Heard("can i speak to a person please"), Keyed("0")])
def test_a_person_is_one_word_or_key_away_at_every_question(so_far, event):
    reply = run([*HAPPY[:so_far], event])[-1][1]
    assert reply.end is Outcome.QUEUE and reply.say == (wording.TO_PERSON,)


@pytest.mark.parametrize("event", [Heard("banana"), Heard(""), Silent(), Keyed("999")])
def test_three_misses_in_a_row_lead_to_a_person_in_other_words_each_time(event):
    trail = run([Started(), event, event, event])
    assert [reply.end for _, reply in trail] == [None, None, None, Outcome.QUEUE]
    assert len({reply.say for _, reply in trail}) == 4


def test_an_answer_forgives_earlier_misses():
    events = [Heard(""), Heard(""), Heard("boiler service"), Heard(""), Heard("")]
    assert run([Started(), *events])[-1][1].end is None


def test_a_diary_out_of_reach_leads_to_a_person():
    assert run([*HAPPY[:-1], BookingFailed()])[-1][1].end is Outcome.QUEUE


def test_overtime_leads_to_a_person():
    assert run([*HAPPY[:4], Overtime()])[-1][1].end is Outcome.QUEUE


def test_tomorrow_is_offered_only_before_a_working_day():
    friday = replace(FACTS, today=date(2026, 11, 20))
    monday = replace(FACTS, today=date(2026, 11, 23))
    for facts, offered in ((friday, False), (monday, True)):
        reply = run(HAPPY[:4], facts)[-1][1]
        assert ("tomorrow" in reply.listen.phrases) is offered


def test_a_weekday_means_the_next_one():
    monday = replace(FACTS, today=date(2026, 11, 23))
    trail = run([*HAPPY[:4], Heard("monday"), *HAPPY[5:8]], monday)
    assert trail[-1][1].book.day == date(2026, 11, 30)


def test_events_out_of_place_are_refused():
    for phase, legal in LEGAL.items():
        for event in (Started(), Heard(""), Keyed("1"), Silent(), Booked("1"), BookingFailed()):
            if type(event) not in legal:
                with pytest.raises(IllegalEvent):
                    advance(State(phase=phase), event, FACTS)


def test_every_step_leads_on_and_has_a_way_out():
    for step, rule in STEPS.items():
        assert rule.timeout_s > 0
        assert rule.way_out is Outcome.QUEUE
        assert (rule.then is None) == (step is Step.CLOSE)


UTTERANCES = ["boiler service", "leaking tap", "truro", "yes", "no", "monday", "morning", "", "um",
              "operator", "yes no", "redruth please"]  # fmt: skip
EVENTS = st.one_of(
    st.sampled_from(UTTERANCES).map(Heard),
    st.text("0123456789*", min_size=1, max_size=12).map(Keyed),
    st.just(Silent()),
)


@given(st.lists(EVENTS, min_size=60, max_size=60), st.booleans(), st.booleans())
def test_every_conversation_ends_and_books_at_most_once(events, withheld, booking_works):
    facts = replace(FACTS, caller="" if withheld else FACTS.caller)
    state, reply = advance(State(), Started(), facts)
    booked = 0
    for event in events:
        if state.phase is Phase.ENDED:
            break
        if state.phase is Phase.BOOKING:
            booked += 1
            event = Booked("123456") if booking_works else BookingFailed()
        state, reply = advance(state, event, facts)
        assert reply.say and all(reply.say)
        assert (reply.end is not None) == (state.phase is Phase.ENDED)
        assert (reply.book is not None) == (state.phase is Phase.BOOKING)
        assert (reply.asks is not None) == (state.phase is Phase.ASKING)
    assert state.phase is Phase.ENDED
    assert booked <= 1
