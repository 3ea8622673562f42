"""The date in a caller's words: "next Tuesday", "the 3rd of March", "in two weeks". Pure.

Theory of operation. Numbers are written as figures first (`numbered`). Then each way to name a date
is looked for, the longest first, and what it took is taken out. Whatever is named counts: two
different dates are no answer, and a weekday beside a date must be its own.

A weekday is the next one, a week from today if it is today's. "Next Tuesday" is the one of the
week after this one: on a Monday it is eight days away, on a Friday four. A date without a year is
the next one there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from audiosocket_agent.caller_words import words_of
from audiosocket_agent.workflow.said_numbers import ORDINAL, numbered

DAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTH_NAMES = (
    "january february march april may june july august september october november december"
).split()
_SHORT_DAYS = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "thur": 3, "thurs": 3,
               "fri": 4, "sat": 5, "sun": 6}  # fmt: skip
_DAYS = {name: n for n, name in enumerate(DAY_NAMES)} | _SHORT_DAYS
_SHORT_MONTHS = "jan feb mar apr jun jul aug sep sept oct nov dec".split()
_MONTHS = {name: n for n, name in enumerate(MONTH_NAMES, start=1)} | {
    short: next(n for n, name in enumerate(MONTH_NAMES, start=1) if name.startswith(short))
    for short in _SHORT_MONTHS
}
MOST_DAYS_AHEAD = 730

_DAY = rf"\b(?P<weekday>{'|'.join(_DAYS)})\b"
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b"
_YEAR = r"(?: (?:in )?(?P<year>20 ?\d\d)\b)?"
_NUMBER = rf"(?P<day>\d\d?){ORDINAL}?"
_COUNT = r"(?P<count>\d\d?|a|one)"
_WRITTEN = re.compile(
    r"\b(?:(?P<iso>\d{4})-(?P<imonth>\d\d?)-(?P<iday>\d\d?)"
    r"|(?P<day>\d\d?)/(?P<month>\d\d?)(?:/(?P<year>\d{4}|\d\d))?"
    r"|(?P<pday>\d\d?)\.(?P<pmonth>\d\d?)\.(?P<pyear>\d{4}|\d\d))\b",
    re.ASCII,
)


def date_in(text: str, today: date) -> date | None:
    """Return the one date that words name; None if they name none, several, or one that cannot be.

    Args:
        text: The caller's words.
        today: The date of the call, at the company.
    """
    found: set[date] = set()
    for written in _WRITTEN.finditer(text):
        day = _figures(written, today)
        if day is None:
            return None
        found.add(day)
    rest = " ".join(numbered(words_of(_WRITTEN.sub(" ", text))))
    if _PAST.search(rest):
        return None
    try:
        weekdays = _take(rest, today, found)
    except ValueError:  # the 31st of June
        return None
    if not found:
        found = {_coming(weekday, today) for weekday in weekdays}
    elif any(day.weekday() != weekday for day in found for weekday in weekdays):
        return None
    if len(found) != 1:
        return None
    day = found.pop()
    return day if today <= day <= today + timedelta(days=MOST_DAYS_AHEAD) else None


def _take(rest: str, today: date, found: set[date]) -> set[int]:
    """Take the dates out of the words; returns the weekdays that stand by themselves."""
    for pattern, meaning in _WAYS:
        while match := pattern.search(rest):
            found.add(meaning(match, today))
            rest = f"{rest[: match.start()]} | {rest[match.end() :]}"
    return {_DAYS[match["weekday"]] for match in re.finditer(_DAY, rest)}


def _figures(match: re.Match[str], today: date) -> date | None:
    try:
        if match["iso"]:
            return date(int(match["iso"]), int(match["imonth"]), int(match["iday"]))
        day, month = match["day"] or match["pday"], match["month"] or match["pmonth"]
        written = match["year"] or match["pyear"]
        year = int(written) % 100 + 2000 if written else None
        return next_date(int(day), int(month), year, today)
    except ValueError:
        return None


def next_date(day: int, month: int, year: int | None, today: date) -> date:
    """Return a date; without a year the next one there is, today included.

    Raises:
        ValueError: If there is none.
    """
    if year is not None:
        return date(year, month, day)
    for ahead in range(2):
        try:
            found = date(today.year + ahead, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise ValueError("there is no such date")


def _coming(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _of_next_week(weekday: int, today: date) -> date:
    return today + timedelta(days=7 - today.weekday() + weekday)


def _named(match: re.Match[str], today: date) -> date:
    year = match["year"] and int(match["year"].replace(" ", ""))
    return next_date(int(match["day"]), _MONTHS[match["month"]], year or None, today)


def _of_some_month(match: re.Match[str], today: date) -> date:
    day = int(match["day"])
    for ahead in range(12):
        month = (today.month - 1 + ahead) % 12 + 1
        try:
            found = date(today.year + (today.month - 1 + ahead) // 12, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise ValueError("there is no such date")


def _ahead(days: int) -> Callable[[re.Match[str], date], date]:
    return lambda _match, today: today + timedelta(days=days)


def _counted(match: re.Match[str], today: date) -> date:
    count = 1 if match["count"] in ("a", "one") else int(match["count"])
    unit = {"day": 1, "week": 7, "fortnight": 14}[match["unit"].removesuffix("s")]
    return today + timedelta(days=count * unit)


def _weeks_on(weeks: int) -> Callable[[re.Match[str], date], date]:
    return lambda match, today: _coming(_DAYS[match["weekday"]], today) + timedelta(weeks=weeks)


_PAST = re.compile(rf"\b(?:last|past|previous) {_DAY}|\byesterday\b")
_AFTER_A_DAY = r" ?$| (?:please|then|thanks|at|in the|if|would|is|\|)"
_UNIT = r"(?P<unit>days?|weeks?|fortnights?)"
_WAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (rf"\b{_NUMBER}(?: day)?(?: of)? {_MONTH}{_YEAR}", _named),
        (rf"\b{_MONTH} (?:the )?{_NUMBER}\b{_YEAR}", _named),
        (r"\b(?:the )?day after tomorrow\b", _ahead(2)),
        (r"\b(?:(?:a|1) week tomorrow|tomorrow week)\b", _ahead(8)),
        (r"\btomorrow\b", _ahead(1)),
        (r"\b(?:(?:a|1) week today|today week)\b", _ahead(7)),
        (r"\b(?:a|1) fortnight today\b", _ahead(14)),
        (rf"\bin {_COUNT} {_UNIT}(?: time)?\b", _counted),
        (rf"\b{_COUNT} {_UNIT} from (?:now|today)\b", _counted),
        (r"\b(?:today|this (?:morning|afternoon|evening))\b", _ahead(0)),
        (rf"\b(?:a|1) fortnight on {_DAY}|\b2 weeks on {_DAY.replace('weekday', 'other')}",
         lambda m, today: _coming(_DAYS[m["weekday"] or m["other"]], today)
         + timedelta(weeks=2)),
        (rf"\b(?:a|1) week on {_DAY}", _weeks_on(1)),
        (rf"{_DAY} (?:week|after next)\b", _weeks_on(1)),
        (rf"\bnext week(?: on)? {_DAY}",
         lambda m, today: _of_next_week(_DAYS[m["weekday"]], today)),
        (rf"{_DAY} (?:of )?next week\b",
         lambda m, today: _of_next_week(_DAYS[m["weekday"]], today)),
        (rf"\bnext {_DAY}", lambda m, today: _of_next_week(_DAYS[m["weekday"]], today)),
        (rf"\b(?:this|this coming|the coming) {_DAY}",
         lambda m, today: _coming(_DAYS[m["weekday"]], today)),
        # "The first one" and "first thing" are no dates.
        (rf"(?:^|\bthe |\bon |\| )(?P<day>\d\d?){ORDINAL}\b(?={_AFTER_A_DAY})", _of_some_month),
    )
)  # fmt: skip
