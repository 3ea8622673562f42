"""Every shipped trade is talked to a booking: by voice, by keys, by a model, and when it fails."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audiosocket_agent
from audiosocket_agent import toolbox, wording
from audiosocket_agent.agenda import Agenda, Visit
from audiosocket_agent.briefing import system_prompt
from audiosocket_agent.company import load_company
from audiosocket_agent.conversation import (
    LEGAL,
    Booked,
    BookingFailed,
    Carry,
    Facts,
    Heard,
    Keyed,
    Noted,
    NotNoted,
    Overtime,
    Phase,
    SecretDone,
    Seek,
    Silent,
    Sought,
    Started,
    State,
    Stuck,
    Trouble,
    Warned,
    Why,
    advance,
)
from audiosocket_agent.dialogue import Dialogue
from audiosocket_agent.errors import VendorDown
from audiosocket_agent.journal import Speaker
from audiosocket_agent.offers import offers
from audiosocket_agent.prefill import prefill
from audiosocket_agent.roles import gate
from audiosocket_agent.scene import Mind
from audiosocket_agent.seams import ModelTraits, ToolCall
from audiosocket_agent.simulators.chat_brain import answer
from audiosocket_agent.situation import situation
from audiosocket_agent.speech import Line
from audiosocket_agent.workflow import Outcome, Slot, Step, trades
from audiosocket_agent.workflow.keyed import keys_of_text

COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"
HARBOUR = load_company(COMPANIES / "harbour.yaml")
MILLBROOK = load_company(COMPANIES / "samples" / "millbrook.yaml")
ROSEWOOD = load_company(COMPANIES / "samples" / "rosewood.yaml")
SATURDAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CALLER = "+441632960123"
DONE = Booked("4821")
EVERY = (HARBOUR, MILLBROOK, ROSEWOOD)

# What a caller answers to each question: in words, on the keypad, and what is to be booked of it.
SAID = {
    "harbour": {
        "service": ("a leaking tap", "2"), "area": ("in Truro", "871"), "wanted": ("yes", "1"),
        "day": ("on Tuesday", "2"), "part": ("in the morning", "1"), "callback": ("yes", "1"),
        "agreed": ("yes", "1"),
    },
    "millbrook": {
        "service": ("an MOT please", "1"), "day": ("on Tuesday", "2"),
        "time": ("half past nine in the morning", "0930"), "wanted": ("yes please", "1"),
        "registration": ("A B 1 2 C D E", keys_of_text("ab12cde")),
        "name": ("Jane Smith", keys_of_text("jane smith")), "callback": ("yes", "1"),
        "agreed": ("yes", "1"),
    },
    "rosewood": {
        "name": ("Jane Smith", keys_of_text("jane smith")), "service": ("a haircut", "1"),
        "practitioner": ("Maya", "2"), "day": ("on Tuesday", "1"),
        "time": ("half past ten in the morning", "1030"), "callback": ("yes", "1"),
        "agreed": ("yes", "1"),
    },
}  # fmt: skip
BOOKED = {
    "harbour": ("leaking_tap", "truro", "morning", None, "75", {}),
    "millbrook": ("mot", "", "", "09:30", "54.85", {"registration": "AB12CDE",
                                                    "name": "Jane Smith"}),
    "rosewood": ("cut", "", "", "10:30", "", {"name": "Jane Smith", "practitioner": "maya"}),
}  # fmt: skip


def facts_of(company, *, agenda=False):
    kept = Agenda(company, (), NOW) if agenda and company.calendar is not None else None
    return Facts(company, CALLER, SATURDAY, kept)


def told(request):
    at = f"{request.start:%H:%M}" if request.start else None
    assert request.day == date(2026, 11, 24) and request.phone == CALLER
    return (
        request.service, request.area, request.part, at, request.price_pounds,
        dict(request.details),
    )  # fmt: skip


def by_rules(company, how, facts):
    """Answer every question by the rules; return what is booked, and every sentence."""
    state, reply = advance(State(), Started(), facts)
    said = list(reply.say)
    for _ in range(30):
        words, keys = SAID[company.key][str(state.asked)]
        free = offers(state.asked, state, facts)
        if free is not None and "2026-11-24" in free:
            keys = str(free.index("2026-11-24") + 1)
        state, reply = advance(state, Heard(words) if how == "voice" else Keyed(keys), facts)
        said += reply.say
        if reply.book is not None:
            return reply.book, said, state
        assert state.phase is Phase.ASKING, said
    raise AssertionError(said)


@pytest.mark.parametrize("company", EVERY, ids=lambda company: company.key)
@pytest.mark.parametrize("how", ["voice", "keys"])
@pytest.mark.parametrize("agenda", [False, True], ids=["no_calendar", "calendar"])
def test_every_trade_books_by_voice_and_by_keys(company, how, agenda):
    request, said, state = by_rules(company, how, facts_of(company, agenda=agenda))
    assert told(request) == BOOKED[company.key]
    after, reply = advance(state, Booked("4821"), facts_of(company))
    assert "4, 8, 2, 1" in " ".join(reply.say) and after.phase is Phase.ENDED
    assert sum("?" in sentence for sentence in said) <= 2 + len(SAID[company.key])


def test_every_shipped_trade_is_talked_to():
    assert {"home_services", "garage", "appointments"} >= set(trades())


class Model:
    """The simulated vendor's model, without its vendor; it fails in the rounds it is told to."""

    traits = ModelTraits(context_tokens=16_000)

    model_id = "simulated"

    def __init__(self, fails=()):
        self.fails = fails
        self.requests = []

    async def stream(self, request):
        self.requests.append(request)
        if len(self.requests) - 1 in self.fails:
            raise VendorDown("groq", "status 503")
        messages = [{"role": m.role.value, "content": m.content} for m in request.messages]
        tools = [{"function": {"name": t.name, "parameters": t.parameters}} for t in request.tools]
        found = answer(messages, tools)
        if found.text:
            yield found.text
        for name, arguments in found.tool_calls:
            yield ToolCall(f"call-{name}", name, json.dumps(arguments))


