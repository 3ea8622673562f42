"""From words and keys to slot values: the ears' side of the rule-driven dialogue. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from audiosocket_agent.caller_words import words_of
from audiosocket_agent.company import Area, Company, Service
from audiosocket_agent.person_words import wants_person
from audiosocket_agent.refused_words import hedges_a_yes, turns_a_yes, wanted_thing, wanted_time
from audiosocket_agent.roles import INSTEAD_SLOTS, agreement
from audiosocket_agent.seams import Expectation, Expects
from audiosocket_agent.spelled import figures, is_number_word, whole_telephone_number
from audiosocket_agent.workflow import Kind, Of, Slot, kinds
from audiosocket_agent.workflow.model import Option

YES, NO, PARTS = kinds.YES, kinds.NO, kinds.PARTS
CALL_ME = ("call me back", "ring me back")
WAIT = ("i'll wait", "i will wait", "i'd rather wait", "i'll hold")
PERSON = ("a person please", "speak to a person", "talk to a person", "operator", "a human please")
# Questions that an ear with a closed vocabulary can hear too, where a day or a time is asked.
FREE_WAYS = ("when are you free", "what times have you got")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
EVERY_DAY = (*WEEKDAYS, "saturday", "sunday")
TOMORROW = "tomorrow"

LEAST_DIGITS = 9  # of a telephone number, area code included
MOST_DIGITS = 15  # E.164
_EXPECTS = {
    Kind.CHOICE: Expects.CHOICE,
    Kind.YES_NO: Expects.YES_NO,
    Kind.DATE: Expects.DATE,
    Kind.PART: Expects.CHOICE,
    Kind.TIME: Expects.DATE,
    Kind.PHONE: Expects.DIGITS,
    Kind.POSTCODE: Expects.POSTCODE,
    Kind.NAME: Expects.NAME,
}
_MOST_KEYS = {Kind.TIME: 4, Kind.DATE: 8} | dict.fromkeys(kinds.IN_PAIRS, kinds.MOST_PAIRS)
POSTCODE_KEYS = 7  # a full postcode has at most seven letters and digits
_LISTED = frozenset((Kind.CHOICE, Kind.PART, Kind.YES_NO))
_CORRECTION = r"\b(?:sorry|i mean|or rather|no wait|make that)\b,?"
# "The first one" is no time; it is of those that were offered (`offered`).
_PRONOUN = re.compile(
    r"\b(?:first|second|third|fourth|fifth|last|former|latter|earlier|earliest|later|latest|middle|next|other"
    r"|either|any|that|this|which) one\b(?! o'?clock)",
    re.IGNORECASE,
)
# What means yes or no only where it is the whole answer: "right" is also in "right now".
_WHOLE_ANSWERS = {
    "yes": frozenset(("right", "that is right", "correct", "that is correct", "that's correct",
                      "perfect", "go ahead")),
    "no": frozenset(("nope", "wrong", "that's wrong", "that is wrong", "that's not right",
                     "that is not right", "that isn't right", "that's not correct",
                     "that is not correct")),
}  # fmt: skip
_COURTESY = re.compile(r" (?:please|thanks|thank you)$")
_INWARD = "[0-9][A-Z]{2}"  # the half of a postcode after the space
_KEYPAD = {c: k for k, cs in enumerate(("", "", "ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV",
                                        "WXYZ")) for c in cs}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyRule:
    """How a run of keys is collected.

    Attributes:
        most: Digits after which the run is complete without ``#``.
        pause_ms: Quiet time after a digit that completes the run.
    """

    most: int = 1
    pause_ms: int = 2500


Offers = Sequence[str] | None


def choices(slot: Slot, company: Company, today: date) -> dict[str, tuple[str, ...]]:
    """Return the acceptable values of a slot, each with the ways to say it, in keypad order.

    Empty where what may be said is no list; of days those that have a name of their own.
    """
    rule = company.workflow.slots[slot]
    match rule.kind:
        case Kind.CHOICE if rule.of is Of.SERVICES:
            return {s.key: s.phrases for s in company.services}
        case Kind.CHOICE if rule.of is Of.AREAS:
            return {a.key: a.phrases for a in company.areas}
        case Kind.CHOICE:
            return {option.key: option.phrases for option in rule.options}
        case Kind.DATE:
            return _named_days(company, today)
        case Kind.PART:
            return parts_of(company)
        case Kind.YES_NO if slot in INSTEAD_SLOTS:
            return {"yes": YES + CALL_ME if slot is Slot.RING_BACK else YES, "no": NO + WAIT}
        case Kind.YES_NO:
            return {"yes": YES, "no": NO}
    return {}


def days_open(company: Company) -> tuple[str, ...]:
    """Return the weekdays on which a visit can be: those with hours, else Monday to Friday."""
    if company.hours is None:
        return WEEKDAYS
    return tuple(day for day in EVERY_DAY if company.hours.get(day[:3]))


def parts_of(company: Company) -> dict[str, tuple[str, ...]]:
    """Return the parts of a day, each with the ways to say it."""
    if company.calendar is None:
        return dict(PARTS)
    names = ((key, key.replace("_", " ")) for key in company.calendar.parts)
    return {key: PARTS.get(key, (name, f"in the {name}")) for key, name in names}


def _named_days(company: Company, today: date) -> dict[str, tuple[str, ...]]:
    open_on = days_open(company)
    days: dict[str, tuple[str, ...]] = {
        date_of(day, today).isoformat(): (day, f"on {day}") for day in open_on
    }
    following = today + timedelta(days=1)
    if EVERY_DAY[following.weekday()] in open_on:
        days[following.isoformat()] += (TOMORROW,)
    return days


def key_choices(
    slot: Slot, company: Company, today: date, offers: Offers = None
) -> list[tuple[str, str]]:
    """Return what single keys stand for, the first key first: a value and how it is called.

    Args:
        slot: What is asked for.
        company: Facts.
        today: Date of the call.
        offers: The values that are free, where a calendar tells; None: nobody knows.
    """
    rule = company.workflow.slots[slot]
    if rule.kind is Kind.DATE:
        if offers is not None:
            return [(day, day_name(date.fromisoformat(day), today)) for day in offers]
        return _keyed_days(company, today)
    if rule.kind is Kind.TIME:
        return [(at, clock(at)) for at in offers or ()]
    values = choices(slot, company, today)  # numbered alike whatever is free
    return [(value, choice_name(slot, value, company)) for value in values]


def choice_name(slot: Slot, value: str, company: Company) -> str:
    """Return how one of a list is called."""
    rule = company.workflow.slots[slot]
    named: Iterable[Service | Area | Option] = rule.options
    if rule.of is Of.SERVICES:
        named = company.services
    elif rule.of is Of.AREAS:
        named = company.areas
    return next((one.name for one in named if one.key == value), value.replace("_", " "))


def day_name(day: date, today: date) -> str:
    """Return how a day is called: "Tuesday" within a week, else with its date."""
    if day == today:
        return "today"
    return f"{day:%A}" if day <= today + timedelta(days=7) else kinds.spoken_date(day, today)


def clock(at: str) -> str:
    """Return how a time is called: ``14:30`` is "2:30 in the afternoon"."""
    hour, minute = int(at[:2]), int(at[3:5])
    half = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    return (
        f"{(hour - 1) % 12 + 1}:{minute:02d} in the {half}"
        if minute
        else (f"{(hour - 1) % 12 + 1} o'clock in the {half}")
    )


def _keyed_days(company: Company, today: date) -> list[tuple[str, str]]:
    days = [(date_of(day, today).isoformat(), day) for day in days_open(company)]
    following = (today + timedelta(days=1)).isoformat()
    return days + [(following, TOMORROW)] * any(day == following for day, _ in days)


def expectation(slot: Slot, company: Company, today: date, offers: Offers = None) -> Expectation:
    """Return what the ear should listen for when a slot is asked."""
    rule = company.workflow.slots[slot]
    phrases = [p for ways in choices(slot, company, today).values() for p in ways]
    if rule.kind is Kind.TIME:
        phrases += [plain_words(kinds.spoken(rule, at, company, today)) for at in offers or ()]
    if offers is not None and rule.kind in (Kind.DATE, Kind.PART, Kind.TIME):
        phrases += FREE_WAYS
    places = [phrase for place in company.people.places.values() for phrase in place.phrases]
    wishes = dict.fromkeys((*phrases, *PERSON, *places))
    kind = Expects.POSTCODE if rule.of is Of.AREAS else _EXPECTS.get(rule.kind, Expects.FREE)
    return Expectation(kind, tuple(wishes))


def key_rule(slot: Slot, company: Company, today: date, offers: Offers = None) -> KeyRule:
    """Return how keys are collected when a slot is asked."""
    rule = company.workflow.slots[slot]
    if rule.of is Of.AREAS:
        return KeyRule(most=POSTCODE_KEYS)
    if rule.kind is Kind.PHONE:
        return KeyRule(most=MOST_DIGITS, pause_ms=4000)
    keyed = key_choices(slot, company, today, offers)
    if not keyed or rule.kind is Kind.TIME:
        return KeyRule(most=_MOST_KEYS.get(rule.kind, MOST_DIGITS), pause_ms=4000)
    return KeyRule(most=len(str(len(keyed))))  # the tenth choice is "10"


def offer_expectation(
    slot: Slot, company: Company, today: date, offers: Offers = None
) -> Expectation:
    """Return what to listen for when a person is offered: yes, no, or an answer after all.

    Args:
        slot: What the question was that the caller did not answer.
        company: Facts.
        today: Date of the call.
        offers: As in `key_choices`.
    """
    asked = expectation(slot, company, today, offers)
    return Expectation(Expects.YES_NO, tuple(dict.fromkeys(YES + NO + asked.phrases)))


def offer_key_rule(slot: Slot, company: Company, today: date, offers: Offers = None) -> KeyRule:
    """Return how keys are collected when a person is offered: an answer to the slot still counts.

    Where the slot takes several keys, its answer must not be cut off after the first; yes and no
    then wait for the pause, or for a hash.
    """
    return KeyRule(most=key_rule(slot, company, today, offers).most)


def offer_answer(text: str) -> str | None:
    """Return ``yes`` or ``no`` if the words answer the offer of a person; else None.

    A no goes first: "no, I don't need a person" names what it refuses.
    """
    said = yes_or_no(text)
    return "yes" if said is None and wants_person(plain_words(text)) else said


def offer_answer_of_keys(keys: str, person_key: str) -> str | None:
    """Return ``yes`` or ``no`` if the keys answer the offer of a person; else None."""
    return {person_key: "yes", "1": "yes", "2": "no"}.get(keys)


def value_of(text: str, ways: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the one value the text names; None if it names none or several.

    The longest phrase wins, so "no thank you" is not confused by a shorter one inside it.
    """
    scores = {value: _says(text, phrases) for value, phrases in ways.items()}
    best = max(scores.values(), default=0)
    named = [value for value, score in scores.items() if score == best]
    return named[0] if best and len(named) == 1 else None


