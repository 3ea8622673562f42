"""What the diary asks of SQLite it could ask of PostgreSQL: no server is needed to see that."""

import asyncio
import re
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ari_app.diary.book import Book
from ari_app.diary.tables import holds, outbox
from ari_app.store import bookings
from audiosocket_agent.company_messages import MessageEvent
from audiosocket_agent.tools.messages import Outgoing
from tests.ari_app.diary.shop import Receiver, company, request, shop

OF_SQLITE = r"\b(julianday|strftime|datetime|date|ifnull|group_concat|glob|rowid|or replace)\b"
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)


async def everything(it, receiver):
    """Have the diary do all it can."""
    it.firm, plain = company(), it.firm
    await it.diary.book(SECOND, it.firm, request())  # it gets its time when there is a calendar
    it.firm = plain
    await it.diary.agenda(it.firm)
    await it.diary.hold(FIRST, it.firm, request())
    made = await it.diary.book(FIRST, it.firm, request())
    receiver.answers = lambda path: 409
    await it.diary.change(
        FIRST, it.firm, made.reference, "01632960123", request(part="", start="14:00")
    )
    await it.diary.post(FIRST, it.firm, Outgoing("id", MessageEvent.SMS, {"call_id": "1"}))
    await it.deliver()
    receiver.answers = lambda path: 200
    await it.diary.cancel(FIRST, it.firm, made.reference, "01632960123")
    await it.diary.release(FIRST)
    it.clock.pass_(days=40)
    await it.deliver()
    await it.worker._sweep()


def test_every_statement_of_the_diary_is_one_that_postgresql_takes(tmp_path):
    seen = {}

    def note(_db, statement, *_):
        text = str(statement.compile(dialect=sqlite.dialect()))
        if "ON CONFLICT" not in text:  # `upserting` writes those, for either: test_schema
            seen[text] = statement

    async def main():
        receiver = Receiver()
        async with receiver.open() as url:
            calendar = {
                "lead_min": 0,
                "booking_api": {"url": f"{url}/api", "required": True},
                "webhooks": [{"url": f"{url}/hook", "secret": "HOOK_SECRET"}],
            }
            async with shop(tmp_path, calendar) as it:
                sa.event.listen(it.store._engine.sync_engine, "before_execute", note)
                await everything(it, receiver)

    asyncio.run(main())
    assert len(seen) > 20
    for table in (bookings, holds, outbox):
        verbs = {text.split()[0] for text in seen if table.name in text}
        assert verbs >= {"SELECT", "UPDATE" if table is bookings else "DELETE"}
    for statement in seen.values():
        text = str(statement.compile(dialect=postgresql.dialect()))
        assert not re.search(OF_SQLITE, text, re.IGNORECASE), text


def test_writers_wait_for_one_another_there_too():
    asked = []

    class There:
        """A connection to PostgreSQL, as far as a transaction begins."""

        dialect = postgresql.dialect()

        async def execute(self, statement):
            asked.append(str(statement.compile(dialect=self.dialect)))

    class Database:
        def transaction(self):
            return self

        async def __aenter__(self):
            return There()

        async def __aexit__(self, *_):
            pass

    async def main():
        async with Book(Database()).writing():
            assert ["pg_advisory_xact_lock" in one for one in asked] == [True]

    asyncio.run(main())
