"""With the rules alone: a booking of an earlier call is cancelled or moved, only by both keys."""

import asyncio
import uuid
from dataclasses import replace
from datetime import date, time

import pytest

from audiosocket_agent import wording
from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import (
    Facts,
    Heard,
    Keyed,
    Looked,
    Overtime,
    Phase,
    Reply,
    Seek,
    Silent,
    Started,
    State,
    Warned,
    Why,
    advance,
    answers_offer,
)
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.diary import Status
from audiosocket_agent.earlier import reference_in
from audiosocket_agent.journal import Speaker
from audiosocket_agent.speech import Line
from audiosocket_agent.tools import built_in
from audiosocket_agent.tools.company_http import CompanyHttp
from audiosocket_agent.tools.of_call import Tools
from audiosocket_agent.workflow import Outcome, Slot, Step
from tests.audiosocket_agent.test_trades import ROSEWOOD
from tests.fake_asterisk import DID, SHIPPED
from tests.injections.test_injections import OTHER, OneBooking

COMPANY = load_companies(SHIPPED)[DID]
TODAY = date(2026, 11, 21)
FACTS = Facts(COMPANY, OTHER.phone, TODAY)
WITHHELD = Facts(COMPANY, "", TODAY)
IT = "I have your boiler service on Tuesday the 1st of December in the morning."
CANCEL = f"{IT} Shall I cancel it?"
OWN = wording.booked_with(OTHER.phone)
REFERENCE, AGAIN = wording.WHICH_REFERENCE
WHICH, WHICH_AGAIN = wording.WHICH_ERRAND


class RulesOnly:
    """A call without a model, and what was said in it."""

    def __init__(self, facts=FACTS, diary=None):
        self.diary = diary or OneBooking()
        self.tools = Tools(CompanyHttp({}), self.diary)
        runner = self.tools.of_call(uuid.uuid4(), facts, None)
        self.dialogue = Dialogue(Mind(), facts, None, "call", tools=runner)
        self.history, self.reply = [], None

    async def does(self, event, heard=1.0):
        """Let the caller do something; returns the answer, of which the caller hears a share."""
        event = Heard(event) if isinstance(event, str) else event
        draft = self.dialogue.draft(event, self.history, free_speech=True)
        self.dialogue.commit(draft)
        pieces = [piece async for piece in draft.pieces()]
        (self.reply,) = [piece for piece in pieces if isinstance(piece, Reply)]
        said = " ".join(piece.text for piece in pieces if isinstance(piece, Line))
        whole = said[: round(len(said) * heard)]
        self.history += [(Speaker.CALLER, "something"), (Speaker.AGENT, whole)]
        return said

    @property
    def state(self):
        return self.dialogue.state


def talk(*events, facts=FACTS, diary=None):
    """Hold a call; returns it and what the agent said to each event."""

    async def main():
        call = RulesOnly(facts, diary)
        try:
            said = [await call.does(event) for event in (Started(open_question=True), *events)]
        finally:
            await call.tools.close()
        return call, said[1:]

    return asyncio.run(main())


@pytest.mark.parametrize("events", [
    ("I need to cancel my booking", "six five four three two one", "yes"),
    ("cancel my appointment please", "it's 654 321", Keyed("1")),
    ("cancel the booking", Keyed("654321"), Keyed(OTHER.phone)),
    ("cancel my booking", Keyed("65"), Keyed("654321"), "no", "oh one six three two nine six oh "
     "treble seven"),
])  # fmt: skip
def test_a_booking_is_cancelled_after_it_was_read_back_and_a_clear_yes(events):
    call, said = talk(*events)
    assert said[0] == REFERENCE and said[-1] == CANCEL and call.diary.booking == OTHER
    assert call.reply.end is None and call.reply.keys.most == 1
    call, said = talk(*events, "yes please")
    assert said[-1] == f"{built_in.CANCELLED} {wording.GOODBYE}"
    assert call.diary.booking.status is Status.CANCELLED and call.reply.end is Outcome.HANGUP


