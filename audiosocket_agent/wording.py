"""What the rule-driven dialogue says: every sentence, built from facts only. Pure.

Questions come in several wordings; the second and later ones are used when the caller was not
understood, and offer the keypad.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from audiosocket_agent.company import Area, Company, Service
from audiosocket_agent.understanding import choices, date_of
from audiosocket_agent.workflow import YES_NO_SLOTS, Slot

Slots = Mapping[Slot, str]

TO_PERSON = "I'll put you through to a person now. Please hold."
TO_PERSON_LOST = (
    "I'm sorry, I'm not getting this right. I'll put you through to a person. Please hold."
)
TO_PERSON_SILENT = "I can't hear you. I'll put you through to a person. Please hold."
TO_PERSON_LONG = "This is taking a while. I'll put you through to a person. Please hold."
TO_PERSON_BOOKING = (
    "I'm sorry, I can't reach the diary just now. I'll put you through to a person. Please hold."
)
TO_PERSON_STUCK = (
    "I'm sorry, I can't help you any further. I'll put you through to a person. Please hold."
)
HOW_CAN_I_HELP = "How can I help?"
BOOKING_NOW = "One moment, I'm booking that for you."
MISHEARD = "Sorry, I didn't catch that."
STILL_THERE = "Are you still there?"
START_OVER = "No problem, let's go through it again."
GOODBYE = "Thank you for calling. Goodbye."
DECLINED = "No problem, I won't book anything."
THANK_YOU = "Thank you."

STOCK = (
    TO_PERSON, TO_PERSON_LOST, TO_PERSON_SILENT, TO_PERSON_LONG, TO_PERSON_BOOKING, TO_PERSON_STUCK,
    HOW_CAN_I_HELP, BOOKING_NOW,
    MISHEARD, STILL_THERE, START_OVER, GOODBYE, DECLINED, THANK_YOU,
)  # fmt: skip


def question(slot: Slot, company: Company, slots: Slots, today: date, attempt: int) -> str:
    """Return the question for a slot.

    Args:
        slot: What is asked for.
        company: Facts.
        slots: What is known so far.
        today: Date of the call.
        attempt: 0 the first time, then one more for each time it was not answered.
    """
    asked = _ask(slot, company, slots, attempt)
    if attempt >= 2 and (keys := _keys(slot, company, today)):
        return f"{asked} {keys}"
    return asked


def _ask(slot: Slot, company: Company, slots: Slots, attempt: int) -> str:
    if slot is Slot.SERVICE:
        options = spoken_list([s.name for s in company.services])
        return (
            f"Do you need a {options}?" if attempt == 0 else f"Please say one of these: {options}."
        )
    if slot is Slot.AREA:
        options = spoken_list([a.name for a in company.areas])
        if attempt == 0:
            return f"Which town is it in, {options}? Or key in your postcode, then press hash."
        return f"Please say the town, {options}, or key in the postcode, then hash."
    if slot is Slot.WANTED:
        return "Would you like to book it?" if attempt == 0 else "Shall we book it, yes or no?"
    if slot is Slot.DAY:
        return "Which day suits you?" if attempt == 0 else "Please say a day, Monday to Friday."
    if slot is Slot.PART:
        return "Morning or afternoon?" if attempt == 0 else "Please say morning, or afternoon."
    if slot is Slot.CALLBACK:
        ending = spaced(slots[Slot.PHONE][-3:])
        return f"Can we reach you on the number ending {ending}?"
    if slot is Slot.PHONE:
        return "Please key in your phone number, then press hash."
    return "Is that right?" if attempt == 0 else "Please say yes, or no."


def _keys(slot: Slot, company: Company, today: date) -> str:
    if slot in YES_NO_SLOTS:
        return "Or press 1 for yes, 2 for no."
    names = _names(slot, company, today)
    parts = [f"{key} for {name}" for key, name in enumerate(names, start=1)]
    return f"Or press {spoken_list(parts)}." if 0 < len(parts) < 10 else ""


def _names(slot: Slot, company: Company, today: date) -> list[str]:
    if slot is Slot.SERVICE:
        return [s.name for s in company.services]
    if slot is Slot.AREA:
        return [a.name for a in company.areas]
    return list(choices(slot, company, today))


def quote(service: Service, area: Area) -> str:
    """State the price: the one in the list, and no other."""
    return f"A {service.name} in {area.name} costs {pounds(service.price_pounds)}."


def read_back(company: Company, slots: Slots, today: date) -> str:
    """Say everything that is about to be booked."""
    service, area = service_of(company, slots), area_of(company, slots)
    when = spoken_date(date_of(slots[Slot.DAY], today))
    return (
        f"So that's a {service.name} in {area.name}, on {when}, in the {slots[Slot.PART]}, "
        f"for {pounds(service.price_pounds)}."
    )


def booked(reference: str) -> str:
    """Confirm a booking that exists."""
    return f"That's booked. Your reference is {spaced(reference)}."


def service_of(company: Company, slots: Slots) -> Service:
    """Return the service chosen."""
    return next(s for s in company.services if s.key == slots[Slot.SERVICE])


def area_of(company: Company, slots: Slots) -> Area:
    """Return the area chosen."""
    return next(a for a in company.areas if a.key == slots[Slot.AREA])


def pounds(amount: Decimal) -> str:
    """Say a price the British way: ``75 pounds 50``."""
    whole, pence = divmod(int(amount * 100), 100)
    return f"{whole} pounds" + (f" {pence:02d}" if pence else "")


def spaced(characters: str) -> str:
    """Say characters one by one."""
    return ", ".join(characters)


def spoken_list(items: list[str]) -> str:
    """Join with commas and an "or" before the last."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])}, or {items[-1]}"


def spoken_date(day: date) -> str:
    """Say a date: ``Tuesday the 3rd of March``."""
    suffix = "th" if 11 <= day.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day:%A} the {day.day}{suffix} of {day:%B}"
