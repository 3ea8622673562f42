"""Making bookings beside the talk.

A booking the caller agreed to is made even if the caller hangs up in the same second, so it belongs
to the process, not to the call.
"""

from __future__ import annotations

import asyncio
import logging
import uuid

from audiosocket_agent.conversation import Booked, BookingFailed, BookingRequest
from audiosocket_agent.errors import BookingError
from audiosocket_agent.journal import Bookings

log = logging.getLogger(__name__)

BOOKING_DEADLINE_S = 5.0


class BookingDesk:
    """Runs bookings and turns their results into conversation events."""

    def __init__(self, bookings: Bookings) -> None:
        self._bookings = bookings
        self._under_way: set[asyncio.Task[Booked | BookingFailed]] = set()

    def begin(
        self, call_id: uuid.UUID, company: str, request: BookingRequest
    ) -> asyncio.Task[Booked | BookingFailed]:
        """Start making a booking; the task never raises."""
        task = asyncio.create_task(self._book(call_id, company, request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def close(self) -> None:
        """Wait for the bookings under way; their deadline bounds the wait."""
        await asyncio.gather(*self._under_way)

    async def _book(
        self, call_id: uuid.UUID, company: str, request: BookingRequest
    ) -> Booked | BookingFailed:
        try:
            async with asyncio.timeout(BOOKING_DEADLINE_S):
                return Booked(await self._bookings.book(call_id, company, request))
        except (BookingError, TimeoutError) as error:
            log.error("booking failed: %s", error, extra={"call_id": str(call_id)})
            return BookingFailed()