@pytest.mark.parametrize(("says", "asked"), [
    ("can I reschedule my appointment", REFERENCE), ("please move the visit", REFERENCE),
    ("I'd like to cancel an appointment", REFERENCE), ("cancel our booking", REFERENCE),
    ("I have an existing booking", WHICH), ("it's about my booking", WHICH),
    ("I've already got an appointment", WHICH), ("I'm already booked in for Tuesday", WHICH),
    ("I can't make my appointment", WHICH), ("It's about the invoice for my booking",
                                             wording.TO_PERSON_OTHER),
    ("can I have an appointment", None), ("I'd like to make a booking", None),
    ("cancel my booking or change my booking", wording.TO_PERSON_OTHER),
    ("cancel my boiler service", REFERENCE), ("I want to change my tap", None),
    ("can you move my boiler service in Falmouth to Wednesday", REFERENCE),
    ("I have to cancel my leaking tap repair in Truro", REFERENCE),
    ("I want to cancel", REFERENCE), ("could I reschedule please", REFERENCE),
    ("please cancel 657166", OWN), ("can you move a boiler", None),
    ("I need my boiler moved on Wednesday", None), ("can you move my boiler to the hall", None),
    ("I don't want to cancel, I need a boiler service", None),
    ("I'd like to rebook a boiler service", None), ("cancel my boiler cover", None),
])  # fmt: skip
def test_what_is_taken_for_it(says, asked):
    call, said = talk(says)
    assert (said[-1] == asked) if asked else call.state.earlier is None


def test_a_reference_that_was_told_already_is_not_asked_for():
    assert talk("cancel my booking 654321")[1] == [OWN]
    assert talk("cancel my booking 654321", "yes")[1][-1] == CANCEL
    withheld = talk("cancel my booking 654321", OTHER.phone, facts=WITHHELD)[1]
    assert withheld == [wording.BOOKED_WITH_WHICH[0], CANCEL]


@pytest.mark.parametrize(("says", "tool"), [
    ("move it please", built_in.CHANGE), ("I need another day", built_in.CHANGE),
    ("can I change it", built_in.CHANGE), (Keyed("1"), built_in.CHANGE),
    ("not cancel it, move it", built_in.CHANGE), ("cancel", built_in.CANCEL),
    ("I want to cancel my appointment", built_in.CANCEL), (Keyed("2"), built_in.CANCEL),
])  # fmt: skip
def test_who_only_says_that_there_is_a_booking_is_asked_what_is_to_become_of_it(says, tool):
    call, said = talk("I have an existing booking", says)
    assert said == [WHICH, REFERENCE] and call.state.earlier.tool == tool
    _, said = talk("I've got a booking, 654321", says)
    assert said == [WHICH, OWN]


@pytest.mark.parametrize("says", [
    "where is your engineer", "no", "both cancel and move it", "I want a refund", "a boiler",
])  # fmt: skip
def test_what_is_neither_is_for_a_person(says):
    call, _ = talk("I have an existing booking", says)
    assert call.reply.seek == Seek(Why.OUT_OF_SCOPE) and call.diary.booking == OTHER


@pytest.mark.parametrize("says", ["", "yes", Silent(), Keyed("7"), Heard("mumble", 0.1)])
def test_who_was_not_understood_is_asked_again_whether_to_move_or_to_cancel(says):
    _, said = talk("it's about my booking", says, "cancel it")
    assert said[1].endswith(f" {WHICH_AGAIN}") and said[2] == REFERENCE
    call, _ = talk("it's about my booking", *[says] * COMPANY.max_misses)
    assert call.reply.seek is not None


def test_it_may_still_be_left_and_a_person_can_be_had():
    call, said = talk("I have an existing booking", "never mind")
    assert call.state.earlier is None and said[-1].startswith(wording.LEFT_AS_IT_IS)
    call, _ = talk("I have an existing booking", "I want to speak to a person")
    assert call.reply.seek == Seek(Why.ASKED)


def test_a_booking_of_this_call_is_not_asked_about():
    events = ("a boiler service in Truro", "yes", "Tuesday")
    for says in ("it's about my booking", "I have an appointment"):
        call, _ = talk(*events, says)
        assert call.state.earlier is None


@pytest.mark.parametrize("says", ["right", "that is correct", "perfect", "go ahead please"])
def test_other_words_for_yes_agree_where_they_are_the_whole_answer(says):
    call, _ = talk("cancel my booking 654321", says, says)
    assert call.diary.booking.status is Status.CANCELLED


@pytest.mark.parametrize(("says", "what"), [
    ("nope", wording.LEFT_AS_IT_IS), ("wrong", wording.LEFT_AS_IT_IS),
    ("that's not right", wording.LEFT_AS_IT_IS), ("right now", wording.MISHEARD[0]),
    ("right?", wording.MISHEARD[0]), ("cancel", wording.MISHEARD[0]),
    ("no", wording.LEFT_AS_IT_IS), ("no thank you", wording.LEFT_AS_IT_IS),
    ("hmm", wording.MISHEARD[0]), ("", wording.MISHEARD[0]), (Keyed("9"), wording.MISHEARD[0]),
    (Heard("yes", 0.1), wording.MISHEARD[0]), (Silent(), wording.STILL_THERE[0]),
    (Keyed("2"), wording.LEFT_AS_IT_IS), ("yes, no, wait", ""),
])  # fmt: skip
def test_nothing_but_a_clear_yes_cancels(says, what):
    call, said = talk("cancel my booking 654321", "yes", says)
    assert said[-1].startswith(what) and call.diary.booking == OTHER
    assert said[-1].endswith(CANCEL) or call.state.earlier is None