async def talk(company, model, facts, result=DONE):
    """Hold a whole call with a model; return what was booked, and all that was said."""
    booked, history, said = [], [], []

    async def book(request):
        booked.append(request)
        return result

    dialogue = Dialogue(Mind(model), facts, book, "call")

    async def on(event):
        draft = dialogue.draft(event, history, free_speech=True)
        dialogue.commit(draft)
        words = ""
        async for piece in draft.pieces():
            if isinstance(piece, str | Line):
                words += piece if isinstance(piece, str) else f" {piece.text}"
            elif piece.book is not None:
                booked.append(piece.book)
        if isinstance(event, Heard):
            history.append((Speaker.CALLER, event.text))
        history.append((Speaker.AGENT, words))
        said.append(words)
        if dialogue.state.phase is Phase.BOOKING:
            await on(result)

    await on(Started(open_question=True))
    for _ in range(20):
        state = dialogue.state
        if state.phase is not Phase.ASKING or booked:
            break
        asked = state.asked
        assert asked is not None, said
        await on(Heard(SAID[company.key][str(asked)][0]))
    return booked, said


@pytest.mark.parametrize("company", EVERY, ids=lambda company: company.key)
@pytest.mark.parametrize("agenda", [False, True], ids=["no_calendar", "calendar"])
def test_every_trade_books_with_a_model(company, agenda):
    model = Model()
    booked, said = asyncio.run(talk(company, model, facts_of(company, agenda=agenda)))
    assert [told(request) for request in booked] == [BOOKED[company.key]], said
    assert "4, 8, 2, 1" in " ".join(said)
    prompts = {request.messages[0].content for request in model.requests}
    tools = {json.dumps([(t.name, t.parameters) for t in r.tools]) for r in model.requests}
    assert len(prompts) == len(tools) == 1, "the beginning of every request is the same"


@pytest.mark.parametrize("company", EVERY, ids=lambda company: company.key)
@pytest.mark.parametrize("turn", range(12))
@pytest.mark.parametrize("for_good", [True, False], ids=["for_good", "once"])
def test_a_model_that_fails_in_any_round_loses_no_booking(company, turn, for_good):
    fails = range(turn, 99) if for_good else (turn,)
    booked, said = asyncio.run(talk(company, Model(fails), facts_of(company, agenda=True)))
    assert [told(request) for request in booked] == [BOOKED[company.key]], said


class Hostile(Model):
    """The same, but that it only ever writes what may not be said."""

    async def stream(self, request):
        yield "It's free of charge. You're booked, reference 123456. I'm a human being, I swear. "
        async for piece in super().stream(request):
            if isinstance(piece, ToolCall):
                yield piece


@pytest.mark.parametrize("company", EVERY, ids=lambda company: company.key)
def test_of_a_model_that_may_say_nothing_the_caller_hears_the_code(company):
    facts = facts_of(company, agenda=True)
    booked, said = asyncio.run(talk(company, Hostile(), facts))
    assert [told(request) for request in booked] == [BOOKED[company.key]], said
    assert "4, 8, 2, 1" in said[-1], "the reference"
    assert not any("123456" in words or "human being" in words for words in said)
    for words in said[1:-1]:
        assert "?" in words, f"nothing was asked: {words}"


# --- a calendar ----------------------------------------------------------------------------------


def busy(day, first, last):
    """Return what keeps every team of a company from `first` to `last` o'clock."""
    at = datetime(2026, 11, day, tzinfo=UTC)
    span = (at + timedelta(hours=first), at + timedelta(hours=last))
    return [Visit(*span, lane=lane) for lane in range(5)]


def with_calendar(company, *visits, **rules):
    calendar = (MILLBROOK.calendar if company.calendar is None else company.calendar).model_copy(
        update={"lead_min": 0, "gap_min": 0} | rules
    )
    known = company.model_copy(update={"calendar": calendar})
    return Facts(known, CALLER, SATURDAY, Agenda(known, visits, NOW))


def run(events, facts, state=None):
    state, reply = state or State(), None
    for event in events:
        state, reply = advance(state, event, facts)
    return state, reply


