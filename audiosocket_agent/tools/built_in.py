"""The built-in tools that need the world: bookings made in other calls, and messages. Pure.

What they say is the code's: the model gives a reference, a day and a message, and the sentences a
caller has to agree to or to hear are made here from what the diary holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from audiosocket_agent import wording
from audiosocket_agent.company import Company
from audiosocket_agent.company_tools import arguments_in
from audiosocket_agent.conversation_state import BookingRequest, Facts
from audiosocket_agent.diary import Booking
from audiosocket_agent.errors import ToolError
from audiosocket_agent.seams import Tool
from audiosocket_agent.tools import RunningTool
from audiosocket_agent.tools.json_schema import plain
from audiosocket_agent.understanding import phone_number

CHANGE, CANCEL, MESSAGE = "change_booking", "cancel_booking", "take_message"
FIND = "find a booking"  # of the rules only: no tool that a model calls has such a name
MOST_MESSAGE = 500  # characters
NOT_FOUND = "no booking has that reference and telephone number; ask for both again, or transfer"
OVER = "that booking is cancelled already"
TAKEN = "that time is not free; offer another"
CANCELLED = "Your booking is cancelled."
MESSAGE_TAKEN = "I have taken your message. Somebody will call you back."

_WHICH = {
    "reference": {
        "type": "string",
        "description": "The booking's reference, digits as the caller says them.",
        "maxLength": 40,
    },
    "phone": {
        "type": "string",
        "description": "The telephone number it was booked with; left out: the caller's own.",
        "maxLength": 40,
    },
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    CHANGE: {
        "type": "object",
        "properties": {
            **_WHICH,
            "day": {"type": "string", "format": "date", "description": "The new day, YYYY-MM-DD."},
            "part": {"type": "string", "description": "The new part of the day.", "maxLength": 20},
            "time": {"type": "string", "pattern": "[0-2][0-9]:[0-5][0-9]", "maxLength": 5,
                     "description": "The new time, HH:MM, where a time was agreed."},
        },
        "required": ["reference", "day"],
        "additionalProperties": False,
    },
    CANCEL: {
        "type": "object",
        "properties": _WHICH,
        "required": ["reference"],
        "additionalProperties": False,
    },
    MESSAGE: {
        "type": "object",
        "properties": {
            "message": {
                "type": "string",
                "description": "What the company is to know, in the caller's words.",
                "minLength": 1,
                "maxLength": MOST_MESSAGE,
            },
            "phone": {
                "type": "string",
                "description": "Where to call back; left out: the caller's own number.",
                "maxLength": 40,
            },
        },
        "required": ["message"],
        "additionalProperties": False,
    },
}  # fmt: skip
_DESCRIPTIONS = {
    CHANGE: "Move a booking made in an earlier call. The system reads it back and asks the caller "
    "first; call it again with the same details once the caller has said yes.",
    CANCEL: "Cancel a booking made in an earlier call. The system reads it back and asks the "
    "caller first; call it again with the same details once the caller has said yes.",
    MESSAGE: "Write a message down for the company, who calls back.",
}
NAMES = tuple(_SCHEMAS)


def tools() -> tuple[Tool, ...]:
    """Return the tools as a model is shown them."""
    return tuple(Tool(name, _DESCRIPTIONS[name], _SCHEMAS[name]) for name in NAMES)


def running(name: str, arguments: str, facts: Facts) -> RunningTool:
    """Return a tool call as it is to be run.

    Args:
        name: One of `NAMES`.
        arguments: JSON text, as the model wrote it.
        facts: Facts.

    Raises:
        ToolError: If the arguments do not fit, or no telephone number is known.
    """
    given = dict(arguments_in(_SCHEMAS[name], arguments))
    phone = phone_number(str(given.get("phone", ""))) or phone_number(facts.caller)
    if phone is None:
        raise ToolError("phone is missing: ask the caller for it")
    given["phone"] = phone
    return RunningTool(name, given, keeps=name == CHANGE)


def which(tool: RunningTool) -> tuple[str, str]:
    """Return the reference and the telephone number of the booking that is meant."""
    return str(tool.arguments["reference"]), str(tool.arguments["phone"])


def changed(booking: Booking, tool: RunningTool) -> BookingRequest:
    """Return a booking as the caller wants it now: another time, and nothing else.

    Raises:
        ToolError: If the day or time is none.
    """
    try:
        day = date.fromisoformat(str(tool.arguments["day"]))
        at = tool.arguments.get("time")
        start = time.fromisoformat(str(at)) if at else booking.start
    except ValueError:
        raise ToolError("the day is written YYYY-MM-DD, the time HH:MM") from None
    part = str(tool.arguments.get("part", "" if at else booking.part))
    request = BookingRequest(
        booking.service, booking.area, day, part, booking.phone, booking.price_pounds
    )
    return replace(
        request, start=None if part else start, details=booking.details, minutes=booking.minutes
    )


def change_question(company: Company, booking: Booking, to: BookingRequest) -> str:
    """Ask whether a booking is to be moved."""
    return f"{_stands(company, booking)} Shall I move it to {_when(to.day, to.part, to.start)}?"


def cancel_question(company: Company, booking: Booking) -> str:
    """Ask whether a booking is to be cancelled."""
    return f"{_stands(company, booking)} Shall I cancel it?"


def found(company: Company, booking: Booking) -> Mapping[str, object]:
    """Return a booking as its caller hears of it, and what another time for it depends on."""
    return facts_told(_stands(company, booking), service=booking.service, area=booking.area)


def moved(to: BookingRequest, *, confirmed: bool) -> str:
    """Say that a booking was moved."""
    done = "is moved" if confirmed else "will be moved"
    return f"Your booking {done} to {_when(to.day, to.part, to.start)}."


def message(tool: RunningTool) -> str:
    """Return the message that was taken, on one line."""
    return plain(str(tool.arguments["message"]), MOST_MESSAGE)


def facts_told(*sentences: str, **answer: object) -> Mapping[str, object]:
    """Return an answer whose sentences the caller has to hear."""
    return {**answer, "facts": list(sentences)}


def _stands(company: Company, booking: Booking) -> str:
    names = {service.key: service.name for service in company.services}
    name = names.get(booking.service, "visit")
    return f"I have your {name} on {_when(booking.day, booking.part, booking.start)}."


def _when(day: date, part: str, start: time | None) -> str:
    when = wording.spoken_date(day)
    if start is not None:
        return f"{when} at {start:%H:%M}"
    return f"{when} in the {part}" if part else when
