"""Holds and bookings in the database; each function here is one transaction.

What is free is checked in the transaction that takes it, and no other one writes meanwhile, so two
callers never get the same time. A booking, the end of its hold and what is to be told of it are
written together or not at all.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ari_app.database import begin_writing
from ari_app.diary.outbox import GIVE_UP, OutState, Parcel, announce, enclose, read
from ari_app.diary.rows import (
    ACTIVE,
    Row,
    columns_of,
    is_active,
    is_same,
    minutes_of,
    stamp,
    status_of,
    visit_of,
    wanted_of,
)
from ari_app.diary.tables import holds
from ari_app.store import Store, bookings
from audiosocket_agent.agenda import Agenda, Visit
from audiosocket_agent.company import Company
from audiosocket_agent.company_calendar import BookingEvent
from audiosocket_agent.conversation_state import BookingRequest
from audiosocket_agent.diary import Status
from audiosocket_agent.tools.messages import Outgoing

REFERENCE_TRIES = 100
LONGEST_GAP = timedelta(minutes=240)
is_taken = sa.or_(
    bookings.c.status.is_(None), bookings.c.status.in_([status.value for status in ACTIVE])
)


class GoneError(Exception):
    """Nobody waits for the transaction any more: it is not to be committed."""


@dataclass(frozen=True, slots=True)
class Written:
    """A booking as it was committed.

    Attributes:
        reference: Its reference.
        status: Where it stands.
        position: In the outbox, of what the company's own system has to confirm first, claimed;
            None: nothing.
    """

    reference: str
    status: Status
    position: int | None = None


class Book:
    """The transactions.

    Args:
        store: The database.
        now: Tells the time, aware.
        lasting: Whether what is committed also survives a loss of power.
        give_up: How long it is tried to tell somebody.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        lasting: bool = True,
        give_up: timedelta = GIVE_UP,
    ) -> None:
        self._store = store
        self.give_up = give_up
        self._lasting = lasting
        # Within the process writers queue up; SQLite would have them knock again and again.
        self._writer = asyncio.Lock()
        self.now = now

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is the only one that writes."""
        async with self._writer, self._store.transaction() as db:
            await begin_writing(db, lasting=self._lasting)
            yield db

    async def visits(self, company: Company) -> list[Visit]:
        """Return what is taken at a company that has a calendar, from now on."""
        async with self._store.transaction() as db:
            if await self._timeless(db, company):
                await begin_writing(db)
                await self._give_times(db, company)
            return await self.taken(db, company)

    async def hold(
        self, call_id: str, company: Company, request: BookingRequest, moves: str = ""
    ) -> bool:
        """Hold a time for a call, instead of what it held; returns whether it is free.

        Args:
            call_id: The call's record.
            company: Its company.
            request: What is held.
            moves: The reference of a booking that is to be moved there: its own time is free for
                it; "" for none.
        """
        async with self.writing() as db:
            await db.execute(holds.delete().where(holds.c.call_id == call_id))
            moved = await self._row(db, bookings.c.reference == moves) if moves else None
            own = {call_id} if moved is None else {call_id, moved["call_id"]}
            visit = await self._place(db, company, request, *own)
            if visit is None or company.calendar is None:
                return False
            until = self.now() + timedelta(seconds=company.calendar.hold_s)
            row = {
                "call_id": call_id,
                "company": company.key,
                "wanted": wanted_of(request),
                "area": request.area,
                "begins_at": stamp(visit.start),
                "ends_at": stamp(visit.end),
                "lane": visit.lane,
                "expires_at": stamp(until),
            }
            await db.execute(holds.insert().values(row))
            return True

    async def release(self, call_id: str) -> bool:
        """Give back what a call holds; returns whether it held anything."""
        async with self.writing() as db:
            gone = await db.execute(holds.delete().where(holds.c.call_id == call_id))
            return gone.rowcount > 0

    async def sweep(self) -> None:
        """Delete holds that are over."""
        async with self.writing() as db:
            await db.execute(holds.delete().where(holds.c.expires_at <= stamp(self.now())))

    async def make(
        self,
        call_id: str,
        company: Company,
        request: BookingRequest,
        commit: Callable[[], bool] = lambda: True,
    ) -> Written | None:
        """Make a call's booking, or change the one it has made.

        Args:
            call_id: The call's record.
            company: Its company.
            request: What is booked.
            commit: Asked last, whether anybody still waits.

        Returns:
            It; None if its time is taken.

        Raises:
            GoneError: If nobody waited any more; nothing has changed then.
        """
        async with self.writing() as db:
            row = await self._row(db, bookings.c.call_id == call_id)
            written = await self._put(db, row, call_id, company, request)
            if not commit():
                raise GoneError
        return written

    async def change(
        self,
        call_id: str,
        company: Company,
        reference: str,
        request: BookingRequest,
        commit: Callable[[], bool] = lambda: True,
    ) -> Written | None:
        """Change a booking for a call; as `make`. A booking that is cancelled stays so."""
        async with self.writing() as db:
            row = await self._row(db, bookings.c.reference == reference)
            if row is None or not is_active(row):
                return None
            written = await self._put(db, row, call_id, company, request)
            if not commit():
                raise GoneError
        return written

    async def cancel(self, company: Company, reference: str) -> bool:
        """Cancel a booking; returns whether it is cancelled now."""
        async with self.writing() as db:
            row = await self._row(db, bookings.c.reference == reference)
            if row is None or row["company"] != company.key:
                return False
            if is_active(row):
                now = self.now()
                after = row | _changed(row, Status.CANCELLED, now)
                await db.execute(_of(row).values(_changed(row, Status.CANCELLED, now)))
                await announce(db, company, after, BookingEvent.CANCELLED, now)
        return True

    async def post(self, company: Company, message: Outgoing) -> Parcel | OutState:
        """Write down a message that is to be sent; see `outbox.enclose`."""
        async with self.writing() as db:
            return await enclose(db, company, message, self.now())

    async def parcel(self, position: int) -> Parcel:
        """Return what is to be told."""
        async with self._store.transaction() as db:
            return await read(db, position)

    async def taken(self, db: AsyncConnection, company: Company) -> list[Visit]:
        """Return what is taken at a company; inside a transaction."""
        now = self.now()
        since = stamp(now - LONGEST_GAP)
        booked = bookings.select().where(
            bookings.c.company == company.key, is_taken, bookings.c.ends_at > since
        )
        held = holds.select().where(holds.c.company == company.key, holds.c.expires_at > stamp(now))
        rows = [*(await db.execute(booked)).mappings(), *(await db.execute(held)).mappings()]
        return [visit_of(dict(row)) for row in rows]

    async def row(self, reference: str) -> dict[str, Any] | None:
        """Return a booking's row."""
        async with self._store.transaction() as db:
            return await self._row(db, bookings.c.reference == reference)

    # --- inside a transaction --------------------------------------------------------------------

    async def _put(
        self,
        db: AsyncConnection,
        row: dict[str, Any] | None,
        call_id: str,
        company: Company,
        request: BookingRequest,
    ) -> Written | None:
        """Write a booking: a new one, or in the place of what the row says."""
        if row is not None and is_active(row) and is_same(row, request):
            await db.execute(holds.delete().where(holds.c.call_id == call_id))
            return Written(row["reference"], status_of(row))
        visit = await self._visit(db, company, request, call_id, row)
        if visit is None and company.calendar is not None:
            return None
        now = self.now()
        api = None if company.calendar is None else company.calendar.booking_api
        status = Status.PENDING if api is not None and api.required else Status.BOOKED
        values = columns_of(request, visit)
        if row is None:
            after: dict[str, Any] = values | {
                "reference": await self._free_reference(db),
                "call_id": call_id,
                "company": company.key,
                "created_at": stamp(now),
                "changed_at": stamp(now),
                "sequence": 0,
                "status": status.value,
            }
            await db.execute(bookings.insert().values(after))
        else:
            change = values | _changed(row, status, now)
            await db.execute(_of(row).values(change))
            after = row | change
        await db.execute(holds.delete().where(holds.c.call_id == call_id))
        anew = row is None or not is_active(row)
        event = BookingEvent.CREATED if anew else BookingEvent.CHANGED
        before = None if anew else row
        position = await announce(db, company, after, event, now, before=before)
        return Written(after["reference"], status, position)

    async def _visit(
        self,
        db: AsyncConnection,
        company: Company,
        request: BookingRequest,
        call_id: str,
        row: Row | None,
    ) -> Visit | None:
        """Return the time a booking takes: what the call holds, else what is free."""
        if company.calendar is None:
            return None
        mine = holds.select().where(
            holds.c.call_id == call_id,
            holds.c.company == company.key,
            holds.c.wanted == wanted_of(request),
            holds.c.expires_at > stamp(self.now()),
        )
        held = (await db.execute(mine)).mappings().first()
        if held is not None:
            return visit_of(dict(held))
        own = {call_id} if row is None else {call_id, row["call_id"]}
        return await self._place(db, company, request, *own)

    async def _place(
        self, db: AsyncConnection, company: Company, request: BookingRequest, *own: str
    ) -> Visit | None:
        if company.calendar is None:
            return None
        if await self._timeless(db, company):
            await self._give_times(db, company)
        taken = [visit for visit in await self.taken(db, company) if visit.owner not in own]
        agenda = Agenda(company, taken, self.now())
        return agenda.place(request.minutes, request.day, request.part, request.start, request.area)

    async def _timeless(self, db: AsyncConnection, company: Company) -> list[dict[str, Any]]:
        """Return bookings from before the company had its calendar."""
        today = self.now().astimezone(ZoneInfo(company.timezone)).date()
        query = bookings.select().where(
            bookings.c.company == company.key,
            is_taken,
            bookings.c.lane.is_(None),
            bookings.c.day >= today.isoformat(),
        )
        query = query.order_by(bookings.c.created_at, bookings.c.reference)
        return [dict(row) for row in (await db.execute(query)).mappings()]

    async def _give_times(self, db: AsyncConnection, company: Company) -> None:
        """Give each of those the first time that its day and part have left."""
        assert company.calendar is not None
        zone = ZoneInfo(company.timezone)
        now = self.now().astimezone(zone)
        # They were agreed before: neither how soon nor how late they are counts.
        midnight = datetime.combine(now.date(), time(), zone)
        early = midnight - timedelta(minutes=company.calendar.lead_min)
        for row in await self._timeless(db, company):
            agenda = Agenda(company, await self.taken(db, company), early)
            visit = _time_for(row, agenda)
            change = {
                "begins_at": stamp(visit.start),
                "ends_at": stamp(visit.end),
                "lane": visit.lane,
            }
            await db.execute(_of(row).values(change))

    async def _free_reference(self, db: AsyncConnection) -> str:
        for _ in range(REFERENCE_TRIES):
            reference = f"{secrets.randbelow(900_000) + 100_000}"
            if await self._row(db, bookings.c.reference == reference) is None:
                return reference
        raise LookupError("no free reference")

    async def _row(
        self, db: AsyncConnection, which: sa.ColumnElement[bool]
    ) -> dict[str, Any] | None:
        row = (await db.execute(bookings.select().where(which))).mappings().first()
        return None if row is None else dict(row)


def _time_for(row: Row, agenda: Agenda) -> Visit:
    day, minutes = date.fromisoformat(row["day"]), minutes_of(row)
    start = None if row["start"] is None else time.fromisoformat(row["start"])
    visit = agenda.place(minutes, day, row["part"], start, row["area"])
    if visit is not None:
        return visit
    begins = agenda.instant(day, start or agenda.begin_of(row["part"]))
    return Visit(begins, begins + timedelta(minutes=minutes), row["area"], 0, row["call_id"])


def _changed(row: Row, status: Status, now: datetime) -> dict[str, Any]:
    return {
        "status": status.value,
        "sequence": (row["sequence"] or 0) + 1,
        "changed_at": stamp(now),
    }


def _of(row: Row) -> sa.Update:
    return bookings.update().where(bookings.c.reference == row["reference"])
