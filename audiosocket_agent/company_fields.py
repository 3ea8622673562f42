"""What people write into a company file, read or refused in one clear line. Pure.

The functions here run before pydantic's own checks: they take what YAML made of the file, accept
the ways people write hours, dates and numbers, and say how it is written when it is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic.functional_validators import AfterValidator

from audiosocket_agent.complaints import Complaint, Where, refusal, shown
from audiosocket_agent.written_times import DAYS, date_meant, day_meant, span_meant

NUMBER = "number"  # in a validation context: what reads telephone numbers
KEPT = "kept"  # in a validation context: whether this program has checked it before
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*[-\u2013]\s*(\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

ReadNumber = Callable[[str], "str | None"]


class FieldsModel(BaseModel):
    """Base of the parts of a company: fixed fields, never changed, and true is no number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        wanted = cls.model_fields[info.field_name or ""].annotation
        if isinstance(value, bool) and wanted is not bool:
            raise ValueError(f"{str(value).lower()} is no value here; a word goes in quotes")
        return value


def spelt(pattern: str, rule: str) -> AfterValidator:
    """Return a check that a text matches a pattern as a whole.

    Args:
        pattern: Regular expression.
        rule: What it says, for people.
    """
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"{shown(text)} cannot be used: {rule}")
        return text

    return AfterValidator(check)


