"""Records and bookings in SQLite, through SQLAlchemy so that another database stays possible.

Both roles open the same file (write-ahead log): the media process writes what happens in calls, the
controller closes the records of calls whose media process died, the command line reads.
"""

from __future__ import annotations

import asyncio
import errno
import os
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ari_app.database import reading_engine, upserting, writing_engine
from ari_app.schema import SchemaError, bring_up_to_date

metadata = sa.MetaData()

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("call_id", sa.String(36), primary_key=True),
    sa.Column("company", sa.String(32), nullable=False),
    sa.Column("did", sa.String(32), nullable=False),
    sa.Column("caller", sa.String(32), nullable=False),
    sa.Column("channel", sa.String(128), nullable=False),
    sa.Column("uniqueid", sa.String(64), nullable=False),
    sa.Column("registered_at", sa.String(32), nullable=False),
    sa.Column("connected_at", sa.String(32)),
    sa.Column("ended_at", sa.String(32)),
    sa.Column("end_reason", sa.String(32)),
    sa.Column("next", sa.String(16)),
    sa.Column("drafts", sa.Integer),
    sa.Column("drafts_discarded", sa.Integer),
    sa.Column("tokens", sa.Integer),
    sa.Column("tokens_discarded", sa.Integer),
    sa.Column("letters", sa.Integer),
    sa.Column("letters_discarded", sa.Integer),
    # What the controller knows: where the call was routed, who took it, how it was hung up.
    sa.Column("route", sa.String(16)),
    sa.Column("held", sa.Boolean),  # whether the agent took it
    sa.Column("direction", sa.String(4)),  # "in" or "out"
    sa.Column("wanted", sa.String(16)),  # why a person was wanted
    sa.Column("handed_to", sa.String(96)),  # "queue sales", "extension 201", ...
    sa.Column("returns", sa.Integer),
    sa.Column("queued_at", sa.String(32)),
    sa.Column("answered_at", sa.String(32)),
    sa.Column("answered_by", sa.String(128)),
    sa.Column("recording", sa.String(256)),
    sa.Column("message", sa.String(256)),  # what the caller left, where the dialplan recorded it
    sa.Column("hung_up_at", sa.String(32)),
    sa.Column("hung_up_by", sa.String(16)),
    sa.Column("cause", sa.Integer),  # Q.850
)

