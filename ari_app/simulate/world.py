"""What is around a simulated call: a throw-away database, a diary, a queue of people.

Bookings and wishes to be called back go through the same code as in a real call; only the database
is nobody's, and the queue is what the scenario says.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ari_app import store as tables
from ari_app.diary.book import Book
from ari_app.diary.keeper import StoreDiary
from ari_app.diary.sending import Sender
from ari_app.records import StoreCallbacks
from ari_app.simulate.scenario import Kept, ScenarioError, World
from ari_app.store import Store, open_store
from audiosocket_agent.company import Company
from audiosocket_agent.company_messages import Messages
from audiosocket_agent.control import ControlError, Outlook
from audiosocket_agent.conversation_state import (
    Booked,
    BookingFailed,
    BookingRequest,
    CallbackRequest,
)
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.errors import BookingError
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.sentences import BySentence
from audiosocket_agent.sounds import Sounds
from audiosocket_agent.tools.company_http import CompanyHttp
from audiosocket_agent.tools.of_call import Tools
from audiosocket_agent.tts.offline import TRAITS, OfflineVoice
from audiosocket_agent.understanding import date_of

TEMPLATE = "empty.db"


class SimulatedQueue:
    """The control side where there is no Asterisk: a queue that looks as the scenario says."""

    def __init__(self, world: World) -> None:
        self._queue = world.queue

    async def outlook(self, queue: str) -> Outlook:
        """See `CallControl.outlook`."""
        if self._queue is None:
            raise ControlError("the scenario has no queue")
        return Outlook(**self._queue.model_dump())

    async def prepare_exit(self, call: CallInfo, variables: Mapping[str, str]) -> None:
        """See `CallControl.prepare_exit`; there is no dialplan that goes on."""

    async def mute_recording(self, call: CallInfo, *, muted: bool) -> None:
        """See `CallControl.mute_recording`; nothing is recorded."""


class Unreachable(StoreDiary):
    """A diary that cannot be reached."""

    async def book(
        self, record_id: uuid.UUID, company: Company, request: BookingRequest
    ) -> Booked | BookingFailed:
        """See `Diary.book`."""
        return BookingFailed()


class Refusing:
    """A notebook that cannot be reached."""

    async def note(self, record_id: uuid.UUID, company: Company, request: CallbackRequest) -> None:
        """See `Callbacks.note`."""
        raise BookingError("the scenario's notebook cannot be reached")


@dataclass(frozen=True, slots=True)
class Desks:
    """Where a call's work is done.

    Attributes:
        store: The database.
        diary: Keeps the bookings.
        booking_desk: Makes them beside the talk.
        people: Looks for people, and notes wishes to be called back.
        tools: Runs what tools need of the world.
    """

    store: Store
    diary: StoreDiary
    booking_desk: BookingDesk
    people: PersonDesk
    tools: Tools


@asynccontextmanager
async def open_desks(world: World, database: Path) -> AsyncIterator[Desks]:
    """Open the desks of one call.

    Args:
        world: What the scenario says of them.
        database: A file, made if it is not there.
    """
    store = await open_store(database)
    voice = OfflineVoice()
    try:
        book = Book(store)
        kind = StoreDiary if world.diary == "works" else Unreachable
        diary = kind(book, Sender(book.now))
        callbacks = StoreCallbacks(store) if world.notebook == "works" else Refusing()
        sounds = Sounds(database.parent, PurePosixPath("/"), BySentence(voice, TRAITS))
        people = PersonDesk(SimulatedQueue(world), callbacks, sounds)
        desk = BookingDesk(diary)
        tools = Tools(CompanyHttp(), diary)
        try:
            yield Desks(store, diary, desk, people, tools)
        finally:
            await tools.close()
            await desk.close()
            await diary.close()
            await people.close()
    finally:
        await voice.close()
        await store.close()


async def keep_bookings(desks: Desks, company: Company, kept: Sequence[Kept], caller: str) -> None:
    """Write down bookings of earlier calls.

    Args:
        desks: Where.
        company: Whose.
        kept: Them.
        caller: The number they were made with, if they do not say.

    Raises:
        ScenarioError: If a time is not free.
    """
    today = datetime.now(ZoneInfo(company.timezone)).date()
    for one in kept:
        service = next((s for s in company.services if s.key == one.service), None)
        if service is None:
            raise ScenarioError(f"world.bookings: {company.key} has no service {one.service}")
        price = "" if service.price_pounds is None else str(service.price_pounds)
        request = BookingRequest(
            one.service, one.area or "", date_of(one.day, today), one.part or "",
            one.phone or caller, price, time.fromisoformat(one.time) if one.time else None,
            minutes=service.minutes,
        )  # fmt: skip
        made = await desks.diary.book(uuid.uuid4(), company, request)
        if not isinstance(made, Booked):
            raise ScenarioError(f"world.bookings: {one.reference} cannot be booked then")
        # References are drawn by lot, but the caller of a scenario knows his.
        table = tables.bookings
        known = table.update().where(table.c.reference == made.reference)
        async with desks.store.transaction() as db:
            await db.execute(known.values(reference=one.reference))


def kept_in(company: Company) -> Company:
    """Return a company as it may be tried: nothing of its own is told, or asked to do anything."""
    calendar = company.calendar
    if calendar is not None:
        calendar = calendar.model_copy(update={"booking_api": None, "webhooks": ()})
    return company.model_copy(
        update={"calendar": calendar, "webhooks": (), "tools": {}, "messages": Messages()}
    )


async def make_template(folder: Path) -> None:
    """Make the empty database that `new_database` copies: faster than to make each anew."""
    await (await open_store(folder / TEMPLATE)).close()


def new_database(folder: Path, name: str) -> Path:
    """Return a fresh database in a folder with a template."""
    database = folder / f"{name}.db"
    shutil.copyfile(folder / TEMPLATE, database)
    return database


async def rows_of(
    store: Store, call_id: uuid.UUID
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return a call's bookings and wishes to be called back, by column and detail."""
    found: list[list[Mapping[str, Any]]] = []
    for table in (tables.bookings, tables.callbacks):
        query = table.select().where(table.c.call_id == str(call_id))
        async with store.transaction() as db:
            found.append([_flat(row._mapping) for row in await db.execute(query)])
    return found[0], found[1]


async def kept_of(store: Store, kept: Sequence[Kept]) -> dict[str, Mapping[str, Any]]:
    """Return what has become of bookings of earlier calls, by reference."""
    table = tables.bookings
    query = table.select().where(table.c.reference.in_([one.reference for one in kept]))
    async with store.transaction() as db:
        rows = [_flat(row._mapping) for row in await db.execute(query)]
    return {str(row["reference"]): row for row in rows}


def _flat(row: Mapping[Any, Any] | sa.RowMapping) -> dict[str, Any]:
    """Return a row with its details beside its columns."""
    flat = dict(row)
    details = flat.pop("details", None)
    if isinstance(details, str):
        details = json.loads(details or "{}")
    return {str(name): value for name, value in (dict(details or {}) | flat).items()}
