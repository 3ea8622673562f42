"""The controller's answers and what it keeps true, with a real database and a real link."""

import asyncio
import sqlite3
import uuid
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta

import pytest

from ari_app.call_records import CallRecords
from ari_app.controller import Controller
from ari_app.media_link import MediaLink
from ari_app.store import calls, open_store
from audiosocket_agent.link import LinkServer

CALL = uuid.UUID(int=7)
OUTCOME = {"op": "outcome", "uuid": str(CALL)}


@asynccontextmanager
async def controller(tmp_path, held=(), outcomes=None, media=True):
    """A controller whose media process holds some calls and remembers some outcomes."""
    outcomes = outcomes or {}
    link = LinkServer(
        lambda request: ("127.0.0.1:9099", {}),
        lambda call_id: (outcomes[call_id], {"VA_QUEUE": "sales"}),
        lambda: {"calls": [str(c) for c in held], "load": len(held), "capacity": 9},
        lambda call_id: None,
    )
    path = tmp_path / "m.sock"
    if media:
        await link.start(path, 0o600)
    store = await open_store(tmp_path / "v.db")
    records = CallRecords(store)
    try:
        yield Controller(MediaLink(path), store, records), store
    finally:
        await records.close()
        await link.close()
        await store.close()


async def put(store, ended=None, following=None, age=timedelta(minutes=1), call_id=CALL):
    at = (datetime.now(UTC) - age).isoformat(timespec="milliseconds")
    row = dict.fromkeys(("company", "did", "caller", "channel", "uniqueid"), "x")
    row |= {"call_id": str(call_id), "registered_at": at, "end_reason": ended, "next": following}
    await store.upsert(calls, row | {"ended_at": at if ended else None})


async def record(store, call_id=CALL):
    async with store.transaction() as db:
        query = calls.select().where(calls.c.call_id == str(call_id))
        return (await db.execute(query)).one()


def test_the_media_process_answers_for_its_calls(tmp_path):
    async def main():
        async with controller(tmp_path, outcomes={str(CALL): "queue"}) as (it, _):
            answer = {"ok": True, "next": "queue", "variables": {"VA_QUEUE": "sales"}}
            assert await it.ask(OUTCOME) == answer
            assert await it.healthy()

    asyncio.run(main())


@pytest.mark.parametrize("media", [True, False], ids=["restarted", "gone"])
def test_a_goodbye_that_was_recorded_stays_a_goodbye(tmp_path, media):
    async def main():
        async with controller(tmp_path, media=media) as (it, store):
            await put(store, ended="completed", following="hangup")
            assert await it.ask(OUTCOME) == {"ok": True, "next": "hangup"}

    asyncio.run(main())


@pytest.mark.parametrize("media", [True, False], ids=["restarted", "gone"])
def test_a_call_whose_process_died_goes_to_people_and_is_recorded_so(tmp_path, media):
    async def main():
        async with controller(tmp_path, media=media) as (it, store):
            await put(store)
            assert await it.ask(OUTCOME) == {"ok": True, "next": "sorry"}
            row = await record(store)
            assert (row.end_reason, row.next) == ("agent_died", "sorry") and row.ended_at

    asyncio.run(main())


def test_a_call_nobody_ever_heard_of_goes_to_people(tmp_path):
    async def main():
        async with controller(tmp_path) as (it, _):
            assert await it.ask(OUTCOME) == {"ok": True, "next": "sorry"}

    asyncio.run(main())


def test_without_a_media_process_nothing_is_healthy_and_registration_fails(tmp_path):
    async def main():
        async with controller(tmp_path, media=False) as (it, _):
            assert not await it.healthy()
            with pytest.raises(OSError):
                await it.ask({"op": "register"})

    asyncio.run(main())


def test_records_of_calls_nobody_holds_are_closed_and_no_others(tmp_path):
    dead, live, young, done = (uuid.UUID(int=n) for n in range(1, 5))

    async def main():
        async with controller(tmp_path, held=[live]) as (it, store):
            await put(store, call_id=dead)
            await put(store, call_id=live)
            await put(store, call_id=young, age=timedelta(0))
            await put(store, call_id=done, ended="completed", following="hangup")
            stop = asyncio.Event()
            reconciling = asyncio.create_task(it.reconcile(stop))
            async with asyncio.timeout(10):
                while (await record(store, dead)).end_reason is None:
                    await asyncio.sleep(0.02)
            stop.set()
            await reconciling
            reasons = [(await record(store, c)).end_reason for c in (dead, live, young, done)]
            assert reasons == ["agent_died", None, None, "completed"]

    asyncio.run(main())


def test_a_call_that_ends_while_the_process_is_asked_keeps_its_own_end(tmp_path):
    class EndsNow(tuple):
        """What the process holds; the call ends, and is put down, while it answers."""

        def __iter__(self):
            with closing(sqlite3.connect(tmp_path / "v.db")) as db, db:
                db.execute("UPDATE calls SET end_reason='handed_over', next='queue', ended_at='x'")
            return iter(())

    async def main():
        async with controller(tmp_path, held=EndsNow()) as (it, store):
            await put(store)
            await it._close_orphans()
            row = await record(store)
            assert (row.end_reason, row.next, row.ended_at) == ("handed_over", "queue", "x")

    asyncio.run(main())


def test_records_stay_open_while_the_media_process_cannot_be_asked(tmp_path):
    async def main():
        async with controller(tmp_path, media=False) as (it, store):
            await put(store)
            await it._close_orphans()
            assert (await record(store)).end_reason is None

    asyncio.run(main())


def test_the_end_of_a_later_part_is_looked_up_on_the_calls_record(tmp_path):
    async def main():
        async with controller(tmp_path, media=False) as (it, store):
            await put(store, ended="completed", following="hangup")
            part = str(uuid.UUID(int=99))
            it._records.registered({"uuid": part, "call": str(CALL), "uniqueid": "1.1"})
            answer = await it.ask({"op": "outcome", "uuid": part})
            assert answer == {"ok": True, "next": "hangup"}

    asyncio.run(main())
