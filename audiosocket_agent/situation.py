"""Where a call stands, in the words the language model is told it in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from audiosocket_agent import wording
from audiosocket_agent.conversation import Facts, Offer, State
from audiosocket_agent.offers import offers
from audiosocket_agent.roles import agreement
from audiosocket_agent.walk import question, told
from audiosocket_agent.workflow import Does, Slot


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was made of a caller's words before the model was asked.

    Attributes:
        values: The details that were written down, by slot; empty when the words are all left to
            the model.
        tell: Sentences the caller must now be told: the price, the read-back.
    """

    values: Mapping[Slot, str] = field(default_factory=dict)
    tell: tuple[str, ...] = ()


NOTHING_RECORDED = Recorded()


def situation(
    state: State, facts: Facts, recorded: Recorded = NOTHING_RECORDED, reference: str = ""
) -> dict[str, object]:
    """Return where the call stands, for the model.

    Args:
        state: The conversation now.
        facts: Facts.
        recorded: What it already holds of the words that the model is about to answer.
        reference: Of the booking that was made, "" while there is none.
    """
    workflow = facts.company.workflow
    needed = [
        slot.value
        for slot in workflow.needed_from(state.step)
        if slot not in state.slots and not agreement(workflow, slot)
    ]
    stands: dict[str, object] = {
        "step": state.step.value,
        "goal": workflow.steps[state.step].goal,
        "known": {slot.value: value for slot, value in state.slots.items()},
        "needed": needed,
        "ask": _ask(state, facts),
    }
    if state.asked is not None:
        stands["asks"] = state.asked.value
    if workflow.steps[state.step].does is Does.BOOK:
        stands["books"] = True  # a yes makes the booking
    if workflow.steps[state.step].tools:
        stands["tools"] = list(workflow.steps[state.step].tools)
    if state.unsure:
        stands["unsure"] = [slot.value for slot in state.unsure]
    free = None if state.asked is None else offers(state.asked, state, facts)
    if free is not None:
        stands["available"] = list(free)
    if recorded.values:
        stands["recorded"] = {slot.value: value for slot, value in recorded.values.items()}
    if recorded.values or recorded.tell:
        stands["tell"] = list(recorded.tell)
    if reference:
        stands["reference"] = wording.spaced(reference)
    if state.collected:
        stands["collected"] = list(state.collected)
    return stands


def _ask(state: State, facts: Facts) -> str:
    """Return the open question in its first wording; "" if none is open."""
    if state.asked is None:
        return ""
    first = replace(state, attempt=0, offer=Offer.UNMADE)
    return " ".join(question(first, facts))


def subject(state: State, facts: Facts) -> tuple[str, ...]:
    """Return what the caller must have heard to answer the open question: price or read-back."""
    return told(state, facts)
