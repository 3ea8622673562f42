"""Another time for a booking of an earlier call: what is free instead of one that is not. Pure.

The calendar is asked as for a new booking, of the same service in the same place. The booking's own
time counts as taken: nobody moves a visit to when it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from audiosocket_agent import wording
from audiosocket_agent.conversation_state import Earlier, Facts, FreeWish, Offer, State
from audiosocket_agent.free_questions import free_wish
from audiosocket_agent.offered import taken
from audiosocket_agent.offers import Offered, instead, is_full, keeps_day, key_of, wish
from audiosocket_agent.roles import area_slot, service_slot, when_slots
from audiosocket_agent.walk import what_is_free
from audiosocket_agent.workflow import Slot


@dataclass(frozen=True, slots=True)
class Offering:
    """Free times that are offered.

    Attributes:
        state: The talk with them on offer.
        say: What to say; nothing where nobody keeps a calendar.
        names: How each is called.
    """

    state: State
    say: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def as_new(state: State, facts: Facts) -> State:
    """Return the talk as if the booking was a new one, for the new time of which is asked."""
    earlier, workflow = state.earlier, facts.company.workflow
    assert earlier is not None  # else nothing is moved
    of = {service_slot(workflow): earlier.service, area_slot(workflow): earlier.area}
    slots = {slot: value for slot, value in of.items() if slot is not None and value}
    asked = earlier.asks if isinstance(earlier.asks, Slot) else None
    return replace(
        state,
        slots={**slots, **earlier.when},
        asked=asked,
        offered=earlier.offered,
        offer=Offer.UNMADE,
    )


def other_times(state: State, facts: Facts) -> Offering | None:
    """Take back a new time that is not free, and say which are; None if nothing at all is.

    Args:
        state: With that time.
        facts: Facts.
    """
    wanted = as_new(state, facts)
    if facts.agenda is None:
        return _offering(state, {}, ())
    state = replace(state, taken=(*state.taken, key_of(wanted, facts)))
    gone = replace(wanted, taken=state.taken)
    if is_full(gone, facts):
        return None
    kept = when_slots(facts.company.workflow)[:1] if keeps_day(gone, facts) else ()
    found = instead(gone, facts)
    when = {slot: value for slot, value in wanted.slots.items() if slot in kept}
    return _offering(state, when, (wording.full(wish(wanted, facts)),), found)


def told_free(state: State, text: str, facts: Facts) -> Offering | None:
    """Say what is free to who asks instead of naming a time; None if the words ask for nothing.

    Args:
        state: With a day, a part of it or a time asked.
        text: The caller's words.
        facts: Facts.
    """
    asking = as_new(state, facts)
    wanted: FreeWish | None = free_wish(text, asking, facts) if asking.asked is not None else None
    if wanted is None or is_full(asking, facts):
        return None
    sorry, found = what_is_free(replace(asking, free=wanted), facts)
    earlier = state.earlier
    assert earlier is not None  # else nothing is moved
    return _offering(state, earlier.when, sorry, found)


def chosen(state: State, text: str, facts: Facts) -> Mapping[Slot, str] | None:
    """Return which of the times that were offered is taken; None if the words are no choice."""
    asking = as_new(state, facts)
    return taken(text, asking, facts) if asking.offered else None


def _offering(
    state: State, when: Mapping[Slot, str], sorry: tuple[str, ...], found: Sequence[Offered] = ()
) -> Offering:
    earlier = state.earlier
    assert earlier is not None  # else nothing is moved
    names = tuple(name for name, _ in found)
    offered = tuple(option for _, option in found)
    anew: Earlier = replace(earlier, when=when, offered=offered, misses=0)
    say = (*sorry, wording.could_do(names)) if names else sorry
    return Offering(replace(state, earlier=anew), say, names)