def yes_or_no(text: str) -> str | None:
    """Return ``yes`` or ``no`` if an answer to such a question is clearly one; else None."""
    return value_of(plain_words(text), {"yes": YES, "no": NO}) or _whole_answer(text)


def _whole_answer(text: str) -> str | None:
    """Return what words mean that are a yes or a no by themselves; "Right?" asks and is none."""
    alone = _COURTESY.sub("", plain_words(text))
    named = (said for said, ways in _WHOLE_ANSWERS.items() if alone in ways)
    return None if "?" in text else next(named, None)


def value_in(slot: Slot, text: str, company: Company, today: date) -> str | None:
    """Return the value a caller's answer gives a slot; None if it gives none or several.

    Who corrects himself means what comes after: "in the morning, no sorry, afternoon".

    Args:
        slot: What was asked for.
        text: The words, however an ear writes them: capitals, punctuation, digits.
        company: Facts.
        today: Date of the call.
    """
    *_, meant = re.split(_CORRECTION, text, flags=re.IGNORECASE)
    value = _value_in(slot, meant, company, today) if meant != text else None
    value = value or _value_in(slot, text, company, today)
    if value is None and company.workflow.slots[slot].kind is Kind.YES_NO:
        return _whole_answer(text)
    return value


def _value_in(slot: Slot, text: str, company: Company, today: date) -> str | None:
    rule = company.workflow.slots[slot]
    if rule.kind is Kind.PHONE:
        return spoken_phone(text)
    if rule.kind in (Kind.DATE, Kind.TIME, Kind.PART):
        text = _PRONOUN.sub(" ", wanted_time(text))
    elif rule.kind is Kind.CHOICE:
        text = wanted_thing(text)
    if rule.kind not in _LISTED:
        return kinds.parse(rule, text, company, today)
    value = value_of(plain_words(text), choices(slot, company, today))
    if value == "yes" and rule.kind is Kind.YES_NO:
        agrees = agreement(company.workflow, slot)
        if turns_a_yes(text) or (agrees and hedges_a_yes(text)):
            return None
    if value is None and rule.of is Of.AREAS:
        value = _area_of_written(text, company)
    if value is None and rule.kind is Kind.CHOICE:
        return kinds.parse(rule, text, company, today)  # by its name, as it was read out
    return value


