"""Walking the table of steps: which question is open, and how it is put. Pure.

Nothing here takes an answer; `conversation` and `person` do, and go on from here.
"""

from __future__ import annotations

from dataclasses import replace

from audiosocket_agent import wording
from audiosocket_agent.agreed import booking_request
from audiosocket_agent.conversation_state import (
    Facts,
    FreeWish,
    Offer,
    Phase,
    Reply,
    Seek,
    State,
    Why,
)
from audiosocket_agent.offered import ways
from audiosocket_agent.offers import (
    Offered,
    free_times,
    instead,
    is_free,
    is_full,
    keeps_day,
    offers,
    wish,
)
from audiosocket_agent.roles import (
    asked_in,
    comes_before,
    gate,
    when_slots,
    without_later_gates,
)
from audiosocket_agent.understanding import (
    expectation,
    key_rule,
    offer_expectation,
    offer_key_rule,
    phone_number,
    plain_words,
)
from audiosocket_agent.workflow import Does, Outcome, Says, Slot, Step

MOST_FULL = 5  # times that are full, before a person takes over


def proceed(state: State, facts: Facts, say: tuple[str, ...]) -> tuple[State, Reply]:
    """Walk the workflow until a question is open or the call ends.

    What the ear was not sure of is asked about before anything else: nothing is built on it.

    Args:
        state: Where to start; its step may already be finished.
        facts: Facts.
        say: What to say before what the walk adds.
    """
    workflow = facts.company.workflow
    passed: tuple[Step, ...] = (state.step,)
    state = replace(state, offered=())
    while True:
        rule = workflow.steps[state.step]
        state = fill_known(state, facts)
        if not is_free(state, facts) and not set(when_slots(workflow)).isdisjoint(rule.needs):
            return offer_others(state, facts, say, passed, wording.full(wish(state, facts)))
        unsure = next((s for s in state.unsure if s in state.slots), None)
        missing = unsure or next((s for s in rule.needs if s not in state.slots), None)
        if missing is not None:
            state, when = _opened(state, missing), when_slots(workflow)
            if missing in when[:1] and state.free is not None and unsure is None:
                return offer_free(state, facts, say, passed)
            state = replace(state, free=None) if missing in when else state
            return ask(state, facts, (*say, *question(state, facts)), passed)
        if rule.does is Does.BOOK and _is_agreed(state, facts):
            booking = replace(state, phase=Phase.BOOKING, asked=None)
            request = booking_request(state, facts)
            say += (wording.BOOKING_NOW,)
            return booking, Reply(say, state.step, passed, book=request)
        following = _following(state, facts)
        if following is None:
            return _over(state, facts, say, passed)
        if _leads_back(state, following, facts):
            if state.restarts:
                return _seeking(state, Why.MISSES, (*say, wording.TO_PERSON_LOST), passed)
            state, say = _emptied(state, following, facts), (*say, wording.START_OVER)
        state = replace(state, step=following)
        passed += (state.step,)
        if gate(workflow, state.step) not in state.slots:  # else it was heard, and agreed to
            say += told(state, facts)


def _is_agreed(state: State, facts: Facts) -> bool:
    """Whether the caller has said yes to what was read back."""
    asked = gate(facts.company.workflow, state.step)
    return asked is not None and state.slots.get(asked) == "yes"


def _over(
    state: State, facts: Facts, say: tuple[str, ...], passed: tuple[Step, ...]
) -> tuple[State, Reply]:
    """End the call as its last step does."""
    outcome = facts.company.workflow.steps[state.step].ends
    if outcome is Outcome.QUEUE:
        return _seeking(state, Why.ASKED, (*say, wording.TO_PERSON), passed)
    last = wording.TO_VOICEMAIL if outcome is Outcome.VOICEMAIL else wording.GOODBYE
    done = replace(state, phase=Phase.ENDED, asked=None)
    return done, Reply((*say, last), state.step, passed, end=outcome)


def _seeking(
    state: State, why: Why, say: tuple[str, ...], passed: tuple[Step, ...]
) -> tuple[State, Reply]:
    seek = Seek(why)
    state = replace(state, phase=Phase.SEEKING, seek=seek, asked=None)
    return state, Reply(say, state.step, passed, seek=seek)


