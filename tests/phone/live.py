"""The live record of a call, read from the agent's database while the call goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.phone.script import Question

_POLL_S = 0.05  # another process writes the file: nothing tells us when
_BUSY_S = 3.0


def _rows(database: Path, query: str, arguments: Sequence[object]) -> list[dict[str, Any]]:
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=_BUSY_S)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(query, tuple(arguments))]


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

    @staticmethod
    def known_calls(database: Path) -> frozenset[str]:
        """The ids of every call on record now."""
        return frozenset(row["call_id"] for row in _rows(database, "SELECT call_id FROM calls", ()))

    async def next_question(self) -> Question | None:
        """Wait for the next question; None once the call is over."""
        while True:
            for turn in await self.turns():
                if turn["speaker"] == "agent" and turn["asks"] and turn["index"] > self._last:
                    self._last = turn["index"]
                    return Question(turn["index"], turn["step"], turn["asks"], turn["text"])
            record = await self.record()
            if record is not None and record["end_reason"]:
                return None
            await asyncio.sleep(_POLL_S)

    async def spoken(self, question: Question) -> None:
        """Wait until the agent has said all of it, or has been interrupted."""
        while True:
            turns = await self.turns()
            if any(t["index"] == question.number and t["done"] for t in turns):
                return
            await asyncio.sleep(_POLL_S)

    async def record(self) -> dict[str, Any] | None:
        """The row of the call, None while there is none."""
        query = "SELECT * FROM calls WHERE caller = ? ORDER BY registered_at"
        rows = await asyncio.to_thread(_rows, self._database, query, (self._caller,))
        mine = [row for row in rows if row["call_id"] not in self._known]
        if not mine:
            return None
        self.call_id = mine[-1]["call_id"]
        return mine[-1]

    async def turns(self) -> list[dict[str, Any]]:
        """Its turns so far, in order."""
        if not self.call_id and await self.record() is None:
            return []
        query = 'SELECT * FROM turns WHERE call_id = ? ORDER BY "index"'
        return await asyncio.to_thread(_rows, self._database, query, (self.call_id,))

    async def booking(self) -> dict[str, Any] | None:
        """Its booking, None while there is none."""
        if not self.call_id and await self.record() is None:
            return None
        query = "SELECT * FROM bookings WHERE call_id = ?"
        rows = await asyncio.to_thread(_rows, self._database, query, (self.call_id,))
        return rows[0] if rows else None
