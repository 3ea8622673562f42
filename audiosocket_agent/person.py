"""Handing a caller over to a person: the wish, what waits there, and what is offered instead. Pure.

Theory of operation. Whoever wishes for a person (the caller, the model, a rule), `wish` begins the
search, and `sought` takes what was found:

    a place of its own          -> put through, without a look
    nobody could tell           -> the queue: better a wait than no person
    more free than wait         -> the queue, at once
    a wait that is bearable     -> what to expect, then the queue
    a long wait                 -> what to expect, then the offer; "no" -> the queue
    nobody there, or closed     -> that, then the offer; "no" -> back to the conversation
    back, nobody answered       -> as if nobody were there

The offer is the company's `people.instead`. It is a step of its own (`Step.CALL_BACK`,
`Step.MESSAGE`); `State.back` is the step that it leads back to. A caller who wants a call back and
hangs up at the question for the number is called where the call came from (`left_behind`).

It always ends: a wish that has come to nothing `MOST_REFUSED` times, and one that was made because
the conversation cannot go on (`_FINAL`), is the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from audiosocket_agent import wording
from audiosocket_agent.company_calls import Instead
from audiosocket_agent.conversation_state import (
    CallbackRequest,
    Facts,
    Phase,
    Reply,
    Returned,
    Seek,
    Sought,
    State,
    Why,
)
from audiosocket_agent.exits import about
from audiosocket_agent.roles import INSTEAD, INSTEAD_SLOTS
from audiosocket_agent.understanding import phone_number
from audiosocket_agent.walk import ended, fill_known, proceed, told
from audiosocket_agent.workflow import Outcome, Slot, Step
from audiosocket_agent.workflow.model import HANG_UP, PERSON, VOICEMAIL

MOST_REFUSED = 2
HUNG_UP = "hung up before the number was agreed"
A_CALL_S = 60  # what each caller ahead costs each member, at the least

_FINAL = frozenset((Why.BOOKING, Why.LONG, Why.FULL))  # there is nothing to go back to
_SAY = {
    Why.ASKED: wording.TO_PERSON,
    Why.MODEL: wording.TO_PERSON,
    Why.MISSES: wording.TO_PERSON_LOST,
    Why.SILENT: wording.TO_PERSON_SILENT,
    Why.ANGRY: wording.TO_PERSON_ANGRY,
    Why.OUT_OF_SCOPE: wording.TO_PERSON_OTHER,
    Why.BOOKING: wording.TO_PERSON_BOOKING,
    Why.PROVIDER: wording.TO_PERSON_STUCK,
    Why.LONG: wording.TO_PERSON_LONG,
    Why.FULL: wording.TO_PERSON_FULL,
}


class Prospect(Enum):
    """What a caller who wants a person can expect."""

    NOW = "now"  # or nobody can tell
    SOON = "soon"
    LATE = "late"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Expected:
    """What was made of a look at the queue.

    Attributes:
        prospect: In short.
        say: What the caller is told of it.
    """

    prospect: Prospect
    say: tuple[str, ...] = ()


def expected(sought: Sought, longest_wait_s: int) -> Expected:
    """Judge what was found.

    Args:
        sought: It.
        longest_wait_s: A wait from which something else is offered.
    """
    line = sought.outlook
    if not sought.open:
        return Expected(Prospect.NOBODY, (wording.CLOSED,))
    if line is None:
        return Expected(Prospect.NOW)
    if not line.exists or not line.members:
        return Expected(Prospect.NOBODY, (wording.NOBODY_THERE,))
    # Who waits is being put through, or takes one of the free; unless waits tell that it is not so.
    if line.free > line.waiting and line.longest_wait_s < A_CALL_S:
        return Expected(Prospect.NOW)
    wait_s = max(line.longest_wait_s, line.waiting * A_CALL_S // line.members)
    say = wording.line_ahead(line.waiting, wait_s) if line.waiting else wording.NEXT_IN_LINE
    late = wait_s >= longest_wait_s
    return Expected(Prospect.LATE if late else Prospect.SOON, (say,))


def wish(state: State, seek: Seek, facts: Facts) -> tuple[State, Reply]:
    """Begin to look for a person, and say so."""
    place = facts.company.people.places.get(seek.place)
    say = wording.to_place(place.name) if place is not None else _SAY[seek.why]
    seeking = sought_for(state, seek)
    return seeking, Reply((say,), state.step, (state.step,), seek=seek)


def sought_for(state: State, seek: Seek) -> State:
    """Return the state in which a person is looked for."""
    return replace(state, phase=Phase.SEEKING, seek=seek, secret="", secret_misses=0, earlier=None)


def sought(state: State, found: Sought, facts: Facts) -> tuple[State, Reply]:
    """Take what was found: put the caller through, or offer something else."""
    people = facts.company.people
    place = people.places.get(state.seek.place) if state.seek else None
    if place is not None:
        outcome = Outcome.EXTENSION if place.extension is not None else Outcome.OUTSIDE
        state, reply = ended(state, outcome, ())
        return state, replace(reply, target=place.extension or place.outside or "")
    what = expected(found, people.longest_wait_s)
    if what.prospect in (Prospect.NOW, Prospect.SOON):
        return ended(state, Outcome.QUEUE, what.say)
    return _offer(state, facts, what.say, may_wait=what.prospect is Prospect.LATE)


def returned(state: State, back: Returned, facts: Facts) -> tuple[State, Reply]:
    """Take back a caller whose call nobody took."""
    if state.phase is Phase.BOOKING:  # nobody knows what became of it: it is not made again
        state = replace(state, seek=Seek(Why.BOOKING))
    elif state.seek is None:
        state = replace(state, seek=Seek(Why.PROVIDER))
    return _offer(state, facts, (wording.BACK_AGAIN,), may_wait=False)


def _offer(
    state: State, facts: Facts, say: tuple[str, ...], *, may_wait: bool
) -> tuple[State, Reply]:
    """Offer what the company offers instead of a person, if anything."""
    stood = state.step if state.back is None else state.back
    instead = facts.company.people.instead
    slots = _without_offer(state)
    state = replace(state, phase=Phase.ASKING, back=stood, may_wait=may_wait, slots=slots)
    if instead is Instead.NOTHING:
        return ended(state, Outcome.QUEUE, say) if may_wait else _go_on(state, facts, say)
    step = Step.CALL_BACK if instead is Instead.CALLBACK else Step.MESSAGE
    return proceed(replace(state, step=step, asked=None), facts, say)


def answered(state: State, slot: Slot, value: str, facts: Facts) -> tuple[State, Reply]:
    """Take an answer in a step instead of a person.

    Args:
        state: With the answer among its slots.
        slot: What was asked.
        value: The answer.
        facts: Facts.
    """
    if slot in INSTEAD_SLOTS and value == "no":
        if state.may_wait:
            return ended(state, Outcome.QUEUE, (wording.HOLD,))
        return _go_on(state, facts, ())
    if slot is Slot.MESSAGE:
        return ended(state, Outcome.VOICEMAIL, (wording.TO_VOICEMAIL,))
    state = fill_known(state, facts)
    if any(needed not in state.slots for needed in facts.company.workflow.steps[state.step].needs):
        return proceed(state, facts, ())
    why = state.seek.why if state.seek else Why.ASKED
    request = CallbackRequest(state.slots[Slot.PHONE], why, about(state.slots, facts))
    noting = replace(state, phase=Phase.NOTING)
    return noting, Reply((wording.NOTING_NOW,), state.step, (state.step,), note=request)


def left_behind(state: State, facts: Facts) -> CallbackRequest | None:
    """Return the wish to be called back of a caller who hangs up before it could be noted.

    That is one who wanted it and is being asked about the number: the one the call comes from is
    the one that is known. A caller who said that it is the wrong one is not called there.

    Args:
        state: Where the talk stood when the caller hung up.
        facts: Facts.

    Returns:
        It; None if there is none, or if it is not known where to call.
    """
    if state.step is not Step.CALL_BACK or state.phase is not Phase.ASKING:
        return None
    if state.slots.get(Slot.RING_BACK) != "yes" or Slot.RING_BACK in state.unsure:
        return None
    workflow, number = facts.company.workflow, phone_number(facts.caller)
    offered = [slot for slot, rule in workflow.slots.items() if rule.offers == Slot.PHONE]
    if number is None or any(state.slots.get(slot) == "no" for slot in offered):
        return None
    why = state.seek.why if state.seek else Why.ASKED
    what = "; ".join(filter(None, (about(state.slots, facts), HUNG_UP)))
    return CallbackRequest(number, why, what, hung_up=True)


def noted(state: State, facts: Facts) -> tuple[State, Reply]:
    """The wish to be called back is on record: say so, and goodbye."""
    closing = replace(state, step=Step.CLOSE, phase=Phase.ASKING, asked=None, back=None)
    return proceed(closing, facts, (wording.CALL_BACK_NOTED,))


def not_noted(state: State) -> tuple[State, Reply]:
    """It is not: the queue's own ways are left."""
    return ended(state, Outcome.QUEUE, (wording.NOT_NOTED,))


