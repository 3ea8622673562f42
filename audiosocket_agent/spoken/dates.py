"""Say dates, day first: 3/11/2026 is "the third of November twenty twenty-six". Pure.

A common fraction (1/2, 3/4) is a date only after a word like "on"; see `numbers`.
"""

from __future__ import annotations

import re

from audiosocket_agent.spoken.numbers import ENDS, ordinal, year
from audiosocket_agent.spoken.rules import Around, rule

MONTHS = (
    "January February March April May June July August September October November December"
).split()
_NUMBERS = {name[:3]: index for index, name in enumerate(MONTHS, start=1)}
MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?!\w)\.?"
)
_DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
DAY_NAMES = frozenset(_DAYS)
_ALONE = DAY_NAMES - {"Sat", "Sun", "Mon", "Wed"}  # the rest are words or names too
_DAY = r"(?P<day>0?[1-9]|[12][0-9]|3[01])"
_ORDINAL = r"(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"


def say_date(day: int, month: int, year_number: int | None, around: Around) -> str:
    """Say a date; the "the" is left out where the text already has one."""
    the = "" if around.before.lower() == "the" else "the "
    said = f"{the}{ordinal(day)} of {MONTHS[month - 1]}"
    return said if year_number is None else f"{said} {year(year_number)}"


def _figures(match: re.Match[str], around: Around) -> str:
    return say_date(int(match["day"]), int(match["number"]), _full_year(match["year"]), around)


def _full_year(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) + (2000 if len(text) == 2 else 0)


def _iso(match: re.Match[str], around: Around) -> str:
    return say_date(int(match["day"]), int(match["number"]), int(match["year"]), around)


def _day_first(match: re.Match[str], around: Around) -> str:
    number = _NUMBERS[match["month"][:3]]
    return say_date(int(match["day"]), number, _full_year(match["year"]), around)


def _month_first(match: re.Match[str], around: Around) -> str:
    name = MONTHS[_NUMBERS[match["month"][:3]] - 1]
    said = f"{name} the {ordinal(int(match['day']))}"
    return f"{said} {year(int(match['year']))}" if match["year"] else said


def _month_year(match: re.Match[str], around: Around) -> str:
    return f"{MONTHS[_NUMBERS[match['month'][:3]] - 1]} {year(int(match['year']))}"


def _month(match: re.Match[str], around: Around) -> str | None:
    text = match["month"]
    if text in ("Jan", "Mar", "Dec", "May", "Jun", "Jul"):  # names and words, unless by a figure
        return None
    stop = "." if match[0].endswith(".") and around.ends_sentence else ""
    return MONTHS[_NUMBERS[text[:3]] - 1] + stop


def _weekdays(match: re.Match[str], around: Around) -> str:
    first, last = _DAYS[match[1][:3]], _DAYS[match[2][:3]]
    return f"{first} to {last}"


def _weekday(match: re.Match[str], around: Around) -> str | None:
    if match[1] not in _ALONE and not around.after.isdigit():
        return None
    return _DAYS[match[1]]


_NAMES = "|".join(sorted({*_DAYS, *_DAYS.values()}, key=len, reverse=True))
RULES = (
    rule(r"(?P<year>[12][0-9]{3})-(?P<number>0[1-9]|1[0-2])-" + _DAY + ENDS, _iso),
    rule(
        rf"{_DAY}[/.](?P<number>0?[1-9]|1[0-2])[/.](?P<year>(?:19|20)?[0-9]{{2}}){ENDS}", _figures
    ),
    rule(rf"{_DAY}/(?P<number>0?[1-9]|1[0-2]){ENDS}",
         lambda match, around: say_date(int(match["day"]), int(match["number"]), None, around)),
    rule(rf"{_DAY}{_ORDINAL}(?: of)? {MONTH}(?:,? {_YEAR}{ENDS})?", _day_first),
    rule(rf"{MONTH} {_DAY}{_ORDINAL}(?![\w:/]|[.,][0-9])(?:,? {_YEAR}{ENDS})?", _month_first),
    rule(rf"{MONTH},? {_YEAR}{ENDS}", _month_year),
    rule(MONTH, _month),
    rule(rf"({_NAMES})(?: - |-)({_NAMES})(?!\w)", _weekdays),
    rule(r"(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b(?:\.(?= ?[0-9]))?", _weekday),
)  # fmt: skip
