"""Who asks when there is time hears it from the calendar, once it is known for what."""

from datetime import UTC, date, datetime

import pytest

from audiosocket_agent import wording
from audiosocket_agent.conversation import Facts, Heard, Reply, Started, State, advance
from audiosocket_agent.conversation_state import FreeWish
from audiosocket_agent.free_questions import free_wish
from audiosocket_agent.price_questions import MOST_ASIDES
from audiosocket_agent.workflow import Slot
from tests.audiosocket_agent.test_offered import (
    FULL,
    FULL_MORNING,
    GARAGE,
    HARBOUR,
    Visit,
    facts_of,
    said,
)
from tests.audiosocket_agent.test_trades import ROSEWOOD

FREE = facts_of(HARBOUR)  # it is Sunday the 22nd of November
SALON = facts_of(ROSEWOOD)
SERVICE, AREA, DAY, PART = Slot.SERVICE, Slot.AREA, Slot.DAY, Slot.PART
TIME = Slot("time")
SOON = wording.FREE_SOON
JOB = ("a leaking tap in Truro", "yes")


def texts(reply: Reply) -> str:
    return " ".join(reply.say)


@pytest.mark.parametrize("words", [
    "when are you free?", "what times have you got?", "What's your next free slot?",
    "have you got anything on Thursday?", "any time this week?", "when can you come?",
    "are you free on Thursday", "Do you have anything tomorrow", "when's the earliest you can do",
    "what is the next available appointment", "have you got any slots left",
    "do you have an appointment this week", "is Thursday free", "could you do Thursday afternoon",
    "what days are you free", "can you fit me in this week", "which days can you do",
    "what have you got next week", "when could somebody come out", "is there a slot on Friday",
    "any chance of Friday", "when could you fix a leaking tap",
    "when will you be able to do it", "tell me when you're free",
    "have you got anything in the morning",
    "what availability do you have", "is anybody free tomorrow", "when is Maya free",
])  # fmt: skip
def test_questions_for_a_free_time(words):
    state, _ = advance(State(), Started(), SALON)
    assert free_wish(words, state, SALON) is not None


@pytest.mark.parametrize("words", [
    "a leaking tap", "how much is it", "is it free", "are you free of charge", "have you got a van",
    "when is my appointment", "what time do you open", "what times are you open",
    "when is the plumber coming to my appointment", "do you do a day rate", "what time is it",
    "have you got any prices", "when can you call me back", "can you do boilers",
    "have you got anything for blocked toilets",
    "do you have a phone number", "any time", "I've got a day off on Thursday", "what day is it",
    "what have you got", "can you work on Thursday's leak", "the first one", "",
])  # fmt: skip
def test_other_words_ask_for_none_where_something_else_is_asked(words):
    state, _ = advance(State(), Started(), FREE)
    assert free_wish(words, state, FREE) is None


@pytest.mark.parametrize("words", [
    "any day", "any time", "whenever you can", "as soon as possible", "the earliest you have",
    "what have you got", "first available please", "have you got anything", "I don't mind",
])  # fmt: skip
def test_where_a_day_is_asked_such_words_ask_what_is_free(words):
    state, reply = said(FREE, *JOB)
    assert reply.asks is DAY
    after, reply = said(FREE, words, state=state)
    assert texts(reply) == "I could do Monday morning or Monday afternoon. Which would you like?"
    assert reply.asks is DAY and after.misses == 0 and "monday morning" in reply.listen.phrases


def test_an_ear_with_a_closed_vocabulary_hears_such_a_question_and_what_is_taken():
    state, reply = said(FREE, *JOB)
    assert "when are you free" in reply.listen.phrases and "neither" not in reply.listen.phrases
    state, reply = said(FREE, "when are you free", state=state)
    assert {"the first one", "the second one", "neither"} <= set(reply.listen.phrases)
    state, reply = said(FREE, "banana", state=state)
    assert "the second one" in reply.listen.phrases
    for phrase in reply.listen.phrases:
        after, _ = said(FREE, phrase, state=state)
        assert after.misses <= state.misses, phrase
    _, reply = said(Facts(HARBOUR, "", date(2026, 11, 22)), *JOB)
    assert "when are you free" not in reply.listen.phrases


@pytest.mark.parametrize(("words", "when"), [
    ("yes", ("2026-11-23", "morning")), ("the first one", ("2026-11-23", "morning")),
    ("the second", ("2026-11-23", "afternoon")), ("the afternoon", ("2026-11-23", "afternoon")),
    ("Thursday morning", ("2026-11-26", "morning")),
])  # fmt: skip
def test_one_of_them_or_another_is_taken(words, when):
    after, reply = said(FREE, *JOB, "when are you free", words)
    assert (after.slots[DAY], after.slots[PART]) == when and reply.asks is Slot.CALLBACK