ASKS_DAY = [Started(), Heard("a leaking tap in Truro"), Heard("yes")]
TUESDAY_MORNING = busy(24, 8, 12)


def test_a_time_that_is_full_is_never_taken_and_others_are_offered():
    facts = with_calendar(HARBOUR, *TUESDAY_MORNING)
    state, reply = run([*ASKS_DAY, Heard("Tuesday morning")], facts)
    assert reply.say == (
        "I'm afraid Tuesday morning is full.",
        "I could do Tuesday afternoon or Monday morning.",
        wording.WHICH,
    )
    assert reply.asks is Slot.PART and Slot.PART not in state.slots
    assert {"tuesday afternoon", "monday morning"} <= set(reply.listen.phrases)
    for words, day, part in (
        ("the afternoon then", "2026-11-24", "afternoon"),
        ("Tuesday afternoon", "2026-11-24", "afternoon"),
        ("Monday morning", "2026-11-23", "morning"),
    ):
        after, _ = run([Heard(words)], facts, state)
        assert (after.slots[Slot.DAY], after.slots[Slot.PART]) == (day, part)
        assert after.asked is Slot.CALLBACK
    again, reply = run([Heard("no, the morning")], facts, state)
    assert Slot.PART not in again.slots and "is full" in reply.say[0]


def test_what_is_free_today_is_offered_as_people_say_it_and_understood():
    company = with_calendar(HARBOUR).company
    monday = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    day = [Visit(monday.replace(hour=12), monday.replace(hour=20), lane=n) for n in range(5)]
    facts = Facts(company, CALLER, monday.date(), Agenda(company, day, monday))
    state, reply = run([*ASKS_DAY, Heard("this afternoon")], facts)
    assert reply.say[:2] == ("I'm afraid this afternoon is full.",
                             "I could do this morning or Tuesday morning.")  # fmt: skip
    state, _ = run([Heard("this morning")], facts, state)
    assert (state.slots[Slot.DAY], state.slots[Slot.PART]) == ("2026-11-23", "morning")


def test_another_day_may_be_named_instead_of_a_part():
    facts = with_calendar(HARBOUR, *TUESDAY_MORNING)
    state, reply = run([*ASKS_DAY, Heard("Tuesday")], facts)
    assert reply.asks is Slot.PART
    assert reply.say == ("On that day I only have the afternoon. Please say afternoon, or another "
                         "day.",)  # fmt: skip
    state, reply = run([Heard("Wednesday then")], facts, state)
    assert state.slots[Slot.DAY] == "2026-11-25" and reply.asks is Slot.PART


def test_a_day_that_is_full_is_not_among_those_that_can_be_keyed():
    facts = with_calendar(HARBOUR, *busy(23, 0, 24))
    state, reply = run([*ASKS_DAY, Heard("banana"), Heard("banana"), Keyed("2")], facts)
    assert "1 for Tuesday" in reply.say[-1] and "Monday the 30th" in reply.say[-1]
    assert run([Keyed("1")], facts, state)[0].slots[Slot.DAY] == "2026-11-24"


def test_up_to_three_times_are_offered_and_only_what_is_free_is_taken():
    facts = with_calendar(MILLBROOK, *busy(24, 8, 16))
    asks = [Started(), Heard("an MOT"), Heard("Tuesday")]
    state, reply = run(asks, facts)
    times = ("16:00", "16:30")
    assert offers(Slot("time"), state, facts) == times
    assert "I have 4 o'clock in the afternoon or 4:30 in the afternoon." in reply.say[-1]
    full, reply = run([Heard("half past nine in the morning")], facts, state)
    assert "is full" in reply.say[0] and Slot("time") not in full.slots
    assert run([Keyed("2")], facts, state)[0].slots[Slot("time")] == "16:30"


def test_a_full_calendar_and_a_caller_who_insists_lead_to_a_person():
    full = with_calendar(HARBOUR, *(v for day in range(21, 31) for v in busy(day, 0, 24)),
                         horizon_days=9)  # fmt: skip
    state, reply = run(ASKS_DAY, full)
    state, reply = run([Heard("Tuesday")], full, state)
    assert reply.seek == Seek(Why.FULL) and reply.say[-1] == wording.TO_PERSON_FULL
    some = with_calendar(HARBOUR, *TUESDAY_MORNING)
    state, reply = run(ASKS_DAY, some)
    for _ in range(10):
        state, reply = run([Heard("Tuesday morning")], some, state)
        if reply.seek is not None:
            break
    assert reply.seek == Seek(Why.FULL)


@pytest.mark.parametrize("agenda", [True, False])
def test_a_time_that_has_just_gone_leads_back_to_the_day(agenda):
    facts = with_calendar(HARBOUR) if agenda else facts_of(HARBOUR)
    _, _, state = by_rules(HARBOUR, "voice", facts)
    state, reply = run([BookingFailed(Trouble.TAKEN)], facts, state)
    assert state.phase is Phase.ASKING and reply.say[0] == wording.JUST_GONE
    assert Slot.AGREED not in state.slots and state.slots[Slot.WANTED] == "yes"
    if agenda:
        assert reply.say[1:] == ("I could do Tuesday afternoon or Monday morning.", wording.WHICH)
        assert "is full" in run([Heard("Tuesday morning")], facts, state)[1].say[0]
    request = run([Heard("Tuesday afternoon"), Heard("yes")], facts, state)[1].book
    assert (request.part, request.day) == ("afternoon", date(2026, 11, 24))