def as_text(value: object) -> object:
    """Take digits that were written without quotes for text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def refuse_twice(items: Iterable[object]) -> None:
    """Check that nothing is there twice in a list.

    Raises:
        ValueError: Naming what is, at its place.
    """
    refuse_twice_at(((place,), item) for place, item in enumerate(items))


def refuse_twice_at(items: Iterable[tuple[Where, object]]) -> None:
    """Check that nothing is there twice.

    Args:
        items: Each with its place in what is validated.

    Raises:
        ValueError: Naming all that is, at their places.
    """
    seen: set[object] = set()
    wrong = []
    for where, item in items:
        if item in seen:
            wrong.append(Complaint(where, f"{item} stands there twice; leave it once"))
        seen.add(item)
    if wrong:
        raise refusal(*wrong)


def plain_number(written: str) -> str | None:
    """Read a number that has its country code; what reads national ones is not known here."""
    digits = re.sub(r"\(0\)|[\s().-]", "", written)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}|[0-9]{1,15}", digits, re.ASCII):
        return None
    return digits.removeprefix("+")


def read_number(value: object, info: ValidationInfo) -> str:
    """Read a telephone number in any written form.

    Returns:
        Its digits as `ReadNumber` in the validation context tells them, else `plain_number`.

    Raises:
        ValueError: If it is none.
    """
    read: ReadNumber = (info.context or {}).get(NUMBER, plain_number)
    text = as_text(value)
    digits = read(text) if isinstance(text, str) else None
    if digits is None:
        raise ValueError(
            f"{shown(value)} is no telephone number; write it with + and the country code, in "
            'quotes: "+441632960001"'
        )
    return digits


def read_outside(value: object, info: ValidationInfo) -> str:
    """Read a number outside the PBX.

    Returns:
        It with + and country code.

    Raises:
        ValueError: If it is none.
    """
    outside = f"+{read_number(value, info)}"
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", outside):
        raise ValueError(
            f"{shown(value)} is no number outside; write it with + and the country code, in "
            'quotes: "+441632960002"'
        )
    return outside


def read_hours(value: object) -> dict[str, tuple[str, ...]]:
    """Read opening hours.

    Returns:
        For each day that is named its spans as ``HH:MM-HH:MM``, in order; they do not overlap.

    Raises:
        ValueError: All that is wrong, each with its day and place.
    """
    if not isinstance(value, Mapping):
        raise ValueError('name the days: {mon: ["08:00-17:00"]}; left out, it is always open')
    hours: dict[str, tuple[str, ...]] = {}
    wrong: list[Complaint] = []
    for day, spans in value.items():
        if day in DAYS:
            hours[day] = _spans_of(day, spans, wrong)
        else:
            wrong.append(Complaint((str(day),), f"{shown(day)} is no day; {_days_for(day)}"))
    if wrong:
        raise refusal(*wrong)
    if not any(hours.values()):
        raise ValueError("no day is open at all; left out, it is always open")
    return hours


def _days_for(day: object) -> str:
    meant = day_meant(day)
    if len(meant) > 1:
        return f"name each one: {', '.join(meant)}"
    return f"use {', '.join(meant or DAYS)}"


def _spans_of(day: str, spans: object, wrong: list[Complaint]) -> tuple[str, ...]:
    """Read the hours of a day; what is wrong with them is added."""
    before = len(wrong)
    if isinstance(spans, str):
        found = [_read_span((day,), spans, wrong)]
    elif spans is None or isinstance(spans, list | tuple):
        found = [_read_span((day, place), it, wrong) for place, it in enumerate(spans or ())]
    else:
        wrong.append(Complaint((day,), f'{shown(spans)} is no list of times: ["08:00-17:00"]'))
        return ()
    if len(wrong) > before:
        return ()
    ordered = sorted(found)
    written = tuple(f"{_clock(begin)}-{_clock(end)}" for begin, end in ordered)
    for at in range(1, len(ordered)):
        if ordered[at][0] < ordered[at - 1][1]:
            wrong.append(Complaint((day,), f"{written[at - 1]} and {written[at]} overlap"))
            break
    return written


def _read_span(where: Where, written: object, wrong: list[Complaint]) -> tuple[int, int]:
    try:
        return _span(written)
    except ValueError as error:
        wrong.append(Complaint(where, str(error)))
        return 0, 0


def read_span(value: object) -> str:
    """Read one span of a day, in any form that opening hours take.

    Raises:
        ValueError: If it is none.
    """
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    begin, end = _span(value)
    return f"{_clock(begin)}-{_clock(end)}"


def _span(span: object) -> tuple[int, int]:
    found = _SPAN.fullmatch(span.strip()) if isinstance(span, str) else None
    if found is None:
        raise ValueError(f"{shown(span)} is no time; {_time_for(span)}")
    from_h, from_min, to_h, to_min = map(int, found.groups())
    begin, end = from_h * 60 + from_min, to_h * 60 + to_min
    if from_h > 23 or from_min > 59 or to_min > 59 or end > 24 * 60:
        raise ValueError(f"{span} is no time of day; the last is 24:00")
    if begin >= end:
        meant = span_meant(span)
        day = f"; in the afternoon it is {meant}" if meant else ""
        raise ValueError(
            f"{span} ends before it begins{day}; a night is two: 22:00-24:00 on one day and "
            "00:00-06:00 on the next"
        )
    return begin, end


def _time_for(span: object) -> str:
    if span is None or str(span).strip().lower() in ("closed", "none", "no", "off", "false"):
        return "on a day that is left out, or is [], it is closed"
    return f'write it in quotes: "{span_meant(span) or "08:00-17:00"}"'


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def read_holidays(value: Any) -> list[date]:
    """Read the dates on which a company is closed.

    Raises:
        ValueError: All that is no date, each with its place, or what stands twice.
    """
    if not isinstance(value, list | tuple | set | frozenset):
        raise ValueError("a list of dates is expected: [2026-12-25, 2026-12-26]")
    days = [_date(item) for item in value]
    wrong = [
        Complaint((place,), f"{shown(item)} is no date; write it like {_date_for(item)}")
        for place, (item, day) in enumerate(zip(value, days, strict=True))
        if day is None
    ]
    if wrong:
        raise refusal(*wrong)
    refuse_twice(days)
    return [day for day in days if day is not None]


def _date_for(item: object) -> str:
    if meant := date_meant(item):
        return meant
    return "2026-12-25" if not isinstance(item, str) else "2026-12-25: year, month, day"


def _date(item: object) -> date | None:
    if isinstance(item, date) and not isinstance(item, datetime):
        return item
    try:
        if isinstance(item, str) and _DATE.fullmatch(item.strip()):
            return date.fromisoformat(item.strip())
    except ValueError:
        pass
    return None
