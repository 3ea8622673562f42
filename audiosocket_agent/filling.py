"""Writing down what a caller gave, in any order, and where the conversation goes from there. Pure.

The rules ask one thing after the other; a language model, and words that are plain, give several
details at once, or put an earlier one right. What was agreed to on the strength of a detail falls
with it: another job has another price, another day is read back again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from audiosocket_agent.conversation_state import Facts, Reply, State
from audiosocket_agent.roles import (
    agreement,
    asked_in,
    books,
    comes_before,
    gate,
    is_last,
    offering,
    opening,
    without_later_gates,
)
from audiosocket_agent.walk import proceed
from audiosocket_agent.workflow import Slot, Step, Workflow


def filled(
    state: State, new: Mapping[Slot, str], facts: Facts, unsure: tuple[Slot, ...] = ()
) -> tuple[State, Reply | None]:
    """Fill slots and walk on to the next question.

    Args:
        state: The conversation now; at its end it begins anew.
        new: What the caller gave, checked.
        facts: Facts.
        unsure: Those of them that must be said back before they count.

    Returns:
        The conversation after it, and what is to be said: the facts that came of it and, last, the
        next question; None instead when the caller wants no booking.
    """
    workflow = facts.company.workflow
    slots = _with_numbers(workflow, {**state.slots, **new}, new)
    changed = {slot for slot in new if state.slots.get(slot) != new[slot]}
    step = state.step
    if is_last(workflow, step):
        slots = {s: v for s, v in slots.items() if s in new or not _declines(workflow, s, v)}
    doubts = (*(slot for slot in state.unsure if slot not in new), *unsure)
    state = replace(state, unsure=tuple(dict.fromkeys(doubts)))
    if (declined := _declined(workflow, slots)) is not None:
        declining = replace(state, slots=slots, step=declined, asked=None)
        return (declining, None) if is_last(workflow, declined) else proceed(declining, facts, ())
    first = asked_in(workflow, changed)
    if is_last(workflow, step) or step is workflow.first:
        step = opening(workflow)
    elif first is not None and comes_before(workflow, first, step):
        step = first
    if is_last(workflow, state.step):
        slots = without_later_gates(workflow, slots, workflow.first, slots)
    elif first is not None and comes_before(workflow, first, state.step):
        slots = without_later_gates(workflow, slots, first, changed)
    misses = 0 if changed else state.misses
    return proceed(replace(state, slots=slots, step=step, misses=misses), facts, ())


def was_booked(workflow: Workflow, slots: Mapping[Slot, str]) -> bool:
    """Whether the caller has agreed to a booking."""
    return any(agreement(workflow, slot) and value == "yes" for slot, value in slots.items())


def _with_numbers(
    workflow: Workflow, slots: dict[Slot, str], new: Mapping[Slot, str]
) -> dict[Slot, str]:
    """Return the slots with what follows from a number that was given, or that will not do."""
    for slot in new:
        slots |= dict.fromkeys(offering(workflow, slot), "yes")
        number = workflow.slots[slot].offers
        if number is not None and new[slot] == "no" and number not in new:
            slots.pop(number, None)
    return slots


def _declines(workflow: Workflow, slot: Slot, value: str) -> bool:
    return value == "no" and _way_out(workflow, slot) is not None


def _declined(workflow: Workflow, slots: Mapping[Slot, str]) -> Step | None:
    """Return where a caller is led who wants no booking; None for others."""
    ways = (_way_out(workflow, slot) for slot, value in slots.items() if value == "no")
    return next((way for way in ways if way is not None), None)


def _way_out(workflow: Workflow, slot: Slot) -> Step | None:
    """Return where "no" leads away from the booking; None where it does not."""
    for step, rule in workflow.steps.items():
        if gate(workflow, step) is slot and rule.if_no is not None:
            away = books(workflow, step) and not books(workflow, rule.if_no)
            return rule.if_no if away else None
    return None