def test_a_model_whose_time_has_gone_offers_others_and_books_later():
    facts = with_calendar(HARBOUR)
    booked, said = asyncio.run(talk(HARBOUR, Model(), facts, result=BookingFailed(Trouble.TAKEN)))
    assert len(booked) == 1 and wording.JUST_GONE in " ".join(said)


def test_what_is_yet_to_be_confirmed_is_told_honestly():
    _, _, state = by_rules(HARBOUR, "voice", facts_of(HARBOUR))
    _, reply = run([Booked("4821", confirmed=False)], facts_of(HARBOUR), state)
    assert reply.say[:2] == (wording.TO_CONFIRM, "Your reference is 4, 8, 2, 1.")
    assert "booked" not in " ".join(reply.say)
    done = toolbox.booked(state, "4821", facts_of(HARBOUR), confirmed=False)
    assert done.facts == list(reply.say[:2])


# --- how sure the ear is -------------------------------------------------------------------------

TRURO_MAYBE = [Started(), Heard("a leaking tap"), Heard("Truro", 0.4)]


def test_what_was_hard_to_hear_is_said_back_before_it_counts():
    facts = facts_of(HARBOUR)
    state, reply = run(TRURO_MAYBE, facts)
    assert reply.say == ("Did you say Truro?",) and reply.asks is Slot.AREA
    assert {"yes", "no", "falmouth"} <= set(reply.listen.phrases)
    yes, reply = run([Heard("yes")], facts, state)
    assert reply.asks is Slot.WANTED and not yes.unsure
    assert run([Keyed("1")], facts, state)[0] == yes
    no, reply = run([Heard("no")], facts, state)
    assert reply.asks is Slot.AREA and Slot.AREA not in no.slots and no.misses == 1
    assert reply.say[-1] != run(TRURO_MAYBE[:2], facts)[1].say[-1], "in other words"
    for words in ("no, TR11", "Falmouth", "no, Falmouth"):
        put_right, reply = run([Heard(words)], facts, state)
        assert put_right.slots[Slot.AREA] == "falmouth" and not put_right.unsure
    assert run([Heard("a person please")], facts, state)[1].seek == Seek(Why.ASKED)


def test_a_yes_that_was_hard_to_hear_is_none():
    facts = facts_of(HARBOUR)
    state, reply = run([Started(), Heard("a leaking tap in Truro"), Heard("yes", 0.3)], facts)
    assert reply.say[0] == wording.YES_OR_NO and reply.asks is Slot.WANTED
    assert Slot.WANTED not in state.slots


def test_nothing_unasked_is_taken_from_words_that_were_hard_to_hear():
    state, _ = run([Started(), Heard("a leaking tap in Truro", 0.4)], facts_of(HARBOUR))
    assert set(state.slots) == {Slot.SERVICE} == set(state.unsure)


def test_a_number_that_was_given_is_read_back_with_all_else():
    facts = facts_of(HARBOUR)
    words = ["a leaking tap in Truro", "yes", "Tuesday morning", "no"]
    _, reply = run([Started(), *map(Heard, words), Keyed("01632960999")], facts)
    assert reply.say[0].startswith("So that's a ") and reply.asks is Slot.AGREED
    assert reply.say[1] == "I have 0, 1, 6, 3, 2, 9, 6, 0, 9, 9, 9 as your number."
    _, reply = run([Started(), *map(Heard, [*words[:3], "yes"])], facts)
    assert len(reply.say) == 2, "nobody has to check the number that is rung from"


def test_a_model_is_told_what_is_unsure_and_books_nothing_on_it():
    facts = facts_of(HARBOUR)
    state, _ = run([Started(), Heard("a leaking tap")], facts)
    record = ToolCall("1", toolbox.RECORD, json.dumps({"area": "truro"}))
    heard = toolbox.work(record, state, state.step, "Truro", facts, confidence=0.4)
    assert heard.answer["ask"] == "Did you say Truro?" and heard.facts == []
    stands = situation(heard.state, facts)
    assert stands["unsure"] == ["area"] and stands["ask"] == "Did you say Truro?"
    book = ToolCall("2", toolbox.BOOK, "{}")
    assert toolbox.work(book, heard.state, heard.state.step, "yes", facts).book is None
    again = toolbox.work(record, heard.state, heard.state.step, "Truro", facts)
    assert again.state.unsure == () and again.facts[0].startswith("A leaking tap repair in Truro")
    said = prefill("yes", heard.state, facts)[0]
    assert said.unsure == () and said.asked is Slot.WANTED
    assert prefill("Truro", state, facts, sure=False)[0] is state
    wanted = ToolCall("3", toolbox.RECORD, json.dumps({"wanted": "yes"}))
    mumbled = toolbox.work(wanted, said, said.step, "yes", facts, confidence=0.4)
    assert "wanted" in mumbled.answer["refused"] and Slot.WANTED not in mumbled.state.slots


