"""One operation of the context API: all that its route, its checks and its description need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from ari_app.context.tokens import Scope

LIMIT, MOST = 100, 500
_KEY = r"^[a-z][a-z0-9_]{0,31}$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.+Z-]{5,24})?$"


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
    """

    name: str
    meaning: str
    pattern: str
    example: str

    @property
    def is_date(self) -> bool:
        """Whether it is a day or a time, which a pattern alone cannot tell from nonsense."""
        return self.pattern in (_DAY, _TIME)


COMPANY = Param("company", "only of this company", _KEY, "harbour")
KEY = Param("key", "the company's key", _KEY, "harbour")
NUMBER = Param("number", "a telephone number in any written form", r"^.{1,64}$", "+441632960001")
CALL_ID = Param("call_id", "the call", r"^[0-9a-f-]{36}$", "6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a01")
REFERENCE = Param("reference", "what the caller was told", r"^[0-9A-Za-z-]{1,16}$", "123456")
PAGE_SIZE = Param("limit", f"rows of a page; {LIMIT} unless told", r"^[1-9][0-9]{0,2}$", "50")
AFTER = Param("after", "`next` of the page before", _KEY, "harbour")
BEFORE = Param("before", "`next` of the page before", r"^[0-9A-Za-z:.+~-]{1,80}$", "x")
SINCE = Param(
    "since", "`cursor` of the last answer; left out: from the start",
    r"^[0-9]{1,18}\.[a-z0-9_]{0,32}$", "4.harbour",
)  # fmt: skip
FROM = Param("from", "registered at or after this time", _TIME, "2026-03-02")
TO = Param("to", "registered before this time", _TIME, "2026-03-03")
DID = Param("did", "to this number, in any written form", r"^.{1,64}$", "+441632960001")
ROUTE = Param("route", "where it went", r"^[a-z_]{1,16}$", "agent")
DAY_FROM = Param("day_from", "of this day or later", _DAY, "2026-03-02")
DAY_TO = Param("day_to", "of this day or earlier", _DAY, "2026-03-09")
STATUS = Param("status", "where it stands", r"^[a-z_]{1,16}$", "booked")


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
    """Return how many rows are wished; never more than `MOST`."""
    return min(int(params.get("limit", LIMIT)), MOST)


def of_model(answer: BaseModel, status: int = 200) -> web.Response:
    """Return an answer."""
    return web.Response(
        text=answer.model_dump_json(), status=status, content_type="application/json"
    )


def of_rows(values: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return of a row's columns those that a model has."""
    return {name: values[name] for name in model.model_fields if name in values}
