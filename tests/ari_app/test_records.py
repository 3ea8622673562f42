"""Records and bookings in a real SQLite file."""

import asyncio
import sqlite3
import uuid
from datetime import date

import pytest
import sqlalchemy as sa

from ari_app import store
from ari_app.records import StoreBookings, StoreJournal
from ari_app.store import open_store
from audiosocket_agent.conversation import BookingRequest
from audiosocket_agent.errors import BookingError
from audiosocket_agent.journal import EndReason, Speaker, Turn
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.workflow import Outcome

CALL = uuid.UUID(int=7)
INFO = CallInfo(CALL, "441632960001", "01632960123", "PJSIP/a-1", "1.1", CALL)
REQUEST = BookingRequest(
    "boiler_service", "truro", date(2026, 11, 24), "morning", "01632960123", "89"
)


def run(scenario, path):
    async def main():
        database = await open_store(path)
        try:
            return await scenario(database)
        finally:
            await database.close()

    return asyncio.run(main())


def rows(path, table):
    with store.reading(path) as db:
        return [dict(r._mapping) for r in db.execute(sa.select(table))]


def test_a_call_leaves_one_record_with_its_turns(tmp_path):
    path = tmp_path / "v.db"

    async def scenario(database):
        journal = StoreJournal(database)
        journal.registered(INFO, "harbour", "")
        journal.connected(CALL)
        journal.turn(CALL, Turn(0, Speaker.AGENT, "greet", text="hello there", done=False))
        journal.turn(CALL, Turn(0, Speaker.AGENT, "greet", text="hello there", heard="hello",
                                interrupted=True, marks_ms={"first_frame": 12}))  # fmt: skip
        journal.ended(CALL, EndReason.CALLER_HUNG_UP, None)
        journal.ended(CALL, EndReason.CONNECTION_LOST, Outcome.SORRY)
        await journal.close()
        assert await database.open_calls() == []
        assert await database.planned_next(CALL) == "sorry"

    run(scenario, path)
    (call,) = rows(path, store.calls)
    assert (call["end_reason"], call["next"], call["company"]) == (
        "connection_lost", "sorry", "harbour")  # fmt: skip
    assert call["registered_at"] <= call["connected_at"] <= call["ended_at"]
    (turn,) = rows(path, store.turns)
    assert (turn["heard"], turn["interrupted"], turn["marks_ms"]) == (
        "hello", True, {"first_frame": 12})  # fmt: skip


def test_notes_survive_a_reopening_and_open_calls_are_found(tmp_path):
    path = tmp_path / "v.db"

    async def write(database):
        journal = StoreJournal(database)
        journal.registered(INFO, "harbour", "")
        await journal.close()

    async def read(database):
        ((call_id, registered_at),) = await database.open_calls()
        assert call_id == CALL and registered_at
        assert await database.planned_next(CALL) is None

    run(write, path)
    run(read, path)


def test_a_call_books_once_however_often_it_asks(tmp_path):
    async def scenario(database):
        book = StoreBookings(database).book
        first = await book(CALL, "harbour", REQUEST)
        assert first.isdigit() and len(first) == 6
        assert await asyncio.gather(*(book(CALL, "harbour", REQUEST) for _ in range(5))) == (
            [first] * 5
        )
        others = await asyncio.gather(*(book(uuid.uuid4(), "harbour", REQUEST) for _ in range(20)))
        assert len({first, *others}) == 21

    run(scenario, tmp_path / "v.db")
    assert len(rows(tmp_path / "v.db", store.bookings)) == 21


def test_concurrent_first_requests_of_one_call_book_once(tmp_path):
    async def scenario(database):
        book = StoreBookings(database).book
        return await asyncio.gather(*(book(CALL, "harbour", REQUEST) for _ in range(8)))

    assert len(set(run(scenario, tmp_path / "v.db"))) == 1
    assert len(rows(tmp_path / "v.db", store.bookings)) == 1


def test_a_database_that_refuses_is_a_booking_error_and_never_a_lost_note_of_others(tmp_path):
    path = tmp_path / "v.db"

    async def scenario(database):
        journal = StoreJournal(database)
        journal.turn(CALL, Turn(0, Speaker.AGENT, "greet"))  # no such call: the database refuses
        journal.registered(INFO, "harbour", "")
        await journal.close()
        with sqlite3.connect(path) as db:
            db.execute("DROP TABLE bookings")
        db.close()
        with pytest.raises(BookingError, match="the database refused it"):
            await StoreBookings(database).book(CALL, "harbour", REQUEST)

    run(scenario, path)
    assert len(rows(path, store.calls)) == 1


def test_a_busy_database_delays_notes_and_loses_none(tmp_path):
    path = tmp_path / "v.db"

    async def scenario(database):
        journal = StoreJournal(database)
        journal.registered(INFO, "harbour", "")
        await journal.written()
        blocker = sqlite3.connect(path)
        blocker.execute("BEGIN IMMEDIATE")
        journal.ended(CALL, EndReason.COMPLETED, Outcome.HANGUP)
        await asyncio.sleep(store.BUSY_TIMEOUT_MS / 1000 + 0.2)  # the first try has failed by now
        blocker.rollback()
        blocker.close()
        await journal.close()

    run(scenario, path)
    (call,) = rows(path, store.calls)
    assert call["end_reason"] == "completed"