def test_a_model_that_books_on_words_that_were_hard_to_hear_is_told_to_ask():
    facts = facts_of(HARBOUR)
    words = ["a leaking tap in Truro", "yes", "Tuesday morning", "yes"]
    state, _ = run([Started(), *map(Heard, words)], facts)
    book = ToolCall("2", toolbox.BOOK, "{}")
    assert toolbox.work(book, state, state.step, "yes", facts, confidence=0.4).book is None
    assert toolbox.work(book, state, state.step, "yes", facts).book is not None


# --- every path ends -----------------------------------------------------------------------------

WORDS = ["yes", "no", "no thanks", "", "um", "operator", "tuesday", "tomorrow", "monday morning",
         "in the afternoon", "half past nine in the morning", "nine o'clock", "a leaking tap",
         "truro", "an MOT", "a haircut", "Maya", "Jane Smith", "A B 1 2 C D E", "boiler service",
         "01632 960999", "no, redruth", "the 3rd of December"]  # fmt: skip
ASKING = st.one_of(
    st.builds(Heard, st.sampled_from(WORDS), st.sampled_from([1.0, 1.0, 1.0, 0.3])),
    st.sampled_from(["1", "2", "3", "0", "01632960999", "0930", "1030", "871"]).map(Keyed),
    st.just(Silent()),
    st.sampled_from([Warned(), Carry(), Overtime(), Stuck()]),
)
OTHERS = {
    Phase.BOOKING: st.sampled_from([
        Booked("1"), Booked("1", confirmed=False), BookingFailed(), BookingFailed(Trouble.TAKEN),
    ]),
    Phase.SEEKING: st.sampled_from([Sought(None), Sought(None, open=False), Overtime()]),
    Phase.NOTING: st.sampled_from([Noted(), NotNoted(), Overtime()]),
    Phase.KEYING: st.just(SecretDone("x", ok=True)),
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(EVERY), st.booleans(), st.sampled_from([CALLER, ""]))
def test_every_call_ends_and_books_only_what_is_whole_and_was_agreed_to(
    data, company, agenda, caller
):
    facts = replace(facts_of(company, agenda=agenda), caller=caller)
    state, reply = advance(State(), Started(), facts)
    went_on = 0
    for _ in range(160):
        if state.phase is Phase.ENDED:
            return
        event = data.draw(OTHERS.get(state.phase, ASKING))
        right = SAID[company.key].get(str(state.asked))
        if state.phase is Phase.ASKING and right is not None and data.draw(st.booleans()):
            event = Heard(right[0])  # else hardly a call would come to a booking
        went_on += isinstance(event, Warned | Carry)
        if went_on > 5 and isinstance(event, Warned | Carry):
            event = Silent()  # neither happens that often
        assert type(event) in LEGAL[state.phase]
        state, reply = advance(state, event, facts)
        check(state, reply, facts)
    raise AssertionError(f"does not end: {state}")


def check(state, reply, facts):
    workflow = facts.company.workflow
    assert state.step in workflow.steps and set(state.slots) <= set(workflow.slots)
    assert (reply.end is not None) == (state.phase is Phase.ENDED)
    assert (reply.book is not None) == (state.phase is Phase.BOOKING)
    assert (reply.seek is not None) == (state.phase is Phase.SEEKING)
    assert all(reply.say) and (reply.say or reply.end is not None)
    if reply.book is None:
        return
    needs = {s for step in workflow.main for s in workflow.steps[step].needs}
    assert needs - {s for s in needs if workflow.slots[s].offers} <= set(state.slots)
    assert not state.unsure and state.slots[gate(workflow, state.step)] == "yes"
    assert reply.book.phone and reply.book.service in {s.key for s in facts.company.services}
    if facts.agenda is not None:
        request = reply.book
        assert facts.agenda.is_free(
            request.minutes, request.day, request.part, request.start, request.area
        )


NAMES = st.sampled_from([toolbox.RECORD] * 4 + [toolbox.BOOK, toolbox.AVAILABLE, toolbox.END, "x"])


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(EVERY), st.booleans())
def test_no_model_books_what_is_not_whole_sure_and_free(data, company, agenda):
    facts = facts_of(company, agenda=agenda)
    state = advance(State(), Started(open_question=True), facts)[0]
    slots = sorted(company.workflow.slots)
    values = st.sampled_from([*WORDS, "yes", "2026-11-24", "2026-11-22", "09:30", "morning"])
    for _ in range(12):
        arguments = data.draw(
            st.one_of(
                st.dictionaries(st.sampled_from(slots), values, max_size=9),
                st.just({slot: words for slot, (words, _) in SAID[company.key].items()}),
            )
        )
        call = ToolCall("1", data.draw(NAMES), json.dumps(arguments))
        sure = data.draw(st.sampled_from([1.0, 1.0, 0.3]))
        begun_in = state.step
        done = toolbox.work(call, state, begun_in, "words", facts, confidence=sure)
        if done.book is not None:
            assert sure == 1.0 and begun_in is done.state.step
            check(done.state, replace(advance(State(), Started(), facts)[1], book=done.book), facts)
            return
        state = done.state
        if state.phase is not Phase.ASKING:
            return