def offer_others(
    state: State, facts: Facts, say: tuple[str, ...], passed: tuple[Step, ...], sorry: str
) -> tuple[State, Reply]:
    """Take back a time that cannot be had, and say which can.

    Args:
        state: With that time among its slots.
        facts: Facts.
        say: What to say before.
        passed: The steps gone through on the way.
        sorry: Why it cannot be had.
    """
    workflow = facts.company.workflow
    when = when_slots(workflow)
    full = state.full + 1
    if is_full(state, facts) or full >= MOST_FULL:
        return _seeking(state, Why.FULL, (*say, wording.TO_PERSON_FULL), passed)
    found = instead(state, facts)
    others = [name for name, _ in found]
    kept = when[:1] if keeps_day(state, facts) else ()
    slots = {s: v for s, v in state.slots.items() if s not in when or s in kept}
    back = asked_in(workflow, set(when) - set(kept)) or state.step
    unsure = tuple(slot for slot in state.unsure if slot in slots)
    state = replace(state, step=back, slots=slots, unsure=unsure, full=full, asked=None)
    asked = next((s for s in workflow.steps[back].needs if s in when and s not in slots), None)
    if asked is None or not others or state.unsure:
        return proceed(state, facts, (*say, sorry))
    passed = (*passed, back) if back is not passed[-1] else passed
    return _offering(_opened(state, asked), facts, (*say, sorry), found, passed)


def offer_free(
    state: State, facts: Facts, say: tuple[str, ...], passed: tuple[Step, ...]
) -> tuple[State, Reply]:
    """Ask for the day or the time by saying which is free, to who wants to know.

    Args:
        state: With that question open.
        facts: Facts.
        say: What to say before.
        passed: The steps gone through on the way.
    """
    if is_full(state, facts):
        return _seeking(state, Why.FULL, (*say, wording.TO_PERSON_FULL), passed)
    sorry, found = what_is_free(state, facts)
    return _offering(state, facts, (*say, *sorry), found, passed)


def what_is_free(state: State, facts: Facts) -> tuple[tuple[str, ...], list[Offered]]:
    """Return the free times that the caller has asked for; if there are none, others, and why."""
    wanted = state.free or FreeWish()
    if found := free_times(state, facts, wanted):
        return (), found
    sorry = (wording.full(wanted.week),) if wanted.week and not wanted.others else ()
    return sorry, instead(state, facts)


def _offering(
    state: State,
    facts: Facts,
    say: tuple[str, ...],
    found: list[Offered],
    passed: tuple[Step, ...],
) -> tuple[State, Reply]:
    """Say which times are free, and ask which of them it shall be."""
    others = [name for name, _ in found]
    state = replace(state, offered=tuple(option for _, option in found), free=None)
    say = (*say, wording.could_do(others), wording.WHICH)
    state, reply = ask(state, facts, say, passed)
    phrases = dict.fromkeys((*reply.listen.phrases, *map(plain_words, others)))
    return state, replace(reply, listen=replace(reply.listen, phrases=tuple(phrases)))


def _following(state: State, facts: Facts) -> Step | None:
    """Return the step after one that is finished."""
    workflow = facts.company.workflow
    rule, asked = workflow.steps[state.step], gate(workflow, state.step)
    refused = asked is not None and state.slots.get(asked) == "no"
    return rule.if_no if refused else rule.then


def _leads_back(state: State, following: Step, facts: Facts) -> bool:
    """Whether a "no" that was written down, not asked for, leads to a step before its own."""
    workflow = facts.company.workflow
    asked = gate(workflow, state.step)
    refused = asked is not None and state.slots.get(asked) == "no"
    return refused and comes_before(workflow, following, state.step)


def _emptied(state: State, back: Step, facts: Facts) -> State:
    """Return the state with the slots empty that are asked again; it happens once in a call."""
    workflow = facts.company.workflow
    again = {*workflow.steps[back].needs, gate(workflow, state.step)}
    kept = without_later_gates(workflow, state.slots, back, workflow.steps[back].needs)
    slots = {slot: value for slot, value in kept.items() if slot not in again}
    return replace(state, slots=slots, restarts=1)


