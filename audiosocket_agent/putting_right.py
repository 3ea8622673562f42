"""Putting right what was read back: one detail instead of all, and which one is wrong. Pure.

Who hears everything read back may say what it is instead ("no, Wednesday", "no, it's Jane Smyth"),
or only what is wrong ("the registration is wrong"): then that is asked again and all else is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from audiosocket_agent.conversation_state import Facts, Reply, State
from audiosocket_agent.filling import filled
from audiosocket_agent.roles import (
    agreement,
    asked_in,
    details,
    gate,
    offering,
    without_later_gates,
)
from audiosocket_agent.understanding import plain_words, value_in
from audiosocket_agent.walk import proceed
from audiosocket_agent.workflow import Kind, Of, Slot
from audiosocket_agent.workflow.model import EXACT
from audiosocket_agent.workflow.templates import places

_DENIALS = re.compile(
    r"^(?:(?:no+|nope|not quite|sorry|actually|wrong|that's wrong|that's not right|"
    r"that isn't right|it's|its|it is|it should be|i said|i meant)\b[\s,.!]*)+",
    re.I,
)
_WRONG = re.compile(
    r"\b(?:no|nope|wrong|incorrect|mistake|not|isn't|different|another|change)\b", re.I
)
_CALLED = {
    Kind.DATE: ("day", "date"),
    Kind.TIME: ("time",),
    Kind.PHONE: ("phone", "number", "telephone"),
    Kind.NAME: ("name", "name's"),
}
# A "no" with one of these names nobody: "no, another day", "no, leave it".
_NOBODY = frozenset(
    "another other later earlier day date time cancel forget leave different wrong change sooner "
    "book booking everything nothing all again start over back wait hold one my i i'm it's number "
    "more much too make go never mind thanks please call stop really sure quite".split()
)


def denies(text: str) -> bool:
    """Whether words begin by taking something back: "no", "actually", "sorry"."""
    return _DENIALS.match(text.strip()) is not None


def put_right(
    state: State, known: Mapping[Slot, str], text: str, facts: Facts, *, denied: bool = False
) -> dict[Slot, str]:
    """Return the details that the caller puts right.

    What callers tell unasked is taken as ever, and a time; of the rest only what is spelled or
    counted, or a name, and only if the words are one of these and no other.

    Args:
        state: Where the conversation stands.
        known: What was read back.
        text: The caller's words.
        facts: Facts.
        denied: Whether the caller has said before that it is wrong.
    """
    workflow = facts.company.workflow
    rest = _DENIALS.sub("", text.strip())
    denied = denied or rest != text.strip()
    often = {s for s in details(workflow) if workflow.slots[s].volunteered}
    often |= {s for s in details(workflow) if workflow.slots[s].kind is Kind.TIME}
    found = {
        slot: value
        for slot in details(workflow)
        if slot in known and (slot in often or workflow.slots[slot].kind in EXACT)
        if (value := value_in(slot, rest, facts.company, facts.today)) is not None
    }
    told = {slot: value for slot, value in found.items() if slot in often}
    name = _name(known, rest, facts, denied=denied)
    if name and all(_may_be_of_a_name(slot, name, facts) for slot in found):
        told = name
    chosen = told or (found if len(found) == 1 else {})
    return {slot: value for slot, value in chosen.items() if known[slot] != value}


def _name(known: Mapping[Slot, str], rest: str, facts: Facts, *, denied: bool) -> dict[Slot, str]:
    """Return the name in the words, by its slot; {} if there is none, or it is not about one."""
    workflow = facts.company.workflow
    slots = [s for s in details(workflow) if s in known and workflow.slots[s].kind is Kind.NAME]
    if len(slots) != 1:
        return {}
    words = plain_words(rest).split()
    named = bool({"name", "name's"} & set(words))
    if not named and not (denied and slots[0] in places(workflow.read_back or "")):
        return {}
    after = re.split(r"\bname(?:'s| is|)\b", rest, flags=re.IGNORECASE)[-1] if named else rest
    nobody = _NOBODY.union(*(plain_words(str(slot)).split() for slot in workflow.slots))
    value = value_in(slots[0], after, facts.company, facts.today)
    said = set(plain_words(value or "").split() if named else words)
    return {slots[0]: value} if value is not None and said.isdisjoint(nobody) else {}


def _may_be_of_a_name(slot: Slot, name: Mapping[Slot, str], facts: Facts) -> bool:
    """Whether what was found is a part of a name: the stylist Tom in "Tom Baker"."""
    rule = facts.company.workflow.slots[slot]
    two = all(" " in value for value in name.values())
    return two and rule.kind is Kind.CHOICE and rule.of is Of.OWN


def wrong_detail(state: State, text: str, facts: Facts) -> Slot | None:
    """Return the detail that the caller calls wrong: "the registration is wrong"; None if none."""
    workflow, words = facts.company.workflow, f" {plain_words(text)} "
    if not _WRONG.search(words):
        return None
    called = [
        slot
        for slot in details(workflow)
        if slot in state.slots
        if any(f" {name} " in words for name in _names_of(slot, facts))
    ]
    exact = [slot for slot in called if workflow.slots[slot].kind is not Kind.PHONE] or called
    return exact[0] if len(exact) == 1 else None


def _names_of(slot: Slot, facts: Facts) -> tuple[str, ...]:
    kind = facts.company.workflow.slots[slot].kind
    return (str(slot).replace("_", " "), *_CALLED.get(kind, ()))


def ask_again(state: State, slot: Slot, facts: Facts) -> tuple[State, Reply]:
    """Ask for one detail again, and keep all others."""
    workflow = facts.company.workflow
    step = asked_in(workflow, (slot,))
    assert step is not None  # a detail is asked for in some step
    slots = without_later_gates(workflow, state.slots, step, (slot,))
    slots |= dict.fromkeys(offering(workflow, slot), "no")  # not the number that is rung from
    left = {s: v for s, v in slots.items() if s not in (slot, gate(workflow, state.step))}
    unsure = tuple(s for s in state.unsure if s in left)
    return proceed(replace(state, step=step, slots=left, unsure=unsure, asked=None), facts, ())


def read_again(
    state: State, known: Mapping[Slot, str], right: Mapping[Slot, str], facts: Facts
) -> tuple[State, Reply]:
    """Take what was put right, and read everything back once more.

    Args:
        state: The conversation now.
        known: What was read back.
        right: What is another value.
        facts: Facts.
    """
    workflow = facts.company.workflow
    books = next(s for s in workflow.slots if agreement(workflow, s))
    step = asked_in(workflow, (books,)) or state.step
    state, reply = filled(replace(state, step=step, slots=dict(known), asked=None), right, facts)
    assert reply is not None  # only a "no" to the price has none, and this is no yes or no
    return state, reply
