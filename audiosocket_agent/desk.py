"""Making bookings beside the talk.

A booking the caller agreed to is made even if the caller hangs up in the same second, so it belongs
to the process, not to the call.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from audiosocket_agent.agenda import Agenda
from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import Booked, BookingFailed, BookingRequest, Trouble
from audiosocket_agent.diary import Diary

log = logging.getLogger(__name__)

FOLLOW_S = 1.0  # how often a call looks at what is free
T = TypeVar("T")


class BookingDesk:
    """Runs what calls ask of the diary.

    Args:
        diary: Keeps the bookings.

    Attributes:
        diary: The same.
    """

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self._under_way: set[asyncio.Task[Any]] = set()

    def begin(
        self, record_id: uuid.UUID, company: Company, request: BookingRequest
    ) -> asyncio.Task[Booked | BookingFailed]:
        """Start making a booking; the task never raises."""
        return self._run(self._book(record_id, company, request))

    def hold(
        self, record_id: uuid.UUID, company: Company, request: BookingRequest
    ) -> asyncio.Task[bool]:
        """Start to keep a time for a call while its caller decides; see `Diary.hold`."""
        return self._run(self.diary.hold(record_id, company, request))

    def release(self, record_id: uuid.UUID) -> None:
        """Give back what a call holds; what it has begun to book is booked first."""
        self._run(self.diary.release(record_id))

    async def follow(
        self, record_id: uuid.UUID, company: Company, tell: Callable[[Agenda | None], None]
    ) -> None:
        """Tell a call what is free, again and again, until it is cancelled.

        Args:
            record_id: The call, for which what it holds itself is free.
            company: Its company; one without a calendar is not looked at.
            tell: Called with what is free when it may have changed.
        """
        while company.calendar is not None:
            looking = self._run(self.diary.agenda(company, record_id))
            agenda = await asyncio.shield(looking)
            if agenda is not None:
                tell(agenda)
            await asyncio.sleep(FOLLOW_S)

    async def close(self) -> None:
        """Wait for what is under way; its deadlines bound the wait."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _book(
        self, record_id: uuid.UUID, company: Company, request: BookingRequest
    ) -> Booked | BookingFailed:
        result = await self.diary.book(record_id, company, request)
        if isinstance(result, BookingFailed):
            # Somebody was quicker: the caller is offered other times, and nothing has to be mended.
            level = logging.INFO if result.why is Trouble.TAKEN else logging.ERROR
            extra = {"call_id": str(record_id)}
            log.log(level, "booking failed: %s", result.why.value, extra=extra)
        return result

    def _run(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task
