"""Where a call stands, in the words the language model is told it in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audiosocket_agent import wording
from audiosocket_agent.conversation import Facts, State
from audiosocket_agent.workflow import STEPS, Slot, Step


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
    needed = [
        slot.value
        for step in _ahead(state.step)
        for slot in STEPS[step].needs
        if slot not in state.slots and slot is not Slot.AGREED
    ]
    ask = ""
    if state.asked is not None:
        ask = wording.question(state.asked, facts.company, state.slots, facts.today, 0)
    stands: dict[str, object] = {
        "step": state.step.value,
        "known": {slot.value: value for slot, value in state.slots.items()},
        "needed": needed,
        "ask": ask,
    }
    if recorded.values:
        stands["recorded"] = {slot.value: value for slot, value in recorded.values.items()}
    if recorded.values or recorded.tell:
        stands["tell"] = list(recorded.tell)
    if reference:
        stands["reference"] = wording.spaced(reference)
    if state.collected:
        stands["collected"] = list(state.collected)
    return stands


def subject(state: State, facts: Facts) -> tuple[str, ...]:
    """Return what the caller must have heard to answer the open question: price or read-back."""
    if state.step is Step.QUOTE:
        service = wording.service_of(facts.company, state.slots)
        return (wording.quote(service, wording.area_of(facts.company, state.slots)),)
    if state.step is Step.BOOK:
        return (wording.read_back(facts.company, state.slots, facts.today),)
    return ()


def _ahead(step: Step | None) -> list[Step]:
    """Return a step and those that follow it."""
    ahead = []
    while step is not None:
        ahead.append(step)
        step = STEPS[step].then
    return ahead
