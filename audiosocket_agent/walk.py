"""Walking the table of steps: which question is open, and how it is put. Pure.

Nothing here takes an answer; `conversation` and `person` do, and go on from here.
"""

from __future__ import annotations

from dataclasses import replace

from audiosocket_agent import wording
from audiosocket_agent.conversation_state import Facts, Offer, Phase, Reply, State
from audiosocket_agent.understanding import (
    expectation,
    key_rule,
    offer_expectation,
    offer_key_rule,
    phone_number,
)
from audiosocket_agent.workflow import STEPS, Outcome, Slot, Step


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
        state = fill_known(state, facts)
        missing = next((s for s in rule.needs if s not in state.slots), None)
        if missing is not None:
            state = _opened(state, missing)
            return ask(state, facts, (*say, *question(state, facts)), passed)
        if rule.then is None:
            say += (wording.GOODBYE,)
            ended = replace(state, phase=Phase.ENDED)
            return ended, Reply(say, state.step, passed, end=Outcome.HANGUP)
        state = replace(state, step=rule.then)
        passed += (state.step,)
        say += _on_entering(state, facts)


def fill_known(state: State, facts: Facts) -> State:
    """Fill what need not be asked: the number the caller rings from, or that there is none."""
    needs = STEPS[state.step].needs
    if Slot.CALLBACK not in needs or Slot.CALLBACK in state.slots:
        return state
    if Slot.RING_BACK in needs and Slot.RING_BACK not in state.slots:
        return state  # nobody knows yet whether a number is wanted
    number = phone_number(facts.caller)
    if number is None:
        return replace(state, slots={**state.slots, Slot.CALLBACK: "no"})
    return replace(state, slots={**state.slots, Slot.PHONE: number})


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


def question(state: State, facts: Facts) -> tuple[str, ...]:
    """Return what is asked now: for the open question's slot, or whether a person is wanted."""
    assert state.asked is not None
    if state.offer is Offer.OPEN:
        return wording.OFFER, wording.YES_NO_KEYS
    asked = wording.question(state.asked, facts.company, state.slots, facts.today, state.attempt)
    return (asked,)


def attended(state: State) -> State:
    """Return the state once a language model answers the caller: the row of misses is over."""
    offer = Offer.UNMADE if state.offer is Offer.UNMADE else Offer.DECLINED
    return replace(state, misses=0, offer=offer)


def ended(state: State, outcome: Outcome, say: tuple[str, ...]) -> tuple[State, Reply]:
    """End the call after some last words, if any."""
    last = replace(state, phase=Phase.ENDED, asked=None)
    return last, Reply(say, state.step, (state.step,), end=outcome)


def _opened(state: State, slot: Slot) -> State:
    """Open a question; one that is opened again, as after a model failed, offers nobody twice."""
    offer = attended(state).offer if state.asked is slot else Offer.UNMADE
    return replace(state, asked=slot, misses=0, attempt=0, offer=offer, keyed="")


def _on_entering(state: State, facts: Facts) -> tuple[str, ...]:
    if state.step is Step.QUOTE:
        company, slots = facts.company, state.slots
        return (wording.quote(wording.service_of(company, slots), wording.area_of(company, slots)),)
    if state.step is Step.BOOK:
        return (wording.read_back(facts.company, state.slots, facts.today),)
    return ()