# --- put right at the read-back ------------------------------------------------------------------


def read_back(company, facts):
    """Return the state in which everything has been read back."""
    _, _, state = by_rules(company, "voice", facts)
    slots = {slot: value for slot, value in state.slots.items() if slot is not Slot.AGREED}
    return replace(state, phase=Phase.ASKING, asked=Slot.AGREED, slots=slots)


@pytest.mark.parametrize(("company", "words", "slot", "value"), [
    (HARBOUR, "No, Wednesday", "day", "2026-11-25"),
    (HARBOUR, "the afternoon", "part", "afternoon"),
    (HARBOUR, "no, 01632 960999", "phone", "01632960999"),
    (MILLBROOK, "No, L M 5 1 N K P", "registration", "LM51NKP"),
    (MILLBROOK, "no, at ten o'clock", "time", "10:00"),
    (MILLBROOK, "no, it's Jane Smyth", "name", "Jane Smyth"),
    (MILLBROOK, "that's not my name, it's Alice Brown", "name", "Alice Brown"),
    (MILLBROOK, "No, the registration is L M 5 1 N O P", "registration", "LM51NOP"),
    (ROSEWOOD, "no, Tom", "practitioner", "tom"),
    (ROSEWOOD, "no, it's Tom Baker", "name", "Tom Baker"),
])  # fmt: skip
def test_one_detail_is_put_right_and_everything_read_back_again(company, words, slot, value):
    facts = facts_of(company)
    state, reply = run([Heard(words)], facts, read_back(company, facts))
    assert state.slots[Slot(slot)] == value and reply.asks is Slot.AGREED
    assert reply.say[0] == wording.read_back(company, state.slots, SATURDAY)
    assert Slot.AGREED not in state.slots and state.restarts == 0


def test_another_job_is_quoted_again_before_it_is_booked():
    facts = facts_of(HARBOUR)
    state, reply = run([Heard("no, a boiler service")], facts, read_back(HARBOUR, facts))
    assert reply.say[0] == "A boiler service in Truro costs 89 pounds."
    assert reply.asks is Slot.WANTED


@pytest.mark.parametrize("words", ["no", "No, that's wrong.", "no thanks", "not Tuesday"])
def test_a_plain_no_still_begins_again(words):
    facts = facts_of(HARBOUR)
    state, reply = run([Heard(words)], facts, read_back(HARBOUR, facts))
    assert reply.say[0] in (wording.START_OVER, wording.MISHEARD[0])
    assert run([Heard("yes, Tuesday")], facts, read_back(HARBOUR, facts))[1].book is not None


@pytest.mark.parametrize(("company", "words", "slot"), [
    (MILLBROOK, "the registration is wrong", "registration"),
    (MILLBROOK, "No, that's the wrong name.", "name"),
    (ROSEWOOD, "no, the time is wrong", "time"),
    (HARBOUR, "no, the phone number is wrong", "phone"),
])  # fmt: skip
def test_what_is_called_wrong_is_asked_again_and_all_else_is_kept(company, words, slot):
    facts = facts_of(company)
    before = read_back(company, facts)
    state, reply = run([Heard(words)], facts, before)
    assert reply.asks is Slot(slot) and Slot(slot) not in state.slots
    right = "01632960999" if slot == "phone" else SAID[company.key][slot][0]
    state, reply = run([Heard(right)], facts, state)
    assert reply.asks is Slot.AGREED
    kept = {s: v for s, v in before.slots.items() if s not in (slot, "callback")}
    assert kept.items() <= state.slots.items()


def test_another_job_named_at_the_price_is_quoted_and_no_refusal():
    facts = facts_of(HARBOUR)
    state, _ = run([Started(), Heard("a leaking tap in Truro")], facts)
    for words in ("actually no, I meant the boiler", "no, the boiler service"):
        after, reply = run([Heard(words)], facts, state)
        assert reply.say[0] == "A boiler service in Truro costs 89 pounds."
        assert reply.asks is Slot.WANTED
    for words in ("no", "no, the leaking tap is fine", "no thanks"):
        assert run([Heard(words)], facts, state)[1].end is Outcome.HANGUP


def test_another_number_said_with_the_no_is_taken():
    facts = facts_of(HARBOUR)
    words = ["a leaking tap in Truro", "yes", "Tuesday morning",
             "no, use oh one six three two nine six oh double nine nine"]  # fmt: skip
    state, reply = run([Started(), *map(Heard, words)], facts)
    assert state.slots[Slot.PHONE] == "01632960999" and reply.asks is Slot.AGREED
    assert "9, 9, 9 as your number" in reply.say[1]


@pytest.mark.parametrize(("words", "time"), [
    ("Friday at 11", "11:00"), ("next Tuesday at half past ten", "10:30"), ("Friday", None),
    ("the 3rd of December", None), ("3 December", None),
])  # fmt: skip
def test_a_time_said_with_the_day_is_kept(words, time):
    state, _ = run([Started(), Heard("an MOT"), Heard(words)], facts_of(MILLBROOK))
    assert Slot.DAY in state.slots and state.slots.get(Slot.TIME) == time


