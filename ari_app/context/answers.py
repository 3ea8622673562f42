"""What the context API answers, as models its description is made from. Pure.

An answer is the document of a company, or one of these; each has an example. A field that is null
is not known, or not set.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from audiosocket_agent.company_voice import VoiceChoice
from audiosocket_agent.diary import Status


class Answer(BaseModel):
    """Base of all answers: what is described is all there is."""

    model_config = ConfigDict(extra="forbid")


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"example": fields})


_HARBOUR = {
    "key": "harbour",
    "name": "Harbour Home Services",
    "dids": ["441632960001"],
    "ai": True,
    "queue": None,
    "revision": 3,
}
_MOMENT = (
    "when the visit begins: RFC 3339 with the offset of the company's clock, or UTC where the"
    " company is not there any more; null: no exact time is agreed, or no calendar kept it"
)
_IS_MOMENT: JsonDict = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
_AT = "2026-03-02T09:30:00.000+00:00"
_CALL = "6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a01"


_CALL_LINE = {
    "call_id": _CALL,
    "company": "harbour",
    "did": "441632960001",
    "caller": "07700900123",
    "registered_at": _AT,
    "ended_at": _AT,
    "direction": "in",
    "route": "agent",
    "end_reason": "completed",
    "next": "hangup",
}


class Problem(Answer):
    """What went wrong (RFC 9457)."""

    model_config = _example(
        type="about:blank",
        title="Unprocessable Entity",
        status=422,
        detail="greeting: is missing",
        field="greeting",
    )
    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="one line for people")
    field: str | None = Field(
        None, description="with 400: the parameter that is wrong; with 422: the field"
    )


class CompanyLine(Answer):
    """A company in a list."""

    model_config = _example(**_HARBOUR)
    key: str
    name: str
    dids: list[str] = Field(description="digits, with the country code")
    ai: bool = Field(description="whether the agent answers; else people do")
    queue: str | None
    revision: int = Field(description="when it last changed, counted in changes of any company")


class CompanyPage(Answer):
    """Companies by key."""

    model_config = _example(companies=[_HARBOUR], next=None)
    companies: list[CompanyLine]
    next: str | None = Field(description="`after` of the next page; null: this is the last")


class Put(Answer):
    """What a PUT did."""

    model_config = _example(key="harbour", change="changed")
    key: str
    change: str = Field(description="new, changed or unchanged")


class ChangedCompany(Answer):
    """A company that changed; its document is null once it is removed."""

    key: str
    revision: int
    document: dict[str, Any] | None


class ChangePage(Answer):
    """What changed, in the order it did; a cache follows by asking with the cursor again."""

    model_config = _example(
        companies=[{"key": "gone", "revision": 4, "document": None}],
        cursor="4.gone",
        more=False,
        reset=False,
    )
    companies: list[ChangedCompany]
    cursor: str
    more: bool = Field(description="whether the next page is there already")
    reset: bool = Field(description="the cursor was of another database: this begins anew")


class Price(Answer):
    """What a service costs."""

    service: str
    name: str
    price_pounds: str | None = Field(description="the price quoted, and the only one")
    minutes: int | None


class Prices(Answer):
    """A company's price list."""

    model_config = _example(
        company="harbour",
        currency="GBP",
        prices=[{"service": "tap", "name": "leaking tap repair", "price_pounds": "85",
                 "minutes": 60}],
    )  # fmt: skip
    company: str
    currency: str
    prices: list[Price]


class ServiceLine(Answer):
    """Something that can be booked."""

    key: str
    name: str
    phrases: list[str] = Field(description="ways a caller names it")


class Services(Answer):
    """What a company can be booked for."""

    model_config = _example(
        company="harbour",
        services=[{"key": "tap", "name": "leaking tap repair", "phrases": ["leaking tap"]}],
    )
    company: str
    services: list[ServiceLine]


class AreaLine(Answer):
    """A town."""

    key: str
    name: str
    outward: list[str] = Field(description="outward postcodes that belong to it")
    phrases: list[str]


