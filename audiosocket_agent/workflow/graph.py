"""The ways through a workflow, as a graph: what follows what, under which outcome. Pure.

Theory of operation. A step is left in one of three ways: its slots are filled (`then`), its
question is answered "no" (`if_no`), or it fails (`on_failure`: misses, silence, the time-out, a
tool that fails). "No" may lead back to an earlier step, which the talk allows once in a call; it is
the only way that is bounded by being counted. All others must never come back to where they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from audiosocket_agent.workflow.model import (
    HANG_UP,
    PERSON,
    SIDE_WAYS,
    VOICEMAIL,
    Does,
    Kind,
    Says,
    Workflow,
)
from audiosocket_agent.workflow.names import Slot, Step

_STEP_FOR = {PERSON: Step.TRANSFER, VOICEMAIL: Step.VOICEMAIL}


class Way(StrEnum):
    """How a step is left."""

    THEN = "then"
    NO = "if_no"
    FAILURE = "on_failure"


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a step to another.

    Attributes:
        begin: The step it leaves.
        end: The step it leads to.
        way: How the step is left.
    """

    begin: Step
    end: Step
    way: Way


def failure_step(name: str) -> Step | None:
    """Return the step that `on_failure` names; None if the call just ends."""
    if name == HANG_UP:
        return None
    return _STEP_FOR.get(name) or Step(name)


def edges(workflow: Workflow) -> tuple[Edge, ...]:
    """Return all ways between steps that are there, in the order of the file."""
    found = []
    for step, rule in workflow.steps.items():
        ends = ((Way.THEN, rule.then), (Way.NO, rule.if_no),
                (Way.FAILURE, failure_step(rule.on_failure)))  # fmt: skip
        found += [Edge(step, end, way) for way, end in ends if end in workflow.steps and end]
    return tuple(found)


def gate(workflow: Workflow, step: Step) -> Slot | None:
    """Return the yes/no question whose "no" leaves a step by its other way; None if none does."""
    rule = workflow.steps[step]
    if rule.if_no is None:
        return None
    asked = (s for s in reversed(rule.needs) if workflow.slots[s].kind is Kind.YES_NO)
    return next((slot for slot in asked if workflow.slots[slot].offers is None), None)


def books(workflow: Workflow, step: Step | None) -> bool:
    """Whether a booking is made from a step on, if every answer is yes."""
    seen: set[Step] = set()
    while step is not None and step not in seen:
        if workflow.steps[step].does is Does.BOOK:
            return True
        seen.add(step)
        step = workflow.steps[step].then
    return False


def bounded(workflow: Workflow, edge: Edge) -> bool:
    """Whether a way is taken once in a call: "no" that leads to a step before its own."""
    order = list(workflow.steps)
    return edge.way is Way.NO and order.index(edge.end) < order.index(edge.begin)


def reached(workflow: Workflow, roots: tuple[Step, ...]) -> frozenset[Step]:
    """Return the steps that can be come to from some."""
    ways: dict[Step, list[Step]] = {step: [] for step in workflow.steps}
    for edge in edges(workflow):
        ways[edge.begin].append(edge.end)
    found: set[Step] = set()
    waiting = [step for step in roots if step in ways]
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting += ways[step]
    return frozenset(found)


def roots(workflow: Workflow) -> tuple[Step, ...]:
    """Return the steps that need no way to them: the first, and what takes a person's place."""
    return (workflow.first, *(step for step in SIDE_WAYS if step in workflow.steps))


def endless(workflow: Workflow) -> tuple[Step, ...]:
    """Return a round of steps that a call may never leave, the first one again at its end; ()."""
    ways: dict[Step, list[Step]] = {step: [] for step in workflow.steps}
    for edge in edges(workflow):
        if not bounded(workflow, edge):
            ways[edge.begin].append(edge.end)
    done: set[Step] = set()

    def search(step: Step, path: tuple[Step, ...]) -> tuple[Step, ...]:
        if step in path:
            return (*path[path.index(step) :], step)
        if step in done:
            return ()
        for following in ways[step]:
            if found := search(following, (*path, step)):
                return found
        done.add(step)
        return ()

    return next((found for step in workflow.steps if (found := search(step, ()))), ())


def filled_before(workflow: Workflow) -> Mapping[Step, frozenset[Slot]]:
    """Return for each step the slots that are filled whichever way a call came to it."""
    every = frozenset(workflow.slots)
    before = {step: frozenset[Slot]() if step in roots(workflow) else every
              for step in workflow.steps}  # fmt: skip
    changed = True
    while changed:
        changed = False
        for edge in edges(workflow):
            after = _after(workflow, edge, before[edge.begin])
            if bounded(workflow, edge):
                after -= frozenset(workflow.steps[edge.end].needs)
            if not before[edge.end] <= after:
                before[edge.end] &= after
                changed = True
    return before


def _after(workflow: Workflow, edge: Edge, before: frozenset[Slot]) -> frozenset[Slot]:
    """Return what is filled once a way is taken, of a step before which that was filled.

    A caller may want no booking before anything else is asked: where no price was to be heard
    first, a language model writes that down, and the call goes the way of "no" at once.
    """
    rule = workflow.steps[edge.begin]
    if edge.way is Way.FAILURE:
        return before
    if edge.way is Way.NO and books(workflow, edge.begin) and not books(workflow, edge.end):
        asked = gate(workflow, edge.begin)
        only = frozenset[Slot]() if asked is None else frozenset((asked,))
        return only if rule.says is Says.NOTHING else before | only
    return before | frozenset(rule.needs)