def test_who_tells_something_else_than_was_asked_is_thanked_and_asked_again():
    facts = facts_of(ROSEWOOD)
    state, reply = run([Started(), Heard("hi, can I get a haircut")], facts)
    assert state.slots == {Slot("service"): "cut"} and state.misses == 0
    assert reply.say == (wording.THANK_YOU, "May I take your name first?")
    state, reply = run([Heard("a haircut")], facts, state)  # nothing new this time
    assert state.misses == 1 and reply.say[0] in wording.MISHEARD


@pytest.mark.parametrize("mind", ["rules", "model"])
def test_a_caller_named_like_a_stylist_chooses_nobody(mind):
    if mind == "model":
        facts = facts_of(ROSEWOOD)
        state, _ = run([Started(open_question=True)], facts)
        assert prefill("Tom Baker", state, facts)[0] is state
        tools = [{"function": {"name": t.name, "parameters": t.parameters}}
                 for t in toolbox.tools(facts)]  # fmt: skip
        stands = {"role": "system", "content": json.dumps(situation(state, facts))}
        found = answer([stands, {"role": "user", "content": "Tom Baker"}], tools)
        assert found.tool_calls == ((toolbox.RECORD, {"name": "Tom Baker"}),)
        return
    state, _ = run([Started(), Heard("Tom Baker")], facts_of(ROSEWOOD))
    assert state.slots == {Slot("name"): "Tom Baker"}


@pytest.mark.parametrize("words", ["no, another day", "no, later please", "no, leave it"])
def test_what_is_no_name_becomes_none(words):
    facts = facts_of(MILLBROOK)
    before = read_back(MILLBROOK, facts)
    state, _ = run([Heard(words)], facts, before)
    assert state.slots.get(Slot("name"), "Jane Smith") == "Jane Smith"


@pytest.mark.parametrize("company", [MILLBROOK, ROSEWOOD], ids=lambda company: company.key)
@pytest.mark.parametrize("how", ["voice", "keys"])
def test_after_a_no_whatever_was_read_back_can_be_put_right(company, how):
    facts = facts_of(company)
    state, reply = run([Keyed("2") if how == "keys" else Heard("no")], facts,
                       read_back(company, facts))  # fmt: skip
    assert reply.say[0] == wording.START_OVER
    changed = {"registration": ("L M 5 1 N K P", keys_of_text("lm51nkp")),
               "name": ("Alice Brown", keys_of_text("alice brown"))}  # fmt: skip
    answers = SAID[company.key] | changed
    for _ in range(9):
        if state.asked is Slot.AGREED:
            break
        words, keys = answers[str(state.asked)]
        state, reply = run([Keyed(keys) if how == "keys" else Heard(words)], facts, state)
    assert state.asked is Slot.AGREED and state.slots[Slot("name")] == "Alice Brown"
    if company is MILLBROOK:
        assert state.slots[Slot("registration")] == "LM51NKP"


def test_a_detail_named_after_a_no_is_put_right_and_all_else_is_kept():
    facts = facts_of(HARBOUR)
    before = read_back(HARBOUR, facts)
    state, reply = run([Heard("No."), Heard("afternoon")], facts, before)
    assert reply.asks is Slot.AGREED
    assert state.slots == {**before.slots, Slot.PART: "afternoon"}


def test_who_puts_right_for_ever_gets_a_person():
    facts = facts_of(HARBOUR)
    state = read_back(HARBOUR, facts)
    for words in ("no, Wednesday", "no, Thursday", "no, Friday", "no, Monday", "no, Wednesday"):
        state, reply = run([Heard(words)], facts, state)
    assert reply.seek == Seek(Why.MISSES)


# --- tools ---------------------------------------------------------------------------------------


def test_a_tool_that_is_not_for_the_step_is_refused_and_a_person_is_always_to_be_had():
    workflow = HARBOUR.workflow
    quote = workflow.steps[Step.QUOTE].model_copy(update={"tools": (toolbox.PRICE,)})
    narrow = workflow.model_copy(update={"steps": {**workflow.steps, Step.QUOTE: quote}})
    facts = facts_of(HARBOUR.model_copy(update={"workflow": narrow}))
    state, _ = run(ASKS_DAY[:2], facts)
    assert state.step is Step.QUOTE and situation(state, facts)["tools"] == [toolbox.PRICE]
    refused = toolbox.work(ToolCall("1", toolbox.BOOK, "{}"), state, state.step, "", facts)
    assert "not for this step" in refused.answer["error"] and refused.state is state
    for name in (toolbox.TRANSFER, toolbox.END, toolbox.RECORD):
        done = toolbox.work(ToolCall("1", name, "{}"), state, state.step, "bye", facts)
        assert "error" not in done.answer
    assert toolbox.tools(facts) == toolbox.tools(facts_of(HARBOUR)), "what is shown stays the same"