def test_a_yes_before_the_question_was_heard_has_it_asked_again():
    async def main():
        call = RulesOnly()
        await call.does(Started(open_question=True))
        await call.does("cancel my booking 654321")
        assert await call.does("yes", heard=0.6) == CANCEL
        assert await call.does("yes") == CANCEL and call.diary.booking == OTHER
        assert (await call.does("yes")).startswith(built_in.CANCELLED)
        await call.tools.close()

    asyncio.run(main())


@pytest.mark.parametrize("wrong", [
    ("111111", "yes"), ("654321", "no", "01632 960123"), ("65432", "yes"),
])  # fmt: skip
def test_a_wrong_reference_or_number_is_told_asked_again_and_then_a_person_helps(wrong):
    call, said = talk("cancel my booking", *wrong, "654321", "yes")
    assert f"{wording.NO_SUCH_BOOKING} {REFERENCE}" in said and said[-1] == CANCEL
    call, said = talk("cancel my booking", *wrong, *wrong)
    assert said[-1] == wording.TO_PERSON_OTHER and call.reply.seek == Seek(Why.OUT_OF_SCOPE)
    assert call.diary.booking == OTHER and IT not in " ".join(said)


def test_a_booking_is_moved_to_a_time_that_is_held_after_a_yes():
    events = ("I want to change my booking", "654321", "yes")
    call, said = talk(*events)
    assert said[-1] == f"{IT} Which day suits you?"
    call, said = talk(*events, "Thursday the 3rd of December", "morning")
    assert said[-1] == f"{IT} Shall I move it to Thursday the 3rd of December in the morning?"
    ((held, moves),) = call.diary.held
    assert (held.day, held.part, moves) == (date(2026, 12, 3), "morning", "654321")
    assert call.diary.booking == OTHER
    call, said = talk(*events, "on the 3rd of December in the morning", "yes")
    assert said[-1].startswith("Your booking is moved to Thursday the 3rd of December")
    assert call.diary.booking.day == date(2026, 12, 3) and call.reply.end is Outcome.HANGUP


def test_another_day_instead_of_a_yes_is_asked_about_anew():
    events = ("change my booking 654321", "yes", "3rd of December", "morning")
    call, said = talk(*events, "no, the 4th of December")
    assert said[-1].endswith("Shall I move it to Friday the 4th of December in the morning?")
    assert [held.day.day for held, _ in call.diary.held] == [3, 4] and call.diary.booking == OTHER
    call, said = talk(*events, "no")
    assert said[-1].startswith(wording.LEFT_AS_IT_IS) and call.diary.booking == OTHER


def test_a_time_that_is_taken_is_told_and_in_the_end_a_person_helps():
    diary = OneBooking()
    diary.full = True
    day = ("3rd of December", "morning")
    call, said = talk("move my booking 654321", "yes", *day, *day, *day, diary=diary)
    assert said[3] == said[5] == f"{wording.NOT_FREE} Which day suits you?"
    assert call.reply.seek == Seek(Why.FULL) and diary.booking == OTHER


def test_a_booking_that_is_cancelled_already_is_said_to_be():
    diary = OneBooking()
    diary.booking = replace(OTHER, status=Status.CANCELLED)
    for what in ("cancel", "change"):
        _, said = talk(f"{what} my booking 654321", "yes", diary=diary)
        assert said[-1] == f"{wording.CANCELLED_ALREADY} {wording.GOODBYE}"


@pytest.mark.parametrize("asked", [(), ("654321",), ("654321", "yes")])
@pytest.mark.parametrize(("event", "why"), [
    ("I want to speak to a person", Why.ASKED), (Keyed("0"), Why.ASKED),
    ("this is ridiculous", Why.ANGRY), ("I want a refund", Why.OUT_OF_SCOPE),
    (Overtime(), Why.LONG),
])  # fmt: skip
def test_a_person_can_be_had_all_the_way(asked, event, why):
    call, _ = talk("cancel my booking", *asked, event)
    assert call.reply.seek == Seek(why) and call.state.earlier is None
    assert call.state.phase is Phase.SEEKING and call.diary.booking == OTHER


def test_who_has_no_reference_gets_a_person_and_who_leaves_it_goes_on():
    call, _ = talk("cancel my booking", "I don't have it")
    assert call.reply.seek == Seek(Why.OUT_OF_SCOPE)
    call, said = talk("cancel my booking", "never mind")
    assert call.state.earlier is None and call.reply.asks is Slot.SERVICE
    assert said[-1].startswith(wording.LEFT_AS_IT_IS)


