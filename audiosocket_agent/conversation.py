"""The conversation: what happens when the caller has spoken, keyed, or kept silent.

Theory of operation. `advance` is the only way a conversation changes; it is pure. It takes the
state, an event and the facts, and returns the next state and what to do: say these sentences, then
listen for that, or book this, or end the call so. Which step follows which is decided by the table
in `workflow`; this file only applies it.

A conversation is in one of six phases, and each accepts only some events (`LEGAL`):

    ASKING    a question is open: Started, Heard, Keyed, Silent, Warned, Overtime, Carry, Stuck;
              or a tool was run for the rules: Looked
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

from dataclasses import replace

from audiosocket_agent import earlier, person, wording
from audiosocket_agent.agreed import booking_request
from audiosocket_agent.answering import answered, failed, wish_of
from audiosocket_agent.conversation_state import (
    Booked,
    BookingFailed,
    BookingRequest,
    Carry,
    Event,
    Facts,
    Heard,
    Keyed,
    Looked,
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
    Trouble,
    Warned,
    Why,
)
from audiosocket_agent.errors import IllegalEvent
from audiosocket_agent.offers import key_of
from audiosocket_agent.repeating import has_missed_enough
from audiosocket_agent.roles import (
    INSTEAD,
    asked_in,
    is_last,
    when_slots,
    without_later_gates,
)
from audiosocket_agent.understanding import NO, PERSON, YES, plain_words
from audiosocket_agent.walk import (
    ask,
    attended,
    ended,
    offer_others,
    proceed,
    question,
    stands,
)
from audiosocket_agent.wishes import wish_in
from audiosocket_agent.workflow import Outcome, Step

__all__ = [
    "LEGAL", "Booked", "BookingFailed", "BookingRequest", "Carry", "Event", "Facts", "Heard",
    "Keyed", "Looked", "NotNoted", "Noted", "Offer", "Overtime", "Phase", "Reply", "Returned",
    "SecretDone", "Seek", "Silent", "Sought", "Started", "State", "Stuck", "Trouble", "Warned",
    "Why", "advance", "answers_offer", "attended", "booking_request", "gets_nowhere", "key_in",
    "proceed", "takes_words",
]  # fmt: skip

MOST_SECRET_MISSES = 2
# Answers in a row with which a language model did not move the talk, whatever it said: fewer would
# take it from callers who ask and chat before they come to the point. One that repeats itself is
# stopped sooner (`repeating`).
MOST_UNMOVED = 12
MOST_TAKEN = 3  # times that have gone while the caller decided

LEGAL: dict[Phase, frozenset[type]] = {
    Phase.ASKING: frozenset(
        (Started, Heard, Keyed, Silent, Warned, Overtime, Carry, Stuck, Returned, Looked)
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
            state = replace(state, step=facts.company.workflow.first)
            state, reply = proceed(state, facts, (facts.company.greeting,))
            if open_question:
                reply = replace(reply, say=(facts.company.greeting, wording.HOW_CAN_I_HELP))
            return state, reply
        case Looked():
            return earlier.looked(state, event, facts)
        case Carry() if state.earlier is not None:
            return earlier.again(state, facts, ())
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
        case Booked(reference, confirmed):
            company, today = facts.company, facts.today
            say = wording.booked(reference, company, state.slots, today, confirmed=confirmed)
            return proceed(after_booking(state, facts), facts, say)
        case BookingFailed(Trouble.TAKEN):
            return gone(state, facts)
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


def gets_nowhere(state: State, facts: Facts) -> bool:
    """Whether a language model does not move the talk: the rules hold it until it moves.

    It repeats its question as often as callers may be misunderstood, or it has chatted for long;
    it would go on like that for ever, and all ways of the rules end.
    """
    if state.unmoved >= MOST_UNMOVED and stands(state) == state.stood:
        return True
    return has_missed_enough(state, facts)


def answers_offer(state: State, text: str) -> bool:
    """Whether the caller's words are for the rules even where a language model holds the talk.

    The model did not make the offer of a person, nor what is offered instead of one.
    """
    if state.step in INSTEAD or state.earlier is not None:
        return True
    return state.offer is Offer.OPEN and plain_words(text) in (*YES, *NO, *PERSON)


def takes_words(state: State, text: str, facts: Facts) -> bool:
    """Whether the caller's words count in this phase: while keys are collected, only a wish."""
    if state.phase is Phase.KEYING:
        return wish_in(text, facts.company) is not None
    return state.phase is Phase.ASKING


def _caller_did(state: State, event: Heard | Keyed | Silent, facts: Facts) -> tuple[State, Reply]:
    """Take what the caller did, or that it was nothing."""
    wish = wish_of(event, facts)
    if state.phase is Phase.KEYING:
        if wish is not None:
            return person.wish(state, wish, facts)
        return state, _keying(state, facts, ())
    if state.earlier is not None:
        return earlier.answered(state, event, wish, facts)
    if isinstance(event, Heard):
        tool = earlier.wanted(state, event, wish, facts)
        if tool is not None:
            return earlier.begun(state, tool, event, facts)
    if is_last(facts.company.workflow, state.step):
        if wish is not None:
            return person.wish(state, wish, facts)
        return proceed(state, facts, ())  # all is done: whatever was said, say goodbye
    return answered(state, event, wish, facts)


def after_booking(state: State, facts: Facts) -> State:
    """Return the state once the booking exists: what follows it is left."""
    following = facts.company.workflow.steps[state.step].then or Step.CLOSE
    return replace(state, step=following, phase=Phase.ASKING, asked=None, restarts=0)


def gone(state: State, facts: Facts) -> tuple[State, Reply]:
    """The time has just gone: go back to the question when, with what is left."""
    workflow = facts.company.workflow
    back = asked_in(workflow, when_slots(workflow))
    taken = (*state.taken, key_of(state, facts))
    if back is None or len(taken) > MOST_TAKEN:
        return person.wish(state, Seek(Why.FULL), facts)
    slots = without_later_gates(workflow, state.slots, back, when_slots(workflow))
    state = replace(state, step=back, phase=Phase.ASKING, asked=None, slots=slots, taken=taken)
    return offer_others(state, facts, (), (state.step,), wording.JUST_GONE)


def _overtime(state: State, facts: Facts) -> tuple[State, Reply]:
    """End what takes too long: by way of a person, whom the queue finds where we did not."""
    match state.phase:
        case Phase.SEEKING:
            return ended(state, Outcome.QUEUE, ())
        case Phase.NOTING:
            return person.not_noted(state)
        case _:
            return failed(replace(state, earlier=None), Seek(Why.LONG), facts)


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
    if state.earlier is not None:
        return earlier.again(state, facts, (warning,))
    if state.asked is not None:
        return ask(state, facts, (warning, *question(state, facts)), (state.step,))
    if is_last(facts.company.workflow, state.step):
        return state, Reply((warning,), state.step, (state.step,))
    return proceed(state, facts, (warning,))
