"""What can still be had of a company's calendar, as the talk needs it: days, parts, times. Pure.

Where nobody keeps a calendar, everything is free and nothing is offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from itertools import islice

from audiosocket_agent.agenda import Agenda, Opening
from audiosocket_agent.conversation_state import Facts, FreeWish, State
from audiosocket_agent.roles import area_slot, service_slot, visit_slot, when_slots
from audiosocket_agent.understanding import PARTS, clock, day_name, parts_of
from audiosocket_agent.workflow import Kind, Slot

MOST_DAYS = 5
MOST_TIMES = 3
MOST_OFFERED = 2
LOOK_AHEAD = 30  # days with something free that are gone through for a wish
NOON, EVENING = time(12), time(18)
Slots = Mapping[Slot, str]
Offered = tuple[str, dict[Slot, str]]  # how a time is called, and what it is


def minutes_of(facts: Facts, slots: Slots) -> int:
    """Return how long the visit takes; the company's longest service where none is chosen yet."""
    slot = service_slot(facts.company.workflow)
    chosen = slots.get(slot, "") if slot is not None else ""
    known = [s.minutes for s in facts.company.services if s.key == chosen]
    return known[0] if known else max(s.minutes for s in facts.company.services)


def offers(slot: Slot, state: State, facts: Facts) -> tuple[str, ...] | None:
    """Return the values of a slot that are free, the first few; None where nobody knows.

    Args:
        slot: The day, the part of it, or the time; of any other slot nobody knows.
        state: Where the conversation stands: what was chosen, and what has just gone.
        facts: Facts.
    """
    workflow = facts.company.workflow
    if facts.agenda is None or slot not in when_slots(workflow):
        return None
    match workflow.slots[slot].kind:
        case Kind.DATE:
            return tuple(day.isoformat() for day in _days(facts.agenda, state, facts))[:MOST_DAYS]
        case Kind.PART:
            day = _chosen_day(state, facts)
            parts = tuple(parts_of(facts.company))
            if day is None:
                return parts
            return tuple(p for p in parts if _openings(facts.agenda, day, p, state, facts))
        case _:
            day = _chosen_day(state, facts)
            if day is None:
                return ()
            found = _openings(facts.agenda, day, _part(state, facts), state, facts)
            return tuple(f"{one.start:%H:%M}" for one in _spread(found))


def is_free(state: State, facts: Facts) -> bool:
    """Whether the day, part and time that are chosen, as far as they are, can be booked."""
    day = _chosen_day(state, facts)
    if facts.agenda is None or day is None:
        return True
    start = _start(state, facts)
    found = _openings(facts.agenda, day, _part(state, facts), state, facts)
    return any(start is None or one.start == start for one in found)


def is_full(state: State, facts: Facts) -> bool:
    """Whether nothing at all can be booked."""
    return facts.agenda is not None and not _days(facts.agenda, state, facts, part="")


def keeps_day(state: State, facts: Facts) -> bool:
    """Whether the day that is chosen has something else free: only its part or time is full."""
    day = _chosen_day(state, facts)
    narrower = when_slots(facts.company.workflow)[1:]
    if facts.agenda is None or day is None or not any(s in state.slots for s in narrower):
        return False
    return bool(_openings(facts.agenda, day, "", state, facts))


def wish(state: State, facts: Facts) -> str:
    """Return how what is chosen is called: "Tuesday morning", or "Tuesday at half past two"."""
    day = _chosen_day(state, facts)
    said = [] if day is None else [day_name(day, facts.today)]
    start, part = _start(state, facts), _part(state, facts)
    if start is not None:
        said.append(f"at {clock(f'{start:%H:%M}')}")
    elif part:
        return _with_part(" ".join(said), part)
    return " ".join(said)


def _with_part(day: str, part: str) -> str:
    """Say a part of a day: "Tuesday morning"; of today it is "this morning"."""
    named = "this" if day == "today" and part in PARTS else day
    return f"{named} {part.replace('_', ' ')}".strip()


def instead(state: State, facts: Facts) -> list[Offered]:
    """Return two free times that come nearest to what is chosen: how each is called, and what."""
    if facts.agenda is None:
        return []
    days = _nearest_days(facts.agenda, state, facts)
    return list(islice(_on_days(facts.agenda, days, state, facts), MOST_OFFERED))


