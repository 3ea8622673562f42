"""The time of day in a caller's words: "half past two", "2:30 pm", "fourteen thirty". Pure.

A time of twelve hours without its half of the day is the one in the company's hours; where both or
neither are, the one from seven in the morning to seven in the evening.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from audiosocket_agent.caller_words import words_of
from audiosocket_agent.company_calls import minutes_of
from audiosocket_agent.workflow.said_numbers import numbered

NOON = 12 * 60
DAY = 24 * 60
_DAY_BEGINS = 7 * 60
_HALF = (
    r"(?: ?(?P<half>am|pm)\b| (?:in the |this |at )?(?P<period>morning|afternoon|evening|night)\b)?"
)
_PAST = {"half": 30, "quarter": 15, "a quarter": 15}
_COUNT = r"(?P<count>half|(?:a )?quarter|\d\d?)(?: minutes?)?"
_WAYS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_COUNT} (?P<side>past|to) (?P<hour>\d\d?)\b(?: o'clock)?{_HALF}",
        rf"\bhalf (?P<half_hour>\d\d?)\b{_HALF}",
        r"\b(?P<word>midday|noon|midnight)\b",
        rf"\b(?P<hour>\d\d?) (?P<minute>[0-5]\d)\b{_HALF}",
        rf"\b(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)\b(?: hours)?{_HALF}",
        rf"\b(?P<hour>\d\d?) (?:o'clock|oclock|hundred(?: hours)?)\b{_HALF}",
        rf"\b(?P<hour>\d\d?)(?= ?(?:am|pm)\b| (?:in the|this|at) ?(?:m|a|e|n)){_HALF}",
        r"\b(?:at|around|about|by|for|say) (?P<hour>\d\d?)\b",
    )
)
_ALONE = re.compile(r"(?P<hour>\d\d?)")
_MOST_WORDS_AROUND = 2  # "ten please", "ten then thanks"
_SURELY = re.compile(
    r"\b(?:at|half|quarter|o'clock|oclock|am|pm|noon|midday)\b|\d:\d\d|\d ?[ap]\.?m\b", re.I
)
_DATES = re.compile(r"\b\d{4}-\d\d?-\d\d?\b|\b\d\d?/\d\d?(?:/\d{2,4})?\b", re.ASCII)


def time_in(text: str, hours: Mapping[str, tuple[str, ...]] | None) -> str | None:
    """Return the one time that words name, as ``HH:MM``; None if they name none or several.

    Args:
        text: The caller's words.
        hours: The company's, for times that may be of either half of the day.
    """
    written = re.sub(r"(\d)(am|pm)\b", r"\1 \2", _DATES.sub(" ", text.lower()))
    rest = " ".join(numbered(words_of(re.sub(r"(\d)([ap])\.? ?m\b\.?", r"\1 \2m", written))))
    found: set[int] = set()
    for pattern in _WAYS:
        while match := pattern.search(rest):
            at = _minute(match, hours)
            if at is None:
                return None
            found.add(at)
            rest = f"{rest[: match.start()]} | {rest[match.end() :]}"
    if not found and len(rest.split()) <= _MOST_WORDS_AROUND + 1:
        alone = [match for match in map(_ALONE.fullmatch, rest.split()) if match]
        found = {at for match in alone if (at := _minute(match, hours)) is not None}
    return written_time(found.pop()) if len(found) == 1 else None


def says_time(text: str) -> bool:
    """Whether words surely name a time: a figure beside a date may be another one."""
    return _SURELY.search(text) is not None


def written_time(minute: int) -> str:
    """Write a minute of the day as ``HH:MM``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(match: re.Match[str], hours: Mapping[str, tuple[str, ...]] | None) -> int | None:
    """Return the minute of the day that a match names; None if there is none."""
    given = {name: value for name, value in match.groupdict().items() if value}
    if "word" in given:
        return 0 if given["word"] == "midnight" else NOON
    hour = int(given.get("hour") or given["half_hour"])
    minute = int(given.get("minute", "30" if "half_hour" in given else "0"))
    if "side" in given:
        count = _PAST.get(given["count"]) or int(given["count"])
        if count >= 60 or (given["count"] == "half" and given["side"] == "to"):
            return None
        minute = count if given["side"] == "past" else -count
    if hour > 23:
        return None
    at = (hour * 60 + minute) % DAY
    spelled = given.get("hour", "")
    if hour > 12 or hour == 0 or (len(spelled) == 2 and spelled[0] == "0" and "minute" in given):
        late = "pm" in given.values() and hour < 12
        return at + NOON if late and at < NOON else at
    at %= NOON
    period = given.get("half") or given.get("period")
    if period is not None:
        return at if period in ("am", "morning") else at + NOON
    return _likely(at, hours)


def _likely(at: int, hours: Mapping[str, tuple[str, ...]] | None) -> int:
    spans = [minutes_of(span) for day in (hours or {}).values() for span in day]
    open_ = [it for it in (at, at + NOON) if any(begin <= it < end for begin, end in spans)]
    if len(open_) == 1:
        return open_[0]
    return at if at >= _DAY_BEGINS else at + NOON


def spoken_time(written: str) -> str:
    """Say a time: ``14:30`` is "half past 2 in the afternoon"."""
    hour, minute = (int(part) for part in written.split(":"))
    if minute == 0 and hour % 12 == 0:
        return "midday" if hour else "midnight"
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    this, after = ((n - 1) % 12 + 1 for n in (hour, hour + 1))
    said = {
        0: f"{this} o'clock",
        15: f"quarter past {this}",
        30: f"half past {this}",
        45: f"quarter to {after}",
    }.get(minute, f"{this}:{minute:02}")
    return f"{said} in the {part}"
