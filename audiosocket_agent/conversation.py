"""The conversation: what happens when the caller has spoken, keyed, or kept silent.

Theory of operation. `advance` is the only way a conversation changes; it is pure. It takes the
state, an event and the facts, and returns the next state and what to do: say these sentences, then
listen for that, or book this, or end the call so. Which step follows which is decided by the table
in `workflow`; this file only applies it.

A conversation is in one of three phases, and each accepts only some events (`LEGAL`):

    ASKING    a question is open: Started, Heard, Keyed, Silent, Overtime, Carry, Stuck
    BOOKING   the booking is being made: Booked, BookingFailed, Overtime
    ENDED     the last words are being said: nothing

Two minds share the one state: the rules here, and a language model whose tools (`tools`) change it
by the same table. So either can take over from the other in the middle of a turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from audiosocket_agent import wording
from audiosocket_agent.company import Company
from audiosocket_agent.errors import IllegalEvent
from audiosocket_agent.seams import Expectation
from audiosocket_agent.understanding import (
    PERSON_KEY,
    KeyRule,
    date_of,
    expectation,
    key_rule,
    phone_number,
    value_in,
    value_of_keys,
    wants_person,
)
from audiosocket_agent.workflow import STEPS, Outcome, Slot, Step


class Phase(Enum):
    """What kind of event the conversation is waiting for."""

    ASKING = "asking"
    BOOKING = "booking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Started:
    """The caller is on the line.

    Attributes:
        open_question: Whether whoever listens can follow free speech; else the choices are read.
    """

    open_question: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller finished an utterance; empty text means nothing was recognised."""

    text: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """The caller pressed keys (``0-9`` and ``*``; the ending hash is not included)."""

    keys: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The caller said nothing for the company's `no_input_s` after a question."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The booking exists."""

    reference: str


@dataclass(frozen=True, slots=True)
class BookingFailed:
    """The booking could not be made."""


@dataclass(frozen=True, slots=True)
class Overtime:
    """The step or the call has lasted too long."""


@dataclass(frozen=True, slots=True)
class Carry:
    """Go on from where the conversation stands: who was speaking cannot."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Nothing is left to hold the conversation with."""


# What callers tell without being asked; a yes or a number means nothing without its question.
VOLUNTEERED = (Slot.SERVICE, Slot.AREA, Slot.DAY, Slot.PART)

Event = Started | Heard | Keyed | Silent | Booked | BookingFailed | Overtime | Carry | Stuck