@pytest.mark.parametrize(("words", "offered"), [
    ("have you got anything in the afternoon", "I could do Monday afternoon or Tuesday afternoon."),
    ("any time this week?", "I could do Monday morning or Monday afternoon."),
    ("have you got anything next week", "I could do Monday morning or Monday afternoon."),
    ("is there anything next week in the morning", "I could do Monday morning or Tuesday morning."),
    ("anything free at the weekend?", "I could do Monday morning or Monday afternoon."),
])  # fmt: skip
def test_what_is_wished_for_is_heeded_if_there_is_such(words, offered):
    _, reply = said(FREE, *JOB, words)
    assert texts(reply) == f"{offered} Which would you like?"


@pytest.mark.parametrize("words", [
    "have you got anything else", "neither", "no", "No, thanks.", "none of those",
    "no, another day",
    "they don't suit me", "anything later?", "I can't do either of them",
])  # fmt: skip
def test_others_are_told_to_who_wants_others(words):
    state, _ = said(FREE, *JOB, "when are you free")
    state, reply = said(FREE, words, state=state)
    assert reply.say[0] == "I could do Tuesday morning or Tuesday afternoon."


def test_a_week_that_is_full_is_said_to_be():
    week = [
        Visit(visit.start.replace(day=day, hour=0), visit.end.replace(day=day, hour=23), lane=lane)
        for visit in FULL_MORNING
        for day in range(23, 28)
        for lane in range(5)
    ]
    _, reply = said(facts_of(HARBOUR, *week), *JOB, "have you got anything this week")
    assert texts(reply) == (
        "I'm afraid this week is full. "
        "I could do Monday the 30th of November morning or Monday the 30th of November afternoon. "
        "Which would you like?"
    )


def test_a_day_that_is_named_is_looked_at():
    _, reply = said(FREE, *JOB, "have you got anything on Thursday?")
    assert texts(reply) == "Morning or afternoon?"
    _, reply = said(FULL, *JOB, "have you got anything on Tuesday?")
    assert reply.say[0].startswith("On that day I only have the afternoon.")


def test_before_it_is_known_for_what_that_is_asked_first_and_then_it_is_told():
    state, reply = said(FREE, "when are you free?")
    assert reply.say == (SOON, "Do you need a blocked drain visit, leaking tap repair, or boiler "
                               "service?")  # fmt: skip
    assert reply.asks is SERVICE and state.misses == 0
    state, reply = said(FREE, "a leaking tap", "Truro", "yes please", state=state)
    assert reply.asks is DAY and reply.say[-1] == wording.WHICH
    assert reply.say[-2] == "I could do Monday morning or Monday afternoon."
    state, _ = said(FREE, "the first one", state=state)
    assert (state.slots[DAY], state.slots[PART]) == ("2026-11-23", "morning")
    _, reply = said(FREE, "when could you do a leaking tap in Truro?", "yes")
    assert reply.say[-2:] == ("I could do Monday morning or Monday afternoon.", wording.WHICH)


def test_a_day_asked_about_at_first_is_kept_for_then():
    state, reply = said(FREE, "have you got anything on Thursday?")
    assert reply.say[0] == SOON and state.slots == {DAY: "2026-11-26"}
    _, reply = said(FREE, *JOB, state=state)
    assert reply.say[-1] == "Morning or afternoon?"


@pytest.mark.parametrize(("words", "slots"), [
    ("yes", {}), ("yes, Monday morning", {DAY: "2026-11-23", PART: "morning"}),
    ("the second one", {DAY: "2026-11-23", PART: "afternoon"}), ("Monday", {DAY: "2026-11-23"}),
    ("Monday morning please", {DAY: "2026-11-23", PART: "morning"}),
])  # fmt: skip
def test_at_the_price_it_is_told_at_once_and_taking_a_time_is_a_yes(words, slots):
    state, reply = said(FREE, JOB[0], "when are you free?")
    told = ("I could do Monday morning or Monday afternoon.", "Would you like to book it?")
    assert reply.say == told
    after, reply = said(FREE, words, state=state)
    assert after.slots[Slot.WANTED] == "yes"
    assert {slot: after.slots[slot] for slot in (DAY, PART) if slot in after.slots} == slots
    if not slots:
        assert reply.say == ("I could do Monday morning or Monday afternoon.", wording.WHICH)


