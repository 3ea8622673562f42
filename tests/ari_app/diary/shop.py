"""A company with a calendar, its diary in a real SQLite file, and its receivers on real sockets."""

import asyncio
import uuid
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from aiohttp import web

from ari_app.diary.book import Book
from ari_app.diary.keeper import StoreDiary
from ari_app.diary.sending import Sender
from ari_app.diary.tables import holds, outbox
from ari_app.diary.worker import OutboxWorker
from ari_app.store import bookings
from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import BookingRequest
from tests.ari_app.fresh import open_fresh

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # a Monday
MONDAY = date(2026, 11, 23)
SECRETS = {"HOOK_SECRET": "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "API_TOKEN": "t0k3n"}


def company(calendar=None, **fields):
    """A company with one service and two areas."""
    return Company.model_validate(
        {
            "key": "harbour",
            "name": "Harbour",
            "dids": ["441632960001"],
            "greeting": "Hello.",
            "services": [
                {"key": "tap", "name": "tap repair", "price_pounds": "80", "phrases": ["tap"]}
            ],
            "areas": [
                {"key": "truro", "name": "Truro", "phrases": ["truro"]},
                {"key": "redruth", "name": "Redruth", "phrases": ["redruth"]},
            ],
            "calendar": calendar,
            **fields,
        }
    )


def request(day=MONDAY, part="morning", start=None, area="truro", phone="01632960123", **fields):
    """Somebody wants a tap repaired."""
    if start is not None:
        start, part = time.fromisoformat(start), ""
    return BookingRequest("tap", area, day, part, phone, "80", start, **fields)


class Clock:
    """Time that only passes when it is told to."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now

    def pass_(self, **span):
        self.now += timedelta(**span)


class Receiver:
    """A booking system and a webhook on loopback; what it answers is what `answers` says.

    Every request is on record in `seen`; the booking system keeps `effects` by Idempotency-Key, the
    webhook by id: each is one effect however often it comes.
    """

    def __init__(self, answers=lambda path: 200):
        self.answers = answers
        self.seen, self.effects, self.times = [], defaultdict(dict), Counter()

    def answer(self, path, key, body):
        return self.answers(path)

    async def take(self, request):
        body = await request.read()
        headers = request.headers
        key = headers.get("Idempotency-Key") or headers.get("webhook-id")
        self.seen.append((request.path, key, dict(headers), body))
        answer = self.answer(request.path, key, body)
        if answer in (200, "drop", "hang"):  # taken in, whatever the sender comes to know of it
            self.effects[request.path].setdefault(key, await request.json())
            self.times[request.path, key] += 1
        if answer == "hang":
            await asyncio.sleep(0.3)
        if answer in ("drop", "refuse", "hang"):
            if request.transport is not None:  # else the sender has hung up before
                request.transport.abort()
            return web.Response()
        return web.json_response({}, status=answer)

    @asynccontextmanager
    async def open(self):
        app = web.Application()
        app.router.add_post("/{path:.+}", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = site._server.sockets[0].getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()


class Shop:
    """Everything of one agent's bookings."""

    def __init__(self, store, clock, firm, **diary):
        self.store, self.clock, self.firm = store, clock, firm
        # No test takes the power away: the disk need not keep up.
        self.book = Book(store, clock, lasting=False)
        self.sender = Sender(clock, SECRETS)
        self.diary = StoreDiary(self.book, self.sender, **diary)
        self.companies = None  # several, instead of the one
        self.worker = OutboxWorker(
            self.book, self.sender, lambda: self.companies or {self.firm.key: self.firm}
        )

    async def rows(self, table):
        async with self.store.transaction() as db:
            return [dict(row) for row in (await db.execute(sa.select(table))).mappings()]

    async def bookings(self):
        return await self.rows(bookings)

    async def outbox(self):
        return await self.rows(outbox)

    async def holds(self):
        return await self.rows(holds)

    async def deliver(self):
        """Let the outbox run until nothing is due."""
        while await self.worker.turn():
            pass


@asynccontextmanager
async def shop(path, calendar=None, clock=None, firm=None, **diary):
    """Open a company's diary in a database file."""
    store = await open_fresh(path / "voiceagent.db")
    it = Shop(store, clock or Clock(), firm or company(calendar), **diary)
    try:
        yield it
    finally:
        await it.diary.close()
        await store.close()


def calls():
    """Yield calls."""
    return (uuid.UUID(int=n) for n in range(1, 10**6))


def teams(rows):
    """Return the visits of each team, in order."""
    found = defaultdict(list)
    for row in rows:
        if row["status"] in ("booked", "pending"):
            found[row["lane"]].append((row["begins_at"], row["ends_at"], row["area"]))
    return {lane: sorted(visits) for lane, visits in found.items()}
