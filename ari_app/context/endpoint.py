"""One operation of the context API: all that its route, its checks and its description need."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from ari_app.context.tokens import Scope
from ari_app.routing import RouteKind
from audiosocket_agent.diary import Status

LIMIT, MOST = 100, 500
_KEY = r"^[a-z][a-z0-9_]{0,31}$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.+Z-]{5,24})?$"
_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}\+00:00"  # as stored
_CURSOR_OF_CALLS = rf"^{_STAMP}~[0-9a-f-]{{36}}$"
_CURSOR_OF_BOOKINGS = rf"^{_STAMP}~[0-9A-Za-z-]{{1,16}}$"


class Refused(Exception):
    """A request is not answered as it is wished.

    Attributes:
        status: The HTTP status.
        detail: One line for people, without personal data.
        field: The field that is wrong, if it is one.
    """

    def __init__(self, status: int, detail: str, field: str | None = None) -> None:
        super().__init__(status, detail, field)
        self.status = status
        self.detail = detail
        self.field = field


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter in the path or after the question mark.

    Attributes:
        name: Its name.
        meaning: One line for people.
        pattern: What it must match.
        example: One that does.
        allowed: What it may be, for whom is told that it is not; "": looks like the example.
        values: All there are, where they can be counted.
        format: What it is, for programs that know that; "": just a text.
    """

    name: str
    meaning: str
    pattern: str
    example: str
    allowed: str = ""
    values: tuple[str, ...] = ()
    format: str = ""

    def takes(self, value: str) -> bool:
        """Whether it may be that; a pattern alone cannot tell a day from nonsense."""
        if re.fullmatch(self.pattern, value, re.ASCII) is None:
            return False
        if self.pattern in (_DAY, _TIME):
            return _is_moment(value)
        if self.pattern in (_CURSOR_OF_CALLS, _CURSOR_OF_BOOKINGS):
            return _is_moment(value.partition("~")[0])
        return True


def moment_of(value: str) -> datetime:
    """Return a day or time as an instant; one without an offset is UTC.

    Raises:
        ValueError: If there is no such one.
        OverflowError: If it is outside the years that can be told.
    """
    at = datetime.fromisoformat(value)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _is_moment(value: str) -> bool:
    try:
        moment_of(value)
    except (ValueError, OverflowError):
        return False
    return True


def _one_of(name: str, meaning: str, values: type[Enum], example: Enum) -> Param:
    known = tuple(str(value.value) for value in values)
    pattern = f"^({'|'.join(known)})$"
    return Param(name, meaning, pattern, str(example.value), f"one of {', '.join(known)}", known)


_DAYS = "a day of the calendar, YYYY-MM-DD"
_TIMES = (
    "a day, YYYY-MM-DD, or a time, YYYY-MM-DDTHH:MM:SS, in UTC or with an offset"
    " (its + is %2B in an address)"
)
_NUMBERS = "a telephone number in any written form"
_CURSOR = "`next` of the page before, as it came"
_CURSOR_PLUS = f"{_CURSOR} (its + is %2B in an address)"
_KEYS = "a company's key: a-z, 0-9 and _, a letter first, at most 32 characters"
COMPANY = Param("company", "only of this company", _KEY, "harbour", _KEYS)
KEY = Param("key", "the company's key", _KEY, "harbour", _KEYS)
NUMBER = Param("number", "a telephone number in any written form", r"^.{1,64}$", "+441632960001",
               _NUMBERS)  # fmt: skip
CALL_ID = Param("call_id", "the call", r"^[0-9a-f-]{36}$", "6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a01",
                "a call's id, 36 characters")  # fmt: skip
REFERENCE = Param("reference", "what the caller was told", r"^[0-9A-Za-z-]{1,16}$", "123456",
                  "a booking's reference")  # fmt: skip
PAGE_SIZE = Param(
    "limit", f"rows of a page; {LIMIT} unless told", r"^([1-9][0-9]?|[1-4][0-9]{2}|500)$", "50",
    f"a whole number from 1 to {MOST}",
)  # fmt: skip
AFTER = Param("after", "`next` of the page before", _KEY, "harbour", _CURSOR)
BEFORE_CALL = Param(
    "before", "`next` of the page before", _CURSOR_OF_CALLS,
    f"2026-03-02T09:30:00.000+00:00~{CALL_ID.example}", _CURSOR_PLUS, format="cursor",
)  # fmt: skip
BEFORE_BOOKING = Param(
    "before", "`next` of the page before", _CURSOR_OF_BOOKINGS,
    f"2026-03-02T09:30:00.000+00:00~{REFERENCE.example}", _CURSOR_PLUS, format="cursor",
)  # fmt: skip
SINCE = Param(
    "since", "`cursor` of the last answer; left out: from the start",
    r"^[0-9]{1,18}\.[a-z0-9_]{0,32}$", "4.harbour", "`cursor` of the last answer, as it came",
)  # fmt: skip
FROM = Param("from", "registered at or after this time; UTC unless it has an offset", _TIME,
             "2026-03-02", _TIMES)  # fmt: skip
TO = Param("to", "registered before this time; UTC unless it has an offset", _TIME, "2026-03-03",
           _TIMES)  # fmt: skip
DID = Param("did", "to this number, in any written form", r"^(?=.*[0-9]).{1,64}$",
            "+441632960001", _NUMBERS)  # fmt: skip
ROUTE = _one_of("route", "where it went", RouteKind, RouteKind.AGENT)
DAY_FROM = Param("day_from", "of this day or later", _DAY, "2026-03-02", _DAYS, format="date")
DAY_TO = Param("day_to", "of this day or earlier", _DAY, "2026-03-09", _DAYS, format="date")
STATUS = _one_of("status", "where it stands", Status, Status.BOOKED)


Handler = Callable[[web.Request, Mapping[str, str]], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation.

    Attributes:
        method: GET, PUT or DELETE.
        path: With its parameters in braces, below `/api/v1`.
        name: What clients made from the description call it.
        summary: One line for people.
        handler: Answers it; gets the parameters, checked.
        scope: What its token must allow.
        answer: What it answers; None: nothing.
        status: With which status, when all is well.
        path_params: In the path.
        query: After the question mark; all may be left out.
        body: What it is given; None: nothing.
        problems: Statuses of its own problems, besides those every operation has.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    answer: type[BaseModel] | None
    scope: Scope = Scope.READ
    status: int = 200
    path_params: tuple[Param, ...] = ()
    query: tuple[Param, ...] = ()
    body: type[BaseModel] | None = None
    problems: tuple[int, ...] = ()


def page_size(params: Mapping[str, str]) -> int:
    """Return how many rows are wished; `PAGE_SIZE` has let pass no more than `MOST`."""
    return int(params.get("limit", LIMIT))


def of_model(answer: BaseModel, status: int = 200) -> web.Response:
    """Return an answer."""
    return web.Response(
        text=answer.model_dump_json(), status=status, content_type="application/json"
    )


def of_rows(values: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return of a row's columns those that a model has."""
    return {name: values[name] for name in model.model_fields if name in values}
