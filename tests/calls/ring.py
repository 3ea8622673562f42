"""Calling the sandbox's sample company, and what is left on record of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from itertools import count
from typing import Any

from installer.sandbox import Sandbox
from tests.phone import Call, Caller, Phone
from tests.phone.live import RecordedCall

_numbers = count(7700900100)

KEYPAD = {
    "service": "2",
    "area": "871122#",  # TR1 1AA
    "wanted": "1",
    "day": "2",
    "part": "1",
    "callback": "1",
    "phone": "07700900123#",
    "agreed": "1",
}
"""Books a leaking tap without a word."""


@dataclass
class Line:
    """A phone next to the sandbox."""

    sandbox: Sandbox
    phone: Phone
    did: str

    @property
    def database(self):
        return self.sandbox.agent.data_dir / "voiceagent.db"

    async def call(self, number: str | None = None, caller: Caller | None = None):
        """Dial, and wait for the answer; returns the call and its live record."""
        caller = caller or Caller(f"0{next(_numbers)}")
        live = RecordedCall(self.database, caller.number, RecordedCall.known_calls(self.database))
        call = await self.phone.call(number or self.did, caller)
        await call.answered()
        return call, live

    async def greeted(self) -> tuple[Call, RecordedCall]:
        """Dial, and wait until the agent is in the middle of its greeting."""
        call, live = await self.call()
        await call.agent_sounds()
        await asyncio.sleep(0.5)
        return call, live


@asynccontextmanager
async def line(sandbox: Sandbox) -> AsyncIterator[Line]:
    """A phone that can call the sandbox, hung up at the end."""
    at: dict[str, Any] = sandbox.endpoints()
    async with Phone(at["sip"]["host"], at["sip"]["port"]) as phone:
        yield Line(sandbox, phone, at["dids"][0])


async def reaches_person(call: Call, within_s: float) -> None:
    """Wait until the steady tone of the person's stand-in is heard; TimeoutError if it is not."""
    async with asyncio.timeout(within_s):
        while not call.tone_heard():
            await asyncio.sleep(0.1)


async def record_of(live: RecordedCall, **expected: Any) -> dict[str, Any]:
    """Wait until the call's record says what is expected; AssertionError with it if it does not."""
    record = None
    for _ in range(100):
        record = await live.record()
        if record and all(record[name] == value for name, value in expected.items()):
            return record
        await asyncio.sleep(0.1)
    raise AssertionError(f"expected {expected} in {record}")


async def newest_record(sandbox: Sandbox) -> dict[str, Any]:
    """Return the record of the call that was registered last, once it is connected."""
    query = "SELECT * FROM calls WHERE end_reason IS NULL ORDER BY registered_at DESC LIMIT 1"
    async with asyncio.timeout(5):
        while True:
            with closing(sqlite3.connect(sandbox.agent.data_dir / "voiceagent.db")) as db:
                db.row_factory = sqlite3.Row
                row = db.execute(query).fetchone()
            if row is not None and row["connected_at"]:
                return dict(row)
            await asyncio.sleep(0.05)


async def key_through(
    call: Call, live: RecordedCall, keys: Mapping[str, str] = KEYPAD, until: str = ""
) -> None:
    """Answer every question by keys the moment it begins, as one who knows the menu.

    Returns when the call has ended, or when the question `until` is asked.
    """
    while (question := await live.next_question()) is not None:
        if question.asks == until:
            return
        await call.send_digits(keys[question.asks])


async def book(call: Call, live: RecordedCall) -> dict[str, Any]:
    """Hold a call to its polite end on the keypad; returns the booking."""
    await key_through(call, live)
    assert (await call.ended()).q850 == 16
    booking = await live.booking()
    assert booking
    return booking
