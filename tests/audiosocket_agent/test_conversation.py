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
    MOST_UNMOVED,
    Booked,
    BookingFailed,
    BookingRequest,
    Carry,
    Facts,
    Heard,
    Keyed,
    Offer,
    Overtime,
    Phase,
    Seek,
    Silent,
    Sought,
    Started,
    State,
    Warned,
    Why,
    advance,
    answers_offer,
    attended,
    gets_nowhere,
)
from audiosocket_agent.errors import IllegalEvent
from audiosocket_agent.seams import Expects
from audiosocket_agent.walk import stands
from audiosocket_agent.workflow import Outcome, Slot, Step

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

# What leads to each question, and an answer to it in words and on the keypad.
ASKED = {
    Slot.SERVICE: HAPPY[:1], Slot.AREA: HAPPY[:2], Slot.WANTED: HAPPY[:3], Slot.DAY: HAPPY[:4],
    Slot.PART: HAPPY[:5], Slot.CALLBACK: HAPPY[:6], Slot.PHONE: [*HAPPY[:6], Heard("no")],
    Slot.AGREED: HAPPY[:7],
}  # fmt: skip
ANSWERED = {
    Slot.SERVICE: (Heard("a boiler service"), Keyed("3")),
    Slot.AREA: (Heard("truro"), Keyed("871")),
    Slot.DAY: (Heard("no, tuesday"), Keyed("4")), Slot.PART: (Heard("morning"),),
    Slot.PHONE: (Heard("01632 960999"), Keyed("01632960999")),
}  # fmt: skip
MISSES = [Heard("banana"), Heard(""), Silent(), Keyed("999")]


def patient(**settings):
    """Return the facts with other thresholds."""
    return replace(FACTS, company=COMPANY.model_copy(update=settings))


def run(events, facts=FACTS):
    """Feed events; return every (state, reply)."""
    return run_on(State(), events, facts)


def run_on(state, events, facts=FACTS):
    """Feed events to a conversation that stands so; return every (state, reply)."""
    trail = []
    for event in events:
        state, reply = advance(state, event, facts)
        trail.append((state, reply))
    return trail


def test_a_caller_who_answers_everything_gets_a_booking():
    trail = run(HAPPY)
    steps = [step for _, reply in trail for step in reply.passed]
    assert tuple(dict.fromkeys(steps)) == COMPANY.workflow.main
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
    assert early[2][0].slots[Slot.DAY] == "2026-11-24"


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
    assert run([*again, *rest])[-1][1].seek == Seek(Why.MISSES)
    assert run([*again, *rest[:3], Heard("yes")])[-1][1].book.day == date(2026, 11, 27)


@pytest.mark.parametrize("so_far", range(1, 8))
@pytest.mark.parametrize("event", [
    Heard("can i speak to a person please"), Heard("I'd like to talk to someone."), Keyed("0")
])  # fmt: skip
def test_a_person_is_one_word_or_key_away_at_every_question(so_far, event):
    reply = run([*HAPPY[:so_far], event])[-1][1]
    assert reply.seek == Seek(Why.ASKED) and reply.say == (wording.TO_PERSON,)


@pytest.mark.parametrize("event", MISSES)
def test_three_misses_in_a_row_lead_to_a_person_in_other_words_each_time(event):
    trail = run([Started(), event, event, event])
    why = Why.SILENT if event == Silent() else Why.MISSES
    assert [reply.seek for _, reply in trail] == [None, None, None, Seek(why)]
    assert len({reply.say for _, reply in trail}) == 4


def test_an_answer_forgives_earlier_misses():
    events = [Heard(""), Heard(""), Heard("boiler service"), Heard(""), Heard("")]
    assert run([Started(), *events])[-1][1].end is None


@pytest.mark.parametrize("slot", ASKED)
@pytest.mark.parametrize("offer_after", [1, 2, 3])
def test_a_person_is_offered_after_the_misses_that_the_company_allows(slot, offer_after):
    facts = patient(max_misses=4, misses_before_offer=offer_after)
    trail = run([*ASKED[slot], *[Silent()] * offer_after], facts)
    offered = [wording.OFFER in reply.say for _, reply in trail]
    assert offered == [False] * (len(trail) - 1) + [True]
    state, reply = trail[-1]
    assert state.offer is Offer.OPEN and reply.asks is slot and reply.end is None
    assert reply.listen.kind is Expects.YES_NO
    assert {"yes", "no", "operator"} <= set(reply.listen.phrases)
    assert reply.say[-1] == wording.YES_NO_KEYS


