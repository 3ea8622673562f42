"""A company's calendar as its file sets it: what can be booked when, and who is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator

from audiosocket_agent.company_calls import Name, minutes_of
from audiosocket_agent.company_fields import FieldsModel, read_span, refuse_twice, spelt

PARTS = {"morning": "08:00-12:00", "afternoon": "12:00-17:00"}


class BookingEvent(Enum):
    """What can happen to a booking; its name is what is told."""

    CREATED = "booking.created"
    CHANGED = "booking.changed"
    CANCELLED = "booking.cancelled"


class WebhookEvent(Enum):
    """What a webhook can be told of."""

    BOOKING_CREATED = BookingEvent.CREATED.value
    BOOKING_CHANGED = BookingEvent.CHANGED.value
    BOOKING_CANCELLED = BookingEvent.CANCELLED.value
    MESSAGE_TAKEN = "message.taken"  # a caller left a message for the company


def _nobody_listens_in(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise ValueError("write an address like https://host/path")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a password does not belong into an address; name it as a secret")
    if parts.scheme != "https" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("bookings need https, but on this machine (127.0.0.1)")
    return url


Address = Annotated[
    str,
    spelt(r"https?://[^\s]{1,400}", "write an address like https://host/path"),
    AfterValidator(_nobody_listens_in),
]
EnvironmentName = Annotated[
    str, spelt(r"[A-Z][A-Z0-9_]{0,63}", "name an environment variable: A-Z, digits and _")
]
Span = Annotated[str, BeforeValidator(read_span)]


class BookingApi(FieldsModel):
    """The company's own booking system.

    Attributes:
        url: Where bookings are posted, as JSON.
        token: Environment variable that holds the bearer token for it.
        required: Whether a booking counts as confirmed only when that system has taken it.
        timeout_s: How long one try may take; a caller waits that long for a required one.
    """

    url: Address
    token: EnvironmentName | None = None
    required: bool = False
    timeout_s: Annotated[float, Field(ge=0.1, le=4)] = 3.0


class Webhook(FieldsModel):
    """Somebody who is told of bookings, and of messages that callers left.

    Attributes:
        url: Where events are posted, as JSON.
        secret: Environment variable that holds the key they are signed with.
        events: Which; unset: all.
    """

    url: Address
    secret: EnvironmentName
    events: Annotated[tuple[WebhookEvent, ...], Field(min_length=1)] = tuple(WebhookEvent)

    @field_validator("events")
    @classmethod
    def _each_once(cls, events: tuple[WebhookEvent, ...]) -> tuple[WebhookEvent, ...]:
        refuse_twice(event.value for event in events)
        return events

    def wants(self, event: BookingEvent | WebhookEvent) -> bool:
        """Whether it is told of this."""
        return WebhookEvent(event.value) in self.events


class Calendar(FieldsModel):
    """When a company can be booked.

    A visit lies inside the company's `hours`, in its time zone, on no holiday; without hours it
    lies in the parts of the day, Monday to Friday.

    Attributes:
        capacity: Visits at once: teams, chairs, bays.
        gap_min: Least minutes between two visits of the same team.
        same_area_gap_min: The same where both are in one area; unset: `gap_min`.
        lead_min: Minutes from now to the earliest visit.
        horizon_days: How many days ahead can be booked.
        step_min: Visits begin this many minutes apart, counted from opening.
        parts: The parts of a day a caller may name; a visit begins in its part.
        hold_s: How long a time is kept for a caller who is asked whether it is right.
        booking_api: The company's own booking system.
        webhooks: Who is told.
    """

    capacity: Annotated[int, Field(ge=1, le=100)] = 1
    gap_min: Annotated[int, Field(ge=0, le=240)] = 0
    same_area_gap_min: Annotated[int, Field(ge=0, le=240)] | None = None
    lead_min: Annotated[int, Field(ge=0, le=43_200)] = 60
    horizon_days: Annotated[int, Field(ge=1, le=365)] = 60
    step_min: Annotated[int, Field(ge=5, le=480)] = 30
    parts: Annotated[dict[Name, Span], Field(min_length=1, max_length=8)] = Field(
        default_factory=lambda: dict(PARTS)
    )
    hold_s: Annotated[int, Field(ge=30, le=3600)] = 300
    booking_api: BookingApi | None = None
    webhooks: Annotated[tuple[Webhook, ...], Field(max_length=8)] = ()

    @field_validator("same_area_gap_min")
    @classmethod
    def _no_longer_than_between_areas(cls, gap: int | None, info: ValidationInfo) -> int | None:
        most = info.data.get("gap_min")
        if gap is not None and most is not None and gap > most:
            raise ValueError(f"{gap} is more than gap_min, {most}")
        return gap

    @field_validator("webhooks")
    @classmethod
    def _each_address_once(cls, webhooks: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
        refuse_twice(webhook.url for webhook in webhooks)
        return webhooks

    def gap_between(self, area: str, other: str) -> int:
        """Return the least minutes between two visits of a team, by the keys of their areas."""
        if self.same_area_gap_min is not None and area and area == other:
            return self.same_area_gap_min
        return self.gap_min

    def spans(self) -> list[tuple[int, int]]:
        """Return the parts in order, those that meet joined: begin and end in minutes."""
        joined: list[tuple[int, int]] = []
        for begin, end in sorted(map(minutes_of, self.parts.values())):
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((begin, end))
        return joined

    def longest_visit(
        self, hours: Mapping[str, tuple[str, ...]] | None, *, in_part: bool
    ) -> tuple[int, str]:
        """Return how many minutes a visit may take at the most.

        Args:
            hours: The company's; None: it has none.
            in_part: Whether a visit has to begin in one of the parts.

        Returns:
            Them, and the stretch of the day that is the longest; 0 and "" if there is none.
        """
        if hours is None:
            open_ = [("", begin, end) for begin, end in self.spans()]
        else:
            spans = ((day, minutes_of(span)) for day in hours for span in hours[day])
            open_ = [(f"{day} ", begin, end) for day, (begin, end) in spans]
        parts = [minutes_of(span) for span in self.parts.values()]
        longest, where = 0, ""
        for day, begin, end in open_:
            for start in range(begin, end, self.step_min):
                if in_part and not any(since <= start < until for since, until in parts):
                    continue
                if end - start > longest:
                    longest, where = end - start, f"{day}{_clock(start)}-{_clock(end)}"
                break  # a later one has less left
        return longest, where


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
