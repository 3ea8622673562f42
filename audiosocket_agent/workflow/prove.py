"""Proof that a workflow holds: every call through it ends, and no step is a trap. Pure.

Theory of operation. A call is at one step at a time and leaves it by one of a few ways (`graph`),
whatever the caller does: answers fill slots until `then`; "no" is `if_no`; silence, misses, the
time-out and a tool that fails are `on_failure`; the wish for a person, with nobody there, is the
side ways. Each step has a time-out, so each is left. If every way leads to a step that is there,
and the graph without the ways that are counted has no round, every path is finite: it ends.

That a question can be asked, and a booking made, needs what is said and booked to be known by
then. What is surely known on entering a step is what every way to it has filled
(`graph.filled_before`); of bookings, `prove_booking` tells more. That every kind of slot can be
given by voice and by keys is a property of `kinds`, proved by its tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from audiosocket_agent.complaints import Complaint
from audiosocket_agent.workflow.findings import finding, unknown
from audiosocket_agent.workflow.graph import endless, filled_before, gate, reached, roots
from audiosocket_agent.workflow.model import (
    BUILT_IN_TOOLS,
    FAILURES,
    HANG_UP,
    PERSON,
    Does,
    Kind,
    Of,
    Says,
    Workflow,
)
from audiosocket_agent.workflow.names import Outcome, Slot, Step
from audiosocket_agent.workflow.prove_booking import REFERENCE, bookings
from audiosocket_agent.workflow.templates import places

PRICE, OPTIONS, ENDING = "price", "options", "ending"
_LISTED = frozenset((Kind.CHOICE, Kind.DATE, Kind.PART))  # kinds with options to be named
_ENDS = (Outcome.HANGUP, Outcome.QUEUE, Outcome.VOICEMAIL)
_INSTEAD = {Step.CALL_BACK: (Slot.RING_BACK, Slot.PHONE), Step.MESSAGE: (Slot.MESSAGE,)}
_KINDS = {Slot.RING_BACK: Kind.YES_NO, Slot.MESSAGE: Kind.YES_NO, Slot.PHONE: Kind.PHONE}


def prove(workflow: Workflow, own_tools: Collection[str] | None = None) -> tuple[Complaint, ...]:
    """Return everything that keeps a workflow from being proved; () if it holds.

    Args:
        workflow: It, with its side ways.
        own_tools: Names of the company's own tools; None: not known, any name may be one.
    """
    named = (*_steps_named(workflow), *_slots_named(workflow), *unknown_tools(workflow, own_tools))
    if named:
        return named  # what follows walks by these names
    return (
        *_well_known(workflow),
        *_choices(workflow),
        *_ways(workflow),
        *_sentences(workflow),
        *bookings(workflow),
    )


def unknown_tools(workflow: Workflow, own_tools: Collection[str] | None) -> tuple[Complaint, ...]:
    """Return the tools that are named and are not there.

    Args:
        workflow: It.
        own_tools: Names of the company's own tools; None: not known. Then a name is refused only
            if it is one of the built-in ones misspelt.
    """
    known = (*BUILT_IN_TOOLS, *(own_tools or ()))
    wrong = []
    for step, rule in workflow.steps.items():
        for at, tool in enumerate(rule.tools):
            may_be_own = own_tools is None and not get_close_matches(tool, BUILT_IN_TOOLS, n=1)
            if tool not in known and not may_be_own:
                wrong.append(unknown(("steps", str(step), "tools", at), "tool", tool, known))
    return tuple(wrong)


def _steps_named(workflow: Workflow) -> Iterator[Complaint]:
    """Check that every step that is named is there, and one to end with."""
    if Step.CLOSE not in workflow.steps:
        yield finding(
            ("steps",), "there is no step called close, in which the goodbye is said",
            "add close: {goal: Say goodbye.}",
        )  # fmt: skip
    for step, rule in workflow.steps.items():
        where = ("steps", str(step))
        if step in (PERSON, HANG_UP):
            yield finding(where, f"no step may be called {step}", "it has a meaning in on_failure")
        for way, target in (("then", rule.then), ("if_no", rule.if_no)):
            if target is not None and target not in workflow.steps and target is not Step.CLOSE:
                yield unknown((*where, way), "step", target, workflow.steps)
        if rule.on_failure not in (*FAILURES, *workflow.steps):
            names = (*FAILURES, *workflow.steps)
            yield unknown((*where, "on_failure"), "step", rule.on_failure, names)


def _slots_named(workflow: Workflow) -> Iterator[Complaint]:
    for step, rule in workflow.steps.items():
        for at, slot in enumerate(rule.needs):
            if slot not in workflow.slots:
                yield unknown(("steps", str(step), "needs", at), "slot", slot, workflow.slots)
    for name, asked in workflow.slots.items():
        where = ("slots", str(name), "offers")
        if asked.offers is not None and asked.offers not in workflow.slots:
            yield unknown(where, "slot", asked.offers, workflow.slots)
        elif asked.offers is not None and (
            asked.kind is not Kind.YES_NO or workflow.slots[asked.offers].kind is not Kind.PHONE
        ):
            yield finding(where, "only a yes/no slot offers a number, for a slot of kind: phone")


def _well_known(workflow: Workflow) -> Iterator[Complaint]:
    """Check what the talk knows by name: where it begins, and what takes the place of a person."""
    if workflow.first is not Step.GREET:
        yield finding(("steps", str(workflow.first)), "a call begins in the step greet",
                      "write greet as the first step")  # fmt: skip
    for step, needed in _INSTEAD.items():
        missing = [slot for slot in needed if slot not in workflow.steps[step].needs]
        for slot in missing:
            yield finding(("steps", str(step), "needs"), f"{step} cannot do without {slot}",
                          f"name {slot} in its needs")  # fmt: skip
    for slot, kind in _KINDS.items():
        if workflow.slots[slot].kind is not kind:
            yield finding(("slots", str(slot), "kind"), f"{slot} is of kind: {kind.value}",
                          "give what you ask another name")  # fmt: skip
    for of in (Of.SERVICES, Of.AREAS):
        for slot in [slot for slot, rule in workflow.slots.items() if rule.of is of][1:]:
            yield finding(("slots", str(slot), "of"), f"only one slot is made from {of.value}")


def _choices(workflow: Workflow) -> Iterator[Complaint]:
    """Check that what is asked can be answered, and that what is there is asked."""
    asked = {slot for rule in workflow.steps.values() for slot in rule.needs}
    for slot, rule in workflow.slots.items():
        where = ("slots", str(slot))
        if slot not in asked:
            yield finding(where, "no step needs it", "name it in a step's needs, or take it out")
        if rule.kind is Kind.YES_NO and rule.volunteered:
            yield finding((*where, "volunteered"), "a yes to anything else would fill it",
                          "take it out")  # fmt: skip
        if rule.kind is Kind.CHOICE and rule.of is Of.OWN and not rule.options:
            yield finding(where, "there is nothing to choose from",
                          "write of: services, of: areas, or options")  # fmt: skip


def _ways(workflow: Workflow) -> Iterator[Complaint]:
    """Check that every step is come to, and that no call goes round in it for ever."""
    trap = endless(workflow)
    there = reached(workflow, roots(workflow))
    if trap:
        round_ = " -> ".join(trap)
        yield finding(("steps", str(trap[-2])), f"a call goes round here for ever: {round_}",
                      "one of these steps must lead on to another")  # fmt: skip
    for step in workflow.steps:
        if step not in there and not trap:  # which may well be why
            yield finding(("steps", str(step)), "no call ever comes here",
                          "lead to it by then, if_no or on_failure of another step")  # fmt: skip
    for step, rule in workflow.steps.items():
        where = ("steps", str(step))
        gates = [s for s in rule.needs if _is_gate(workflow, s)]
        if rule.if_no is not None and not gates:
            yield finding((*where, "if_no"), "nothing here is answered by yes or no",
                          "name a slot of kind: yes_no in needs")  # fmt: skip
        yield from _asked_after_no(workflow, step)
        if rule.then is not None and rule.ends is not Outcome.HANGUP:
            yield finding((*where, "ends"), f"the call does not end here, {rule.then} follows",
                          "take out then, or ends")  # fmt: skip
        if rule.ends not in _ENDS:
            allowed = ", ".join(end.value for end in _ENDS)
            yield finding((*where, "ends"), f"{rule.ends.value} needs a number", f"use {allowed}")
        yield from _numbers_offered(workflow, step)


def _is_gate(workflow: Workflow, slot: Slot) -> bool:
    rule = workflow.slots[slot]
    return rule.kind is Kind.YES_NO and rule.offers is None


def _asked_after_no(workflow: Workflow, step: Step) -> Iterator[Complaint]:
    """Check that "no" leaves nothing of its step unasked."""
    needs, asked = workflow.steps[step].needs, gate(workflow, step)
    if asked is None:
        return
    for at in range(needs.index(asked) + 1, len(needs)):
        yield finding(("steps", str(step), "needs", at),
                      f"{needs[at]} is asked after {asked}, whose \"no\" leads to if_no",
                      f"write {asked} last, or ask {needs[at]} in the next step")  # fmt: skip


def _numbers_offered(workflow: Workflow, step: Step) -> Iterator[Complaint]:
    needs = workflow.steps[step].needs
    for at, slot in enumerate(needs):
        offered = workflow.slots[slot].offers
        if offered is not None and offered not in needs[at + 1 :]:
            yield finding(("steps", str(step), "needs", at),
                          f"{slot} offers a number for {offered}, which is not asked after it",
                          f"write {slot}, {offered}")  # fmt: skip


def _sentences(workflow: Workflow) -> Iterator[Complaint]:
    """Check that all that is said is known when it is said."""
    before = filled_before(workflow)
    for says, template in ((Says.QUOTE, workflow.quote), (Says.READ_BACK, workflow.read_back)):
        said_in = [step for step, rule in workflow.steps.items() if rule.says is says]
        if template is not None and not said_in:
            yield finding((says.value,), "no step says it", f"write says: {says.value} in one")
        for step in said_in:
            if template is None:
                yield finding(("steps", str(step), "says"), f"there is no {says.value} to be said",
                              f"write the sentence, {says.value}: ..., beside steps")  # fmt: skip
            else:
                known = before[step]
                yield from _filled(workflow, (says.value,), template, known, step, (PRICE,))
    for step, rule in workflow.steps.items():
        if rule.does is Does.BOOK:
            known = before[step] | frozenset(rule.needs)
            also = (PRICE, REFERENCE)
            yield from _filled(workflow, ("booked",), workflow.booked, known, step, also)
        for at, slot in enumerate(rule.needs):
            known = before[step] | frozenset(rule.needs[:at])
            yield from _question(workflow, step, slot, known)
    for at, fragment in enumerate(workflow.summary):
        where, every = ("summary", at), frozenset(workflow.slots)
        yield from _filled(workflow, where, fragment, every, workflow.first, (PRICE,))


def _question(
    workflow: Workflow, step: Step, slot: Slot, known: frozenset[Slot]
) -> Iterator[Complaint]:
    rule = workflow.slots[slot]
    for at, wording in enumerate(rule.ask):
        where = ("slots", str(slot), "ask", at)
        if OPTIONS in places(wording) and rule.kind not in _LISTED:
            yield finding(where, f"a {rule.kind.value} has no {{options}} to be named")
        if ENDING in places(wording) and rule.offers is None:
            yield finding(where, "there is no number of which {ending} is the end",
                          "write offers: and the slot of the number")  # fmt: skip
        yield from _filled(workflow, where, wording, known, step, (OPTIONS, ENDING))


def _filled(
    workflow: Workflow,
    where: tuple[str | int, ...],
    template: str,
    known: frozenset[Slot],
    step: Step,
    also: tuple[str, ...],
) -> Iterator[Complaint]:
    """Check that a sentence's places are known where it is said."""
    for place in places(template):
        service = any(workflow.slots[slot].of is Of.SERVICES for slot in known)
        if place == PRICE and place in also and not service:
            yield finding(where, f"{{price}} is not known in {step}",
                          "ask for a choice of: services before")  # fmt: skip
        elif place in also or place in known:
            continue
        elif place in workflow.slots:
            yield finding(where, f"{{{place}}} is not known in {step}", f"ask for {place} before")
        else:
            yield unknown(where, "slot", place, (*workflow.slots, *also))
