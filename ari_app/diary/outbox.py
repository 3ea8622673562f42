"""What is yet to be told: of bookings and notes, written with them, and messages; claimed, settled.

A row is claimed by moving the time it is due: whoever dies with it loses the claim when that time
has come, and the next one sends the same again, under the same id. Of one booking the events go to
each receiver in order: a later one is not due while an earlier one waits. Messages, to callers and
from them, wait for nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ari_app.database import upserting
from ari_app.diary.rows import Row, stamp, told_of
from ari_app.diary.tables import outbox
from audiosocket_agent.company import Company
from audiosocket_agent.company_calendar import BookingEvent, WebhookEvent
from audiosocket_agent.company_messages import MessageEvent
from audiosocket_agent.tools.messages import Outgoing

API = "api"  # the target that is the company's own booking system
LEASE = timedelta(seconds=30)  # longer than any try takes
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(hours=1)
GIVE_UP = timedelta(hours=48)  # unless the settings say otherwise
SPREAD = 0.5  # of a delay is left to chance
KEEP = timedelta(days=30)
MOST_TROUBLE = 128
_MESSAGES = "message."  # how the names of their events begin


Event = BookingEvent | MessageEvent | WebhookEvent


class OutState(Enum):
    """Where an event stands with a receiver."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"  # by the company's own system
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event on its way to a receiver.

    Attributes:
        position: Of its row.
        event_id: The same at every try.
        target: `API`, the address of a webhook, or how a message goes.
        company: Key.
        reference: The booking's; "" for a message.
        event: What happened.
        key: What makes one of several tries, for the company's own system.
        data: The booking as it was then; the message, whoever wrote it.
        before: The booking before that, if it was changed.
        tries: How many there were, this one included.
        created_at: When it happened.
    """

    position: int
    event_id: str
    target: str
    company: str
    reference: str
    event: Event
    key: str
    data: Mapping[str, Any]
    before: Mapping[str, Any] | None
    tries: int
    created_at: datetime

    @property
    def sequence(self) -> int:
        """Which version of the booking it tells of."""
        return int(self.data["sequence"])


def event_of(name: str) -> Event:
    """Return an event by its name in a row."""
    if name == WebhookEvent.MESSAGE_TAKEN.value:
        return WebhookEvent.MESSAGE_TAKEN
    return MessageEvent(name) if name.startswith(_MESSAGES) else BookingEvent(name)


def parcel_of(row: Row) -> Parcel:
    """Return a row of the outbox."""
    return Parcel(
        row["position"],
        row["event_id"],
        row["target"],
        row["company"],
        row["reference"],
        event_of(row["type"]),
        row["key"],
        row["data"],
        row["before"],
        row["tries"],
        datetime.fromisoformat(row["created_at"]),
    )


async def announce(
    db: AsyncConnection,
    company: Company,
    row: Row,
    event: BookingEvent,
    now: datetime,
    *,
    before: Row | None = None,
    to_api: bool = True,
) -> int | None:
    """Write down who is to be told of a booking; in the transaction that changes it.

    Args:
        db: The transaction.
        company: Its company.
        row: The booking as it is from now on.
        event: What happens to it.
        now: The moment.
        before: The booking as it was.
        to_api: Whether the company's own system is told as well.

    Returns:
        The position of what a required system is to be told, claimed for the caller of this; None
        if there is no such system, or something is to be told to it first.
    """
    api = None if company.calendar is None else company.calendar.booking_api
    targets = [hook.url for hook in company.listeners if hook.wants(event)]
    if api is None and not targets:
        return None
    key = f"{row['call_id']}-{row['sequence'] or 0}"
    common = _waiting_row(str(uuid.uuid4()), company, event, key, told_of(row, company), now)
    common["reference"] = row["reference"]
    for target in targets:
        await db.execute(outbox.insert().values(common | {"target": target}))
    if api is None or not to_api:
        return None
    claimed = api.required and event is not BookingEvent.CANCELLED
    if claimed and await _waits(db, row["reference"]):
        claimed = False
    mine: dict[str, Any] = {"target": API, "before": None if before is None else dict(before)}
    if claimed:
        mine |= {"tries": 1, "due_at": stamp(now + LEASE)}
    made = await db.execute(outbox.insert().values(common | mine))
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0]) if claimed else None


async def announce_message(db: AsyncConnection, company: Company, note: Row, now: datetime) -> None:
    """Write down who is told of a message that a caller left; in the transaction that keeps it.

    The same message of the same call is told once.

    Args:
        db: The transaction.
        company: Its company.
        note: The row of `ari_app.store.callbacks` that keeps it.
        now: The moment.
    """
    event = WebhookEvent.MESSAGE_TAKEN
    about = f"{note['call_id']} {event.value} {note['phone']} {note['about']}"
    event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, about))
    told = {"call_id": note["call_id"], "company": company.key, "phone": note["phone"],
            "text": note["about"], "taken_at": note["created_at"]}  # fmt: skip
    row = _waiting_row(event_id, company, event, event_id, {"message": told}, now)
    once = upserting(db, outbox, ["event_id", "target"], [])
    for hook in company.listeners:
        if hook.wants(event):
            await db.execute(once.values(row | {"target": hook.url}))


async def enclose(
    db: AsyncConnection, company: Company, message: Outgoing, now: datetime
) -> Parcel | OutState:
    """Write down a message to a caller that is to be sent; the same one only once.

    Returns:
        It, claimed for the caller of this; if it was written down before, what became of it.
    """
    event_id = message.event_id
    row = _waiting_row(event_id, company, message.event, event_id, message.data, now)
    row |= {"target": message.event.channel, "tries": 1, "due_at": stamp(now + LEASE)}
    made = await db.execute(upserting(db, outbox, ["event_id", "target"], []).values(row))
    query = outbox.select().where(
        outbox.c.event_id == row["event_id"], outbox.c.target == row["target"]
    )
    kept = dict((await db.execute(query)).mappings().one())
    return parcel_of(kept) if made.rowcount > 0 else OutState(kept["state"])


def _waiting_row(
    event_id: str,
    company: Company,
    event: Event,
    key: str,
    data: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Return a row that is due at once and of no booking, but for who is to be told."""
    return {
        "event_id": event_id,
        "company": company.key,
        "reference": "",
        "type": event.value,
        "key": key,
        "data": dict(data),
        "before": None,
        "state": OutState.WAITING.value,
        "tries": 0,
        "created_at": stamp(now),
        "due_at": stamp(now),
    }


