"""What follows from an answer to something that was told: one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ari_app.database import upserting
from ari_app.diary.book import Book
from ari_app.diary.outbox import (
    API,
    OutState,
    Parcel,
    announce,
    last_taken_in,
    put_off,
    settle,
)
from ari_app.diary.rows import is_active, stamp, told_of, visit_of
from ari_app.diary.sending import Answer, Sent
from ari_app.store import bookings, callbacks
from audiosocket_agent.agenda import Agenda
from audiosocket_agent.company import Company
from audiosocket_agent.company_calendar import BookingEvent
from audiosocket_agent.conversation_state import Why
from audiosocket_agent.diary import Status

KEPT = ("service", "area", "day", "part", "phone", "price_pounds", "start", "minutes", "details",
        "begins_at", "ends_at", "lane")  # fmt: skip
TOLD = ("service", "area", "day", "phone", "begins_at", "ends_at")  # what their system goes by


async def conclude(
    book: Book,
    parcel: Parcel,
    company: Company | None,
    sent: Sent,
    chance: Callable[[], float],
    *,
    told: bool,
) -> None:
    """Write down what came of a try.

    Args:
        book: The bookings.
        parcel: What was sent.
        company: Its company; None: there is none any more.
        sent: What came of it.
        chance: Gives a number from 0 to 1.
        told: Whether the caller has been told that it is booked.
    """
    now = book.now()
    async with book.writing() as db:
        if sent.answer is Answer.TAKEN_IN:
            if await settle(db, parcel, OutState.DELIVERED, now) and parcel.target == API:
                await _confirmed(book, db, parcel, company)
        elif sent.answer is Answer.REFUSED:
            if await settle(db, parcel, OutState.REFUSED, now, sent.trouble):
                await _refused(book, db, parcel, company, told=told)
        elif sent.answer is Answer.UNWANTED or now - parcel.created_at > book.give_up:
            await settle(db, parcel, OutState.GIVEN_UP, now, sent.trouble)
        else:
            await put_off(db, parcel, now, chance, sent.trouble)


async def _confirmed(
    book: Book, db: AsyncConnection, parcel: Parcel, company: Company | None
) -> None:
    row = await _version(db, parcel)
    if row is None or row["status"] != Status.PENDING.value:
        return
    await _become(book, db, row, company, {"status": Status.BOOKED.value}, BookingEvent.CHANGED)


async def _refused(
    book: Book, db: AsyncConnection, parcel: Parcel, company: Company | None, *, told: bool
) -> None:
    """Take back what the company's own system has no room for."""
    row = await _version(db, parcel)
    if row is None or not is_active(row) or parcel.event is BookingEvent.CANCELLED:
        return
    before = await _still_possible(book, db, parcel, company)
    if before is not None:
        change = {name: before[name] for name in KEPT} | {"status": Status.BOOKED.value}
        await _become(book, db, row, company, change, BookingEvent.CHANGED)
    else:
        change = {"status": Status.REFUSED.value}
        # What it took in before the change it still has.
        known = await last_taken_in(db, parcel) is not None
        await _become(book, db, row, company, change, BookingEvent.CANCELLED, to_api=known)
    if told:
        wish = {
            "call_id": row["call_id"],
            "company": row["company"],
            "phone": row["phone"],
            "why": Why.BOOKING.value,
            "about": f"booking {row['reference']} on {row['day']} has no room in your own system",
            "created_at": stamp(book.now()),
        }
        # A wish of the same call that somebody has seen to is no reason to leave this one out.
        renewed = ["phone", "why", "about", "created_at", "done_at"]
        statement = upserting(db, callbacks, ["call_id"], renewed)
        await db.execute(statement.values(wish | {"done_at": None}))


async def _still_possible(
    book: Book, db: AsyncConnection, parcel: Parcel, company: Company | None
) -> Mapping[str, Any] | None:
    """Return the booking as it was before the change, if its time is still free."""
    before = parcel.before
    if before is None or company is None or company.calendar is None or before["lane"] is None:
        return None
    known = await last_taken_in(db, parcel)
    told = told_of(before, company)
    if known is None or any(known.data[name] != told[name] for name in TOLD):
        return None
    taken = [visit for visit in await book.taken(db, company) if visit.owner != before["call_id"]]
    return before if Agenda(company, taken, book.now()).fits(visit_of(before)) else None


async def _version(db: AsyncConnection, parcel: Parcel) -> dict[str, Any] | None:
    """Return the booking, if it is still the version that was told."""
    query = bookings.select().where(bookings.c.reference == parcel.reference)
    row = (await db.execute(query)).mappings().first()
    if row is None or (row["sequence"] or 0) != parcel.sequence:
        return None
    return dict(row)


async def _become(
    book: Book,
    db: AsyncConnection,
    row: Mapping[str, Any],
    company: Company | None,
    change: Mapping[str, Any],
    event: BookingEvent,
    *,
    to_api: bool = False,
) -> None:
    now = book.now()
    values = {**change, "sequence": (row["sequence"] or 0) + 1, "changed_at": stamp(now)}
    which: sa.ColumnElement[bool] = bookings.c.reference == row["reference"]
    await db.execute(bookings.update().where(which).values(values))
    if company is not None:
        await announce(db, company, {**row, **values}, event, now, to_api=to_api)
