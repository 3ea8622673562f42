"""Records as the controller keeps them, in a real database."""

import asyncio
import uuid
from contextlib import asynccontextmanager

from ari_app.ami import AmiDown
from ari_app.call_ledger import MOST_LOOKS
from ari_app.call_records import CallRecords
from ari_app.store import calls, open_store

CALL = uuid.UUID(int=7)


@asynccontextmanager
async def book(tmp_path):
    store = await open_store(tmp_path / "v.db")
    records = CallRecords(store)
    try:
        yield records, store
    finally:
        await records.close()
        await store.close()


class Channels:
    """Asterisk, as far as its channels go."""

    def __init__(self, *uniqueids, up=True):
        self.uniqueids, self.up = uniqueids, up

    async def listing(self, name, fields, deadline_s=2.0):
        assert name == "Status"
        if not self.up:
            raise AmiDown
        return [{"Event": "Status", "Uniqueid": one} for one in (*self.uniqueids, "other")]


async def row(records, store, call_id=CALL):
    await records.written()
    async with store.transaction() as db:
        return (await db.execute(calls.select().where(calls.c.call_id == str(call_id)))).one()


def route(records, to, uniqueid="1.1", call_id=CALL):
    records.routed(call_id, "harbour", "441632960001", "", "PJSIP/a-1", uniqueid, to)


def end(records, uniqueid="1.1"):
    records.event({"Event": "Hangup", "Uniqueid": uniqueid, "Cause": "16"})


def test_a_call_the_agent_never_took_has_one_whole_record(tmp_path):
    async def main():
        async with book(tmp_path) as (records, store):
            route(records, "closed")
            end(records)
            end(records)
            it = await row(records, store)
            assert (it.route, it.end_reason, it.next, it.cause) == (
                "closed", "routed", "closed", 16,
            )  # fmt: skip
            assert it.ended_at == it.hung_up_at and it.hung_up_by == "pbx"
            assert await store.open_calls() == []

    asyncio.run(main())


def test_what_the_agent_noted_of_its_call_stays(tmp_path):
    async def main():
        async with book(tmp_path) as (records, store):
            route(records, "agent")
            await row(records, store)
            await store.upsert(calls, {**dict.fromkeys(
                ("company", "did", "caller", "channel", "uniqueid", "registered_at"), "x"),
                "call_id": str(CALL), "held": True})  # fmt: skip
            records.registered({"uuid": str(CALL), "call": str(CALL), "uniqueid": "1.1"})
            assert records.load().total == 1
            records.left(str(CALL), "hangup")
            await store.end_call(CALL, "completed", "hangup")
            end(records)
            it = await row(records, store)
            assert (it.end_reason, it.next, it.hung_up_by, it.route) == (
                "completed", "hangup", "agent", "agent",
            )  # fmt: skip

    asyncio.run(main())


def test_after_a_restart_calls_go_on_or_are_closed(tmp_path):
    async def main():
        gone = uuid.UUID(int=8)
        async with book(tmp_path) as (records, store):
            route(records, "queue")
            route(records, "queue", "2.2", gone)
            await row(records, store)
        async with book(tmp_path) as (records, store):
            await records.reconcile(Channels("1.1"))
            assert [call.call_id for call in records.ledger.live()] == [CALL]
            assert (await row(records, store, gone)).hung_up_by == "unknown"
            assert (await row(records, store)).hung_up_at is None
            end(records)
            assert (await row(records, store)).cause == 16

    asyncio.run(main())


def test_a_caller_nobody_routed_gets_one_record_when_found_with_people(tmp_path):
    class People(Channels):
        async def listing(self, name, fields, deadline_s=2.0):
            listed = await super().listing(name, fields, deadline_s)
            return [it | {"Context": "voiceagent-human", "DNID": "4416"} for it in listed]

    async def main():
        join = {"Event": "QueueCallerJoin", "Context": "voiceagent-human", "Queue": "q"}
        async with book(tmp_path) as (records, store):
            route(records, "queue")
            records.event(join | {"Uniqueid": "1.1"})
            assert not records.stranger.is_set()
            records.event(join | {"Uniqueid": "other"})
            assert records.stranger.is_set()
            for _ in range(2):
                await records.reconcile(People("1.1"))
            assert not records.stranger.is_set() and records.load().total == 0
            await records.written()
        async with book(tmp_path) as (records, store):  # another controller finds nothing new
            await records.reconcile(People("1.1"))
            end(records, "other")
            await records.written()
            async with store.transaction() as db:
                rows = (await db.execute(calls.select().order_by(calls.c.uniqueid))).all()
            assert [row.uniqueid for row in rows] == ["1.1", "other"]
            assert (rows[1].did, rows[1].route, rows[1].cause) == ("4416", "queue", 16)

    asyncio.run(main())


def test_nothing_is_closed_when_asterisk_cannot_be_asked(tmp_path):
    async def main():
        async with book(tmp_path) as (records, store):
            route(records, "queue")
            await records.reconcile(Channels(up=False))
            assert (await row(records, store)).hung_up_at is None and records.ledger.live()

    asyncio.run(main())


def test_a_caller_sent_here_again_has_a_record_for_each_time(tmp_path):
    async def main():
        second = uuid.UUID(int=8)
        async with book(tmp_path) as (records, store):
            route(records, "agent")
            route(records, "queue", call_id=second)
            assert (await row(records, store)).hung_up_by == "pbx"
            await records.reconcile(Channels("1.1"))
            assert [call.call_id for call in records.ledger.live()] == [second]
            assert await records.known("1.1") == second and await records.known("2.2") is None
        async with book(tmp_path) as (records, store):
            await records.reconcile(Channels("1.1"))
            assert [call.call_id for call in records.ledger.live()] == [second]
            assert (await row(records, store, second)).hung_up_at is None

    asyncio.run(main())


def test_where_nobody_tells_the_end_the_media_process_does(tmp_path):
    async def main():
        async with book(tmp_path) as (records, store):
            route(records, "agent")
            for _ in range(MOST_LOOKS):
                records.held([], told=False)
            assert (await row(records, store)).hung_up_by == "unknown"
            assert records.ledger.live() == []

    asyncio.run(main())
