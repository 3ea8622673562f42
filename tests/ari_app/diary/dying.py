"""Books and tells in processes that kill themselves, each at another step; then goes on.

``python -m tests.ari_app.diary.dying FOLDER URL``: writes a line of JSON for every step there is.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import uuid
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from ari_app.diary.sending import Sender
from ari_app.diary.worker import OutboxWorker
from ari_app.store import Store, open_store
from tests.ari_app.diary.shop import NOW, SECRETS, Clock, Shop, company, request

LATER = timedelta(minutes=5)  # after the restart: what the dead had claimed is free again


class Steps:
    """Counts steps, and dies at one of them."""

    def __init__(self, die_at):
        self.left = die_at

    def step(self):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


class DyingStore(Store):
    """A store with a step before and after every transaction, and before its commit."""

    steps: Steps

    @asynccontextmanager
    async def transaction(self):
        self.steps.step()
        async with super().transaction() as db:
            yield db
            self.steps.step()
        self.steps.step()


class DyingSender(Sender):
    """A sender with a step before and after everything it sends."""

    steps: Steps

    async def send(self, parcel, firm):
        self.steps.step()
        sent = await super().send(parcel, firm)
        self.steps.step()
        return sent


async def life(path, url, number, die_at, *, calls):
    """Hold, book, perhaps change, and tell; with a death in it, or without."""
    steps = Steps(die_at)
    store = await open_store(path)
    store.__class__, store.steps = DyingStore, steps
    clock = Clock(NOW + LATER * (die_at < 0))
    calendar = {
        "lead_min": 0,
        "booking_api": {"url": f"{url}/api", "required": True},
        "webhooks": [{"url": f"{url}/hook", "secret": "HOOK_SECRET"}],
    }
    it = Shop(store, clock, company(calendar))
    sender = DyingSender(clock, SECRETS)
    sender.steps = steps
    it.diary._sender = sender
    it.worker = OutboxWorker(it.book, sender, lambda: {it.firm.key: it.firm})
    record = uuid.UUID(int=number)
    for start in calls:
        await it.diary.hold(record, it.firm, request(start=start))
        await it.diary.book(record, it.firm, request(start=start))
    await it.deliver()
    steps.left = -1
    rows, told = await it.bookings(), await it.outbox()
    await sender.close()
    await it.diary.close()
    await store.close()
    return {"bookings": rows, "outbox": told}


def dies(*args, **options):
    """Live in a process of its own; returns whether it died on the way."""
    child = os.fork()
    if child == 0:
        asyncio.run(life(*args, **options))
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


async def empty(path):
    await (await open_store(path)).close()


def main(folder, url):
    number, left = 0, []
    asyncio.run(empty(folder / "empty.db"))
    for again, calls in ((True, ("09:00", "11:00")), (False, ("09:00",))):
        step, died = 0, True
        while died:
            number += 1
            path = folder / f"{number}.db"
            shutil.copyfile(folder / "empty.db", path)
            died = dies(path, url, number, step, calls=calls)
            left.append((path, number, step, again, calls[-1:] if again else ()))
            step += 1
    for path, number, step, again, calls in left:
        found = asyncio.run(life(path, url, number, -1, calls=calls))
        found |= {"call": str(uuid.UUID(int=number)), "again": again, "step": step}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