async def _waits(db: AsyncConnection, reference: str) -> bool:
    query = sa.select(outbox.c.position).where(
        outbox.c.reference == reference,
        outbox.c.target == API,
        outbox.c.state == OutState.WAITING.value,
    )
    return (await db.execute(query.limit(1))).first() is not None


async def claim(db: AsyncConnection, now: datetime, most: int) -> list[Parcel]:
    """Claim what is due, the oldest first; nobody else sends it before `LEASE` is over.

    Args:
        db: A transaction that is the only one that writes.
        now: The moment.
        most: No more than this many.
    """
    earlier = outbox.alias()
    waiting = OutState.WAITING.value
    first = sa.or_(
        outbox.c.type.startswith(_MESSAGES),
        ~sa.exists().where(
            earlier.c.reference == outbox.c.reference,
            earlier.c.target == outbox.c.target,
            earlier.c.state == waiting,
            earlier.c.position < outbox.c.position,
        ),
    )
    due = (
        sa.select(outbox)
        .where(outbox.c.state == waiting, outbox.c.due_at <= stamp(now), first)
        .order_by(outbox.c.position)
        .limit(most)
    )
    rows = [dict(row) for row in (await db.execute(due)).mappings()]
    found = [row["position"] for row in rows]
    if found:
        leased = {"due_at": stamp(now + LEASE), "tries": outbox.c.tries + 1}
        await db.execute(outbox.update().where(outbox.c.position.in_(found)).values(leased))
    return [parcel_of(row | {"tries": row["tries"] + 1}) for row in rows]


async def read(db: AsyncConnection, position: int) -> Parcel:
    """Return what stands at a position."""
    query = outbox.select().where(outbox.c.position == position)
    return parcel_of(dict((await db.execute(query)).mappings().one()))


async def last_taken_in(db: AsyncConnection, parcel: Parcel) -> Parcel | None:
    """Return what the company's own system last took in of a booking before it was told this.

    Returns:
        It; None if it took in nothing, or last that the booking was cancelled.
    """
    query = outbox.select().where(
        outbox.c.reference == parcel.reference,
        outbox.c.target == API,
        outbox.c.state == OutState.DELIVERED.value,
        outbox.c.position < parcel.position,
    )
    query = query.order_by(outbox.c.position.desc()).limit(1)
    row = (await db.execute(query)).mappings().first()
    found = None if row is None else parcel_of(dict(row))
    return None if found is None or found.event is BookingEvent.CANCELLED else found


async def settle(
    db: AsyncConnection, parcel: Parcel, state: OutState, now: datetime, trouble: str = ""
) -> bool:
    """Note what became of an event for good; returns whether nobody had before."""
    change = {"state": state.value, "settled_at": stamp(now), "trouble": trouble[:MOST_TROUBLE]}
    done = await db.execute(_waiting(parcel).values(change))
    return done.rowcount > 0


async def put_off(
    db: AsyncConnection, parcel: Parcel, now: datetime, chance: Callable[[], float], trouble: str
) -> None:
    """Note that a try failed; the next one is later the more there were.

    Args:
        db: The transaction.
        parcel: What was not delivered.
        now: The moment.
        chance: Gives a number from 0 to 1.
        trouble: Why, without anything personal.
    """
    delay = min(FIRST_RETRY * 2 ** min(parcel.tries - 1, 20), LONGEST_RETRY)
    due = now + delay * (1.0 - SPREAD * chance())
    change = {"due_at": stamp(due), "trouble": trouble[:MOST_TROUBLE]}
    await db.execute(_waiting(parcel).values(change))


async def forget_old(db: AsyncConnection, now: datetime) -> None:
    """Delete what was delivered long ago; the newest row stays, so that positions only grow."""
    newest = sa.select(sa.func.max(outbox.c.position)).scalar_subquery()
    await db.execute(
        outbox.delete().where(
            outbox.c.state == OutState.DELIVERED.value,
            outbox.c.settled_at < stamp(now - KEEP),
            outbox.c.position < newest,
        )
    )


def _waiting(parcel: Parcel) -> sa.Update:
    return outbox.update().where(
        outbox.c.position == parcel.position, outbox.c.state == OutState.WAITING.value
    )