LEGAL: dict[Phase, frozenset[type]] = {
    Phase.ASKING: frozenset((Started, Heard, Keyed, Silent, Overtime, Carry, Stuck)),
    Phase.BOOKING: frozenset((Booked, BookingFailed, Overtime)),
    Phase.ENDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change during a call.

    Attributes:
        company: The company that was called.
        caller: The caller's number, ``""`` if withheld or implausible.
        today: The date at the company, for "Tuesday".
    """

    company: Company
    caller: str
    today: date


@dataclass(frozen=True, slots=True)
class State:
    """Where a conversation is.

    Attributes:
        step: The current step.
        phase: What it is waiting for.
        asked: The slot of the open question, if any.
        slots: What is known so far.
        misses: Unanswered attempts at the open question.
        restarts: How often the caller said "no" to what was read back.
        farewells: How often the model tried to end the call before its time.
    """

    step: Step = Step.GREET
    phase: Phase = Phase.ASKING
    asked: Slot | None = None
    slots: Mapping[Slot, str] = field(default_factory=dict)
    misses: int = 0
    restarts: int = 0
    farewells: int = 0


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A booking the caller has agreed to.

    Attributes:
        service: Key of the service.
        area: Key of the area.
        day: The date agreed.
        part: ``morning`` or ``afternoon``.
        phone: Where the caller can be reached.
        price_pounds: The price quoted, as the company's list has it.
    """

    service: str
    area: str
    day: date
    part: str
    phone: str
    price_pounds: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent does next.

    Attributes:
        say: Sentences to speak, in order.
        step: The step the reply leads to.
        passed: The steps it went through on the way, the last one included.
        asks: The slot it asks for, if any.
        listen: What the caller may say next.
        keys: How keys are collected next.
        book: A booking to make once the sentences are said.
        end: How the call ends once the sentences are said.
    """

    say: tuple[str, ...]
    step: Step
    passed: tuple[Step, ...]
    asks: Slot | None = None
    listen: Expectation = Expectation()
    keys: KeyRule = KeyRule()
    book: BookingRequest | None = None
    end: Outcome | None = None


def advance(state: State, event: Event, facts: Facts) -> tuple[State, Reply]:
    """Apply one event.

    Raises:
        IllegalEvent: If the phase does not accept this kind of event (our bug).
    """
    if type(event) not in LEGAL[state.phase]:
        raise IllegalEvent(state.phase.value, type(event).__name__)
    match event:
        case Started(open_question):
            state, reply = proceed(state, facts, (facts.company.greeting,))
            if open_question:
                reply = replace(reply, say=(facts.company.greeting, wording.HOW_CAN_I_HELP))
            return state, reply
        case Carry():
            return proceed(state, facts, ())
        case Stuck():
            return _to_person(state, wording.TO_PERSON_STUCK)
        case Heard() | Keyed() | Silent() if state.step is Step.CLOSE:
            return proceed(state, facts, ())  # all is done: whatever was said, say goodbye
        case Heard(text):
            said = _spoken_value(state, text, facts)
            return _answered(_with_extras(state, text, facts), facts, said, wants_person(text))
        case Keyed(keys):
            return _answered(state, facts, _keyed_value(state, keys, facts), keys == PERSON_KEY)
        case Silent():
            return _missed(state, facts, wording.STILL_THERE, wording.TO_PERSON_SILENT)
        case Booked(reference):
            done = replace(state, step=Step.CONFIRM, phase=Phase.ASKING, asked=None)
            return proceed(done, facts, (wording.booked(reference),))
        case BookingFailed():
            return _to_person(state, wording.TO_PERSON_BOOKING)
        case Overtime():
            return _to_person(state, wording.TO_PERSON_LONG)


def _spoken_value(state: State, text: str, facts: Facts) -> str | None:
    if state.asked is None or not text:
        return None
    return value_in(state.asked, text, facts.company, facts.today)


def _with_extras(state: State, text: str, facts: Facts) -> State:
    """Fill what the caller said besides the answer: "a leaking tap, in Truro, on Tuesday"."""
    extras = {
        slot: value
        for slot in VOLUNTEERED
        if slot is not state.asked and slot not in state.slots
        if (value := value_in(slot, text, facts.company, facts.today)) is not None
    }
    return replace(state, slots={**state.slots, **extras}) if extras else state


def _keyed_value(state: State, keys: str, facts: Facts) -> str | None:
    if state.asked is None:
        return None
    return value_of_keys(state.asked, keys, facts.company, facts.today)


def _answered(state: State, facts: Facts, value: str | None, person: bool) -> tuple[State, Reply]:
    if person and value is None:
        return _to_person(state, wording.TO_PERSON)
    if state.asked is None or value is None:
        return _missed(state, facts, wording.MISHEARD, wording.TO_PERSON_LOST)
    slots: dict[Slot, str] = {**state.slots, state.asked: value}
    filled = replace(state, slots=slots, asked=None, misses=0)
    if value == "no":
        return _refused(filled, state.asked, facts)
    if state.asked is Slot.AGREED:
        booking = replace(filled, phase=Phase.BOOKING)
        request = booking_request(filled, facts)
        return booking, Reply((wording.BOOKING_NOW,), state.step, (state.step,), book=request)
    return proceed(filled, facts, ())


def _refused(state: State, slot: Slot, facts: Facts) -> tuple[State, Reply]:
    """Handle a "no": to another number, to the price, or to what was read back."""
    if slot is Slot.CALLBACK:
        without: dict[Slot, str] = {s: v for s, v in state.slots.items() if s is not Slot.PHONE}
        return proceed(replace(state, slots=without), facts, ())
    back = STEPS[state.step].if_no
    if back is Step.COLLECT:
        if state.restarts:
            return _to_person(state, wording.TO_PERSON_LOST)
        again = set(STEPS[Step.COLLECT].needs) | {Slot.AGREED}
        kept: dict[Slot, str] = {s: v for s, v in state.slots.items() if s not in again}
        state = replace(state, step=back, slots=kept, restarts=1)
        return proceed(state, facts, (wording.START_OVER,))
    return proceed(replace(state, step=Step.CLOSE), facts, (wording.DECLINED,))


def proceed(state: State, facts: Facts, say: tuple[str, ...]) -> tuple[State, Reply]:
    """Walk the table until a question is open or the call ends.

    Args:
        state: Where to start; its step may already be finished.
        facts: Facts.
        say: What to say before what the walk adds.
    """
    company = facts.company
    passed: tuple[Step, ...] = (state.step,)
    while True:
        rule = STEPS[state.step]
        state = _fill_known(state, facts)
        missing = next((s for s in rule.needs if s not in state.slots), None)
        if missing is not None:
            say += (wording.question(missing, company, state.slots, facts.today, 0),)
            return _ask(replace(state, asked=missing, misses=0), facts, say, passed)
        if rule.then is None:
            say += (wording.GOODBYE,)
            ended = replace(state, phase=Phase.ENDED)
            return ended, Reply(say, state.step, passed, end=Outcome.HANGUP)
        state = replace(state, step=rule.then)
        passed += (state.step,)
        say += _on_entering(state, facts)


def _fill_known(state: State, facts: Facts) -> State:
    """Fill what need not be asked: the number the caller rings from, or that there is none."""
    if state.step is not Step.COLLECT or Slot.CALLBACK in state.slots:
        return state
    number = phone_number(facts.caller)
    if number is None:
        return replace(state, slots={**state.slots, Slot.CALLBACK: "no"})
    return replace(state, slots={**state.slots, Slot.PHONE: number})


def _on_entering(state: State, facts: Facts) -> tuple[str, ...]:
    if state.step is Step.QUOTE:
        company, slots = facts.company, state.slots
        return (wording.quote(wording.service_of(company, slots), wording.area_of(company, slots)),)
    if state.step is Step.BOOK:
        return (wording.read_back(facts.company, state.slots, facts.today),)
    return ()


def _missed(state: State, facts: Facts, sorry: str, give_up: str) -> tuple[State, Reply]:
    misses = state.misses + 1
    if misses >= facts.company.max_misses or state.asked is None:
        return _to_person(state, give_up)
    again = wording.question(state.asked, facts.company, state.slots, facts.today, misses)
    return _ask(replace(state, misses=misses), facts, (sorry, again), (state.step,))


def _ask(
    state: State, facts: Facts, say: tuple[str, ...], passed: tuple[Step, ...]
) -> tuple[State, Reply]:
    assert state.asked is not None
    return state, Reply(
        say,
        state.step,
        passed,
        asks=state.asked,
        listen=expectation(state.asked, facts.company, facts.today),
        keys=key_rule(state.asked),
    )


def _to_person(state: State, say: str) -> tuple[State, Reply]:
    ended = replace(state, phase=Phase.ENDED, asked=None)
    return ended, Reply((say,), state.step, (state.step,), end=STEPS[state.step].way_out)


def booking_request(state: State, facts: Facts) -> BookingRequest:
    """Return the booking that the filled slots describe, at the price in the list."""
    service = wording.service_of(facts.company, state.slots)
    return BookingRequest(
        service=service.key,
        area=state.slots[Slot.AREA],
        day=date_of(state.slots[Slot.DAY], facts.today),
        part=state.slots[Slot.PART],
        phone=state.slots[Slot.PHONE],
        price_pounds=str(service.price_pounds),
    )
