"""Books, writes and tells in processes that kill themselves, each at another step; then goes on.

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
from audiosocket_agent.company_messages import MessageEvent
from audiosocket_agent.tools.messages import Outgoing
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
    """A store with a step before and after every commit; what comes before that changes nothing."""

    steps: Steps

    @asynccontextmanager
    async def transaction(self):
        async with super().transaction() as db:
            yield db
            self.steps.step()
        self.steps.step()


class DyingSender(Sender):
    """A sender with a step after everything it sends; the one before is after a commit."""

    steps: Steps

    async def send(self, parcel, firm):
        sent = await super().send(parcel, firm)
        self.steps.step()
        return sent


async def life(store, url, number, die_at, *, calls):
    """Hold, book, perhaps change, text the caller, and tell; with a death in it, or without."""
    steps = store.steps = Steps(die_at)
    clock = Clock(NOW + LATER * (die_at < 0))
    calendar = {
        "lead_min": 0,
        "booking_api": {"url": f"{url}/api", "required": True},
        "webhooks": [{"url": f"{url}/hook", "secret": "HOOK_SECRET"}],
    }
    sms = {"url": f"{url}/sms", "secret": "HOOK_SECRET", "templates": {"hi": {"text": "Hello."}}}
    it = Shop(store, clock, company(calendar, messages={"sms": sms}))
    sender = DyingSender(clock, SECRETS)
    sender.steps = steps
    it.diary._sender = sender
    it.worker = OutboxWorker(it.book, sender, lambda: {it.firm.key: it.firm})
    record = uuid.UUID(int=number)
    for start in calls:
        await it.diary.hold(record, it.firm, request(start=start))
        await it.diary.book(record, it.firm, request(start=start))
    if calls:
        text = Outgoing(f"text-{number}", MessageEvent.SMS, {"call_id": str(record)})
        await it.diary.post(record, it.firm, text)
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


async def opened(path):
    """Make a database; the store can be used again after it was closed, for what lies there then.

    So no life has to work out anew how its statements are written.
    """
    store = await open_store(path)
    await store.close()
    store.__class__ = DyingStore
    return store


def main(folder, url):
    path, empty, number = folder / "it.db", folder / "empty.db", 0
    store = asyncio.run(opened(path))
    shutil.copyfile(path, empty)
    asyncio.run(life(store, url, number, -1, calls=("09:00",)))  # imports for all
    for again, calls in ((True, ("09:00", "11:00")), (False, ("09:00",))):
        step, died = 0, True
        while died:
            for file in folder.glob("it.db*"):
                file.unlink()
            shutil.copyfile(empty, path)
            number += 1
            died = dies(store, url, number, step, calls=calls)
            found = asyncio.run(life(store, url, number, -1, calls=calls[-1:] if again else ()))
            found |= {"call": str(uuid.UUID(int=number)), "number": number}
            print(json.dumps(found | {"again": again, "step": step}), flush=True)
            step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