def plain_words(text: str) -> str:
    """Reduce a transcript to lower-case words: "Yes, please." is ``yes please``."""
    kept = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower().replace("’", "'"))
    return " ".join(kept.split())


def value_of_keys(
    slot: Slot, keys: str, company: Company, today: date, offers: Offers = None
) -> str | None:
    """Return the value a run of keys stands for; None if it stands for none.

    Args:
        slot: What was asked for.
        keys: The keys.
        company: Facts.
        today: Date of the call.
        offers: As in `key_choices`.
    """
    rule = company.workflow.slots[slot]
    if rule.kind is Kind.PHONE:
        return phone_number(keys)
    if rule.of is Of.AREAS and len(keys) > 1:
        return _area_of_postcode(keys, company)
    keyed = key_choices(slot, company, today, offers)
    numbered = {str(n): value for n, (value, _) in enumerate(keyed, start=1)}
    return numbered.get(keys) or (
        None if rule.kind in _LISTED else kinds.parse_keys(rule, keys, company, today)
    )


def digits_so_far(first: str, rest: str) -> str:
    """Return the digits of a number keyed in two goes; only the later ones if they begin anew.

    They do so if they repeat the earlier ones, are a whole number with its leading 0, or both
    together are too long: a national number, which begins with a single 0, has at most eleven
    digits.

    Args:
        first: Digits of the earlier goes.
        rest: Keys of the latest.
    """
    digits = "".join(c for c in rest if c.isdigit())
    both = first + digits
    most = 11 if both.startswith("0") and not both.startswith("00") else MOST_DIGITS
    whole = digits.startswith("0") and len(digits) >= LEAST_DIGITS
    if whole or digits.startswith(first) or len(both) > most:
        return digits if len(digits) <= MOST_DIGITS else ""
    return both


