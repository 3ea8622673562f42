"""The conversation: what happens when the caller has spoken, keyed, or kept silent.

Theory of operation. `advance` is the only way a conversation changes; it is pure. It takes the
state, an event and the facts, and returns the next state and what to do: say these sentences, then
listen for that, or book this, or end the call so. Which step follows which is decided by the table
in `workflow`; this file only applies it.

A conversation is in one of three phases, and each accepts only some events (`LEGAL`):

    ASKING    a question is open: Started, Heard, Keyed, Silent, Warned, Overtime, Carry, Stuck
    BOOKING   the booking is being made: Booked, BookingFailed, Overtime
    ENDED     the last words are being said: nothing

A question that is not answered is put again in other words, and what became of the offer of a
person (`Offer`) decides what else a miss leads to:

    UNMADE    the `misses_before_offer`-th miss in a row -> OPEN, the `max_misses`-th -> a person
    OPEN      the question's own answer -> the next question; "no" -> DECLINED, misses count afresh;
              "yes", silence, anything else -> a person
    DECLINED  the `max_misses`-th miss in a row -> a person

Two minds share the one state: the rules here, and a language model whose tools (`tools`) change it
by the same table. So either can take over from the other in the middle of a turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audiosocket_agent import wording
from audiosocket_agent.conversation_state import (
    Booked,
    BookingFailed,
    BookingRequest,
    Carry,
    Event,
    Facts,
    Heard,
    Keyed,
    Offer,
    Overtime,
    Phase,
    Reply,
    Silent,
    Started,
    State,
    Stuck,
    Warned,
)
from audiosocket_agent.errors import IllegalEvent
from audiosocket_agent.understanding import (
    NO,
    PERSON,
    PERSON_KEY,
    YES,
    date_of,
    digits_so_far,
    expectation,
    key_rule,
    offer_answer,
    offer_answer_of_keys,
    offer_expectation,
    offer_key_rule,
    phone_number,
    plain_words,
    value_in,
    value_of_keys,
    wants_person,
)
from audiosocket_agent.workflow import STEPS, YES_NO_SLOTS, Outcome, Slot, Step

__all__ = [
    "LEGAL", "Booked", "BookingFailed", "BookingRequest", "Carry", "Event", "Facts", "Heard",
    "Keyed", "Offer", "Overtime", "Phase", "Reply", "Silent", "Started", "State", "Stuck", "Warned",
    "advance", "answers_offer", "attended", "booking_request", "proceed",
]  # fmt: skip

# What callers tell without being asked; a yes or a number means nothing without its question.
VOLUNTEERED = (Slot.SERVICE, Slot.AREA, Slot.DAY, Slot.PART)

LEGAL: dict[Phase, frozenset[type]] = {
    Phase.ASKING: frozenset((Started, Heard, Keyed, Silent, Warned, Overtime, Carry, Stuck)),
    Phase.BOOKING: frozenset((Booked, BookingFailed, Overtime)),
    Phase.ENDED: frozenset(),
}


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
            if _asks_for_person(event):
                return _to_person(state, wording.TO_PERSON)
            return proceed(state, facts, ())  # all is done: whatever was said, say goodbye
        case Heard(text) if state.offer is Offer.OPEN:
            said = None if state.asked in YES_NO_SLOTS else _spoken_value(state, text, facts)
            known = _with_extras(state, text, facts)
            return _offer_answered(known, facts, said, offer_answer(text))
        case Heard(text):
            said = _spoken_value(state, text, facts)
            return _answered(_with_extras(state, text, facts), facts, said, wants_person(text))
        case Keyed(keys) if state.offer is Offer.OPEN:
            answer = offer_answer_of_keys(keys)
            value = None if answer else _keyed_value(state, keys, facts)
            return _offer_answered(state, facts, value, answer)
        case Keyed(keys):
            return _keyed(state, keys, facts)
        case Silent() if state.offer is Offer.OPEN:
            return _to_person(state, wording.TO_PERSON_SILENT)
        case Silent():
            return _missed(state, facts, wording.still_there, wording.TO_PERSON_SILENT)
        case Warned():
            return _warned(state, facts)
        case Booked(reference):
            done = replace(state, step=Step.CONFIRM, phase=Phase.ASKING, asked=None)
            return proceed(done, facts, (wording.booked(reference),))
        case BookingFailed():
            return _to_person(state, wording.TO_PERSON_BOOKING)
        case Overtime():
            return _to_person(state, wording.TO_PERSON_LONG)


def answers_offer(state: State, text: str) -> bool:
    """Whether the caller's words do nothing but answer an open offer of a person.

    The rules answer these even where a language model holds the talk: it did not make the offer.
    """
    return state.offer is Offer.OPEN and plain_words(text) in (*YES, *NO, *PERSON)


def attended(state: State) -> State:
    """Return the state once a language model answers the caller: the row of misses is over."""
    offer = Offer.UNMADE if state.offer is Offer.UNMADE else Offer.DECLINED
    return replace(state, misses=0, offer=offer)


def _asks_for_person(event: Heard | Keyed | Silent) -> bool:
    if isinstance(event, Heard):
        return wants_person(event.text)
    return isinstance(event, Keyed) and event.keys == PERSON_KEY


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
    if state.asked is Slot.PHONE:
        keys = digits_so_far(state.keyed, keys)
    return value_of_keys(state.asked, keys, facts.company, facts.today)


def _keyed(state: State, keys: str, facts: Facts) -> tuple[State, Reply]:
    """Take keys; a number may be keyed in several goes, and each but the last counts as a miss."""
    value, person = _keyed_value(state, keys, facts), keys == PERSON_KEY
    if state.asked is not Slot.PHONE or value is not None or person:
        return _answered(state, facts, value, person)
    begun = replace(state, keyed=digits_so_far(state.keyed, keys))
    after, reply = _answered(begun, facts, None, False)
    if begun.keyed and after.attempt > state.attempt:  # asked again, no person offered
        reply = replace(reply, say=(wording.number_so_far(begun.keyed),))
    return after, reply


def _answered(state: State, facts: Facts, value: str | None, person: bool) -> tuple[State, Reply]:
    if person and value is None:
        return _to_person(state, wording.TO_PERSON)
    if state.asked is None or value is None:
        return _missed(state, facts, wording.misheard, wording.TO_PERSON_LOST)
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
    passed: tuple[Step, ...] = (state.step,)
    while True:
        rule = STEPS[state.step]
        state = _fill_known(state, facts)
        missing = next((s for s in rule.needs if s not in state.slots), None)
        if missing is not None:
            state = _opened(state, missing)
            return _ask(state, facts, (*say, *_question(state, facts)), passed)
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


def _opened(state: State, slot: Slot) -> State:
    """Open a question; one that is opened again, as after a model failed, offers nobody twice."""
    offer = attended(state).offer if state.asked is slot else Offer.UNMADE
    return replace(state, asked=slot, misses=0, attempt=0, offer=offer, keyed="")


def _question(state: State, facts: Facts) -> tuple[str, ...]:
    """Return what is asked now: for the open question's slot, or whether a person is wanted."""
    assert state.asked is not None
    if state.offer is Offer.OPEN:
        return wording.OFFER, wording.YES_NO_KEYS
    asked = wording.question(state.asked, facts.company, state.slots, facts.today, state.attempt)
    return (asked,)


