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

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NUMBER = "number"  # in a validation context: what reads telephone numbers
KEPT = "kept"  # in a validation context: whether this program has checked it before
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*[-\u2013]\s*(\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
SHOWN = 40  # characters of a wrong value that an error repeats

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


def shown(value: object) -> str:
    """Return a wrong value for an error, in one line and not too long."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def as_text(value: object) -> object:
    """Take digits that were written without quotes for text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def refuse_twice(items: Iterable[object]) -> None:
    """Check that nothing is there twice.

    Raises:
        ValueError: Naming what is.
    """
    seen: set[object] = set()
    for item in items:
        if item in seen:
            raise ValueError(f"{item} stands there twice")
        seen.add(item)


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
        ValueError: Naming the day and what is wrong.
    """
    if not isinstance(value, Mapping):
        raise ValueError('name the days: {mon: ["08:00-17:00"]}; left out, it is always open')
    hours: dict[str, tuple[str, ...]] = {}
    for day, spans in value.items():
        if day not in DAYS:
            raise ValueError(f"{shown(day)} is no day; use {', '.join(DAYS)}")
        spans = [spans] if isinstance(spans, str) else [] if spans is None else spans
        if not isinstance(spans, list | tuple):
            raise ValueError(f'{day}: {shown(spans)} is no list of times: ["08:00-17:00"]')
        hours[day] = _in_order(day, sorted(_span(day, span) for span in spans))
    if not any(hours.values()):
        raise ValueError("no day is open at all; left out, it is always open")
    return hours


def _span(day: str, span: object) -> tuple[int, int]:
    found = _SPAN.fullmatch(span.strip()) if isinstance(span, str) else None
    if found is None:
        raise ValueError(f'{day}: {shown(span)} is no time; write it in quotes: "08:00-17:00"')
    from_h, from_min, to_h, to_min = map(int, found.groups())
    begin, end = from_h * 60 + from_min, to_h * 60 + to_min
    if from_h > 23 or from_min > 59 or to_min > 59 or end > 24 * 60:
        raise ValueError(f"{day}: {span} is no time of day; the last is 24:00")
    if begin >= end:
        raise ValueError(
            f"{day}: {span} ends before it begins; a night is two: 22:00-24:00 on one day and "
            "00:00-06:00 on the next"
        )
    return begin, end


def _in_order(day: str, spans: list[tuple[int, int]]) -> tuple[str, ...]:
    written = tuple(f"{_clock(begin)}-{_clock(end)}" for begin, end in spans)
    for before, after in zip(range(len(spans)), range(1, len(spans)), strict=False):
        if spans[after][0] < spans[before][1]:
            raise ValueError(f"{day}: {written[before]} and {written[after]} overlap")
    return written


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def read_holidays(value: Any) -> list[date]:
    """Read the dates on which a company is closed.

    Raises:
        ValueError: Naming what is no date, or stands twice.
    """
    if not isinstance(value, list | tuple | set | frozenset):
        raise ValueError("a list of dates is expected: [2026-12-25, 2026-12-26]")
    days = [_date(item) for item in value]
    refuse_twice(days)
    return days


def _date(item: object) -> date:
    if isinstance(item, date) and not isinstance(item, datetime):
        return item
    try:
        if isinstance(item, str) and _DATE.fullmatch(item.strip()):
            return date.fromisoformat(item.strip())
    except ValueError:
        pass
    raise ValueError(f"{shown(item)} is no date; write it like 2026-12-25")