@pytest.mark.parametrize("slot", ASKED)
@pytest.mark.parametrize(("event", "why", "says"), [
    (Heard("yes please"), Why.ASKED, wording.TO_PERSON), (Keyed("1"), Why.ASKED, wording.TO_PERSON),
    (Keyed("0"), Why.ASKED, wording.TO_PERSON),
    (Heard("talk to a person"), Why.ASKED, wording.TO_PERSON),
    (Silent(), Why.SILENT, wording.TO_PERSON_SILENT),
    (Heard(""), Why.MISSES, wording.TO_PERSON_LOST),
    (Heard("banana"), Why.MISSES, wording.TO_PERSON_LOST),
    (Keyed("*"), Why.MISSES, wording.TO_PERSON_LOST),
    (Heard("you useless machine"), Why.ANGRY, wording.TO_PERSON_ANGRY),
])  # fmt: skip
def test_all_but_a_no_to_the_offer_leads_to_a_person(slot, event, why, says):
    reply = run([*ASKED[slot], Silent(), Silent(), event], patient(max_misses=10))[-1][1]
    assert reply.seek == Seek(why) and reply.say == (says,)


@pytest.mark.parametrize("slot", ASKED)
@pytest.mark.parametrize(
    "no", [Heard("no thanks"), Heard("No, I don't need a person."), Keyed("2")]
)
def test_after_a_no_the_question_is_put_easily_and_a_person_not_offered_again(slot, no):
    declined = [*ASKED[slot], Silent(), Silent(), no]
    state, reply = run(declined)[-1]
    assert reply.asks is slot and reply.end is None and state.misses == 0
    assert reply.say[0] == wording.OFFER_DECLINED
    keys = "press" in reply.say[1].lower()
    assert keys and reply.listen.phrases == run(ASKED[slot])[-1][1].listen.phrases
    trail = run([*declined, Silent(), Heard("banana"), Silent()])
    assert [r.seek for _, r in trail[-3:]] == [None, None, Seek(Why.SILENT)]
    assert all(wording.OFFER not in r.say for _, r in trail[-3:])


@pytest.mark.parametrize(("slot", "answer"), [(s, a) for s, some in ANSWERED.items() for a in some])
def test_an_answer_after_all_is_taken_while_the_offer_is_open(slot, answer):
    state, reply = run([*ASKED[slot], Silent(), Silent(), answer])[-1]
    assert slot in state.slots and reply.asks is not slot and reply.end is None
    assert state.offer is Offer.UNMADE and state.misses == 0


def test_the_offer_takes_as_many_keys_as_the_answer_it_waits_for():
    for slot, most in ((Slot.SERVICE, 1), (Slot.AREA, 7), (Slot.PHONE, 15), (Slot.AGREED, 1)):
        reply = run([*ASKED[slot], Silent(), Silent()])[-1][1]
        assert (reply.keys.most, reply.keys.pause_ms) == (most, 2500)


def test_a_person_is_offered_anew_at_the_next_question():
    events = [Silent(), Silent(), Keyed("2"), Heard("boiler service"), Silent(), Silent()]
    assert wording.OFFER in run([Started(), *events])[-1][1].say


@pytest.mark.parametrize("most", [1, 3])
def test_as_many_misses_as_allowed_before_the_offer_leave_no_room_for_it(most):
    facts = patient(max_misses=most, misses_before_offer=most)
    trail = run([Started(), *[Silent()] * most], facts)
    assert trail[-1][1].seek == Seek(Why.SILENT)
    assert all(wording.OFFER not in reply.say for _, reply in trail)


@given(
    st.sampled_from(list(ASKED)), st.integers(1, 10), st.integers(1, 10),
    st.lists(st.sampled_from(MISSES), min_size=22, max_size=22), st.booleans(),
)  # fmt: skip
def test_nothing_is_asked_twice_running_in_the_same_words(slot, most, first, misses, withheld):
    facts = patient(max_misses=most, misses_before_offer=min(first, most))
    facts = replace(facts, caller="" if withheld and slot is Slot.PHONE else facts.caller)
    state, reply = run([*ASKED[slot][: 6 if not facts.caller else None]], facts)[-1]
    assert reply.asks is slot
    said, question, apology = [reply.say], reply.say[-1], ""
    for miss in misses:
        if state.offer is Offer.OPEN:
            miss = Keyed("2")
        elif isinstance(miss, Keyed) and slot is Slot.PHONE:
            miss = Heard("")  # keys are the beginning of a number there, and said back
        state, reply = advance(state, miss, facts)
        if state.phase is Phase.SEEKING:
            break
        assert not set(reply.say) & set(said[-1])
        if reply.say[0] != wording.OFFER_DECLINED:
            assert reply.say[0] != apology
            apology = reply.say[0]
        if state.offer is not Offer.OPEN:
            assert reply.say[-1] != question
            question = reply.say[-1]
        said.append(reply.say)
    assert state.phase is Phase.SEEKING
    offers = [say for say in said if wording.OFFER in say]
    assert len(offers) == (1 if first < most else 0)
    assert len(said) == (most if not offers else first + 1 + most)


