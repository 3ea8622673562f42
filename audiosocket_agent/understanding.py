"""From words and keys to slot values: the ears' side of the rule-driven dialogue. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from audiosocket_agent.caller_words import words_of
from audiosocket_agent.company import Company
from audiosocket_agent.seams import Expectation, Expects
from audiosocket_agent.spelled import figures, is_number_word, whole_telephone_number
from audiosocket_agent.workflow import INSTEAD_SLOTS, YES_NO_SLOTS, Slot

YES = ("yes", "yes please", "yeah", "that's right")
NO = ("no", "no thanks", "no thank you")
CALL_ME = ("call me back", "ring me back")
WAIT = ("i'll wait", "i will wait", "i'd rather wait", "i'll hold")
PERSON = ("a person please", "speak to a person", "talk to a person", "operator", "a human please")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
TOMORROW = "tomorrow"
PARTS: dict[str, tuple[str, ...]] = {
    "morning": ("morning", "in the morning"),
    "afternoon": ("afternoon", "in the afternoon"),
}

LEAST_DIGITS = 9  # of a telephone number, area code included
MOST_DIGITS = 15  # E.164
_KINDS = {
    **dict.fromkeys(YES_NO_SLOTS, Expects.YES_NO),
    Slot.AREA: Expects.POSTCODE,
    Slot.DAY: Expects.DATE,
    Slot.PHONE: Expects.DIGITS,
}
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


def choices(slot: Slot, company: Company, today: date) -> dict[str, tuple[str, ...]]:
    """Return the acceptable values of a slot, each with the ways to say it, in keypad order."""
    if slot is Slot.SERVICE:
        return {s.key: s.phrases for s in company.services}
    if slot is Slot.AREA:
        return {a.key: a.phrases for a in company.areas}
    if slot is Slot.DAY:
        days: dict[str, tuple[str, ...]] = {day: (day, f"on {day}") for day in WEEKDAYS}
        if (today + timedelta(days=1)).weekday() < len(WEEKDAYS):
            days[TOMORROW] = (TOMORROW,)
        return days
    if slot is Slot.PART:
        return dict(PARTS)
    if slot in INSTEAD_SLOTS:
        return {"yes": YES + CALL_ME if slot is Slot.RING_BACK else YES, "no": NO + WAIT}
    if slot in YES_NO_SLOTS:
        return {"yes": YES, "no": NO}
    return {}


def expectation(slot: Slot, company: Company, today: date) -> Expectation:
    """Return what the ear should listen for when a slot is asked."""
    phrases = [p for ways in choices(slot, company, today).values() for p in ways]
    places = [phrase for place in company.people.places.values() for phrase in place.phrases]
    wishes = dict.fromkeys((*phrases, *PERSON, *places))
    return Expectation(_KINDS.get(slot, Expects.CHOICE), tuple(wishes))


def key_rule(slot: Slot, company: Company, today: date) -> KeyRule:
    """Return how keys are collected when a slot is asked."""
    if slot is Slot.AREA:
        return KeyRule(most=7)  # a full postcode has at most seven letters and digits
    if slot is Slot.PHONE:
        return KeyRule(most=MOST_DIGITS, pause_ms=4000)
    return KeyRule(most=len(str(len(choices(slot, company, today)))))  # the tenth choice is "10"


def offer_expectation(slot: Slot, company: Company, today: date) -> Expectation:
    """Return what to listen for when a person is offered: yes, no, or an answer after all.

    Args:
        slot: What the question was that the caller did not answer.
        company: Facts.
        today: Date of the call.
    """
    asked = expectation(slot, company, today)
    return Expectation(Expects.YES_NO, tuple(dict.fromkeys(YES + NO + asked.phrases)))


def offer_key_rule(slot: Slot, company: Company, today: date) -> KeyRule:
    """Return how keys are collected when a person is offered: an answer to the slot still counts.

    Where the slot takes several keys, its answer must not be cut off after the first; yes and no
    then wait for the pause, or for a hash.
    """
    return KeyRule(most=key_rule(slot, company, today).most)


def offer_answer(text: str) -> str | None:
    """Return ``yes`` or ``no`` if the words answer the offer of a person; else None.

    A no goes first: "no, I don't need a person" names what it refuses.
    """
    said = value_of(plain_words(text), {"yes": YES, "no": NO})
    return "yes" if said is None and wants_person(text) else said


def offer_answer_of_keys(keys: str, person_key: str) -> str | None:
    """Return ``yes`` or ``no`` if the keys answer the offer of a person; else None."""
    return {person_key: "yes", "1": "yes", "2": "no"}.get(keys)


def wants_person(text: str) -> bool:
    """Whether the caller asked for a person."""
    words = plain_words(text)
    return _says(words, PERSON) > 0 or bool({"person", "human", "operator"} & set(words.split()))


def value_of(text: str, ways: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the one value the text names; None if it names none or several.

    The longest phrase wins, so "no thank you" is not confused by a shorter one inside it.
    """
    scores = {value: _says(text, phrases) for value, phrases in ways.items()}
    best = max(scores.values(), default=0)
    named = [value for value, score in scores.items() if score == best]
    return named[0] if best and len(named) == 1 else None


def value_in(slot: Slot, text: str, company: Company, today: date) -> str | None:
    """Return the value a caller's answer gives a slot; None if it gives none or several.

    Args:
        slot: What was asked for.
        text: The words, however an ear writes them: capitals, punctuation, digits.
        company: Facts.
        today: Date of the call.
    """
    if slot is Slot.PHONE:
        return phone_number(text) or _spoken_number(text)
    value = value_of(plain_words(text), choices(slot, company, today))
    if value is None and slot is Slot.AREA:
        return _area_of_written(text, company)
    return value


def plain_words(text: str) -> str:
    """Reduce a transcript to lower-case words: "Yes, please." is ``yes please``."""
    kept = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower().replace("’", "'"))
    return " ".join(kept.split())


def value_of_keys(slot: Slot, keys: str, company: Company, today: date) -> str | None:
    """Return the value a run of keys stands for; None if it stands for none."""
    if slot is Slot.PHONE:
        return phone_number(keys)
    if slot is Slot.AREA and len(keys) > 1:
        return _area_of_postcode(keys, company)
    numbered = {str(n): v for n, v in enumerate(choices(slot, company, today), start=1)}
    return numbered.get(keys)


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
    ahead = (WEEKDAYS.index(day) - today.weekday() - 1) % 7 + 1
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
