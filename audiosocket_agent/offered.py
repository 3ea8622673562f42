"""Which of what was just offered or listed a caller takes: "the first one", "morning". Pure.

Words count only if there is nothing else in them: whoever names a day or a time of his own has
answered the question itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time

from audiosocket_agent.conversation_state import Facts, Offer, State
from audiosocket_agent.offers import half_of, offers
from audiosocket_agent.roles import visit_slot, when_slots
from audiosocket_agent.understanding import key_choices, plain_words, value_in
from audiosocket_agent.workflow import Kind, Slot

_PLACES = {
    "first": 0, "1st": 0, "former": 0, "earlier": 0, "earliest": 0, "soonest": 0,
    "second": 1, "2nd": 1, "third": 2, "3rd": 2, "latter": -1, "last": -1, "later": -1,
    "latest": -1,
}  # fmt: skip
_COUNTED = frozenset("first 1st second 2nd third 3rd last former latter".split())
_ANOTHER = ("earlier", "later")  # alone they ask for a time that was not offered
_ANY = frozenset("either any anything whichever whatever".split())
_YES = frozenset("yes yeah yep yup ok okay sure lovely perfect great".split())
_ONE = frozenset("one option time slot appointment of those them these two".split())
_WAYS = ("the first one", "the second one", "the third one")
# What may stand around it and says nothing.
_BESIDE = _YES | frozenset(
    "um uh er well oh the a in i i'd i'll i'm would like love take have prefer want need please "
    "thanks thank you then could can we do let's go for with that that's that'd it it's be is good "
    "fine best better suits suit me works will much of course".split()
)


def ways(options: int) -> tuple[str, ...]:
    """Return what is listened for while so many times are on offer, besides their names."""
    return (*_WAYS[:options], "neither") if options else ()


def taken(text: str, state: State, facts: Facts) -> Mapping[Slot, str] | None:
    """Return what the caller takes of the times that were offered; None if the words are no choice.

    Args:
        text: The words.
        state: With the question open.
        facts: Facts.
    """
    if state.asked not in when_slots(facts.company.workflow) or state.offer is Offer.OPEN:
        return None
    options = state.offered or _listed(state, facts)
    said = plain_words(text).split()
    if not options or not said:
        return None
    left = [word for word in said if word not in _BESIDE]
    if not left:
        return options[0] if state.offered and not _YES.isdisjoint(said) else None
    first, *rest = left
    if not set(rest) <= _ONE:
        return None
    if first in _ANY:
        return options[0]
    if first in _PLACES and (rest or first not in _ANOTHER):
        at = _PLACES[first]
        return options[at] if at < len(options) else None
    return next((one for one in options if not rest and _is_in(one, first, facts)), None)


def nth_choice(text: str, slot: Slot, facts: Facts) -> str | None:
    """Return which of the listed choices is meant by its place: "the second one"; None for none.

    Args:
        text: The words.
        slot: What is asked for.
        facts: Facts.
    """
    if facts.company.workflow.slots[slot].kind is not Kind.CHOICE:
        return None
    left = [word for word in plain_words(text).split() if word not in _BESIDE]
    if not left or left[0] not in _COUNTED or not set(left[1:]) <= _ONE:
        return None
    listed, at = key_choices(slot, facts.company, facts.today), _PLACES[left[0]]
    return listed[at][0] if at < len(listed) else None


def taken_beside(text: str, state: State, facts: Facts) -> Mapping[Slot, str] | None:
    """Return what is taken of times that were told beside another question; None for nothing.

    "Would you like to book it?" is a question after them, and "Monday morning" is a yes to it.

    Args:
        text: The words, which are neither a yes nor a no to that question.
        state: With it open.
        facts: Facts.
    """
    when = when_slots(facts.company.workflow)
    if not state.offered or state.asked in when or "?" in text:
        return None
    chosen = taken(text, replace(state, asked=when[0]), facts)
    if chosen is not None:
        return chosen
    said = {slot: value_in(slot, text, facts.company, facts.today) for slot in when}
    named = {slot: value for slot, value in said.items() if value is not None}
    fits = any(named.items() <= option.items() for option in state.offered)
    return named if named and fits else None


def _listed(state: State, facts: Facts) -> tuple[Mapping[Slot, str], ...]:
    """Return the times that the open question lists."""
    slot = state.asked
    if slot is None or facts.company.workflow.slots[slot].kind is not Kind.TIME:
        return ()
    return tuple({slot: at} for at in offers(slot, state, facts) or ())


def _is_in(option: Mapping[Slot, str], part: str, facts: Facts) -> bool:
    """Whether a time lies in a part of the day."""
    workflow = facts.company.workflow
    in_part, at = visit_slot(workflow, Kind.PART), visit_slot(workflow, Kind.TIME)
    if in_part is not None and in_part in option:
        return option[in_part] == part
    if at is None or at not in option:
        return False
    return half_of(time.fromisoformat(option[at])) == part
