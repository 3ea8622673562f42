"""What the talk needs of whoever keeps a company's bookings, and what it sends to callers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum
from typing import Protocol

from audiosocket_agent.agenda import Agenda
from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import Booked, BookingFailed, BookingRequest
from audiosocket_agent.tools.messages import Outgoing, Posted


class Status(Enum):
    """Where a booking stands."""

    BOOKED = "booked"
    PENDING = "pending"  # kept here; the company's own system has not confirmed it yet
    CANCELLED = "cancelled"
    REFUSED = "refused"  # by the company's own system


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking as it is kept.

    Attributes:
        reference: What the caller was told, digits.
        company: Key.
        service: Key.
        area: Key; "": none.
        day: The date at the company.
        part: Part of the day; "" where only a time was agreed.
        start: When it begins on the company's clock; None: only the part is agreed.
        minutes: How long it lasts.
        phone: Where the caller can be reached.
        price_pounds: The price quoted; "" for none.
        details: All else the caller said, by slot.
        status: Where it stands.
    """

    reference: str
    company: str
    service: str
    area: str
    day: date
    part: str
    start: time | None
    minutes: int
    phone: str
    price_pounds: str
    details: Mapping[str, str] = field(default_factory=dict)
    status: Status = Status.BOOKED


class Diary(Protocol):
    """Keeps bookings. Calls are named by their record. Nothing here raises but on our bugs."""

    async def agenda(self, company: Company, record_id: uuid.UUID | None = None) -> Agenda | None:
        """Return what is free, from memory where it can; None: the company has no calendar.

        Args:
            company: It.
            record_id: A call for which what it holds itself is free.
        """

    async def hold(
        self,
        record_id: uuid.UUID,
        company: Company,
        request: BookingRequest,
        moves: str = "",
    ) -> bool:
        """Keep a time for a call while its caller decides, instead of what it held before.

        Args:
            record_id: The call.
            company: It.
            request: What is to be kept.
            moves: The reference of a booking that is to be moved there, whose own time counts as
                free; "" for a new booking.

        Returns:
            Whether it is free; a company without a calendar is.
        """

    async def release(self, record_id: uuid.UUID) -> None:
        """Give back what a call holds."""

    async def book(
        self, record_id: uuid.UUID, company: Company, request: BookingRequest
    ) -> Booked | BookingFailed:
        """Make a call's booking, or change it if the call has made one already."""

    async def find(
        self, company: Company, reference: str, phone: str, record_id: uuid.UUID | None = None
    ) -> Booking | None:
        """Find a booking by reference and number, which must both fit.

        Args:
            company: It.
            reference: As the caller said it; only its digits count.
            phone: As the caller said it; only its digits count.
            record_id: The call that asks: after three misses it is told nothing any more.
        """

    async def change(
        self,
        record_id: uuid.UUID,
        company: Company,
        reference: str,
        phone: str,
        request: BookingRequest,
    ) -> Booked | BookingFailed:
        """Change a booking that `find` finds."""

    async def cancel(
        self, record_id: uuid.UUID, company: Company, reference: str, phone: str
    ) -> bool:
        """Cancel a booking that `find` finds; a second time changes nothing."""

    async def post(self, record_id: uuid.UUID, company: Company, message: Outgoing) -> Posted:
        """Send a message to a caller; the same one a second time is not sent again."""
