"""How hours, days and dates are written that people write in another way. Pure."""

from __future__ import annotations

import re
from datetime import date

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {
    "weekdays": DAYS[:5], "weekday": DAYS[:5], "weekend": DAYS[5:], "weekends": DAYS[5:],
    "daily": DAYS, "everyday": DAYS, "every day": DAYS, "all": DAYS,
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ROUND_THE_CLOCK = frozenset(("24h", "24/7", "24 hours", "24hr", "24hrs", "all day", "open"))
_TO = re.compile(r"\s*(?:-|\u2013|\u2014|to|until|till)\s*")
_TIME = re.compile(r"(\d{1,2})(?:[:.h]?([0-5]\d))?\s*(am|pm)?", re.ASCII)


def day_meant(written: object) -> tuple[str, ...]:
    """Return the days that a name means as they are written in a file; () if that is not clear."""
    text = str(written).strip().lower().rstrip(".")
    if text in _GROUPS:
        return _GROUPS[text]
    begin, between, end = (
        part.strip() for part in re.sub(r"\s+to\s+|\u2013", "-", text).partition("-")
    )
    days = [_one_day(begin), _one_day(end)] if between else [_one_day(begin)]
    if None in days:
        return ()
    first, last = DAYS.index(str(days[0])), DAYS.index(str(days[-1]))
    return DAYS[first : last + 1] if first <= last else ()


def _one_day(name: str) -> str | None:
    for day, whole in zip(DAYS, _NAMES, strict=True):
        if len(name) >= 3 and whole.startswith(name.rstrip("s") if name != whole else name):
            return day
    return None


def span_meant(written: object) -> str | None:
    """Return a span of the day as it is written in a file: ``9am-5pm`` is 09:00-17:00.

    Returns:
        None if it is none, or not clear.
    """
    text = str(written).strip().lower().replace("a.m.", "am").replace("p.m.", "pm")
    if text in _ROUND_THE_CLOCK:
        return "00:00-24:00"
    sides = [_TIME.fullmatch(side) for side in _TO.split(text)]
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        return None
    begin, end = _minute(sides[0]), _minute(sides[1])
    if sides[1][3] == "pm" and not sides[0][3] and begin + 720 < end:
        begin += 720  # 1-5pm
    if not sides[0][3] and not sides[1][3] and begin >= end and end <= 720:
        end += 720  # 9-5
    if not 0 <= begin < end <= 1440:
        return None
    return f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"


def _minute(found: re.Match[str]) -> int:
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return -1
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return hour * 60 + minute


def date_meant(written: object) -> str | None:
    """Return a date as it is written in a file; None if it is none, or could be two."""
    text = str(written).strip().lower().replace(",", " ")
    if plain := re.fullmatch(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})", text, re.ASCII):
        return _iso(*map(int, plain.groups()))
    if figures := re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})", text, re.ASCII):
        first, second, year = map(int, figures.groups())
        if first > 12:
            return _iso(year, second, first)
        return _iso(year, first, second) if second > 12 or first == second else None
    words = re.fullmatch(
        r"(?:(\d{1,2}) )?([a-z]{3})[a-z]*\.? (?:(\d{1,2}) )?(\d{4})",
        re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|[\s-]+", " ", text).replace("  ", " "),
    )
    if words is None or words[2] not in _MONTHS or bool(words[1]) == bool(words[3]):
        return None
    return _iso(int(words[4]), _MONTHS.index(words[2]) + 1, int(words[1] or words[3]))


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