def fill_known(state: State, facts: Facts) -> State:
    """Fill what need not be asked: the number the caller rings from, or that there is none."""
    workflow = facts.company.workflow
    for slot in workflow.steps[state.step].needs:
        rule = workflow.slots[slot]
        if rule.offers is None:
            if slot in workflow.yes_no and slot not in state.slots:
                return state  # nobody knows yet whether a number is wanted
            continue
        if slot in state.slots:
            continue
        number = phone_number(facts.caller)
        if number is None:
            state = replace(state, slots={**state.slots, slot: "no"})
        else:
            state = replace(state, slots={**state.slots, rule.offers: number})
    return state


def ask(
    state: State, facts: Facts, say: tuple[str, ...], passed: tuple[Step, ...]
) -> tuple[State, Reply]:
    """Return the open question as a reply.

    Args:
        state: With a question open.
        facts: Facts.
        say: All sentences, the question among them.
        passed: The steps gone through on the way.
    """
    assert state.asked is not None
    company, today = facts.company, facts.today
    free = offers(state.asked, state, facts)
    # While something is said back, "no, Truro" is an answer as well.
    two_ways = state.offer is Offer.OPEN or doubted(state)
    listen = offer_expectation if two_ways else expectation
    keys = offer_key_rule if two_ways else key_rule
    hears = listen(state.asked, company, today, free)
    phrases = dict.fromkeys((*hears.phrases, *ways(len(state.offered))))
    return state, Reply(
        say,
        state.step,
        passed,
        asks=state.asked,
        listen=replace(hears, phrases=tuple(phrases)),
        keys=keys(state.asked, company, today, free),
    )


def question(state: State, facts: Facts) -> tuple[str, ...]:
    """Return what is asked now.

    For the open question's slot, whether it was rightly heard, or whether a person is wanted.
    """
    assert state.asked is not None
    company, today = facts.company, facts.today
    if state.offer is Offer.OPEN:
        return wording.OFFER, wording.YES_NO_KEYS
    if doubted(state):
        value = state.slots[state.asked]
        return (wording.did_you_say(state.asked, value, company, today, state.attempt),)
    free = offers(state.asked, state, facts)
    return (wording.question(state.asked, company, state.slots, today, state.attempt, free),)


def doubted(state: State) -> bool:
    """Whether the open question is if a value was rightly heard."""
    return state.asked is not None and state.asked in state.unsure and state.asked in state.slots


def attended(state: State) -> State:
    """Return the state once a language model answers the caller: the row of misses is over.

    So is its own row of repeats where a person was offered: the caller took no notice.
    """
    repeats = 0 if state.offer is Offer.OPEN else state.repeats
    offer = Offer.UNMADE if state.offer is Offer.UNMADE else Offer.DECLINED
    now = stands(state)
    unmoved = state.unmoved + 1 if now == state.stood else 0
    return replace(state, misses=0, offer=offer, stood=now, unmoved=unmoved, repeats=repeats)


def stands(state: State) -> tuple[object, ...]:
    """Return what tells whether a talk has moved: its step and what is known."""
    return (state.step, *sorted(state.slots.items()))


def ended(state: State, outcome: Outcome, say: tuple[str, ...]) -> tuple[State, Reply]:
    """End the call after some last words, if any."""
    last = replace(state, phase=Phase.ENDED, asked=None)
    return last, Reply(say, state.step, (state.step,), end=outcome)


def _opened(state: State, slot: Slot) -> State:
    """Open a question; one that is opened again, as after a model failed, offers nobody twice."""
    offer = attended(state).offer if state.asked is slot else Offer.UNMADE
    return replace(state, asked=slot, misses=0, attempt=0, offer=offer, keyed="")


def told(state: State, facts: Facts) -> tuple[str, ...]:
    """Return what is said on entering a step: the price, or all that is about to be booked."""
    says = facts.company.workflow.steps[state.step].says
    if says is Says.NOTHING:
        return ()
    if says is Says.QUOTE:
        return (wording.quote(facts.company, state.slots, facts.today),)
    known = phone_number(facts.caller) or ""
    return (
        wording.read_back(facts.company, state.slots, facts.today),
        *wording.exactly(facts.company, state.slots, facts.today, known),
    )
