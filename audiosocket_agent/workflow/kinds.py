"""What a slot may hold, and how a caller's words and keys become it. Pure.

Theory of operation. A value is always written one way (`Kind` tells it): what is said, keyed or
sent by a language model becomes that, or nothing. `spoken` says a value so that `parse` of what it
says is the value again: callers repeat what they hear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from audiosocket_agent.caller_words import FILLERS, words_of
from audiosocket_agent.workflow import keyed
from audiosocket_agent.workflow.model import Kind, Of, Option, SlotRule
from audiosocket_agent.workflow.said_codes import (
    MOST_DIGITS,
    as_postcode,
    code_in,
    email_in,
    in_groups,
    phone_in,
    postcode_in,
    spelled_out,
    spoken_email,
)
from audiosocket_agent.workflow.said_dates import DAY_NAMES, date_in, next_date
from audiosocket_agent.workflow.said_names import address_in, name_in
from audiosocket_agent.workflow.said_numbers import cardinal
from audiosocket_agent.workflow.said_times import spoken_time, time_in
from audiosocket_agent.written_times import DAYS

if TYPE_CHECKING:
    from audiosocket_agent.company import Area, Company, Service

YES = ("yes", "yes please", "yeah", "that's right")
NO = ("no", "no thanks", "no thank you")
PARTS: dict[str, tuple[str, ...]] = {
    "morning": ("morning", "in the morning"),
    "afternoon": ("afternoon", "in the afternoon"),
}
WORKDAYS = DAYS[:5]  # of a company without hours
LEAST = {Kind.CODE: 2, Kind.TEXT: 1, Kind.NUMBER: 0}
MOST = {Kind.CODE: 12, Kind.TEXT: 300, Kind.NUMBER: 999_999}
IN_PAIRS = frozenset(
    (Kind.POSTCODE, Kind.NAME, Kind.ADDRESS, Kind.EMAIL, Kind.CODE, Kind.TEXT)
)  # fmt: skip
MOST_PAIRS = 80  # keys


def parse(rule: SlotRule, text: str, company: Company, today: date) -> str | None:
    """Return the value that a caller's words give.

    Args:
        rule: What was asked for.
        text: The words, however an ear writes them.
        company: Facts.
        today: The date of the call, at the company.

    Returns:
        None if they give none, several, or one that cannot be.
    """
    match rule.kind:
        case Kind.CHOICE | Kind.YES_NO | Kind.PART:
            return _named(" ".join(words_of(text)), ways(rule, company))
        case Kind.DATE:
            day = date_in(text, today)
            return day.isoformat() if day is not None and is_worked(company, day) else None
        case Kind.TIME:
            return time_in(text, company.hours)
        case Kind.PHONE:
            return phone_in(text)
        case Kind.POSTCODE:
            return postcode_in(text)
        case Kind.NAME:
            return name_in(text)
        case Kind.ADDRESS:
            return address_in(text)
        case Kind.EMAIL:
            return email_in(text)
        case Kind.NUMBER:
            return _number(rule, cardinal([w for w in words_of(text) if w not in _AROUND]))
        case Kind.CODE:
            return code_in(text, *limits(rule))
        case Kind.TEXT:
            return _text(rule, text)


def parse_keys(rule: SlotRule, keys: str, company: Company, today: date) -> str | None:
    """Return the value that a run of keys stands for; None if it stands for none.

    Args:
        rule: What was asked for.
        keys: ``0-9`` and ``*``, without the ending hash.
        company: Facts.
        today: The date of the call, at the company.
    """
    if not keys.isdecimal():
        return None
    match rule.kind:
        case Kind.CHOICE | Kind.YES_NO | Kind.PART:
            return dict(enumerate(ways(rule, company), start=1)).get(int(keys[:3]))
        case Kind.DATE:
            return _keyed_date(keys, company, today)
        case Kind.TIME:
            hour, minute = keys[:-2], keys[-2:]
            real = len(keys) in (3, 4) and int(hour) < 24 and int(minute) < 60
            return f"{int(hour):02}:{minute}" if real else None
        case Kind.PHONE:
            return phone_in(keys)
        case Kind.NUMBER:
            return _number(rule, int(keys[:9]) if len(keys) <= 9 else None)
        case _:
            text = keyed.text_of_keys(keys)
            return None if text is None else _of_pairs(rule, text)


def spoken(rule: SlotRule, value: str, company: Company, today: date) -> str:
    """Say a value back.

    Args:
        rule: What it was asked for.
        value: As `parse` returned it.
        company: Facts.
        today: The date of the call, at the company.
    """
    match rule.kind:
        case Kind.CHOICE:
            return names(rule, company).get(value, value)
        case Kind.DATE:
            return spoken_date(date.fromisoformat(value), today)
        case Kind.TIME:
            return spoken_time(value)
        case Kind.PHONE:
            plus = "plus " if value.startswith("+") else ""
            return plus + spelled_out(in_groups(value.removeprefix("+")))
        case Kind.POSTCODE:
            return spelled_out(value)
        case Kind.CODE:
            return spelled_out(in_groups(value))
        case Kind.EMAIL:
            return spoken_email(value)
        case _:
            return value


def ways(rule: SlotRule, company: Company) -> dict[str, tuple[str, ...]]:
    """Return the values of a slot that has few, each with the ways to say it, in keypad order."""
    if rule.kind is Kind.YES_NO:
        return {"yes": YES, "no": NO}
    if rule.kind is Kind.PART:
        return dict(PARTS)
    said: dict[str, tuple[str, ...]] = {}
    for one in _listed(rule, company):
        name = " ".join(words_of(one.name))
        said[one.key] = tuple(dict.fromkeys((*one.phrases, name)))
    return said


def names(rule: SlotRule, company: Company) -> dict[str, str]:
    """Return what may be chosen, as it is spoken."""
    return {one.key: one.name for one in _listed(rule, company)}


def limits(rule: SlotRule) -> tuple[int, int]:
    """Return the fewest and the most of what a slot's values are counted in."""
    least = LEAST.get(rule.kind, 0) if rule.least is None else rule.least
    most = MOST.get(rule.kind, MOST_DIGITS) if rule.most is None else rule.most
    return least, most


