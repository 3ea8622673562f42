"""Writing calls down: the storage side of `audiosocket_agent.journal`."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ari_app.database import upserting
from ari_app.diary.outbox import announce_message
from ari_app.diary.rows import stamp
from ari_app.note_writer import NoteWriter
from ari_app.store import Store, callbacks, calls, turns, utc_now
from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import CallbackRequest
from audiosocket_agent.errors import BookingError
from audiosocket_agent.journal import EndReason, Spent, Turn
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.workflow import Outcome


class StoreJournal:
    """A journal that writes to the store, in order, from one task.

    Args:
        store: The database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writer = NoteWriter()

    async def written(self) -> None:
        """Wait until everything noted so far is written."""
        await self._writer.written()

    async def close(self) -> None:
        """Write what is waiting; bounded."""
        await self._writer.close()

    def registered(self, info: CallInfo, company: str, recording: str) -> None:
        """See `Journal.registered`; what the controller noted of the call's routing stays."""
        row = {
            "call_id": str(info.record_id),
            "company": company,
            "did": info.did,
            "caller": info.caller,
            "channel": info.channel,
            "uniqueid": info.uniqueid,
            "registered_at": utc_now(),
            "recording": recording or None,
            "held": True,
        }
        self._writer.note(lambda: self._store.upsert(calls, row))

    def returned(self, record_id: uuid.UUID) -> None:
        """See `Journal.returned`."""
        again: dict[str, Any] = {"ended_at": None, "end_reason": None, "next": None}
        again["returns"] = sa.func.coalesce(calls.c.returns, 0) + 1
        self._writer.note(lambda: self._execute(_of(record_id).values(again)))

    def wanted(self, record_id: uuid.UUID, why: str) -> None:
        """See `Journal.wanted`."""
        self._writer.note(lambda: self._execute(_of(record_id).values(wanted=why)))

    def connected(self, call_id: uuid.UUID) -> None:
        """Its audio arrived."""
        first = sa.func.coalesce(calls.c.connected_at, utc_now())
        self._writer.note(lambda: self._execute(_of(call_id).values(connected_at=first)))

    def turn(self, call_id: uuid.UUID, turn: Turn) -> None:
        """A turn began, or ended."""
        row: dict[str, Any] = {
            "call_id": str(call_id),
            "index": turn.index,
            "speaker": turn.speaker.value,
            "step": turn.step,
            "asks": turn.asks,
            "text": turn.text,
            "heard": turn.heard,
            "done": turn.done,
            "interrupted": turn.interrupted,
            "at_ms": turn.at_ms,
            "marks_ms": turn.marks_ms,
        }
        self._writer.note(lambda: self._store.upsert(turns, row))

    def spent(self, call_id: uuid.UUID, spent: Spent) -> None:
        """What the call's answers have cost in all."""
        self._writer.note(lambda: self._execute(_of(call_id).values(asdict(spent))))

    def ended(self, call_id: uuid.UUID, reason: EndReason, outcome: Outcome | None) -> None:
        """The call is over."""
        following = outcome.value if outcome else None
        self._writer.note(lambda: self._store.end_call(call_id, reason.value, following))

    async def _execute(self, statement: sa.Executable) -> None:
        async with self._store.transaction() as db:
            await db.execute(statement)


def _of(call_id: uuid.UUID) -> sa.Update:
    return calls.update().where(calls.c.call_id == str(call_id))


class StoreCallbacks:
    """Wishes to be called back in the store.

    Args:
        store: The database.
        now: Tells the time, aware.
    """

    def __init__(
        self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._now = now

    async def note(self, record_id: uuid.UUID, company: Company, request: CallbackRequest) -> None:
        """See `Callbacks.note`."""
        now = self._now()
        row = {
            "call_id": str(record_id),
            "company": company.key,
            "phone": request.phone,
            "why": request.why.value,
            "about": request.about,
            "created_at": stamp(now),
        }
        try:
            async with self._store.transaction() as db:
                replaced = [] if request.hung_up else [name for name in row if name != "call_id"]
                await db.execute(upserting(db, callbacks, ["call_id"], replaced).values(row))
                if request.message:
                    await announce_message(db, company, row, now)
        except DBAPIError as error:
            raise BookingError(f"the database refused it ({type(error.orig).__name__})") from None
