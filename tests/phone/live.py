"""The live record of a call, read from the agent's database while the call goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import weakref
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.phone.script import Question

_POLL_S = 0.03  # another process writes the file: nothing tells us when
_BUSY_S = 3.0
Row = dict[str, Any]


def _open(database: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=_BUSY_S)
    db.row_factory = sqlite3.Row
    return db


class RecordedCall:
    """One call in the agent's database, found by the caller's number.

    Args:
        database: The agent's SQLite file; may not exist yet.
        caller: The number that was shown; calls made at the same time need different ones.
        known: Ids of calls that are not meant, from `known_calls` before dialling.

    Attributes:
        call_id: The agent's id, empty until the agent knows the call.
    """

    def __init__(self, database: Path, caller: str, known: frozenset[str] = frozenset()) -> None:
        self.call_id = ""
        self._database = database
        self._caller = caller
        self._known = known
        self._last = -1
        self._db: sqlite3.Connection | None = None

    @staticmethod
    def known_calls(database: Path) -> frozenset[str]:
        """The ids of every call on record now."""
        if not database.exists():
            return frozenset()
        with closing(_open(database)) as db:
            return frozenset(row["call_id"] for row in db.execute("SELECT call_id FROM calls"))

    async def next_question(self) -> Question | None:
        """Wait for the next question; None once the call is over."""
        while True:
            version = self._version()
            for turn in await self.turns():
                if turn["speaker"] == "agent" and turn["asks"] and turn["index"] > self._last:
                    self._last = turn["index"]
                    return Question(turn["index"], turn["step"], turn["asks"], turn["text"])
            record = await self.record()
            if record is not None and record["end_reason"]:
                return None
            await self._written_since(version)

    async def spoken(self, question: Question) -> None:
        """Wait until the agent has said all of it, or has been interrupted."""
        while True:
            version = self._version()
            turns = await self.turns()
            if any(t["index"] == question.number and t["done"] for t in turns):
                return
            await self._written_since(version)

    async def record(self) -> Row | None:
        """The row of the call, None while there is none."""
        query = "SELECT * FROM calls WHERE caller = ? ORDER BY registered_at"
        mine = [row for row in self._rows(query, self._caller) if row["call_id"] not in self._known]
        if not mine:
            return None
        self.call_id = mine[-1]["call_id"]
        return mine[-1]

    async def ended(self, timeout_s: float = 5.0) -> Row | None:
        """The row of the call once its end is in it: the phone knows of that end before the file.

        Args:
            timeout_s: Then the row as it is.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while (record := await self.record()) is None or not record["end_reason"]:
                    await asyncio.sleep(_POLL_S)
        return await self.record()

    async def turns(self) -> list[Row]:
        """Its turns so far, in order."""
        if not self.call_id and await self.record() is None:
            return []
        return self._rows('SELECT * FROM turns WHERE call_id = ? ORDER BY "index"', self.call_id)

    async def booking(self) -> Row | None:
        """Its booking, None while there is none."""
        if not self.call_id and await self.record() is None:
            return None
        rows = self._rows("SELECT * FROM bookings WHERE call_id = ?", self.call_id)
        return rows[0] if rows else None

    def _connection(self) -> sqlite3.Connection | None:
        """A connection kept open: a burst of callers looks hundreds of times a second."""
        if self._db is None and self._database.exists():
            self._db = _open(self._database)
            weakref.finalize(self, self._db.close)
        return self._db

    def _rows(self, query: str, *arguments: object) -> list[Row]:
        # In the event loop: a read of a few rows takes less than handing it to a thread.
        db = self._connection()
        return [] if db is None else [dict(row) for row in db.execute(query, arguments)]

    def _version(self) -> int:
        """A number that changes with every commit of another connection; -1 without a file."""
        db = self._connection()
        return -1 if db is None else int(db.execute("PRAGMA data_version").fetchone()[0])

    async def _written_since(self, version: int) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            if self._version() != version:
                return