def is_worked(company: Company, day: date) -> bool:
    """Whether a company works on a day: as its hours say, else Monday to Friday."""
    if day in company.holidays:
        return False
    name = DAYS[day.weekday()]
    return bool(company.hours.get(name)) if company.hours else name in WORKDAYS


def days_worked(company: Company) -> str:
    """Say on which days a company works: "Monday to Friday"."""
    open_ = [n for n, day in enumerate(DAYS)
             if (company.hours.get(day) if company.hours else day in WORKDAYS)]  # fmt: skip
    said = [DAY_NAMES[n].capitalize() for n in open_]
    if len(said) > 2 and open_ == list(range(open_[0], open_[-1] + 1)):
        return f"{said[0]} to {said[-1]}"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])}, or {said[-1]}"


def spoken_date(day: date, today: date) -> str:
    """Say a date: ``Tuesday the 3rd of March``; with its year where the next one is meant."""
    suffix = "th" if 11 <= day.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    said = f"{day:%A} the {day.day}{suffix} of {day:%B}"
    try:
        meant = next_date(day.day, day.month, None, today)
    except ValueError:  # the next 29th of February may be years away
        meant = None
    return said if meant == day else f"{said} {day.year}"


_AROUND = FILLERS | frozenset(
    "it's its it is about around please thanks just only i have we".split()
)


def _listed(rule: SlotRule, company: Company) -> Sequence[Service | Area | Option]:
    if rule.of is Of.SERVICES:
        return company.services
    return company.areas if rule.of is Of.AREAS else rule.options


def _named(text: str, said: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the one value whose longest phrase the text contains; None if none or several."""
    padded = f" {text} "
    scores = {
        value: max((len(p.split()) for p in phrases if f" {p} " in padded), default=0)
        for value, phrases in said.items()
    }
    best = max(scores.values(), default=0)
    named = [value for value, score in scores.items() if score == best]
    return named[0] if best and len(named) == 1 else None


def _number(rule: SlotRule, number: int | None) -> str | None:
    least, most = limits(rule)
    return str(number) if number is not None and least <= number <= most else None


def _text(rule: SlotRule, text: str) -> str | None:
    least, most = limits(rule)
    said = " ".join(text.split())
    meant = any(word not in FILLERS for word in words_of(said))
    return said if meant and max(least, 1) <= len(said) <= most else None


def _of_pairs(rule: SlotRule, text: str) -> str | None:
    match rule.kind:
        case Kind.POSTCODE:
            return as_postcode(text.replace(" ", ""))
        case Kind.NAME:
            return name_in(text)
        case Kind.ADDRESS:
            return address_in(text)
        case Kind.EMAIL:
            return email_in(text)
        case Kind.CODE:
            return code_in(text.replace(" ", ""), *limits(rule))
        case _:
            return _text(rule, text)


def _keyed_date(keys: str, company: Company, today: date) -> str | None:
    """Read ``DDMM`` or ``DDMMYYYY``, or the key of one of the days that are worked, from 1."""
    if len(keys) == 1:
        named = {str(n): day for n, day in enumerate(_next_days(company, today), start=1)}
        day = named.get(keys)
        return None if day is None else day.isoformat()
    if len(keys) not in (4, 8):
        return None
    try:
        found = next_date(int(keys[:2]), int(keys[2:4]), int(keys[4:] or 0) or None, today)
    except ValueError:
        return None
    return found.isoformat() if found >= today and is_worked(company, found) else None


def _next_days(company: Company, today: date) -> list[date]:
    """Return the next of each weekday that is worked, Monday's first."""
    week = [today + timedelta(days=n) for n in range(1, 8)]
    hours = company.hours
    days = (d for d in week if (hours.get(DAYS[d.weekday()]) if hours else d.weekday() < 5))
    return sorted(days, key=date.weekday)