@pytest.mark.parametrize("words", ["no", "no thanks", "Wednesday", "how much is it", "banana"])
def test_at_the_price_other_words_take_no_time(words):
    state, _ = said(FREE, JOB[0], "when are you free?")
    after, _ = said(FREE, words, state=state)
    assert after.slots.get(Slot.WANTED) != "yes" and PART not in after.slots


def test_where_times_are_agreed_times_are_told():
    state, reply = said(GARAGE, "an MOT please", "when are you free?")
    assert reply.say[0] == (
        "I could do Monday at 8 o'clock in the morning or Tuesday at 8 o'clock in the morning."
    )
    after, _ = said(GARAGE, "the second one", state=state)
    assert (after.slots[DAY], after.slots[TIME]) == ("2026-11-24", "08:00")
    state, _ = said(GARAGE, "an MOT please", "on Thursday")
    state, reply = said(GARAGE, "what have you got in the afternoon?", state=state)
    assert reply.say[0] == (
        "I could do 12 o'clock in the afternoon or 2 o'clock in the afternoon or "
        "4:30 in the afternoon."
    )
    after, _ = said(GARAGE, "the last one", state=state)
    assert (after.slots[DAY], after.slots[TIME]) == ("2026-11-26", "16:30")
    _, reply = said(SALON, "when are you free")
    assert reply.say[0] == SOON


def test_other_times_of_a_day_than_those_that_were_listed_are_told():
    state, reply = said(GARAGE, "an MOT please", "on Thursday")
    assert reply.say[-1].startswith("I have 8 o'clock in the morning or 12 o'clock")
    state, reply = said(GARAGE, "have you got any other times?", state=state)
    assert reply.say[0] == (
        "I could do 8:30 in the morning or 12:30 in the afternoon or 4 o'clock in the afternoon."
    )
    after, _ = said(GARAGE, "the first one", state=state)
    assert (after.slots[DAY], after.slots[TIME]) == ("2026-11-26", "08:30")


def test_the_weekend_is_the_one_that_comes():
    _, reply = said(GARAGE, "an MOT please", "is there anything at the weekend?")
    assert reply.say[0] == "I could do Saturday at 8:30 in the morning."


def test_without_a_calendar_nothing_is_told_that_nobody_knows():
    nobody_knows = Facts(HARBOUR, "01632960123", date(2026, 11, 22))
    for before in (JOB[:1], JOB):
        state, asked = said(nobody_knows, *before)
        after, reply = said(nobody_knows, "when are you free?", state=state)
        assert reply.say[0] in wording.MISHEARD and reply.asks is asked.asks
        assert after.misses == 1 and after.free is None


def test_where_everything_is_booked_a_person_helps():
    all_of_it = [
        Visit(datetime(2026, 11, 22, tzinfo=UTC), datetime(2027, 2, 22, tzinfo=UTC), lane=lane)
        for lane in range(5)
    ]
    _, reply = said(facts_of(HARBOUR, *all_of_it), *JOB, "when are you free?")
    assert reply.seek is not None and reply.say == (wording.TO_PERSON_FULL,)


def test_who_only_asks_is_not_served_for_ever():
    state, _ = said(FREE, *JOB)
    for _ in range(MOST_ASIDES):
        state, reply = said(FREE, "when are you free?", state=state)
        assert reply.say[-1] == wording.WHICH
    state, reply = said(FREE, "when are you free?", state=state)
    assert reply.say[0] in wording.MISHEARD and state.misses == 1


def test_an_ear_that_is_not_sure_fills_nothing():
    state, _ = advance(said(FREE, *JOB)[0], Heard("when are you free on Thursday", 0.3), FREE)
    assert state.free is None and DAY in state.unsure


def test_on_a_weekend_this_week_is_the_one_that_comes():
    state, _ = said(FREE, *JOB)
    wish = free_wish("anything this week", state, FREE)
    assert wish == FreeWish(date(2026, 11, 16), date(2026, 11, 29), week="this week")
    wish = free_wish("anything next week", state, FREE)
    assert (wish.first, wish.last) == (date(2026, 11, 23), date(2026, 11, 29))


def test_asking_when_a_person_is_offered_is_answered_and_the_talk_goes_on():
    state, reply = said(GARAGE, "an MOT", "banana", "banana")
    assert wording.OFFER in texts(reply)
    state, reply = said(GARAGE, "when's your next free slot?", state=state)
    assert "I could do" in texts(reply) and state.offered
    state, _ = said(GARAGE, "the first one", state=state)
    assert TIME in state.slots