def phone_number(written: str) -> str | None:
    """Return a number somebody can be rung back on, digits with an optional +; else None."""
    digits = "".join(c for c in written if c.isdigit())
    if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        return None
    return "+" + digits if written.startswith("+") else digits


def spoken_phone(text: str) -> str | None:
    """Return the telephone number in a caller's words, in figures or spoken; None for none."""
    return phone_number(text) or _spoken_number(text)


def _spoken_number(text: str) -> str | None:
    """Return a whole number said in words: "oh one six three two, nine six oh, double nine nine".

    In words only a whole British number is taken: half of one may be anything else.
    """
    words = words_of(text)
    digits = figures([word for word in words if is_number_word(word)])
    return phone_number(digits) if whole_telephone_number(digits) else None


def date_of(day: str, today: date) -> date:
    """Return the next date a spoken day means; a weekday's own name means a week from today."""
    if day == TOMORROW:
        return today + timedelta(days=1)
    ahead = (EVERY_DAY.index(day) - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead)


def _says(text: str, phrases: tuple[str, ...]) -> int:
    """Return the length in words of the longest phrase the text contains as whole words."""
    padded = f" {text} "
    return max((len(p.split()) for p in phrases if f" {p} " in padded), default=0)


def _area_of_postcode(keys: str, company: Company) -> str | None:
    """Find the area of a postcode typed on a keypad: whole, or only its outward half."""
    for area in company.areas:
        for outward in area.outward:
            typed = "".join(str(_KEYPAD.get(c, c)) for c in outward)
            if keys == typed or (len(keys) == len(typed) + 3 and keys.startswith(typed)):
                return area.key
    return None


def _area_of_written(text: str, company: Company) -> str | None:
    """Find the area of a postcode in a transcript: whole, however spaced, or its outward half."""
    words = plain_words(text).upper().split()
    joined = "".join(words)
    for area in company.areas:
        for outward in area.outward:
            if outward in words or re.search(outward + _INWARD, joined):
                return area.key
    return None