callbacks = sa.Table(
    "callbacks",
    metadata,
    sa.Column("call_id", sa.String(36), primary_key=True),
    sa.Column("company", sa.String(32), nullable=False),
    sa.Column("phone", sa.String(32), nullable=False),
    sa.Column("why", sa.String(16), nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("done_at", sa.String(32)),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("call_id", sa.String(36), sa.ForeignKey("calls.call_id"), primary_key=True),
    sa.Column("index", sa.Integer, primary_key=True),
    sa.Column("speaker", sa.String(8), nullable=False),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("asks", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("heard", sa.Text, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("interrupted", sa.Boolean, nullable=False),
    sa.Column("at_ms", sa.Integer, nullable=False),
    sa.Column("marks_ms", sa.JSON, nullable=False),
)

bookings = sa.Table(
    "bookings",
    metadata,
    sa.Column("reference", sa.String(16), primary_key=True),
    sa.Column("call_id", sa.String(36), nullable=False, unique=True),
    sa.Column("company", sa.String(32), nullable=False),
    sa.Column("service", sa.String(32), nullable=False),
    sa.Column("area", sa.String(32), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("part", sa.String(16), nullable=False),
    sa.Column("phone", sa.String(32), nullable=False),
    sa.Column("price_pounds", sa.String(16), nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    # Empty in bookings of versions that knew no times.
    sa.Column("start", sa.String(5)),  # HH:MM on the company's clock; empty: only a part is agreed
    sa.Column("minutes", sa.Integer),
    sa.Column("begins_at", sa.String(32)),
    sa.Column("ends_at", sa.String(32)),
    sa.Column("lane", sa.Integer),  # which of the company's teams
    sa.Column("details", sa.JSON),
    sa.Column("status", sa.String(16)),  # `audiosocket_agent.diary.Status`; empty: booked
    sa.Column("sequence", sa.Integer),  # how often it was changed
    sa.Column("changed_at", sa.String(32)),
    sa.Index("bookings_of_a_day", "company", "day"),
)

companies = sa.Table(
    "companies",
    metadata,
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("document", sa.Text),  # JSON of what its file set; empty: it was removed
    sa.Column("revision", sa.Integer, nullable=False, index=True),  # grows with every change of any
    sa.Column("updated_at", sa.String(32), nullable=False),
)

dids = sa.Table(
    "dids",
    metadata,
    sa.Column("number", sa.String(15), primary_key=True),
    sa.Column("key", sa.String(32), sa.ForeignKey("companies.key"), nullable=False),
)

LONGEST_CALL = timedelta(days=1)
OPEN_TRIES = 5
OPEN_PAUSE_S = 0.1


def utc_now() -> str:
    """Return the time as stored: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """The database as the running roles use it.

    Args:
        engine: Made by `open_store`.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def close(self) -> None:
        """Close the database; idempotent."""
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open one transaction; commits at the end, rolls back on an error."""
        async with self._engine.begin() as connection:
            yield connection

    async def open_calls(self) -> list[tuple[uuid.UUID, str]]:
        """Return the calls the agent has not ended, each with the time it was registered."""
        held = sa.or_(calls.c.held, calls.c.route.is_(None))
        query = sa.select(calls.c.call_id, calls.c.registered_at)
        query = query.where(calls.c.ended_at.is_(None), held)
        async with self.transaction() as db:
            return [(uuid.UUID(row.call_id), row.registered_at) for row in await db.execute(query)]

    async def end_call(self, call_id: uuid.UUID, reason: str, following: str | None) -> None:
        """Note how a call ended; the last word counts, the first time stays."""
        change = (
            calls.update()
            .where(calls.c.call_id == str(call_id))
            .values(
                end_reason=reason,
                next=following,
                ended_at=sa.func.coalesce(calls.c.ended_at, utc_now()),
            )
        )
        async with self.transaction() as db:
            await db.execute(change)

    async def end_if_open(self, call_id: uuid.UUID, reason: str) -> bool:
        """Note how a call ended unless somebody has meanwhile; returns whether it was noted."""
        change = (
            calls.update()
            .where(calls.c.call_id == str(call_id), calls.c.ended_at.is_(None))
            .values(end_reason=reason, ended_at=utc_now())
        )
        async with self.transaction() as db:
            return (await db.execute(change)).rowcount > 0

    async def calls_on(self) -> list[dict[str, Any]]:
        """Return the calls nobody has put down as hung up, the newest first.

        Those that ended before `LONGEST_CALL` are left out: older versions noted no hang-up.
        """
        since = (datetime.now(UTC) - LONGEST_CALL).isoformat(timespec="milliseconds")
        maybe_on = sa.or_(calls.c.ended_at.is_(None), calls.c.registered_at > since)
        query = calls.select().where(calls.c.hung_up_at.is_(None), maybe_on)
        query = query.order_by(calls.c.registered_at.desc())
        async with self.transaction() as db:
            return [dict(row) for row in (await db.execute(query)).mappings()]

    async def add_call(self, row: Mapping[str, Any]) -> None:
        """Insert a call's record; what the media process has put there already stays."""
        async with self.transaction() as db:
            statement = upserting(db, calls, ["call_id"], ["route", "direction"])
            await db.execute(statement.values(dict(row)))

    async def note_call(
        self, call_id: uuid.UUID, values: Mapping[str, Any], *, over: bool, reason: str
    ) -> None:
        """Change a call's record.

        Args:
            call_id: Which.
            values: Columns.
            over: Whether they tell how it was hung up: only the first such change counts.
            reason: The end reason of a call that the agent never took.
        """
        change = calls.update().where(calls.c.call_id == str(call_id))
        if over:
            change = change.where(calls.c.hung_up_at.is_(None))
        async with self.transaction() as db:
            await db.execute(change.values(dict(values)))
            if over:
                never = calls.update().where(
                    calls.c.call_id == str(call_id),
                    calls.c.ended_at.is_(None),
                    sa.not_(sa.func.coalesce(calls.c.held, True)),
                )
                # One that was meant for the agent, who did not take it, went to people.
                went = sa.case((calls.c.route == "agent", "queue"), else_=calls.c.route)
                end = {"ended_at": values["hung_up_at"], "end_reason": reason, "next": went}
                await db.execute(never.values(end))

    async def recordings(self) -> list[tuple[uuid.UUID, str, str, str]]:
        """Return every recorded call: its id, company, time, and where Asterisk put the file."""
        columns = (calls.c.call_id, calls.c.company, calls.c.registered_at, calls.c.recording)
        query = sa.select(*columns).where(calls.c.recording.is_not(None))
        async with self.transaction() as db:
            rows = await db.execute(query)
            return [(uuid.UUID(key), company, at, file) for key, company, at, file in rows]

    async def forget_message(self, call_id: str) -> None:
        """Note that what a caller left is gone."""
        change = calls.update().where(calls.c.call_id == call_id).values(message=None)
        async with self.transaction() as db:
            await db.execute(change)

    async def company_of(self, call_id: str) -> str:
        """Return the company of a call, by its key; "" if there is no such call."""
        query = sa.select(calls.c.company).where(calls.c.call_id == call_id)
        async with self.transaction() as db:
            return (await db.execute(query)).scalar_one_or_none() or ""

    async def forget_recording(self, call_id: uuid.UUID) -> None:
        """Note that a call's recording is gone."""
        change = calls.update().where(calls.c.call_id == str(call_id)).values(recording=None)
        async with self.transaction() as db:
            await db.execute(change)

    async def planned_next(self, call_id: uuid.UUID) -> str | None:
        """Return what the dialplan was to do after a call; None if it has no planned end."""
        query = sa.select(calls.c.next).where(calls.c.call_id == str(call_id))
        async with self.transaction() as db:
            return (await db.execute(query)).scalar_one_or_none()

    async def upsert(self, table: sa.Table, values: dict[str, Any]) -> None:
        """Insert a row, or replace the one with the same key."""
        keys = [column.name for column in table.primary_key]
        rest = [name for name in values if name not in keys]
        async with self.transaction() as db:
            await db.execute(upserting(db, table, keys, rest).values(values))


async def open_store(path: Path) -> Store:
    """Open the database, making it where needed, and bringing its tables up to date.

    Raises:
        SchemaError: If a newer version of this program made it.
        sqlalchemy.exc.DBAPIError: If the file cannot be opened or written.
    """
    engine = writing_engine(path)
    for tries_left in reversed(range(OPEN_TRIES)):
        try:
            await bring_up_to_date(engine)
            break
        except SchemaError:
            await engine.dispose()
            raise
        except OperationalError:
            # Both roles make a new database at the same moment: one finds it locked.
            await asyncio.sleep(OPEN_PAUSE_S)  # also: the driver's thread reports to this loop
            if not tries_left:
                await engine.dispose()
                raise
    return Store(engine)


@contextmanager
def reading(path: Path) -> Iterator[sa.Connection]:
    """Open an existing database for reading, from a command.

    Raises:
        FileNotFoundError: If there is no database yet.
        PermissionError: If this account may not look.
    """
    path.stat()  # says why not, which SQLite does not
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    engine = reading_engine(path)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
