"""A booking as an iCalendar file, which calendars of all makers take.

The same booking always gives the same text: its UID stays, its SEQUENCE grows with every change,
and a booking that is cancelled says so (RFC 5545, RFC 5546).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ari_app.diary.rows import ACTIVE
from audiosocket_agent.diary import Status

PRODUCT = "-//voiceagent//bookings//EN"


def calendar_of(told: Mapping[str, Any]) -> str:
    """Return a booking's file.

    Args:
        told: It, as `ari_app.diary.rows.told_of` tells it.
    """
    from icalendar import Calendar, Event  # a tenth of a second that most calls need not wait for

    on = Status(told["status"]) in ACTIVE
    event = Event()
    event.add("uid", f"{told['reference']}@{told['company']}.voiceagent")
    event.add("sequence", told["sequence"])
    event.add("dtstamp", datetime.fromisoformat(told["changed_at"]))
    event.add("created", datetime.fromisoformat(told["created_at"]))
    begin, end = _times(told)
    event.add("dtstart", begin)
    event.add("dtend", end)
    event.add("summary", f"{told['service_name']} - {told['company_name']}")
    event.add("description", "\n".join(_lines(told)))
    if told["area_name"]:
        event.add("location", told["area_name"])
    event.add("status", _status(told))
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH" if on else "CANCEL")
    calendar.add("x-wr-timezone", told["timezone"])
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text


def _status(told: Mapping[str, Any]) -> str:
    if Status(told["status"]) not in ACTIVE:
        return "CANCELLED"
    return "CONFIRMED" if told["status"] == Status.BOOKED.value else "TENTATIVE"


def _times(told: Mapping[str, Any]) -> tuple[date, date]:
    """Return what was agreed, as instants no table of zones gets wrong; else the day.

    That is begin and end of the visit, or of the part of the day in which it begins.
    """
    if told["begins_at"]:
        begin, end = (datetime.fromisoformat(told[name]) for name in ("begins_at", "ends_at"))
        return begin.astimezone(UTC), end.astimezone(UTC)
    length = timedelta(minutes=told["minutes"])
    day = date.fromisoformat(told["day"])
    if told["start"]:
        wall = datetime.combine(day, time.fromisoformat(told["start"]), ZoneInfo(told["timezone"]))
        return wall.astimezone(UTC), wall.astimezone(UTC) + length
    return day, day + timedelta(days=1)


def _window(told: Mapping[str, Any]) -> str:
    """Say what was agreed instead of a time."""
    agreed = f"Agreed: {told['part'] or 'the day'}, no exact time"
    if not told["part_span"]:
        return agreed
    begin, end = told["part_span"].split("-")
    return f"{agreed}; the visit begins between {begin} and {end} ({told['timezone']})"


def _lines(told: Mapping[str, Any]) -> list[str]:
    lines = [f"Reference {told['reference']}"]
    if not told["exact"]:
        lines.append(_window(told))
    if told["price_pounds"]:
        lines.append(f"Price: {told['price_pounds']} pounds")
    return lines