def _missed(
    state: State, facts: Facts, sorry: Callable[[int], str], give_up: str
) -> tuple[State, Reply]:
    apology = sorry(state.attempt + 1)
    if state.asked is None:
        return proceed(state, facts, (apology,))  # nothing was asked yet: ask
    missed = replace(state, misses=state.misses + 1)
    if missed.misses >= facts.company.max_misses:
        return _to_person(state, give_up)
    if state.offer is Offer.UNMADE and missed.misses >= facts.company.misses_before_offer:
        missed = replace(missed, offer=Offer.OPEN)
    else:
        missed = replace(missed, attempt=state.attempt + 1)
    return _ask(missed, facts, (apology, *_question(missed, facts)), (state.step,))


def _offer_answered(
    state: State, facts: Facts, value: str | None, answer: str | None
) -> tuple[State, Reply]:
    """Take what the caller says to the offer of a person.

    Args:
        state: The offer is open.
        facts: Facts.
        value: What was said, as an answer to the question before the offer.
        answer: What was said, as an answer to the offer: ``yes`` or ``no``.
    """
    if value is not None:
        return _answered(state, facts, value, person=False)
    if answer != "no":
        return _to_person(state, wording.TO_PERSON if answer else wording.TO_PERSON_LOST)
    attempt = max(state.attempt + 1, wording.EASIEST)
    declined = replace(state, offer=Offer.DECLINED, misses=0, attempt=attempt)
    say = (wording.OFFER_DECLINED, *_question(declined, facts))
    return _ask(declined, facts, say, (state.step,))


def _warned(state: State, facts: Facts) -> tuple[State, Reply]:
    """Say that time is short, and ask again what is open; it costs the caller no miss."""
    warning = wording.time_short(facts.company.warn_before_s)
    if state.asked is not None:
        return _ask(state, facts, (warning, *_question(state, facts)), (state.step,))
    if state.step is Step.CLOSE:
        return state, Reply((warning,), state.step, (state.step,))
    return proceed(state, facts, (warning,))


def _ask(
    state: State, facts: Facts, say: tuple[str, ...], passed: tuple[Step, ...]
) -> tuple[State, Reply]:
    assert state.asked is not None
    offered = state.offer is Offer.OPEN
    listen = offer_expectation if offered else expectation
    keys = offer_key_rule if offered else key_rule
    return state, Reply(
        say,
        state.step,
        passed,
        asks=state.asked,
        listen=listen(state.asked, facts.company, facts.today),
        keys=keys(state.asked, facts.company, facts.today),
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
