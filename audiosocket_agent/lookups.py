"""What a language model may look up without changing anything: free times and prices. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from audiosocket_agent import wording
from audiosocket_agent.conversation_state import Facts, State
from audiosocket_agent.offers import instead, is_free, is_full, wish
from audiosocket_agent.roles import service_slot, visit_slot, when_slots
from audiosocket_agent.understanding import choices, value_in
from audiosocket_agent.workflow import Kind


def availability(
    given: Mapping[str, object], state: State, facts: Facts
) -> tuple[State, dict[str, object]]:
    """Return which times are free: on the day asked about, or the next ones.

    What is told is offered: the caller may take "the first one".

    Args:
        given: The tool's arguments, as the model wrote them.
        state: The conversation now.
        facts: Facts.
    """
    if facts.agenda is None:
        return state, {"error": "nobody keeps a calendar here: any working day can be recorded"}
    slot = visit_slot(facts.company.workflow, Kind.DATE)
    asked = str(given.get("day", ""))[:200]
    day = value_in(slot, asked, facts.company, facts.today) if slot is not None else None
    if asked and day is None:
        return state, {"error": "day: not a day that can be booked"}
    others = {s: v for s, v in state.slots.items() if s not in when_slots(facts.company.workflow)}
    wanted = replace(state, slots={**others, slot: day} if slot is not None and day else others)
    if is_full(wanted, facts):
        return state, {"free": [], "facts": [wording.NOTHING_FREE]}
    found = instead(wanted, facts)
    free = [name for name, _ in found]
    full = [] if is_free(wanted, facts) else [wording.full(wish(wanted, facts))]
    state = replace(state, offered=tuple(option for _, option in found))
    return state, {"free": free, "facts": [*full, wording.could_do(free)]}


def price(given: Mapping[str, object], facts: Facts) -> dict[str, object]:
    """Return what a service costs, in the code's own sentence.

    Args:
        given: The tool's arguments, as the model wrote them.
        facts: Facts.
    """
    slot = service_slot(facts.company.workflow)
    if slot is None:
        return {"error": "there are no prices here"}
    text = str(given.get(str(slot), ""))[:200]
    known = choices(slot, facts.company, facts.today)
    key = text if text in known else value_in(slot, text, facts.company, facts.today)
    service = next((s for s in facts.company.services if s.key == key), None)
    if service is None or service.price_pounds is None:
        return {"error": "there is no price in the list for that"}
    return {"facts": [wording.costs(service.name, service.price_pounds)]}
