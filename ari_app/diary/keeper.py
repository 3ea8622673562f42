"""The diary as the talk has it: never raises, never keeps a caller waiting for long.

What is begun here is finished even if nobody waits for it any more: a query that is cancelled
half-way would keep its connection, and a caller may hang up while a booking is made.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy.exc import DBAPIError

from ari_app.diary.agendas import Agendas
from ari_app.diary.book import Book, GoneError, Written
from ari_app.diary.confirming import conclude
from ari_app.diary.outbox import OutState, Parcel
from ari_app.diary.rows import booking_of, same_number
from ari_app.diary.sending import Answer, Sender
from audiosocket_agent.agenda import Agenda
from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import Booked, BookingFailed, BookingRequest, Trouble
from audiosocket_agent.diary import Booking, Status
from audiosocket_agent.tools.messages import Outgoing, Posted

log = logging.getLogger(__name__)

DEADLINE_S = 5.0  # until a caller hears what became of the booking
MOST_MISSES = 3  # guesses at a reference in one call
CALLS_REMEMBERED = 1000
MESSAGE_TRIES = 2  # while its caller waits; then the outbox goes on
_POSTED = {OutState.DELIVERED: Posted.SENT, OutState.WAITING: Posted.KEPT}

T = TypeVar("T")
Result = Booked | BookingFailed


class _Attempt:
    """A booking being made for somebody who waits.

    Attributes:
        given_up: Nobody waits any more: it is not to be made.
        deciding: What becomes of it is being written, one way or the other.
        told: The caller was told that it is kept, and not yet confirmed.
        written: What was written.
    """

    def __init__(self) -> None:
        self.given_up = self.deciding = self.told = False
        self.written: Written | None = None
        self.settled = asyncio.Event()  # the first part of it: whether it is written

    def commit(self) -> bool:
        """See `Book.make`."""
        self.deciding = not self.given_up
        return self.deciding


class StoreDiary:
    """Bookings in the store; see `audiosocket_agent.diary.Diary`.

    Args:
        book: The transactions.
        sender: Tells the company's own system.
        deadline_s: Longest wait for a booking.
        chance: Gives a number from 0 to 1.
    """

    def __init__(
        self,
        book: Book,
        sender: Sender,
        deadline_s: float = DEADLINE_S,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._book = book
        self._sender = sender
        self._deadline_s = deadline_s
        self._chance = chance
        self._agendas = Agendas(book)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._locks: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()
        self._misses: OrderedDict[uuid.UUID, int] = OrderedDict()

    async def close(self) -> None:
        """Finish what is under way, which is bounded."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        await self._agendas.close()
        await self._sender.close()

    async def agenda(self, company: Company, record_id: uuid.UUID | None = None) -> Agenda | None:
        """See `Diary.agenda`."""
        if company.calendar is None:
            return None
        try:
            agenda = await asyncio.shield(self._spawn(self._agendas.of(company)))
        except DBAPIError as error:
            log.error("a calendar cannot be read: %s", type(error.orig).__name__)
            return None
        return agenda.at(self._book.now(), "" if record_id is None else str(record_id))

    async def hold(
        self,
        record_id: uuid.UUID,
        company: Company,
        request: BookingRequest,
        moves: str = "",
    ) -> bool:
        """See `Diary.hold`; a database that fails is no reason to say that a time is taken."""
        if company.calendar is None:
            return True

        async def hold() -> bool:
            async with self._lock(record_id):
                free = await self._book.hold(str(record_id), company, request, moves)
                self._agendas.forget(company)
                return free

        return await self._safely(record_id, hold(), otherwise=True)

    async def release(self, record_id: uuid.UUID) -> None:
        """See `Diary.release`; comes after what the call has asked for before."""

        async def release() -> None:
            async with self._lock(record_id):
                await self._book.release(str(record_id))

        await self._safely(record_id, release(), otherwise=None)

    async def book(self, record_id: uuid.UUID, company: Company, request: BookingRequest) -> Result:
        """See `Diary.book`."""
        return await self._answered(
            record_id,
            company,
            lambda commit: self._book.make(str(record_id), company, request, commit),
        )

    async def find(
        self, company: Company, reference: str, phone: str, record_id: uuid.UUID | None = None
    ) -> Booking | None:
        """See `Diary.find`."""
        return await self._safely(
            record_id, self._find(company, reference, phone, record_id), otherwise=None
        )

    async def change(
        self,
        record_id: uuid.UUID,
        company: Company,
        reference: str,
        phone: str,
        request: BookingRequest,
    ) -> Result:
        """See `Diary.change`."""
        found = await self.find(company, reference, phone, record_id)
        if found is None or found.status not in (Status.BOOKED, Status.PENDING):
            return BookingFailed(Trouble.REFUSED)
        return await self._answered(
            record_id,
            company,
            lambda commit: self._book.change(
                str(record_id), company, found.reference, request, commit
            ),
        )

    async def cancel(
        self, record_id: uuid.UUID, company: Company, reference: str, phone: str
    ) -> bool:
        """See `Diary.cancel`."""
        found = await self.find(company, reference, phone, record_id)
        if found is None:
            return False

        async def cancel() -> bool:
            async with self._lock(record_id):
                done = await self._book.cancel(company, found.reference)
                self._agendas.forget(company)
                return done

        return await self._safely(record_id, cancel(), otherwise=False)

    async def post(self, record_id: uuid.UUID, company: Company, message: Outgoing) -> Posted:
        """See `Diary.post`."""

        async def post() -> Posted:
            found = await self._book.post(company, message)
            if isinstance(found, OutState):
                return _POSTED.get(found, Posted.REFUSED)
            return await self._sent(record_id, company, found)

        return await self._safely(record_id, post(), otherwise=Posted.REFUSED)

    async def _sent(self, record_id: uuid.UUID, company: Company, parcel: Parcel) -> Posted:
        for _ in range(MESSAGE_TRIES):
            sent = await self._sender.send(parcel, company)
            if sent.answer is not Answer.FAILED:
                break
        if sent.answer is not Answer.TAKEN_IN:
            extra = {"call_id": str(record_id)}
            what = (parcel.event.value, company.key, sent.trouble)
            log.warning("%s of %s was not sent: %s", *what, extra=extra)
        await conclude(self._book, parcel, company, sent, self._chance, told=True)
        if sent.answer is Answer.FAILED:
            return Posted.KEPT
        return Posted.SENT if sent.answer is Answer.TAKEN_IN else Posted.REFUSED

    async def _find(
        self, company: Company, reference: str, phone: str, record_id: uuid.UUID | None
    ) -> Booking | None:
        if record_id is not None and self._misses.get(record_id, 0) >= MOST_MISSES:
            return None
        row = await self._book.row("".join(c for c in reference if c in "0123456789"))
        if row and row["company"] == company.key and same_number(row["phone"], phone):
            return booking_of(row)
        if record_id is not None:
            self._misses[record_id] = self._misses.pop(record_id, 0) + 1
            while len(self._misses) > CALLS_REMEMBERED:
                self._misses.popitem(last=False)
        return None

    async def _answered(
        self,
        record_id: uuid.UUID,
        company: Company,
        write: Callable[[Callable[[], bool]], Awaitable[Written | None]],
    ) -> Result:
        """Wait for a booking until the deadline, and say what is true then."""
        attempt = _Attempt()
        making = self._spawn(self._make(record_id, company, attempt, write))
        await asyncio.wait((making,), timeout=self._deadline_s)
        if not making.done() and not attempt.deciding and attempt.written is None:
            attempt.given_up = True
            return BookingFailed()
        if not making.done():
            await attempt.settled.wait()
        if making.done() or attempt.deciding or attempt.written is None:
            return await asyncio.shield(making)
        attempt.told = True
        return Booked(attempt.written.reference, confirmed=False)

    async def _make(
        self,
        record_id: uuid.UUID,
        company: Company,
        attempt: _Attempt,
        write: Callable[[Callable[[], bool]], Awaitable[Written | None]],
    ) -> Result:
        async with self._lock(record_id):
            try:
                written = attempt.written = await write(attempt.commit)
            except (DBAPIError, LookupError, GoneError) as error:
                self._complain("booking failed", record_id, error)
                return BookingFailed()
            finally:
                attempt.deciding = False
                attempt.settled.set()
                self._agendas.forget(company)
            if written is None:
                return BookingFailed(Trouble.TAKEN)
            if written.position is None:
                return Booked(written.reference, confirmed=written.status is Status.BOOKED)
            return await self._confirmed(record_id, company, attempt, written, written.position)

    async def _confirmed(
        self,
        record_id: uuid.UUID,
        company: Company,
        attempt: _Attempt,
        written: Written,
        position: int,
    ) -> Result:
        """Ask the company's own system, which the outbox goes on asking if it does not answer."""
        pending = Booked(written.reference, confirmed=False)
        try:
            parcel = await self._book.parcel(position)
            sent = await self._sender.send(parcel, company)
            attempt.deciding = True
            told = attempt.told
            await conclude(self._book, parcel, company, sent, self._chance, told=told)
        except DBAPIError as error:
            self._complain("a booking is kept, but not confirmed", record_id, error)
            return pending
        finally:
            self._agendas.forget(company)
        if sent.answer is Answer.REFUSED:
            return BookingFailed(Trouble.TAKEN)
        return Booked(written.reference) if sent.answer is Answer.TAKEN_IN else pending

    async def _safely(
        self, record_id: uuid.UUID | None, work: Coroutine[Any, Any, T], otherwise: T
    ) -> T:
        try:
            return await asyncio.shield(self._spawn(work))
        except DBAPIError as error:
            self._complain("the bookings cannot be used", record_id, error)
            return otherwise

    def _complain(self, what: str, record_id: uuid.UUID | None, error: Exception) -> None:
        why = type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
        log.error("%s: %s", what, why, extra={"call_id": str(record_id or "")})

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    def _lock(self, record_id: uuid.UUID) -> asyncio.Lock:
        return self._locks.setdefault(record_id, asyncio.Lock())
