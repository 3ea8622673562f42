"""What the rule-driven dialogue says: every sentence, built from facts only. Pure.

Questions come in several wordings; the second and later ones are used when the caller was not
understood, and the later ones explain the keypad. What does not depend on the caller is listed
(`STOCK`, `company_stock`), so that it can be spoken ahead of the calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from audiosocket_agent.company import Area, Company, Service
from audiosocket_agent.company_calls import Instead
from audiosocket_agent.roles import area_slot, is_detail, main_steps, service_slot
from audiosocket_agent.understanding import (
    EVERY_DAY,
    Offers,
    choice_name,
    clock,
    days_open,
    key_choices,
    parts_of,
)
from audiosocket_agent.workflow import Kind, Of, Slot, keyed, kinds
from audiosocket_agent.workflow.articles import article
from audiosocket_agent.workflow.templates import fill, places

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
TO_PERSON_ANGRY = "I'm sorry about that. I'll put you through to a person. Please hold."
TO_PERSON_OTHER = "That is one for my colleagues. I'll put you through to a person. Please hold."
NEXT_IN_LINE = "Everybody is busy just now. You are next in line."
NOBODY_THERE = "I'm sorry, nobody can take your call at the moment."
STILL_NOBODY = (
    "I'm afraid nobody is there just now.",
    "As I said, nobody can take your call yet.",
)
CLOSED = "I'm sorry, the office is closed at the moment."
BACK_AGAIN = "I'm sorry, nobody could take your call."
HOLD = "All right, please hold."
GO_ON = "Then let us go on."
TO_VOICEMAIL = "I'll put you through to our voicemail."
NOTING_NOW = "One moment, I'm writing that down."
CALL_BACK_NOTED = "Somebody will call you back."
NOT_NOTED = "I'm sorry, I couldn't write that down. I'll put you through to a person. Please hold."
CALL_AGAIN = "I'm sorry that nobody is there for you. Please call again later. Goodbye."
SECRET_AGAIN = "I'm sorry, that didn't work."
HOW_CAN_I_HELP = "How can I help?"
BOOKING_NOW = "One moment, I'm booking that for you."
NOTHING_FREE = "I'm afraid everything is booked just now."
JUST_GONE = "I'm sorry, that time has just gone."
TO_PERSON_FULL = (
    "I'm afraid everything is booked just now. I'll put you through to a person. Please hold."
)
TO_CONFIRM = "It's written down, and somebody will ring you if that time should not work out."
WHICH = "Which would you like?"
FREE_SOON = "I can tell you in a moment when we are free."
YES_OR_NO = "Sorry, was that a yes, or a no?"
MISHEARD = (
    "Sorry, I didn't catch that.",
    "I'm sorry, I'm still not following.",
    "I didn't get that, I'm afraid.",
)
STILL_THERE = (
    "Are you still there?",
    "I can't hear anything at the moment.",
    "Hello? I didn't hear an answer.",
)
OFFER = "Would you like me to put you through to a person?"
OFFER_DECLINED = "All right, let's try that again."
YES_NO_KEYS = "Or press 1 for yes, 2 for no."
START_OVER = "No problem, let's go through it again."
GOODBYE = "Thank you for calling. Goodbye."
DECLINED = "No problem, I won't book anything."
THANK_YOU = "Thank you."
NO_PRICES = "I have no prices to tell you."
FIXED_PRICES = "Our prices are fixed."
WHICH_ERRAND = (
    "Would you like to move your booking, or to cancel it?",
    "Please say move, or cancel. Or press 1 to move it, 2 to cancel it.",
)
WHICH_REFERENCE = (
    "What is the reference of your booking?",
    "Please say the digits of the reference one by one, or key them in, then press hash.",
)
BOOKED_WITH_WHICH = (
    "Which phone number was it booked with?",
    "Please say the whole phone number, or key it in, then press hash.",
)
WHEN = {
    Kind.DATE: "Which day would suit you?",
    Kind.PART: "Which part of the day would suit you?",
    Kind.TIME: "What time would suit you?",
}
NO_SUCH_BOOKING = "I'm sorry, I can't find a booking with that reference and that number."
NOT_FREE = "I'm sorry, that time is not free."
CANCELLED_ALREADY = "That booking is cancelled already."
LEFT_AS_IT_IS = "All right, I'll leave it as it is."
COMFORT = (
    "One moment, please.",
    "Still working on that for you.",
    "Thanks for waiting, it won't be long.",
)

STOCK = (
    TO_PERSON, TO_PERSON_LOST, TO_PERSON_SILENT, TO_PERSON_LONG, TO_PERSON_BOOKING, TO_PERSON_STUCK,
    TO_PERSON_ANGRY, TO_PERSON_OTHER, NEXT_IN_LINE, NOBODY_THERE, *STILL_NOBODY, CLOSED, BACK_AGAIN,
    HOLD, GO_ON, TO_VOICEMAIL, NOTING_NOW, CALL_BACK_NOTED, NOT_NOTED, CALL_AGAIN, SECRET_AGAIN,
    HOW_CAN_I_HELP, BOOKING_NOW, NOTHING_FREE, JUST_GONE, TO_PERSON_FULL, TO_CONFIRM, WHICH,
    FREE_SOON, YES_OR_NO, *MISHEARD, *STILL_THERE, OFFER, OFFER_DECLINED, YES_NO_KEYS, START_OVER,
    GOODBYE, *WHICH_ERRAND, *WHICH_REFERENCE, *BOOKED_WITH_WHICH, NO_SUCH_BOOKING, NOT_FREE,
    CANCELLED_ALREADY, LEFT_AS_IT_IS, DECLINED, THANK_YOU, NO_PRICES, FIXED_PRICES, *COMFORT,
)  # fmt: skip
WORDINGS = 4  # of each question: the last two take turns for as long as it is asked
EASIEST = 2  # the first wording that explains the keypad
_KEYED = {
    Kind.TIME: "Or key in the time, four figures, then press hash.",
    Kind.NUMBER: "Or key in the number, then press hash.",
}
# For a question that has fewer wordings than are needed.
_AGAIN = ("{}", "Let me ask that again. {}", "Once more, please. {}", "One more time. {}")
_OFFERS: dict[Instead, tuple[Slot, ...]] = {
    Instead.CALLBACK: (Slot.RING_BACK,),
    Instead.VOICEMAIL: (Slot.MESSAGE,),
    Instead.NOTHING: (),
}


def misheard(attempt: int) -> str:
    """Say that the caller was not understood, for the `attempt`-th time, counted from 1."""
    return MISHEARD[(attempt - 1) % len(MISHEARD)]


def still_there(attempt: int) -> str:
    """Say that the caller was not heard, for the `attempt`-th time, counted from 1."""
    return STILL_THERE[(attempt - 1) % len(STILL_THERE)]


def still_nobody(attempt: int) -> str:
    """Say that there is nobody, to who insists for the `attempt`-th time, counted from 1."""
    return STILL_NOBODY[(attempt - 1) % len(STILL_NOBODY)]


def time_short(seconds: int) -> str:
    """Say how much of the longest call is left."""
    left = "a minute" if seconds < 90 else f"{round(seconds / 60)} minutes"
    left = f"{seconds} seconds" if seconds < 45 else left
    return f"I should say that we have about {left} left on this call."


def to_place(name: str) -> str:
    """Say that the caller is put through to a place, by its name as spoken."""
    return f"I'll put you through to {name} now. Please hold."


def booked_with(number: str) -> str:
    """Ask whether a booking was made with the number that the caller rings from."""
    return f"Was it booked with the number you are ringing from, ending {spaced(number[-3:])}?"


def line_ahead(waiting: int, wait_s: int) -> str:
    """Say how many callers are in line, and how long the wait is."""
    callers = "There is one caller" if waiting == 1 else f"There are {waiting} callers"
    minutes = max(1, round(wait_s / 60))
    wait = "about a minute" if minutes == 1 else f"about {minutes} minutes"
    return f"{callers} before you. The wait is {wait} just now."


def secret_question(name: str) -> str:
    """Ask for digits to be keyed, by their name as spoken."""
    return f"Please key in {name}, then press hash."


def company_stock(company: Company, today: date) -> tuple[str, ...]:
    """Return the sentences that every caller of a company may hear, each once.

    With `STOCK` that is all but what is made from the caller's own answers: prices, the read-back,
    the reference, the callback number. One sentence depends on the date: only before a working day
    is "tomorrow" among the days that can be keyed.
    """
    asked = (
        question(slot, company, {}, today, attempt)
        for slot in _same_for_all(company)
        for attempt in range(WORDINGS)
    )
    warning = (time_short(company.warn_before_s),) if company.warn_before_s else ()
    places = (to_place(place.name) for place in company.people.places.values())
    secrets = (secret_question(secret.name) for secret in company.secrets.values())
    return tuple(dict.fromkeys((company.greeting, *warning, *places, *secrets, *asked)))


def _same_for_all(company: Company) -> list[Slot]:
    """Return the slots asked for in the same words whoever calls.

    Not those asked with what the caller said before; nor, where there is a calendar, those asked
    with what is free in it.
    """
    workflow = company.workflow
    asked = [slot for step in main_steps(workflow) for slot in workflow.steps[step].needs]
    same = []
    for slot in dict.fromkeys((*asked, Slot.PHONE, *_OFFERS[company.people.instead])):
        rule = workflow.slots[slot]
        named = {name for template in rule.ask for name in places(template)}
        dated = company.calendar is not None and rule.kind in (Kind.DATE, Kind.PART, Kind.TIME)
        if named <= {"options"} and not dated:
            same.append(slot)
    return same


def question(
    slot: Slot, company: Company, slots: Slots, today: date, attempt: int, offers: Offers = None
) -> str:
    """Return the question for a slot.

    Args:
        slot: What is asked for.
        company: Facts.
        slots: What is known so far.
        today: Date of the call.
        attempt: 0 the first time, then one more for each time it was not answered. No two in a row
            have the same words; from `EASIEST` on the keypad is explained.
        offers: The values that are free, where a calendar tells; None: nobody knows.
    """
    rule = company.workflow.slots[slot]
    at = attempt if attempt < EASIEST else EASIEST + (attempt - EASIEST) % (WORDINGS - EASIEST)
    wording = rule.ask[at] if at < len(rule.ask) else _AGAIN[at].format(rule.ask[-1])
    known = {**values(company, slots, today), "options": _options(slot, company, today, offers)}
    if rule.offers is not None:
        known["ending"] = spaced(slots.get(rule.offers, "")[-3:])
    asked = fill(wording, known)
    if rule.kind in (Kind.PART, Kind.TIME) and offers and "options" not in places(wording):
        asked = _with_offers(asked, slot, company, offers)
    keys = (rule.keys_hint or _keys(slot, company, today, offers)) if attempt >= EASIEST else ""
    return f"{asked} {keys}" if keys else asked


def _with_offers(asked: str, slot: Slot, company: Company, offers: Sequence[str]) -> str:
    """Return a question with what is free, where it names no times or names one that is not."""
    if company.workflow.slots[slot].kind is Kind.TIME:
        return f"I have {' or '.join(clock(at) for at in offers)}. {asked}"
    if len(offers) == len(parts_of(company)):
        return asked
    free = " or ".join(choice_name(slot, part, company) for part in offers)
    return f"On that day I only have the {free}. Please say {free}, or another day."


def _options(slot: Slot, company: Company, today: date, offers: Offers) -> str:
    """Return what may be chosen, as it is said."""
    rule = company.workflow.slots[slot]
    if rule.kind is Kind.DATE and offers is None:
        return _open_days(company)
    return spoken_list([name for _, name in key_choices(slot, company, today, offers)])


def _open_days(company: Company) -> str:
    """Say on which days visits are made: "Monday to Friday"."""
    days = days_open(company)
    first, last = EVERY_DAY.index(days[0]), EVERY_DAY.index(days[-1])
    if len(days) > 2 and last - first == len(days) - 1:
        return f"{days[0].capitalize()} to {days[-1].capitalize()}"
    return spoken_list([day.capitalize() for day in days])


def _keys(slot: Slot, company: Company, today: date, offers: Offers) -> str:
    rule = company.workflow.slots[slot]
    if rule.kind is Kind.YES_NO:
        return YES_NO_KEYS
    if rule.kind in kinds.IN_PAIRS:
        return keyed.HINT
    if rule.kind in _KEYED and not offers:
        return _KEYED[rule.kind]
    named = key_choices(slot, company, today, offers)
    free = None if offers is None else set(offers)
    parts = [
        f"{n} for {name}"
        for n, (value, name) in enumerate(named, start=1)
        if free is None or value in free
    ]
    if len(parts) < 10:
        return f"Or press {spoken_list(parts)}." if parts else ""
    # More keys than one: too many towns to read out, which have their postcodes instead.
    return "" if rule.of is Of.AREAS else f"Or press {spoken_list(parts)}, then hash."


def said(slot: Slot, value: str, company: Company, today: date) -> str:
    """Return a value as it is said."""
    rule = company.workflow.slots[slot]
    if rule.kind is Kind.DATE:
        return kinds.spoken_date(date.fromisoformat(value), today)
    if rule.kind is Kind.PHONE:
        return spaced(value)
    if rule.kind in (Kind.CHOICE, Kind.PART):
        return choice_name(slot, value, company)
    return value if rule.kind is Kind.YES_NO else kinds.spoken(rule, value, company, today)


def values(company: Company, slots: Slots, today: date) -> dict[str, str]:
    """Return what the places of a sentence may be filled with: what is known so far."""
    known = {
        str(slot): said(slot, value, company, today)
        for slot, value in slots.items()
        if slot in company.workflow.slots
    }
    service = service_of(company, slots)
    if service is not None and service.price_pounds is not None:
        known["price"] = pounds(service.price_pounds)
    return known


def did_you_say(slot: Slot, value: str, company: Company, today: date, attempt: int = 0) -> str:
    """Say back what the ear was not sure of; each time in other words than the time before."""
    heard = said(slot, value, company, today)
    return f"Was that {heard}?" if attempt % 2 else f"Did you say {heard}?"


def full(wish: str) -> str:
    """Say that a time is not free."""
    return f"I'm afraid {wish} is full."


def could_do(instead: Sequence[str]) -> str:
    """Say which times are free."""
    return f"I could do {' or '.join(instead)}."


def costs(name: str, price: Decimal) -> str:
    """State what a service costs, whoever asks and wherever it is."""
    return f"{article(name).capitalize()} {name} costs {pounds(price)}."


def price_list(prices: Sequence[tuple[str, Decimal]]) -> str:
    """Say all there is of prices, to who asks about something else."""
    named = [f"{name} {pounds(price)}" for name, price in prices]
    return f"I can only tell you the prices on our list: {', '.join(named)}."


def number_so_far(keys: str) -> str:
    """Say back the part of a number that was keyed in."""
    return f"I have {spaced(keys)} so far. Please key in the rest, then press hash."


def quote(company: Company, slots: Slots, today: date) -> str:
    """State the price: the one in the list, and no other."""
    assert company.workflow.quote is not None  # a workflow that says a price has the sentence
    return fill(company.workflow.quote, values(company, slots, today))


def read_back(company: Company, slots: Slots, today: date) -> str:
    """Say everything that is about to be booked."""
    assert company.workflow.read_back is not None  # as with the price
    return fill(company.workflow.read_back, values(company, slots, today))


def exactly(company: Company, slots: Slots, today: date, known: str) -> tuple[str, ...]:
    """Say what the read-back leaves out: figures one by one, and what only some calls are asked.

    Args:
        company: Facts.
        slots: What is known.
        today: Date of the call.
        known: The number the caller rings from, which nobody has to check; "" if withheld.
    """
    there = set(places(company.workflow.read_back or ""))
    told = []
    for slot, rule in company.workflow.slots.items():
        if slot in slots and slot not in there and _is_unsaid(slot, slots[slot], company, known):
            name = "number" if rule.kind is Kind.PHONE else str(slot).replace("_", " ")
            told.append(f"I have {said(slot, slots[slot], company, today)} as your {name}.")
    return tuple(told)


def _is_unsaid(slot: Slot, value: str, company: Company, known: str) -> bool:
    """Whether a value is booked, and nobody has said it to the caller."""
    return value != known and is_detail(company.workflow, slot)


def booked(
    reference: str, company: Company, slots: Slots, today: date, *, confirmed: bool = True
) -> tuple[str, ...]:
    """Confirm a booking that exists, or tell honestly that it is yet to be confirmed."""
    if not confirmed:
        return TO_CONFIRM, f"Your reference is {spaced(reference)}."
    known = {**values(company, slots, today), "reference": spaced(reference)}
    return (fill(company.workflow.booked, known),)


def service_of(company: Company, slots: Slots) -> Service | None:
    """Return the service chosen; None if none is."""
    slot = service_slot(company.workflow)
    key = slots.get(slot) if slot is not None else None
    return next((s for s in company.services if s.key == key), None)


def area_of(company: Company, slots: Slots) -> Area | None:
    """Return the area chosen; None if none is."""
    slot = area_slot(company.workflow)
    key = slots.get(slot) if slot is not None else None
    return next((a for a in company.areas if a.key == key), None)


def pounds(amount: Decimal) -> str:
    """Say a price the British way: ``75 pounds 50``."""
    whole, pence = divmod(int(amount * 100), 100)
    return f"{whole} pounds" + (f" {pence:02d}" if pence else "")


def spaced(characters: str) -> str:
    """Say characters one by one."""
    return ", ".join(characters)


def spoken_list(items: list[str]) -> str:
    """Join with commas and an "or" before the last."""
    return f"{', '.join(items[:-1])}, or {items[-1]}" if len(items) > 1 else "".join(items)


def spoken_date(day: date) -> str:
    """Say a date of the coming year: ``Tuesday the 3rd of March``."""
    return kinds.spoken_date(day, day)
