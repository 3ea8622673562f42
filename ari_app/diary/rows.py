"""Bookings as rows, as the talk sees them, and as others are told of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from audiosocket_agent.agenda import Visit, window_of
from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import BookingRequest
from audiosocket_agent.diary import Booking, Status

ACTIVE = (Status.BOOKED, Status.PENDING)
DEFAULT_MINUTES = 60  # of a booking from before they were kept

Row = Mapping[str, Any]


def stamp(at: datetime) -> str:
    """Return an instant as stored: ISO 8601, UTC, milliseconds; their order is the texts' order."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def status_of(row: Row) -> Status:
    """Return where a booking stands; rows of versions that knew no status are booked."""
    return Status(row["status"] or Status.BOOKED.value)


def is_active(row: Row) -> bool:
    """Whether a booking takes somebody's time."""
    return status_of(row) in ACTIVE


def columns_of(request: BookingRequest, visit: Visit | None) -> dict[str, Any]:
    """Return what a request sets of a booking's row.

    Args:
        request: It.
        visit: The time it takes; None: the company has no calendar.
    """
    return {
        "service": request.service,
        "area": request.area,
        "day": request.day.isoformat(),
        "part": request.part,
        "phone": request.phone,
        "price_pounds": request.price_pounds,
        "start": None if request.start is None else f"{request.start:%H:%M}",
        "minutes": request.minutes,
        "details": dict(request.details),
        "begins_at": None if visit is None else stamp(visit.start),
        "ends_at": None if visit is None else stamp(visit.end),
        "lane": None if visit is None else visit.lane,
    }


def is_same(row: Row, request: BookingRequest) -> bool:
    """Whether a booking is what a request asks for."""
    wanted = columns_of(request, None)
    return all(
        row[name] == wanted[name]
        for name in wanted
        if name not in ("begins_at", "ends_at", "lane", "details", "minutes")
    ) and ((row["details"] or {}) == wanted["details"] and minutes_of(row) == wanted["minutes"])


def wanted_of(request: BookingRequest) -> str:
    """Return what of a request decides which time it takes, as a text to compare."""
    start = None if request.start is None else f"{request.start:%H:%M}"
    part = request.part if start is None else ""
    return json.dumps([request.day.isoformat(), part, start, request.minutes, request.area])


def minutes_of(row: Row) -> int:
    """Return how long a booking lasts."""
    return int(row["minutes"] or DEFAULT_MINUTES)


def visit_of(row: Row) -> Visit:
    """Return the time that a row of `bookings` or `holds` takes; it must have one."""
    return Visit(
        datetime.fromisoformat(row["begins_at"]),
        datetime.fromisoformat(row["ends_at"]),
        row["area"],
        row["lane"],
        row["call_id"],
    )


def booking_of(row: Row) -> Booking:
    """Return a booking as the talk sees it."""
    return Booking(
        row["reference"],
        row["company"],
        row["service"],
        row["area"],
        date.fromisoformat(row["day"]),
        row["part"],
        None if row["start"] is None else time.fromisoformat(row["start"]),
        minutes_of(row),
        row["phone"],
        row["price_pounds"],
        dict(row["details"] or {}),
        status_of(row),
    )


def told_of(row: Row, company: Company) -> dict[str, Any]:
    """Return a booking as others are told of it, as JSON.

    Where only a part of the day was agreed its times are that part's: of the time that the calendar
    keeps inside it the caller knows nothing, and nobody is to hold them to it.
    """
    services = {service.key: service.name for service in company.services}
    areas = {area.key: area.name for area in company.areas}
    spans = company.calendar.parts if company.calendar is not None else {}
    return {
        "reference": row["reference"],
        "call_id": row["call_id"],
        "sequence": row["sequence"] or 0,
        "status": status_of(row).value,
        "company": company.key,
        "company_name": company.name,
        "timezone": company.timezone,
        "service": row["service"],
        "service_name": services.get(row["service"], row["service"]),
        "area": row["area"],
        "area_name": areas.get(row["area"], row["area"]),
        "day": row["day"],
        "part": row["part"],
        "part_span": spans.get(row["part"]),
        "start": row["start"],
        "minutes": minutes_of(row),
        "exact": row["start"] is not None,
        **_agreed_times(row, company),
        "phone": row["phone"],
        "price_pounds": row["price_pounds"],
        "details": dict(row["details"] or {}),
        "created_at": row["created_at"],
        "changed_at": row["changed_at"] or row["created_at"],
    }


def _agreed_times(row: Row, company: Company) -> dict[str, str | None]:
    if row["start"] is not None:
        return {"begins_at": row["begins_at"], "ends_at": row["ends_at"]}
    window = window_of(company, date.fromisoformat(row["day"]), row["part"])
    begin, end = (None, None) if window is None else map(stamp, window)
    return {"begins_at": begin, "ends_at": end}


def exact_times(row: Row, timezone: str) -> dict[str, str | None]:
    """Return when a visit begins and ends, RFC 3339 with the offset of its company's clock.

    Args:
        row: The booking.
        timezone: Of its company.

    Returns:
        `begins_at` and `ends_at`; null where no exact time was agreed, or no calendar kept it.
    """
    zone, exact = ZoneInfo(timezone), row["start"] is not None
    return {
        name: datetime.fromisoformat(row[name]).astimezone(zone).isoformat("T", "seconds")
        if exact and row[name] is not None
        else None
        for name in ("begins_at", "ends_at")
    }


def same_number(one: str, other: str) -> bool:
    """Whether two telephone numbers are the same, one of them perhaps without its country code."""
    short, long = sorted((_digits(one), _digits(other)), key=len)
    return len(short) >= 6 and long.endswith(short) and len(long) - len(short) <= 3


def _digits(number: str) -> str:
    return "".join(c for c in number if c in "0123456789").lstrip("0")