def test_prices_are_looked_up_in_the_list_and_nowhere_else():
    state, _ = run([Started()], facts_of(MILLBROOK))

    def price(service, company=MILLBROOK):
        call = ToolCall("1", toolbox.PRICE, json.dumps({"service": service}))
        return toolbox.work(call, state, state.step, "", facts_of(company)).answer

    assert price("mot") == {"facts": ["An MOT test costs 54 pounds 85."]}
    assert price("a full service") == {"facts": ["A full service costs 189 pounds."]}
    assert "error" in price("a new engine") and "error" in price("cut", ROSEWOOD)
    names = {tool.name for tool in toolbox.tools(facts_of(ROSEWOOD))}
    assert toolbox.PRICE not in names, "a salon that quotes nothing has no such tool"


def test_free_times_are_looked_up_in_the_calendar():
    facts = with_calendar(HARBOUR, *TUESDAY_MORNING)
    state, _ = run(ASKS_DAY, facts)

    def free(facts, **arguments):
        call = ToolCall("1", toolbox.AVAILABLE, json.dumps(arguments))
        done = toolbox.work(call, state, state.step, "", facts)
        assert replace(done.state, offered=()) == state, "nothing but what was offered is kept"
        assert len(done.state.offered) == len(done.answer.get("free", ()))
        return done.answer

    assert free(facts, day="Tuesday")["free"] == ["Tuesday afternoon", "Monday morning"]
    assert free(facts)["facts"] == ["I could do Monday morning or Monday afternoon."]
    assert "error" in free(facts, day="Sunday")
    assert "error" in free(facts_of(HARBOUR), day="Monday")
    full = with_calendar(HARBOUR, *(v for day in range(21, 31) for v in busy(day, 0, 24)),
                         horizon_days=9)  # fmt: skip
    assert free(full)["facts"] == [wording.NOTHING_FREE]


# --- ways out of a step --------------------------------------------------------------------------


def changed(company, step, **rule):
    """Return the facts of a company with another rule for one step."""
    workflow = company.workflow
    steps = {**workflow.steps, step: workflow.steps[step].model_copy(update=rule)}
    other = workflow.model_copy(update={"steps": steps})
    return facts_of(company.model_copy(update={"workflow": other}))


def test_a_step_has_its_own_number_of_misses():
    facts = changed(HARBOUR, Step.QUALIFY, retries=1)
    assert run([*TRURO_MAYBE[:2], Silent()], facts)[1].seek == Seek(Why.SILENT)
    assert run([Started(), Silent()], facts)[1].seek is None


@pytest.mark.parametrize(("way", "end"), [
    ("voicemail", Outcome.VOICEMAIL), ("hang_up", Outcome.HANGUP), ("close", Outcome.HANGUP),
])  # fmt: skip
@pytest.mark.parametrize("event", [Silent(), Overtime()])
def test_a_step_that_gets_nowhere_is_left_by_its_own_way(way, end, event):
    facts = changed(HARBOUR, Step.UNDERSTAND, retries=1, on_failure=way)
    state, reply = run([Started(), event], facts)
    assert (state.phase, reply.end, reply.seek) == (Phase.ENDED, end, None) and reply.say


def test_a_step_that_gets_nowhere_may_lead_to_a_call_back():
    facts = changed(HARBOUR, Step.UNDERSTAND, retries=1, on_failure="call_back")
    state, reply = run([Started(), Silent()], facts)
    assert state.step is Step.CALL_BACK and reply.asks is Slot.RING_BACK
    noted = run([Heard("yes"), Heard("yes")], facts, state)[1]
    assert noted.note is not None and noted.note.phone == CALLER
    back, reply = run([Heard("no")], facts, state)
    assert back.step is Step.UNDERSTAND and reply.say[0] == wording.GO_ON


def test_a_no_may_lead_another_way_on():
    facts = changed(HARBOUR, Step.QUOTE, if_no=Step.MESSAGE)
    state, reply = run([*ASKS_DAY[:2], Heard("no")], facts)
    assert reply.say[0] == wording.DECLINED and reply.asks is Slot.MESSAGE
    record = ToolCall("1", toolbox.RECORD, json.dumps({"wanted": "no"}))
    state, _ = run(ASKS_DAY[:2], facts)
    done = toolbox.work(record, state, state.step, "no", facts)
    assert done.state.step is Step.MESSAGE and done.next.asks is Slot.MESSAGE


def test_a_last_step_ends_the_call_its_own_way():
    for outcome, seeks in ((Outcome.VOICEMAIL, False), (Outcome.QUEUE, True)):
        facts = changed(HARBOUR, Step.CLOSE, ends=outcome)
        _, reply = run([*ASKS_DAY[:2], Heard("no")], facts)
        assert (reply.seek is not None) is seeks and (reply.end is outcome) is not seeks


def test_the_prompt_tells_what_a_company_has_and_no_more():
    prompts = {company.key: system_prompt(company) for company in EVERY}
    assert "- boiler service: 89 pounds, fixed price" in prompts["harbour"]
    assert "Towns served" not in prompts["millbrook"] and "pounds" not in prompts["rosewood"]
    assert "- sat: 09:00-16:00" in prompts["rosewood"] and ROSEWOOD.workflow.about in str(prompts)