class Areas(Answer):
    """Where a company works."""

    model_config = _example(
        company="harbour",
        areas=[{"key": "truro", "name": "Truro", "outward": ["TR1"], "phrases": ["truro"]}],
    )
    company: str
    areas: list[AreaLine]


class Hours(Answer):
    """When a company is open."""

    model_config = _example(
        company="harbour",
        timezone="Europe/London",
        hours={"mon": ["08:00-17:00"]},
        holidays=["2026-12-25"],
        closed_to="message",
        open_now=True,
    )
    company: str
    timezone: str
    hours: dict[str, list[str]] | None = Field(description="by day; null: always open")
    holidays: list[str]
    closed_to: str = Field(description="where calls go when it is closed")
    open_now: bool


class Voices(Answer):
    """How a company speaks."""

    model_config = _example(
        company="harbour",
        greeting="Harbour Home Services, good morning.",
        engines=["offline"],
        voice={"offline": {"name": "en-gb-scotland", "speed": 1.0}},
    )
    company: str
    greeting: str
    engines: list[str] = Field(description="voices, the first that works speaks")
    voice: dict[str, VoiceChoice] = Field(
        description="the company's own at each engine; one that is missing speaks as it is set"
    )


class CallLine(Answer):
    """A call in a list."""

    model_config = _example(**_CALL_LINE)
    call_id: str
    company: str
    did: str
    caller: str = Field(description="empty: withheld")
    registered_at: str
    ended_at: str | None
    direction: str | None
    route: str | None
    end_reason: str | None
    next: str | None


class CallPage(Answer):
    """Calls, the newest first."""

    model_config = _example(calls=[], next=None)
    calls: list[CallLine]
    next: str | None = Field(description="`before` of the next page; null: this is the last")


class TurnLine(Answer):
    """One turn of a call."""

    index: int
    speaker: str
    step: str
    asks: str
    text: str
    heard: str = Field(description="of the agent's words: those the caller heard")
    done: bool
    interrupted: bool
    at_ms: int = Field(description="since the call's audio began")
    marks_ms: dict[str, int]


class BookingLine(Answer):
    """A booking."""

    model_config = _example(
        reference="123456",
        call_id=_CALL,
        company="harbour",
        service="tap",
        area="truro",
        day="2026-03-03",
        part="morning",
        start="09:30",
        begins_at="2026-03-03T09:30:00+00:00",
        ends_at="2026-03-03T10:30:00+00:00",
        minutes=60,
        phone="07700900123",
        price_pounds="85.00",
        details={},
        status="booked",
        created_at=_AT,
        changed_at=None,
    )
    reference: str
    call_id: str
    company: str
    service: str
    area: str
    day: str
    part: str
    start: str | None = Field(description="on the company's clock; null: only the part is agreed")
    begins_at: str | None = Field(description=_MOMENT, json_schema_extra=_IS_MOMENT)
    ends_at: str | None = Field(description="when the visit ends, as `begins_at`",
                                json_schema_extra=_IS_MOMENT)  # fmt: skip
    minutes: int | None
    phone: str
    price_pounds: str
    details: dict[str, Any]
    status: Status
    created_at: str
    changed_at: str | None


class BookingPage(Answer):
    """Bookings, the newest first."""

    model_config = _example(bookings=[], next=None)
    bookings: list[BookingLine]
    next: str | None = Field(description="`before` of the next page; null: this is the last")


class Call(CallLine):
    """One call with everything on record."""

    model_config = _example(
        **_CALL_LINE,
        connected_at=_AT,
        answered_at=None,
        answered_by=None,
        handed_to=None,
        hung_up_at=_AT,
        hung_up_by="caller",
        turns=[],
        booking=None,
    )
    connected_at: str | None
    answered_at: str | None
    answered_by: str | None
    handed_to: str | None
    hung_up_at: str | None
    hung_up_by: str | None
    turns: list[TurnLine]
    booking: BookingLine | None
