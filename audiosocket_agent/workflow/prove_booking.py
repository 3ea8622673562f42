"""Proof that nothing is booked but what was read back, all of it, and agreed to. Pure.

Theory of operation. The talk reads back on entering the step that books, and books on the "yes" to
that step's question. So the step asks this one question and no other, and no other step asks it:
then "yes" was said after the read-back. What is booked is every detail that may be filled by then.
Figures and spelled words the talk says character by character where the sentence leaves them out;
of the others the sentence tells all. A detail that is put right is read back again, because the
walk goes back to the step that asks for it: that step is written before the one that books.
"""

from __future__ import annotations

from collections.abc import Iterator

from audiosocket_agent.complaints import Complaint
from audiosocket_agent.workflow.findings import finding
from audiosocket_agent.workflow.graph import edges, filled_before, gate, reached
from audiosocket_agent.workflow.model import (
    EXACT,
    SIDE_WAYS,
    Confirm,
    Does,
    Kind,
    Of,
    Says,
    Workflow,
)
from audiosocket_agent.workflow.names import Slot, Step
from audiosocket_agent.workflow.templates import places

REFERENCE = "reference"
_WHEN = (Kind.DATE, Kind.PART, Kind.TIME)
_OFFERED = (Slot.RING_BACK, Slot.MESSAGE)  # turns of the talk, no details
_BOOKED = {
    "a choice of: services": lambda rule: rule.of is Of.SERVICES,
    "kind: date": lambda rule: rule.kind is Kind.DATE,
    "kind: part, or kind: time": lambda rule: rule.kind in (Kind.PART, Kind.TIME),
    "kind: phone": lambda rule: rule.kind is Kind.PHONE,
}


def bookings(workflow: Workflow) -> Iterator[Complaint]:
    """Check that a booking has all it needs, was read back and agreed to, and is made once.

    Args:
        workflow: It; all that it names is there.
    """
    for step, rule in workflow.steps.items():
        if rule.does is not Does.BOOK:
            continue
        yield from _has_all(workflow, step)
        yield from _agreed(workflow, step)
        yield from _once(workflow, step)
        yield from _in_order(workflow, step)
        if rule.says is not Says.READ_BACK:
            yield finding(("steps", str(step)), "what is booked is not said before",
                          "write says: read_back")  # fmt: skip
        else:
            yield from _read_back(workflow, step)


def _has_all(workflow: Workflow, step: Step) -> Iterator[Complaint]:
    """Check that all that a booking cannot do without is asked before."""
    where = ("steps", str(step))
    known = filled_before(workflow)[step]
    rules = [workflow.slots[slot] for slot in known]
    for needed, fits in _BOOKED.items():
        if not any(map(fits, rules)):
            yield finding(where, f"a booking needs a slot with {needed}", "ask for it before")
    if workflow.places_asked and not any(rule.of is Of.AREAS for rule in rules):
        yield finding(where, "a booking needs the area", "ask for it on every way to here")
    asked = [slot for rule in workflow.steps.values() for slot in rule.needs]
    for kind in (*_WHEN, Kind.PHONE):
        first = next((slot for slot in asked if workflow.slots[slot].kind is kind), None)
        if first is not None and first not in known:
            yield finding(
                where, f"{first}, the first slot with kind: {kind.value}, is the one that is "
                "booked, and not every call is asked for it before",
                "write the step that asks for the one to be booked first",
            )  # fmt: skip


def _agreed(workflow: Workflow, step: Step) -> Iterator[Complaint]:
    """Check that the caller says yes after all was read back."""
    where = ("steps", str(step))
    needs, asked = workflow.steps[step].needs, gate(workflow, step)
    if asked is None or needs[-1] is not asked:
        yield finding(where, "a booking needs the caller's yes",
                      "ask a slot of kind: yes_no last, and say where if_no leads")  # fmt: skip
        return
    for at, slot in enumerate(needs[:-1]):
        yield finding((*where, "needs", at), f"{slot} would be asked after the read-back, and "
                      "booked unheard", "ask for it in a step before")  # fmt: skip
    others = [s for s, rule in workflow.steps.items() if asked in rule.needs and s is not step]
    for other in others:
        yield finding(
            ("steps", str(other), "needs", workflow.steps[other].needs.index(asked)),
            f"{asked} is the caller's yes to what {step} reads back; nothing else may fill it",
            "ask another slot of kind: yes_no here",
        )
    if workflow.slots[asked].confirm is Confirm.NEVER:
        yield finding(("slots", str(asked), "confirm"),
                      "a booking needs a yes that was surely heard",
                      "write confirm: unsure")  # fmt: skip


def _once(workflow: Workflow, step: Step) -> Iterator[Complaint]:
    """Check that the reference is told, and that nothing is booked after that."""
    where = ("steps", str(step))
    following = workflow.steps[step].then
    if REFERENCE not in places(workflow.booked):
        yield finding(("booked",), "does not say {reference}", "the caller is to have it")
    if following is None:
        yield finding(where, "the reference is told in no step", "write then: confirm")
        return
    for other in reached(workflow, (following,)):
        if workflow.steps[other].does is Does.BOOK:
            yield finding((*where, "then"), f"a call may come to {other} after it and book twice",
                          "lead elsewhere from there")  # fmt: skip


def _in_order(workflow: Workflow, step: Step) -> Iterator[Complaint]:
    """Check that what is put right leads back: the ways to a booking go down the file."""
    order = list(workflow.steps)
    for edge in edges(workflow):
        leads = step in reached(workflow, (edge.end,))
        if edge.end is workflow.steps[edge.begin].then and leads:
            if order.index(edge.begin) >= order.index(edge.end):
                where = ("steps", str(edge.end))
                yield finding(where, f"it follows {edge.begin}, on the way to {step}",
                              f"write it after {edge.begin}")  # fmt: skip


def _read_back(workflow: Workflow, step: Step) -> Iterator[Complaint]:
    """Check that what is booked is said before it is agreed to."""
    said = places(workflow.read_back or "")
    known = filled_before(workflow)[step]
    may_be = _may_be_filled(workflow, step)
    gates = {gate(workflow, other) for other in workflow.steps}
    for slot, rule in workflow.slots.items():
        booked = rule.offers is None and slot not in gates and slot not in _OFFERED
        if slot not in may_be or not booked or rule.kind in EXACT:
            continue
        central = rule.of is not Of.OWN or rule.kind in _WHEN or rule.volunteered
        if slot not in known and central:
            yield finding(("slots", str(slot)), f"{slot} may be booked without being read back",
                          f"ask for it on every way to {step}")  # fmt: skip
        elif slot in known and slot not in said:
            yield finding(("read_back",), f"does not say {{{slot}}}",
                          "the caller is to agree to it")  # fmt: skip


def _may_be_filled(workflow: Workflow, step: Step) -> frozenset[Slot]:
    """Return what a call may know when it comes to a step, by whichever way it came."""
    found = {slot for slot, rule in workflow.slots.items() if rule.volunteered}
    for other, rule in workflow.steps.items():
        leads = other is not step and step in reached(workflow, (other,))
        if leads or other in SIDE_WAYS:  # from there a call may go back to where it stood
            found.update(rule.needs)
    return frozenset(found)