def failed(state: State, seek: Seek, facts: Facts) -> tuple[State, Reply]:
    """Leave a step that got nowhere by the way its rule names: a person, as a rule.

    Args:
        state: In that step.
        seek: Why.
        facts: Facts.
    """
    way = facts.company.workflow.steps[state.step].on_failure
    if way == PERSON or way == Step.TRANSFER:
        return wish(state, seek, facts)
    if way == VOICEMAIL:
        return ended(state, Outcome.VOICEMAIL, (wording.TO_VOICEMAIL,))
    if way == HANG_UP:
        return ended(state, Outcome.HANGUP, (wording.CALL_AGAIN,))
    step = next(step for step in facts.company.workflow.steps if step == way)
    stood = state.step if state.back is None else state.back
    state = replace(state, step=step, asked=None, misses=0, seek=seek)
    if step in INSTEAD:
        return proceed(replace(state, back=stood, may_wait=False), facts, ())
    return proceed(state, facts, told(state, facts))


def given_up(state: State) -> tuple[State, Reply]:
    """End a step instead of a person in which the caller does not answer."""
    assert state.step in INSTEAD
    if state.may_wait:
        return ended(state, Outcome.QUEUE, (wording.HOLD,))
    if Slot.RING_BACK in state.slots:  # wanted, but we do not get the number
        return ended(state, Outcome.VOICEMAIL, (wording.TO_VOICEMAIL,))
    return ended(state, Outcome.HANGUP, (wording.CALL_AGAIN,))


def _go_on(state: State, facts: Facts, say: tuple[str, ...]) -> tuple[State, Reply]:
    """Go back to where the conversation stood, if it may go on."""
    refused = state.refused + 1
    stood = state.step if state.back is None else state.back
    slots = _without_offer(state)
    state = replace(state, step=stood, back=None, slots=slots, refused=refused, asked=None)
    if refused >= MOST_REFUSED or (state.seek is not None and state.seek.why in _FINAL):
        return ended(state, Outcome.HANGUP, (*say, wording.CALL_AGAIN))
    return proceed(state, facts, (*say, wording.GO_ON))


def _without_offer(state: State) -> dict[Slot, str]:
    """Return the slots without what was said to an earlier offer, so that it is made afresh."""
    return {slot: value for slot, value in state.slots.items() if slot not in INSTEAD_SLOTS}
