"""The conversation: what happens when the caller has spoken, keyed, or kept silent.

Theory of operation. `advance` is the only way a conversation changes; it is pure. It takes the
state, an event and the facts, and returns the next state and what to do: say these sentences, then
listen for that, or book this, or end the call so. Which step follows which is decided by the table
in `workflow`; this file only applies it.

A conversation is in one of six phases, and each accepts only some events (`LEGAL`):

    ASKING    a question is open: Started, Heard, Keyed, Silent, Warned, Overtime, Carry, Stuck
    BOOKING   the booking is being made: Booked, BookingFailed, Overtime
    SEEKING   a person is looked for (`person`): Sought, Overtime
    NOTING    the wish to be called back is written down: Noted, NotNoted, Overtime
    KEYING    the caller keys digits that never come here: SecretDone, Heard, Overtime
    ENDED     the last words are being said

In each of them the caller may come back from people who did not answer: Returned.

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

from audiosocket_agent import person, wording
from audiosocket_agent.conversation_state import (
    Booked,
    BookingFailed,
    BookingRequest,
    Carry,
    Event,
    Facts,
    Heard,
    Keyed,
    Noted,
    NotNoted,
    Offer,
    Overtime,
    Phase,
    Reply,
    Returned,
    SecretDone,
    Seek,
    Silent,
    Sought,
    Started,
    State,
    Stuck,
    Warned,
    Why,
)
from audiosocket_agent.errors import IllegalEvent
from audiosocket_agent.understanding import (
    NO,
    PERSON,
    YES,
    date_of,
    digits_so_far,
    offer_answer,
    offer_answer_of_keys,
    plain_words,
    value_in,
    value_of_keys,
)
from audiosocket_agent.walk import ask, attended, ended, proceed, question
from audiosocket_agent.wishes import wish_in
from audiosocket_agent.workflow import INSTEAD, STEPS, YES_NO_SLOTS, Outcome, Slot, Step

__all__ = [
    "LEGAL", "Booked", "BookingFailed", "BookingRequest", "Carry", "Event", "Facts", "Heard",
    "Keyed", "NotNoted", "Noted", "Offer", "Overtime", "Phase", "Reply", "Returned", "SecretDone",
    "Seek", "Silent", "Sought", "Started", "State", "Stuck", "Warned", "Why", "advance",
    "answers_offer", "attended", "booking_request", "key_in", "proceed", "takes_words",
]  # fmt: skip

# What callers tell without being asked; a yes or a number means nothing without its question.
VOLUNTEERED = (Slot.SERVICE, Slot.AREA, Slot.DAY, Slot.PART)
MOST_SECRET_MISSES = 2

LEGAL: dict[Phase, frozenset[type]] = {
    Phase.ASKING: frozenset(
        (Started, Heard, Keyed, Silent, Warned, Overtime, Carry, Stuck, Returned)
    ),
    Phase.BOOKING: frozenset((Booked, BookingFailed, Overtime, Returned)),
    Phase.SEEKING: frozenset((Sought, Overtime, Returned)),
    Phase.NOTING: frozenset((Noted, NotNoted, Overtime, Returned)),
    Phase.KEYING: frozenset((SecretDone, Heard, Overtime, Returned)),
    Phase.ENDED: frozenset((Returned,)),
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
        case Heard() | Keyed() | Silent():
            return _caller_did(state, event, facts)
        case Warned():
            return _warned(state, facts)
        case Overtime():
            return _overtime(state, facts)
        case Stuck():
            return person.wish(state, Seek(Why.PROVIDER), facts)
        case Booked(reference):
            done = replace(state, step=Step.CONFIRM, phase=Phase.ASKING, asked=None)
            return proceed(done, facts, (wording.booked(reference),))
        case BookingFailed():
            return person.wish(state, Seek(Why.BOOKING), facts)
        case Sought():
            return person.sought(state, event, facts)
        case Returned():
            return person.returned(state, event, facts)
        case Noted():
            return person.noted(state, facts)
        case NotNoted():
            return person.not_noted(state)
        case SecretDone(name, ok):
            return _secret_done(state, name, ok, facts)


def answers_offer(state: State, text: str) -> bool:
    """Whether the caller's words are for the rules even where a language model holds the talk.

    The model did not make the offer of a person, nor what is offered instead of one.
    """
    if state.step in INSTEAD:
        return True
    return state.offer is Offer.OPEN and plain_words(text) in (*YES, *NO, *PERSON)


def takes_words(state: State, text: str, facts: Facts) -> bool:
    """Whether the caller's words count in this phase: while keys are collected, only a wish."""
    if state.phase is Phase.KEYING:
        return wish_in(text, facts.company) is not None
    return state.phase is Phase.ASKING