def test_a_warning_asks_again_and_costs_no_miss():
    for slot, events in ASKED.items():
        before, asked = run([*events, Silent()])[-1]
        after, reply = advance(before, Warned(), FACTS)
        assert after == before and reply.asks is slot and reply.listen == asked.listen
        assert reply.say == (wording.time_short(60), asked.say[-1])
        offering, _ = advance(after, Silent(), FACTS)
        same, reply = advance(offering, Warned(), FACTS)
        assert same == offering and reply.say[1:] == (wording.OFFER, wording.YES_NO_KEYS)


def test_a_warning_with_no_question_open_asks_the_next_or_leaves_the_last_word():
    state, reply = advance(State(step=Step.UNDERSTAND), Warned(), FACTS)
    assert reply.asks is state.asked is Slot.SERVICE and reply.say[0] == wording.time_short(60)
    closing = State(step=Step.CLOSE)
    state, reply = advance(closing, Warned(), FACTS)
    assert state == closing and reply.say == (wording.time_short(60),) and reply.end is None


@pytest.mark.parametrize("event", [Silent(), Heard(""), Heard("banana")])
def test_a_miss_before_anything_was_asked_leads_to_the_question(event):
    state, reply = advance(State(step=Step.UNDERSTAND), event, FACTS)
    assert reply.asks is state.asked is Slot.SERVICE and reply.end is None


@pytest.mark.parametrize("event", [Keyed("0"), Heard("I want to speak to a person")])
def test_a_person_can_be_had_even_when_only_the_goodbye_is_left(event):
    _, reply = advance(State(step=Step.CLOSE), event, FACTS)
    assert reply.seek == Seek(Why.ASKED)
    _, reply = advance(State(step=Step.CLOSE), Keyed("1"), FACTS)
    assert reply.end is Outcome.HANGUP


def test_a_model_that_answers_ends_the_row_of_misses_and_closes_the_offer():
    missed = run([Started(), Silent()])[-1][0]
    assert attended(missed) == replace(missed, misses=0, stood=stands(missed))
    offering = run([Started(), Silent(), Silent()])[-1][0]
    closed = attended(offering)
    assert closed.misses == 0 and closed.offer is Offer.DECLINED
    assert wording.OFFER not in run_on(closed, [Silent(), Silent()])[-1][1].say
    for text, plain in (("Yes, please.", True), ("no", True), ("no, it's my cooker", False)):
        assert answers_offer(offering, text) is plain
        assert not answers_offer(missed, text)


def test_a_model_that_does_not_move_the_talk_leaves_it_to_the_rules_until_it_moves():
    state = run([Started()])[-1][0]
    for _ in range(MOST_UNMOVED + 1):
        assert not gets_nowhere(state, FACTS)
        state = attended(state)
    assert gets_nowhere(state, FACTS)
    events = [Heard("I don't know")] * COMPANY.max_misses
    assert run_on(state, events)[-1][1].seek == Seek(Why.MISSES)
    moved = run_on(state, [Heard("a boiler")])[-1][0]
    assert not gets_nowhere(moved, FACTS)


@pytest.mark.parametrize("said", ["and what do you charge for a boiler?", "the hallway"])
def test_ten_turns_that_lead_nowhere_do_not_count_against_a_caller(said):
    state = run([Started()])[-1][0]
    for _ in range(11):
        state = attended(state)
        assert not gets_nowhere(state, FACTS) and not answers_offer(state, said)


def test_a_question_that_is_opened_again_offers_nobody_twice():
    state, reply = run([Started(), Silent(), Silent(), Carry()])[-1]
    assert reply.say == (wording.question(Slot.SERVICE, COMPANY, {}, SATURDAY, 0),)
    trail = run_on(state, [Silent(), Silent(), Silent()])
    assert trail[-1][1].seek == Seek(Why.SILENT)
    assert all(wording.OFFER not in reply.say for _, reply in trail)


