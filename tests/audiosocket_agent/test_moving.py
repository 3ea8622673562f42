"""Moving an earlier booking where there is a calendar: others instead of a time that is full."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from audiosocket_agent import wording
from audiosocket_agent.agenda import Agenda, Visit
from audiosocket_agent.conversation import Facts, Seek, Silent, Why
from audiosocket_agent.price_questions import MOST_ASIDES
from audiosocket_agent.workflow import Outcome
from tests.audiosocket_agent.test_earlier import IT, TODAY, talk
from tests.audiosocket_agent.test_offered import HARBOUR, MILLBROOK
from tests.injections.test_injections import OTHER, OneBooking

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)  # a Saturday
BEGUN = ("move my booking 654321", "yes")
OFFER = (
    "I'm afraid Tuesday morning is full. I could do Tuesday afternoon or Monday morning. "
    f"{wording.WHICH}"
)
MOVE = f"{IT} Shall I move it to"


def busy(first, last, company=HARBOUR):
    """Take all of a span of days, from hour to hour."""
    lanes = range(company.calendar.capacity)
    return [Visit(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), lane=n) for n in lanes]


TUESDAY = busy(datetime(2026, 11, 24, 6), datetime(2026, 11, 24, 12))


def facts_with(*visits, company=HARBOUR):
    return Facts(company, OTHER.phone, TODAY, Agenda(company, visits, NOW))


class Calendar(OneBooking):
    """A diary that holds what is free, and knows of more that is taken than the talk does."""

    def __init__(self, facts, *more):
        super().__init__()
        visits = [visit for days in facts.agenda._near.values() for visit in days]
        self.agenda = Agenda(facts.company, [*visits, *more], NOW)

    async def hold(self, record_id, company, request, moves=""):
        self.held.append((request, moves))
        wanted = request.minutes, request.day, request.part, request.start
        return self.agenda.is_free(*wanted)


FACTS = facts_with(*TUESDAY)


def move(*events, facts=FACTS, more=(), booking=OTHER):
    diary = Calendar(facts, *more)
    diary.booking = booking
    call, said = talk(*BEGUN, *events, facts=facts, diary=diary)
    return call, said[2:]


@pytest.mark.parametrize(("words", "to"), [
    ("the first one", "Tuesday the 24th of November in the afternoon?"),
    ("yes", "Tuesday the 24th of November in the afternoon?"),
    ("the second", "Monday the 23rd of November in the morning?"),
    ("the afternoon please", "Tuesday the 24th of November in the afternoon?"),
    ("Wednesday morning", "Wednesday the 25th of November in the morning?"),
])  # fmt: skip
def test_a_time_that_is_full_is_told_and_one_of_others_is_taken(words, to):
    call, said = move("Tuesday morning", words)
    assert said == [OFFER, f"{MOVE} {to}"] and call.state.earlier.offered == ()
    call, said = move("Tuesday morning", words, "yes")
    assert call.diary.booking.day != OTHER.day and call.reply.end is Outcome.HANGUP


def test_what_was_offered_is_listened_for_and_outlives_a_miss():
    call, said = move("Tuesday morning")
    assert {"monday morning", "the first one", "neither"} <= set(call.reply.listen.phrases)
    call, said = move("Tuesday morning", "banana", "the second one")
    assert said[-1] == f"{MOVE} Monday the 23rd of November in the morning?"


def test_a_time_that_goes_while_the_caller_decides_is_not_offered_again():
    gone = busy(datetime(2026, 11, 24, 12), datetime(2026, 11, 24, 18))
    call, said = move("Tuesday morning", "the first one", more=gone)
    assert said[-1] == (
        "I'm afraid Tuesday afternoon is full. I could do Monday morning or Monday afternoon. "
        f"{wording.WHICH}"
    )
    assert call.diary.booking == OTHER


def test_after_three_times_that_are_taken_a_person_helps():
    call, said = move("Tuesday morning", "Tuesday morning", "Tuesday morning")
    assert said[:2] == [OFFER, OFFER]
    assert call.reply.seek == Seek(Why.FULL) and call.diary.booking == OTHER


def test_where_nothing_is_free_a_person_helps_at_once():
    always = busy(datetime(2026, 11, 21), datetime(2027, 3, 1))
    call, _ = move("Tuesday morning", facts=facts_with(*always))
    assert call.reply.seek == Seek(Why.FULL) and len(call.diary.held) == 1


@pytest.mark.parametrize(("words", "offered"), [
    ("when are you free?", "Monday morning or Monday afternoon"),
    ("have you got anything in the afternoon next week", "Monday afternoon or Tuesday afternoon"),
    ("as soon as possible", "Monday morning or Monday afternoon"),
])  # fmt: skip
def test_who_asks_what_is_free_is_told(words, offered):
    call, said = move(words, "the first one")
    assert said[0] == f"I could do {offered}. {wording.WHICH}"
    assert said[1].startswith(f"{MOVE} Monday the 23rd of November")


def test_who_only_asks_is_not_served_for_ever():
    call, said = move(*["when are you free?"] * (MOST_ASIDES + HARBOUR.max_misses))
    assert call.reply.seek == Seek(Why.MISSES) and said.count(said[0]) == MOST_ASIDES


def test_silence_after_an_offer_is_a_miss_as_everywhere():
    call, _ = move("Tuesday morning", *[Silent()] * HARBOUR.max_misses)
    assert call.reply.seek == Seek(Why.SILENT)


def test_where_times_are_agreed_the_length_of_the_booked_service_counts():
    facts = facts_with(
        *busy(datetime(2026, 11, 26, 10), datetime(2026, 11, 26, 11), MILLBROOK),
        company=MILLBROOK,
    )
    booking = replace(OTHER, service="brakes", area="", part="", start=time(9), minutes=30)
    call, said = move("Thursday", "at ten", "the first one", "yes", facts=facts, booking=booking)
    assert said[1] == (
        "I'm afraid Thursday at 10 o'clock in the morning is full. I could do Thursday at 8 "
        f"o'clock in the morning or Wednesday at 8 o'clock in the morning. {wording.WHICH}"
    )
    assert call.diary.booking.day == date(2026, 11, 26)
    ((_, _), (held, _)) = call.diary.held
    assert held.start == time(8) and call.state.earlier is None
