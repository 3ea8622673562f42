"""What the rule-driven dialogue says: every sentence, built from facts only. Pure.

Questions come in several wordings; the second and later ones are used when the caller was not
understood, and the later ones explain the keypad. What does not depend on the caller is listed
(`STOCK`, `company_stock`), so that it can be spoken ahead of the calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from audiosocket_agent.company import Area, Company, Service
from audiosocket_agent.company_calls import Instead
from audiosocket_agent.understanding import choices, date_of
from audiosocket_agent.workflow import INSTEAD_SLOTS, YES_NO_SLOTS, Slot

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
COMFORT = (
    "One moment, please.",
    "Still working on that for you.",
    "Thanks for waiting, it won't be long.",
)

STOCK = (
    TO_PERSON, TO_PERSON_LOST, TO_PERSON_SILENT, TO_PERSON_LONG, TO_PERSON_BOOKING, TO_PERSON_STUCK,
    TO_PERSON_ANGRY, TO_PERSON_OTHER, NEXT_IN_LINE, NOBODY_THERE, *STILL_NOBODY, CLOSED, BACK_AGAIN,
    HOLD, GO_ON, TO_VOICEMAIL, NOTING_NOW, CALL_BACK_NOTED, NOT_NOTED, CALL_AGAIN, SECRET_AGAIN,
    HOW_CAN_I_HELP, BOOKING_NOW, *MISHEARD, *STILL_THERE, OFFER, OFFER_DECLINED, YES_NO_KEYS,
    START_OVER, GOODBYE, DECLINED, THANK_YOU, *COMFORT,
)  # fmt: skip
WORDINGS = 4  # of each question: the last two take turns for as long as it is asked
EASIEST = 2  # the first wording that explains the keypad
# What is asked in the same words whoever calls; a callback number is the caller's own.
_SAME_FOR_ALL = tuple(slot for slot in Slot if slot not in INSTEAD_SLOTS | {Slot.CALLBACK})
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
        for slot in (*_SAME_FOR_ALL, *_OFFERS[company.people.instead])
        for attempt in range(WORDINGS)
    )
    warning = (time_short(company.warn_before_s),) if company.warn_before_s else ()
    places = (to_place(place.name) for place in company.people.places.values())
    secrets = (secret_question(secret.name) for secret in company.secrets.values())
    return tuple(dict.fromkeys((company.greeting, *warning, *places, *secrets, *asked)))


def question(slot: Slot, company: Company, slots: Slots, today: date, attempt: int) -> str:
    """Return the question for a slot.

    Args:
        slot: What is asked for.
        company: Facts.
        slots: What is known so far.
        today: Date of the call.
        attempt: 0 the first time, then one more for each time it was not answered. No two in a row
            have the same words; from `EASIEST` on the keypad is explained.
    """
    ways = _ways(slot, company, slots)
    if attempt < EASIEST:
        return ways[attempt]
    easy = ways[EASIEST + (attempt - EASIEST) % (WORDINGS - EASIEST)]
    keys = _keys(slot, company, today)
    return f"{easy} {keys}" if keys else easy


def _ways(slot: Slot, company: Company, slots: Slots) -> tuple[str, str, str, str]:
    if slot is Slot.SERVICE:
        options = spoken_list([s.name for s in company.services])
        return (
            f"Do you need a {options}?",
            f"Please say one of these: {options}.",
            "Which one do you need?",
            "Please tell me which service it is.",
        )
    if slot is Slot.AREA:
        options = spoken_list([a.name for a in company.areas])
        return (
            f"Which town is it in, {options}? Or key in your postcode, then press hash.",
            f"Please say the town, {options}, or key in the postcode, then hash.",
            "Where is it? You can key in your postcode, then press hash.",
            "Please say just the town, or key in your postcode, then press hash.",
        )
    if slot is Slot.CALLBACK:
        ending = spaced(slots[Slot.PHONE][-3:])
        return (
            f"Can we reach you on the number ending {ending}?",
            f"Is the number ending {ending} the right one to ring you on?",
            f"Shall we ring you on the number ending {ending}?",
            f"Should we use the number ending {ending}, yes or no?",
        )
    return _FIXED[slot]


_FIXED = {
    Slot.WANTED: (
        "Would you like to book it?",
        "Shall we book it, yes or no?",
        "Please say yes to book it, or no.",
        "Do you want me to book it?",
    ),
    Slot.DAY: (
        "Which day suits you?",
        "Please say a day, Monday to Friday.",
        "What day of the week is best?",
        "Please say just the day.",
    ),
    Slot.PART: (
        "Morning or afternoon?",
        "Please say morning, or afternoon.",
        "Is the morning better, or the afternoon?",
        "Which part of the day is best?",
    ),
    Slot.PHONE: (
        "Please key in your phone number, then press hash.",
        "Which number can we reach you on? Key it in, please, then press hash.",
        "Press the keys for your phone number, one digit after the other, then hash.",
        "Please type the whole number on your phone, area code first, then press hash.",
    ),
    Slot.RING_BACK: (
        "Shall we call you back instead?",
        "Shall somebody call you back, yes or no?",
        "Please say yes to be called back, or no.",
        "Would you like us to call you back?",
    ),
    Slot.MESSAGE: (
        "Would you like to leave a message instead?",
        "Shall I take you to our voicemail, yes or no?",
        "Please say yes to leave a message, or no.",
        "Do you want to leave a message?",
    ),
    Slot.AGREED: (
        "Is that right?",
        "Please say yes, or no.",
        "Shall I book it like that?",
        "Is all of that correct?",
    ),
}


def _keys(slot: Slot, company: Company, today: date) -> str:
    if slot in YES_NO_SLOTS:
        return YES_NO_KEYS
    parts = [f"{n} for {name}" for n, name in enumerate(_names(slot, company, today), start=1)]
    if len(parts) < 10:
        return f"Or press {spoken_list(parts)}." if parts else ""
    # More keys than one: too many towns to read out, which have their postcodes instead.
    return "" if slot is Slot.AREA else f"Or press {spoken_list(parts)}, then hash."


def _names(slot: Slot, company: Company, today: date) -> list[str]:
    if slot is Slot.SERVICE:
        return [s.name for s in company.services]
    if slot is Slot.AREA:
        return [a.name for a in company.areas]
    return list(choices(slot, company, today))


def number_so_far(keys: str) -> str:
    """Say back the part of a number that was keyed in."""
    return f"I have {spaced(keys)} so far. Please key in the rest, then press hash."


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