@pytest.mark.parametrize(("goes", "number"), [
    (["01632", "960999"], "01632960999"), (["01", "632", "960999"], "01632960999"),
    (["01632", "01632960999"], "01632960999"), (["0163", "0163296", "0999"], "01632960999"),
    (["0163", "0193", "01632960999"], "01632960999"), (["12", "01632960999"], "01632960999"),
    (["01", "632960999"], "01632960999"), (["0044", "1632960999"], "00441632960999"),
])  # fmt: skip
def test_a_number_is_keyed_in_several_goes(goes, number):
    state, reply = run([*ASKED[Slot.PHONE], *map(Keyed, goes)])[-1]
    assert state.slots[Slot.PHONE] == number and reply.asks is Slot.AGREED


def test_the_beginning_of_a_number_is_said_back():
    events = [*ASKED[Slot.PHONE], Keyed("01632")]
    state, reply = run(events)[-1]
    assert reply.say == (wording.number_so_far("01632"),) and "0, 1, 6, 3, 2" in reply.say[0]
    assert state.misses == 1 and reply.asks is Slot.PHONE
    assert run([*events, Keyed("9"), Keyed("0")])[-1][1].seek == Seek(Why.ASKED)
    assert wording.OFFER in run([*events, Keyed("*")])[-1][1].say
    assert wording.misheard(1) in run([*ASKED[Slot.PHONE], Keyed("*")])[-1][1].say


def test_the_beginning_of_a_number_is_forgotten_with_its_question():
    withheld = replace(FACTS, caller="")
    first = [*HAPPY[:6], Keyed("01632"), Keyed("960999"), Heard("no")]
    again = [Heard("tuesday"), Heard("morning"), Keyed("960998")]
    state, reply = run([*first, *again], withheld)[-1]
    assert reply.asks is Slot.PHONE and state.keyed == "960998"


def test_a_long_list_of_services_is_still_within_reach_of_the_keypad():
    sample = COMPANY.services[0]
    many = tuple(
        sample.model_copy(update={"key": f"job_{n}", "name": f"job {n}", "phrases": (f"job {c}",)})
        for n, c in enumerate("abcdefghijkl", start=1)
    )
    facts = patient(services=many)
    for keys, key in (("1", "job_1"), ("9", "job_9"), ("10", "job_10"), ("12", "job_12")):
        assert run([Started(), Keyed(keys)], facts)[-1][0].slots[Slot.SERVICE] == key
    for keys in ("13", "01", "00", "*1"):
        assert Slot.SERVICE not in run([Started(), Keyed(keys)], facts)[-1][0].slots
    reply = run([Started(), Silent(), Silent(), Keyed("2")], facts)[-1][1]
    assert reply.keys.most == 2 and "or 12 for job 12, then hash" in reply.say[-1]


def test_a_diary_out_of_reach_leads_to_a_person():
    assert run([*HAPPY[:-1], BookingFailed()])[-1][1].seek == Seek(Why.BOOKING)


def test_overtime_leads_to_a_person():
    assert run([*HAPPY[:4], Overtime()])[-1][1].seek == Seek(Why.LONG)


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
        every = (Started(), Heard(""), Keyed("1"), Silent(), Booked("1"), BookingFailed(), Warned())
        for event in every:
            if type(event) not in legal:
                with pytest.raises(IllegalEvent):
                    advance(State(phase=phase), event, FACTS)


UTTERANCES = ["boiler service", "leaking tap", "truro", "yes", "no", "monday", "morning", "", "um",
              "operator", "yes no", "redruth please"]  # fmt: skip
EVENTS = st.one_of(
    st.sampled_from(UTTERANCES).map(Heard),
    st.text("0123456789*", min_size=1, max_size=12).map(Keyed),
    st.just(Silent()),
)


@given(st.lists(EVENTS, min_size=100, max_size=100), st.booleans(), st.booleans())
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
        if state.phase is Phase.SEEKING:
            event = Sought(None)
        state, reply = advance(state, event, facts)
        assert all(reply.say) and (reply.say or reply.end is Outcome.QUEUE)
        assert (reply.end is not None) == (state.phase is Phase.ENDED)
        assert (reply.book is not None) == (state.phase is Phase.BOOKING)
        assert (reply.seek is not None) == (state.phase is Phase.SEEKING)
        assert (reply.asks is not None) == (state.phase is Phase.ASKING)
    assert state.phase is Phase.ENDED
    assert booked <= 1
