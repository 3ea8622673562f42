"""The booking that a caller has agreed to, made of what the slots hold. Pure."""

from __future__ import annotations

from datetime import date, time

from audiosocket_agent import wording
from audiosocket_agent.conversation_state import BookingRequest, Facts, State
from audiosocket_agent.roles import area_slot, is_detail, service_slot, visit_slot
from audiosocket_agent.workflow import Kind

DEFAULT_MINUTES = 60  # of a visit for which no service is chosen


def booking_request(state: State, facts: Facts) -> BookingRequest:
    """Return the booking that the filled slots describe, at the price in the list."""
    workflow, slots = facts.company.workflow, state.slots
    service, area = service_slot(workflow), area_slot(workflow)
    day, part, at = (visit_slot(workflow, kind) for kind in (Kind.DATE, Kind.PART, Kind.TIME))
    chosen = wording.service_of(facts.company, slots)
    phone = visit_slot(workflow, Kind.PHONE)
    known = {service, area, day, part, at, phone}
    return BookingRequest(
        service="" if chosen is None else chosen.key,
        area=slots.get(area, "") if area else "",
        day=date.fromisoformat(slots[day]) if day else facts.today,
        part=slots.get(part, "") if part else "",
        phone=slots.get(phone, "") if phone else "",
        price_pounds=str(chosen.price_pounds or "") if chosen else "",
        start=time.fromisoformat(slots[at]) if at and at in slots else None,
        details={
            str(slot): value
            for slot, value in slots.items()
            if slot not in known and is_detail(workflow, slot)
        },
        minutes=chosen.minutes if chosen else DEFAULT_MINUTES,
    )