@pytest.mark.parametrize("asked", [(), ("654321",), ("654321", "no"), ("654321", "yes")])
@pytest.mark.parametrize(("miss", "why"), [("banana", Why.MISSES), (Silent(), Why.SILENT)])
def test_misses_end_it_as_everywhere(asked, miss, why):
    call, said = talk("cancel my booking", *asked, *[miss] * COMPANY.max_misses)
    assert call.reply.seek == Seek(why) and call.diary.booking == OTHER
    assert len(set(said[len(asked) + 1 :])) == COMPANY.max_misses, "never the same words twice"


def test_the_warning_that_time_is_short_asks_again():
    _, said = talk("cancel my booking", Warned())
    assert said[-1] == f"{wording.time_short(COMPANY.warn_before_s)} {REFERENCE}"


def test_where_a_booking_is_just_being_made_a_person_sorts_it_out():
    at_the_price = talk("a leaking tap in Truro", "cancel my booking")[0]
    assert at_the_price.state.earlier is not None
    events = ("a leaking tap in Truro", "yes", "Tuesday", "morning", "yes")
    call, _ = talk(*events, "cancel the booking")
    assert call.state.earlier is None and call.reply.seek == Seek(Why.OUT_OF_SCOPE)


def test_what_an_earlier_booking_was_for_fills_nothing_of_a_new_one():
    for at in ((), ("a leaking tap",)):
        call, _ = talk(*at, "cancel my boiler service in Falmouth")
        assert call.state.earlier is not None
        assert Slot.AREA not in call.state.slots
        assert call.state.slots.get(Slot.SERVICE) == ("leaking_tap" if at else None)


def test_a_new_time_is_no_reference():
    assert talk("move my booking 654321 to Wednesday at 10 30")[1] == [OWN]
    assert talk("move my boiler service to Wednesday at 10 30")[1] == [REFERENCE]


@pytest.mark.parametrize("says", ["cancel", "I want to cancel"])
def test_who_cancels_with_nothing_booked_means_an_earlier_booking(says):
    call, said = talk("a leaking tap in Truro", says)
    assert call.state.earlier is not None and said[-1] == REFERENCE


@pytest.mark.parametrize("says", [
    "move it to Wednesday", "actually make it Wednesday", "move my boiler service to Wednesday",
])  # fmt: skip
def test_at_the_read_back_another_day_is_of_the_booking_that_is_being_made(says):
    events = ("a boiler service in Truro", "yes", "Tuesday", "morning", "yes")
    call, said = talk(*events, says)
    assert call.state.earlier is None and call.state.slots[Slot.DAY] == "2026-11-25"
    assert "Wednesday" in said[-1]
    call, _ = talk(*events, "I want to cancel")
    assert call.state.earlier is None and call.reply.end is None


def test_while_a_time_is_being_agreed_another_one_is_no_errand():
    call, _ = talk("a boiler service in Truro", "yes", "Tuesday", "could I reschedule please")
    assert call.state.earlier is None


def test_what_the_rules_have_begun_no_model_answers():
    begun, _ = advance(State(step=Step.UNDERSTAND), Heard("cancel my booking"), FACTS)
    assert begun.earlier is not None and answers_offer(begun, "well it was for Tuesday")
    assert not answers_offer(replace(begun, earlier=None), "well it was for Tuesday")


def test_without_a_diary_a_person_does_it():
    begun, _ = advance(State(step=Step.UNDERSTAND), Heard("cancel my booking 654321"), FACTS)
    _, reply = advance(begun, Looked(error="it cannot be used here"), FACTS)
    assert reply.seek == Seek(Why.BOOKING)


@pytest.mark.parametrize(("text", "reference"), [
    ("six five four three two one", "654321"), ("it's 654-321", "654321"),
    ("double six 4321", "664321"), ("one", ""), ("no idea", ""), ("", ""),
    ("01632 960777 654321", ""),
])  # fmt: skip
def test_references_in_words(text, reference):
    assert reference_in(text) == reference


def test_where_times_are_agreed_a_time_is_asked_for():
    diary = OneBooking()
    diary.booking = replace(OTHER, service="cut", part="", start=time(9, 30))
    events = ("change my appointment 654321", "yes", "the 3rd of December", "half past two")
    call, said = talk(*events, facts=Facts(ROSEWOOD, OTHER.phone, TODAY), diary=diary)
    assert said[-1].endswith("Shall I move it to Thursday the 3rd of December at 14:30?")
    ((held, _),) = diary.held
    assert (held.day, held.part, held.start) == (date(2026, 12, 3), "", time(14, 30))