def _caller_did(state: State, event: Heard | Keyed | Silent, facts: Facts) -> tuple[State, Reply]:
    """Take what the caller did, or that it was nothing."""
    wish = _wish_of(event, facts)
    if state.phase is Phase.KEYING:
        if wish is not None:
            return person.wish(state, wish, facts)
        return state, _keying(state, facts, ())
    if state.step is Step.CLOSE:
        if wish is not None:
            return person.wish(state, wish, facts)
        return proceed(state, facts, ())  # all is done: whatever was said, say goodbye
    offered = state.offer is Offer.OPEN
    match event:
        case Heard(text):
            known = _with_extras(state, text, facts)
            if offered:
                said = None if state.asked in YES_NO_SLOTS else _spoken_value(state, text, facts)
                return _offer_answered(known, facts, said, offer_answer(text), wish)
            return _answered(known, facts, _spoken_value(state, text, facts), wish)
        case Keyed(keys) if offered:
            answer = offer_answer_of_keys(keys, facts.company.person_key)
            value = None if answer else _keyed_value(state, keys, facts)
            return _offer_answered(state, facts, value, answer, None)
        case Keyed(keys):
            return _keyed(state, keys, facts, wish)
        case Silent() if offered:
            return person.wish(state, Seek(Why.SILENT), facts)
        case Silent():
            return _missed(state, facts, wording.still_there, Why.SILENT)


def _wish_of(event: Heard | Keyed | Silent, facts: Facts) -> Seek | None:
    """Return the wish for a person in what the caller did; the key for it must stand alone."""
    if isinstance(event, Heard):
        return wish_in(event.text, facts.company)
    if isinstance(event, Keyed) and event.keys and event.keys == facts.company.person_key:
        return Seek(Why.ASKED)
    return None


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


def _keyed(state: State, keys: str, facts: Facts, wish: Seek | None) -> tuple[State, Reply]:
    """Take keys; a number may be keyed in several goes, and each but the last counts as a miss."""
    value = _keyed_value(state, keys, facts)
    if state.asked is not Slot.PHONE or value is not None or wish is not None:
        return _answered(state, facts, value, wish)
    begun = replace(state, keyed=digits_so_far(state.keyed, keys))
    after, reply = _answered(begun, facts, None, None)
    if begun.keyed and after.attempt > state.attempt:  # asked again, no person offered
        reply = replace(reply, say=(wording.number_so_far(begun.keyed),))
    return after, reply


def _answered(
    state: State, facts: Facts, value: str | None, wish: Seek | None
) -> tuple[State, Reply]:
    if wish is not None and value is None:
        return _wished(state, wish, facts)
    if state.asked is None or value is None:
        return _missed(state, facts, wording.misheard, Why.MISSES)
    slots: dict[Slot, str] = {**state.slots, state.asked: value}
    filled = replace(state, slots=slots, asked=None, misses=0)
    if value == "no" and state.asked is Slot.CALLBACK:
        without: dict[Slot, str] = {s: v for s, v in slots.items() if s is not Slot.PHONE}
        return proceed(replace(filled, slots=without), facts, ())
    if state.step in INSTEAD:
        return person.answered(filled, state.asked, value, facts)
    if value == "no":
        return _refused(filled, facts)
    if state.asked is Slot.AGREED:
        booking = replace(filled, phase=Phase.BOOKING)
        request = booking_request(filled, facts)
        return booking, Reply((wording.BOOKING_NOW,), state.step, (state.step,), book=request)
    return proceed(filled, facts, ())


def _wished(state: State, wish: Seek, facts: Facts) -> tuple[State, Reply]:
    """Take a wish for a person; one who was just told what to expect may insist."""
    if state.step not in INSTEAD or wish.place:
        return person.wish(state, wish, facts)
    if state.may_wait:
        return ended(state, Outcome.QUEUE, (wording.HOLD,))
    return _missed(state, facts, wording.still_nobody, Why.MISSES)


