"""What the steps and slots of a workflow are there for, told from how they are made. Pure.

A workflow may name its slots as it likes. The talk goes by what they hold: the choice from the
company's services is what a price belongs to, the first date is the day of the visit, a yes/no
question at the end of a step that has another way out is that step's gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audiosocket_agent.workflow import Slot, Step
from audiosocket_agent.workflow.graph import books as books
from audiosocket_agent.workflow.graph import gate as gate
from audiosocket_agent.workflow.model import Does, Kind, Of, Says, Workflow
from audiosocket_agent.workflow.templates import places

INSTEAD = frozenset((Step.CALL_BACK, Step.MESSAGE))  # of a person
INSTEAD_SLOTS = frozenset((Slot.RING_BACK, Slot.MESSAGE))


def service_slot(workflow: Workflow) -> Slot | None:
    """Return the slot for one of the company's services; None if there is none."""
    return next((s for s, rule in workflow.slots.items() if rule.of is Of.SERVICES), None)


def area_slot(workflow: Workflow) -> Slot | None:
    """Return the slot for one of the company's areas; None if there is none."""
    return next((s for s, rule in workflow.slots.items() if rule.of is Of.AREAS), None)


def visit_slot(workflow: Workflow, kind: Kind) -> Slot | None:
    """Return the slot for the day, the part of it or the time of what is booked.

    The first one on the way to the booking counts: another date is a detail like others.
    """
    ways = (slot for rule in workflow.steps.values() for slot in rule.needs)
    return next((slot for slot in ways if workflow.slots[slot].kind is kind), None)


def when_slots(workflow: Workflow) -> tuple[Slot, ...]:
    """Return the slots that say when the visit is: day, part, time, as far as there are any."""
    found = (visit_slot(workflow, kind) for kind in (Kind.DATE, Kind.PART, Kind.TIME))
    return tuple(slot for slot in found if slot is not None)


def volunteered(workflow: Workflow) -> tuple[Slot, ...]:
    """Return what callers tell without being asked."""
    return tuple(slot for slot, rule in workflow.slots.items() if rule.volunteered)


def gated_step(workflow: Workflow, slot: Slot) -> Step | None:
    """Return the step whose gate a slot is; None if it is none."""
    return next((step for step in workflow.steps if gate(workflow, step) is slot), None)


def agreement(workflow: Workflow, slot: Slot) -> bool:
    """Whether a "yes" in this slot is what makes the booking."""
    step = gated_step(workflow, slot)
    return step is not None and workflow.steps[step].does is Does.BOOK


def told_before(workflow: Workflow, slot: Slot) -> Step | None:
    """Return the step whose price or read-back must have been heard before a slot is answered."""
    step = gated_step(workflow, slot)
    told = step is not None and workflow.steps[step].says is not Says.NOTHING
    return step if told else None


def main_steps(workflow: Workflow) -> tuple[Step, ...]:
    """Return the steps a caller can come to from the first one, in the order of the workflow."""
    found = {workflow.first}
    waiting = [workflow.first]
    while waiting:
        rule = workflow.steps[waiting.pop()]
        for step in (rule.then, rule.if_no):
            if step is not None and step not in found:
                found.add(step)
                waiting.append(step)
    return tuple(step for step in workflow.steps if step in found)


def details(workflow: Workflow) -> tuple[Slot, ...]:
    """Return what the language model may write down: all that is asked but for the agreement."""
    asked = (slot for step in main_steps(workflow) for slot in workflow.steps[step].needs)
    return tuple(dict.fromkeys(slot for slot in asked if not agreement(workflow, slot)))


def offering(workflow: Workflow, slot: Slot) -> tuple[Slot, ...]:
    """Return the yes/no slots that offer the caller's own number for a slot."""
    return tuple(s for s, rule in workflow.slots.items() if rule.offers is slot)


def is_last(workflow: Workflow, step: Step) -> bool:
    """Whether nothing but the goodbye is left."""
    rule = workflow.steps[step]
    return rule.then is None and not rule.needs and step not in INSTEAD


def is_detail(workflow: Workflow, slot: Slot) -> bool:
    """Whether a slot's value belongs to what is booked, and is no turn of the talk."""
    rule = workflow.slots[slot]
    return rule.offers is None and slot not in INSTEAD_SLOTS and gated_step(workflow, slot) is None


def opening(workflow: Workflow) -> Step:
    """Return the step of the first question: where a caller with another wish begins anew."""
    return next((step for step in workflow.main if workflow.steps[step].needs), workflow.first)


def asked_in(workflow: Workflow, slots: Iterable[Slot]) -> Step | None:
    """Return the first step that asks for any of the slots; None if none does."""
    wanted = set(slots)
    steps = main_steps(workflow)
    return next((s for s in steps if wanted & set(workflow.steps[s].needs)), None)


def comes_before(workflow: Workflow, one: Step, other: Step) -> bool:
    """Whether one step stands before another in the workflow."""
    order = list(workflow.steps)
    return order.index(one) < order.index(other)


def without_later_gates(
    workflow: Workflow, slots: Mapping[Slot, str], step: Step, changed: Iterable[Slot]
) -> dict[Slot, str]:
    """Return the slots without what was agreed to, from a step on, on the strength of others.

    Args:
        workflow: The workflow.
        slots: What is known.
        step: The first step whose agreement may fall.
        changed: What is another value now: only agreements to sentences that tell it fall.
    """
    kept = dict(slots)
    names = {str(slot) for slot in changed}
    for later in list(workflow.steps)[list(workflow.steps).index(step) :]:
        asked, rule = gate(workflow, later), workflow.steps[later]
        told = workflow.quote if rule.says is Says.QUOTE else workflow.read_back
        if asked is None or rule.says is Says.NOTHING:
            continue
        if rule.says is Says.READ_BACK or names & {*places(told or ""), *_priced(workflow)}:
            kept.pop(asked, None)
    return kept


def _priced(workflow: Workflow) -> tuple[str, ...]:
    """Return the name of the slot that makes the price."""
    slot = service_slot(workflow)
    return () if slot is None else (str(slot),)
