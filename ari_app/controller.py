"""The gate's answers, and records that survive a dead media process."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError

from agi import gate
from ari_app.call_records import CallRecords
from ari_app.media_link import MediaLink
from ari_app.store import Store
from audiosocket_agent.journal import EndReason
from audiosocket_agent.workflow import Outcome

log = logging.getLogger(__name__)

RECONCILE_S = 1.0
# A call is on record a moment before or after the media process lists it; younger ones are left be.
SETTLED = timedelta(seconds=3)


class Controller:
    """What the controller answers and what it keeps true.

    Args:
        link: The way to the media process.
        store: The records.
        records: Told of what was answered.
        told: Whether Asterisk tells how calls end, over AMI or ARI.
    """

    def __init__(
        self, link: MediaLink, store: Store, records: CallRecords, *, told: bool = True
    ) -> None:
        self._told = told
        self._link = link
        self._store = store
        self._records = records
        self._missing: set[uuid.UUID] = set()

    async def ask(self, request: Mapping[str, str]) -> dict[str, object]:
        """Answer the gate: from the media process, or about a dead one from the records."""
        if request["op"] == "register":
            reply = await self._link.ask(request)
            if reply.get("ok") is True:
                self._records.registered(request)
            return reply
        reply = await self._outcome(request)
        self._records.left(request["uuid"], str(reply.get("next", "")))
        return reply

    async def _outcome(self, request: Mapping[str, str]) -> dict[str, object]:
        try:
            reply = await self._link.ask(request)
        except TimeoutError:
            raise  # it may be only slow, or about to be killed: the dialplan asks again
        except OSError:
            reply = {"ok": False}
        return reply if reply.get("ok") is True else await self._from_records(request)

    async def _from_records(self, request: Mapping[str, str]) -> dict[str, object]:
        """Tell how a call ended whose media process does not know it (any more)."""
        call_id = self._records.record_of(request["uuid"])
        try:
            planned = await self._store.planned_next(call_id)
            if planned is None:
                planned = Outcome.SORRY.value
                await self._store.end_call(call_id, EndReason.AGENT_DIED.value, planned)
        except DBAPIError as error:
            log.error("the record of a call cannot be read: %s", error.orig)
            planned = Outcome.SORRY.value
        return {"ok": True, "next": planned}

    async def healthy(self) -> bool:
        """Whether calls can be taken: the media process answers."""
        try:
            return (await self._link.ask({"op": "status"})).get("ok") is True
        except (OSError, TimeoutError, gate.GateError):
            return False

    async def held(self) -> list[str] | None:
        """Return the records of the calls the media process holds; None if it does not tell."""
        try:
            held = (await self._link.ask({"op": "status"})).get("calls")
        except (OSError, TimeoutError, gate.GateError):
            return None
        return [str(call) for call in held] if isinstance(held, list) else None

    async def reconcile(self, stop: asyncio.Event) -> None:
        """Close the records of calls that no process holds any more, until told to stop.

        It is told, not cancelled: a query cancelled half-way would keep its connection.
        """
        while not stop.is_set():
            held = await self.held()
            if held is not None:
                self._records.held(held, told=self._told)
            try:
                await self._close_orphans()
            except DBAPIError as error:
                log.error("records could not be checked: %s", error.orig)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONCILE_S)

    async def _close_orphans(self) -> None:
        open_calls = await self._store.open_calls()
        if not open_calls:
            return
        held = await self.held()
        if held is None:
            return  # a process that is just starting; asked again in a second
        settled_before = (datetime.now(UTC) - SETTLED).isoformat(timespec="milliseconds")
        missing = {
            call_id
            for call_id, registered_at in open_calls
            if str(call_id) not in held and registered_at < settled_before
        }
        # One that ended just now is not held either, and its note is on the way: look twice.
        gone, self._missing = missing & self._missing, missing
        for call_id in gone:
            if await self._store.end_if_open(call_id, EndReason.AGENT_DIED.value):
                log.warning("a call died with its process", extra={"call_id": str(call_id)})