def _refused(state: State, facts: Facts) -> tuple[State, Reply]:
    """Handle a "no" to the price, or to what was read back."""
    back = STEPS[state.step].if_no
    if back is Step.COLLECT:
        if state.restarts:
            return person.wish(state, Seek(Why.MISSES), facts)
        again = set(STEPS[Step.COLLECT].needs) | {Slot.AGREED}
        kept: dict[Slot, str] = {s: v for s, v in state.slots.items() if s not in again}
        state = replace(state, step=back, slots=kept, restarts=1)
        return proceed(state, facts, (wording.START_OVER,))
    return proceed(replace(state, step=Step.CLOSE), facts, (wording.DECLINED,))


def _missed(
    state: State, facts: Facts, sorry: Callable[[int], str], why: Why
) -> tuple[State, Reply]:
    apology = sorry(state.attempt + 1)
    if state.asked is None:
        return proceed(state, facts, (apology,))  # nothing was asked yet: ask
    missed = replace(state, misses=state.misses + 1)
    if missed.misses >= facts.company.max_misses:
        if state.step in INSTEAD:
            return person.given_up(missed)
        return person.wish(missed, Seek(why), facts)
    # A person is not offered in place of one, nor where nobody was found before.
    offers = state.offer is Offer.UNMADE and state.step not in INSTEAD and not state.refused
    if offers and missed.misses >= facts.company.misses_before_offer:
        missed = replace(missed, offer=Offer.OPEN)
    else:
        missed = replace(missed, attempt=state.attempt + 1)
    return ask(missed, facts, (apology, *question(missed, facts)), (state.step,))


def _offer_answered(
    state: State, facts: Facts, value: str | None, answer: str | None, wish: Seek | None
) -> tuple[State, Reply]:
    """Take what the caller says to the offer of a person.

    Args:
        state: The offer is open.
        facts: Facts.
        value: What was said, as an answer to the question before the offer.
        answer: What was said, as an answer to the offer: ``yes`` or ``no``.
        wish: What was said, as a wish for a person.
    """
    if value is not None:
        return _answered(state, facts, value, None)
    if answer != "no":
        why = Why.ASKED if answer else Why.MISSES
        return person.wish(state, wish or Seek(why), facts)
    attempt = max(state.attempt + 1, wording.EASIEST)
    declined = replace(state, offer=Offer.DECLINED, misses=0, attempt=attempt)
    say = (wording.OFFER_DECLINED, *question(declined, facts))
    return ask(declined, facts, say, (state.step,))


def _overtime(state: State, facts: Facts) -> tuple[State, Reply]:
    """End what takes too long: by way of a person, whom the queue finds where we did not."""
    match state.phase:
        case Phase.SEEKING:
            return ended(state, Outcome.QUEUE, ())
        case Phase.NOTING:
            return person.not_noted(state)
        case _ if state.step in INSTEAD:
            return person.given_up(state)
        case _:
            return person.wish(state, Seek(Why.LONG), facts)


def key_in(state: State, name: str, facts: Facts) -> tuple[State, Reply]:
    """Let the caller key digits that only their receiver sees, by name in the company's list."""
    keying = replace(state, phase=Phase.KEYING, secret=name, secret_misses=0)
    return keying, _keying(keying, facts, ())


def _keying(state: State, facts: Facts, say: tuple[str, ...]) -> Reply:
    asked = wording.secret_question(facts.company.secrets[state.secret].name)
    return Reply((*say, asked), state.step, (state.step,), secret=state.secret)


def _secret_done(state: State, name: str, ok: bool, facts: Facts) -> tuple[State, Reply]:
    """Go on after digits were keyed that only their receiver sees."""
    if ok:
        collected = tuple(dict.fromkeys((*state.collected, name)))
        done = replace(state, phase=Phase.ASKING, secret="", secret_misses=0, collected=collected)
        return proceed(done, facts, (wording.THANK_YOU,))
    missed = replace(state, secret_misses=state.secret_misses + 1)
    if missed.secret_misses >= MOST_SECRET_MISSES:
        return person.wish(missed, Seek(Why.MISSES), facts)
    return missed, _keying(missed, facts, (wording.SECRET_AGAIN,))


def _warned(state: State, facts: Facts) -> tuple[State, Reply]:
    """Say that time is short, and ask again what is open; it costs the caller no miss."""
    warning = wording.time_short(facts.company.warn_before_s)
    if state.asked is not None:
        return ask(state, facts, (warning, *question(state, facts)), (state.step,))
    if state.step is Step.CLOSE:
        return state, Reply((warning,), state.step, (state.step,))
    return proceed(state, facts, (warning,))


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
