"""Records in a real SQLite file."""

import asyncio
import sqlite3
import uuid
from dataclasses import replace

import pytest
import sqlalchemy as sa

from ari_app import store
from ari_app.database import BUSY_TIMEOUT_MS
from ari_app.records import StoreCallbacks, StoreJournal
from ari_app.store import open_store
from audiosocket_agent.conversation_state import CallbackRequest, Why
from audiosocket_agent.errors import BookingError
from audiosocket_agent.journal import EndReason, Speaker, Turn
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.workflow import Outcome
from tests.ari_app.diary.shop import company

CALL = uuid.UUID(int=7)
INFO = CallInfo(CALL, "441632960001", "01632960123", "PJSIP/a-1", "1.1", CALL)
WISH = CallbackRequest("01632960123", Why.ASKED, "boiler service in Truro")


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


def test_a_database_that_refuses_is_a_booking_error_and_never_a_lost_note_of_others(tmp_path):
    path = tmp_path / "v.db"

    async def scenario(database):
        journal = StoreJournal(database)
        journal.turn(CALL, Turn(0, Speaker.AGENT, "greet"))  # no such call: the database refuses
        journal.registered(INFO, "harbour", "")
        await journal.close()
        with sqlite3.connect(path) as db:
            db.execute("DROP TABLE callbacks")
        db.close()
        with pytest.raises(BookingError, match="the database refused it"):
            await StoreCallbacks(database).note(CALL, company(), WISH)

    run(scenario, path)
    assert len(rows(path, store.calls)) == 1


def test_a_wish_of_who_hung_up_replaces_none_that_the_call_has_on_record(tmp_path):
    path = tmp_path / "v.db"
    left = replace(WISH, about="boiler service; hung up", hung_up=True)
    other = uuid.UUID(int=8)

    async def scenario(database):
        kept = StoreCallbacks(database)
        await kept.note(CALL, company(), WISH)
        await kept.note(CALL, company(), left)
        await kept.note(other, company(), left)
        await kept.note(other, company(), WISH)  # back in the same call: what was agreed counts

    run(scenario, path)
    found = {row["call_id"]: row["about"] for row in rows(path, store.callbacks)}
    assert found == {str(CALL): WISH.about, str(other): WISH.about}


def test_a_busy_database_delays_notes_and_loses_none(tmp_path):
    path = tmp_path / "v.db"

    async def scenario(database):
        journal = StoreJournal(database)
        journal.registered(INFO, "harbour", "")
        await journal.written()
        blocker = sqlite3.connect(path)
        blocker.execute("BEGIN IMMEDIATE")
        journal.ended(CALL, EndReason.COMPLETED, Outcome.HANGUP)
        await asyncio.sleep(BUSY_TIMEOUT_MS / 1000 + 0.2)  # the first try has failed by now
        blocker.rollback()
        blocker.close()
        await journal.close()

    run(scenario, path)
    (call,) = rows(path, store.calls)
    assert call["end_reason"] == "completed"