def free_times(state: State, facts: Facts, wanted: FreeWish) -> list[Offered]:
    """Return a few free times for who asks what there is; nothing if nothing is as he wants it.

    On the day that is chosen, if there is one and times of a day are agreed here; else as many as
    are offered instead of a full one.

    Args:
        state: Where the conversation stands; what it has offered is left out for who wants others.
        facts: Facts.
        wanted: What there must be.
    """
    agenda, chosen = facts.agenda, _chosen_day(state, facts)
    if agenda is None:
        return []
    on, at = (visit_slot(facts.company.workflow, kind) for kind in (Kind.DATE, Kind.TIME))
    told = state.offered if wanted.others else ()
    if chosen is not None and on is not None and at is not None:
        openings = _openings(agenda, chosen, _part(state, facts), state, facts)
        listed = _spread(openings) if wanted.others and state.asked is at else ()
        dated = {on: chosen.isoformat()}
        left = tuple(
            one
            for one in openings
            if wanted.part in ("", half_of(one.start))
            and one not in listed
            and {**dated, at: f"{one.start:%H:%M}"} not in told
        )
        if left:
            starts = [f"{one.start:%H:%M}" for one in _spread(left)]
            return [(clock(start), {**dated, at: start}) for start in starts]
    days = [day for day in _nearest_days(agenda, state, facts) if wanted.has(day)]
    all_of_them = _on_days(agenda, days, state, facts, wanted.part or _part(state, facts))
    return list(islice((one for one in all_of_them if one[1] not in told), MOST_OFFERED))


def half_of(start: time) -> str:
    """Return which part of the day a time is in, as callers call it."""
    return "morning" if start < NOON else "afternoon" if start < EVENING else "evening"


def _nearest_days(agenda: Agenda, state: State, facts: Facts) -> list[date]:
    """Return the days with something free: the next ones, or those nearest to the one chosen."""
    days = list(_days(agenda, state, facts, part="")[:LOOK_AHEAD])
    chosen = _chosen_day(state, facts)
    if chosen is not None:
        days.sort(key=lambda day: (abs(day - chosen), day))
    return days


def _on_days(
    agenda: Agenda, days: Iterable[date], state: State, facts: Facts, part: str = ""
) -> Iterator[Offered]:
    """Yield what is free on some days: the parts of each, or its first time."""
    on = visit_slot(facts.company.workflow, Kind.DATE)
    in_part = visit_slot(facts.company.workflow, Kind.PART)
    at = visit_slot(facts.company.workflow, Kind.TIME)
    for day in days:
        name = day_name(day, facts.today)
        dated = {} if on is None else {on: day.isoformat()}
        if in_part is not None:
            for one in parts_of(facts.company):
                if part in ("", one) and _openings(agenda, day, one, state, facts):
                    yield _with_part(name, one), {**dated, in_part: one}
        elif at is not None:
            openings = _openings(agenda, day, "", state, facts)
            left = (one for one in openings if not part or half_of(one.start) == part)
            for first in islice(left, 1):
                start = f"{first.start:%H:%M}"
                yield f"{name} at {clock(start)}", {**dated, at: start}
        else:
            yield name, dated


def key_of(state: State, facts: Facts) -> str:
    """Return what names the chosen time among those that have gone (`State.taken`)."""
    day, start = _chosen_day(state, facts), _start(state, facts)
    when = f"{start:%H:%M}" if start is not None else _part(state, facts)
    return f"{day.isoformat() if day else ''} {when}"


def _days(agenda: Agenda, state: State, facts: Facts, part: str | None = None) -> list[date]:
    part = _part(state, facts) if part is None else part
    minutes, area = minutes_of(facts, state.slots), _area(state, facts)
    days = agenda.days(minutes, part, area, most=LOOK_AHEAD)
    return [day for day in days if _openings(agenda, day, part, state, facts)]


def _openings(
    agenda: Agenda, day: date, part: str, state: State, facts: Facts
) -> tuple[Opening, ...]:
    minutes, area = minutes_of(facts, state.slots), _area(state, facts)
    iso = day.isoformat()
    if part and f"{iso} {part}" in state.taken:
        return ()
    found = agenda.openings(minutes, day, part, area)
    gone = {key for key in state.taken if key.startswith(iso)}
    if not gone:
        return found
    if not part and visit_slot(facts.company.workflow, Kind.PART) is not None:
        kept = [p for p in parts_of(facts.company) if f"{iso} {p}" not in gone]
        return tuple(o for p in kept for o in agenda.openings(minutes, day, p, area))
    if f"{iso} " in gone:
        return ()
    return tuple(one for one in found if f"{iso} {one.start:%H:%M}" not in gone)


def _spread(found: tuple[Opening, ...]) -> tuple[Opening, ...]:
    """Return a few times from all over the day, in order."""
    if len(found) <= MOST_TIMES:
        return found
    last = len(found) - 1
    return tuple(found[n * last // (MOST_TIMES - 1)] for n in range(MOST_TIMES))


def _area(state: State, facts: Facts) -> str:
    slot = area_slot(facts.company.workflow)
    return state.slots.get(slot, "") if slot is not None else ""


def _chosen(kind: Kind, state: State, facts: Facts) -> str:
    slot = visit_slot(facts.company.workflow, kind)
    return state.slots.get(slot, "") if slot is not None else ""


def _chosen_day(state: State, facts: Facts) -> date | None:
    day = _chosen(Kind.DATE, state, facts)
    return date.fromisoformat(day) if day else None


def _part(state: State, facts: Facts) -> str:
    return _chosen(Kind.PART, state, facts)


def _start(state: State, facts: Facts) -> time | None:
    at = _chosen(Kind.TIME, state, facts)
    return time.fromisoformat(at) if at else None
