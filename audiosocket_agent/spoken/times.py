"""Say times of day. Pure.

With am or pm the time is said as written: 9am is "nine A M", 9:30 pm is "nine thirty P M" (letters,
not "a.m.": its full stops would look like the end of a sentence). A time with a colon is said by
the clock: 10:30 is "half past ten". On the 24 hour clock (from 13:00, and with a leading zero) the
part of the day is added: 14:15 is "quarter past two in the afternoon". 00:00 is "midnight", 12:00
is "noon". A full stop ("10.30") makes a time only before am or pm, in a range, or after a word like
"at"; anywhere else it is a decimal number.
"""

from __future__ import annotations

import re

from audiosocket_agent.spoken.numbers import cardinal
from audiosocket_agent.spoken.rules import Around, rule

TIME_WORDS = frozenset("at by until till from before after around between".split())
_HALF = r"(?:[aApP]\.?[mM](?!\w))"
_CLOCK = r"(?P<hour{0}>[01]?[0-9]|2[0-4])(?:[:.](?P<minute{0}>[0-5][0-9]))?"
_DASH = r"(?: - |-)"


def clock(hour: int, minute: int, *, padded: bool = False) -> str:
    """Say a time by the clock.

    Args:
        hour: 0 to 24.
        minute: 0 to 59.
        padded: Whether it was written with a leading zero, as on the 24 hour clock.
    """
    if hour == 24:
        hour = 0
    if minute == 0 and hour in (0, 12):
        return "noon" if hour else "midnight"
    part = _part_of_day(hour) if padded or hour >= 13 or hour == 0 else ""
    return _by_the_clock(hour, minute) + part


def _by_the_clock(hour: int, minute: int) -> str:
    name = cardinal(hour % 12 or 12)
    if minute == 0:
        return f"{name} o'clock"
    if minute == 15:
        return f"quarter past {name}"
    if minute == 30:
        return f"half past {name}"
    if minute == 45:
        return f"quarter to {cardinal((hour + 1) % 12 or 12)}"
    return f"{name} {_minutes(minute)}"


def _minutes(minute: int) -> str:
    return f"oh {cardinal(minute)}" if minute < 10 else cardinal(minute)


def _part_of_day(hour: int) -> str:
    if hour < 5 or hour >= 21:
        return " at night"
    if hour < 12:
        return " in the morning"
    return " in the afternoon" if hour < 18 else " in the evening"


def _as_written(hour: int, minute: int, half: str) -> str:
    if minute == 0 and hour == 12:
        return "noon" if half == "P" else "midnight"
    name = cardinal(hour % 12 or 12)
    return name + (f" {_minutes(minute)}" if minute else "") + f" {half} M"


def _half(match: re.Match[str], around: Around) -> str:
    said = _as_written(int(match["hour1"]), int(match["minute1"] or 0), match["half"][0].upper())
    if match["stop"] and not match["half"][1:2] == ".":
        return said + "."
    return said + ("." if match["stop"] and around.ends_sentence else "")


def _side(match: re.Match[str], side: str) -> str:
    hour, minute = int(match[f"hour{side}"]), int(match[f"minute{side}"] or 0)
    half = match[f"half{side}"]
    if half:
        return _as_written(hour, minute, half[0].upper())
    return cardinal(hour) + (f" {_minutes(minute)}" if minute else "")


def _half_range(match: re.Match[str], around: Around) -> str:
    return f"{_side(match, '1')} to {_side(match, '2')}"


def _colon(match: re.Match[str], around: Around) -> str:
    hour = match["hour1"]
    return clock(int(hour), int(match["minute1"]), padded=hour[0] == "0")


def _colon_range(match: re.Match[str], around: Around) -> str:
    parts = []
    for side in "12":
        hour = match[f"hour{side}"]
        parts.append(clock(int(hour), int(match[f"minute{side}"]), padded=hour[0] == "0"))
    return " to ".join(parts)


def _dotted(match: re.Match[str], around: Around) -> str | None:
    if around.before.lower() not in TIME_WORDS or around.after == "%":
        return None
    return _colon(match, around)


def _written(side: str, mark: str) -> str:
    return rf"(?P<hour{side}>[01]?[0-9]|2[0-4]){mark}(?P<minute{side}>[0-5][0-9])"


_END = r"(?![\w]|[.,:/%-][0-9])"
RULES = (
    rule(
        _CLOCK.format("1") + rf" ?(?P<half1>{_HALF}?)" + _DASH + _CLOCK.format("2")
        + rf" ?(?P<half2>{_HALF})",
        _half_range,
    ),
    rule(_CLOCK.format("1") + rf" ?(?P<half>{_HALF})(?P<stop>\.?)", _half),
    rule(_written("1", ":") + _DASH + _written("2", ":") + _END, _colon_range),
    rule(_written("1", r"\.") + _DASH + _written("2", r"\.") + _END, _colon_range),
    rule(_written("1", ":") + r"(?: ?hrs)?" + _END, _colon),
    rule(_written("1", r"\.") + _END, _dotted),
)  # fmt: skip
