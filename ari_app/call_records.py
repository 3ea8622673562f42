"""What the controller writes into the records of calls: their route, who took them, their end."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from sqlalchemy.exc import DBAPIError

from ari_app.ami import Ami, AmiError
from ari_app.call_ledger import NOW, CallLedger, LiveCall, Note
from ari_app.note_writer import NoteWriter
from ari_app.routing import Load, RouteKind
from ari_app.store import Store, utc_now
from ari_app.unrouted import Unrouted, is_with_people, unrouted

log = logging.getLogger(__name__)

ROUTED = "routed"  # the end of a call the agent never took: people, voicemail or a message did


class CallRecords:
    """Keeps the ledger of live calls and the records true.

    Args:
        store: The records.
        on_over: Called with each call that is over, once or more; returns what else goes on record.

    Attributes:
        ledger: The calls that are on.
        stranger: Set when somebody is with people whom nobody knows: time to reconcile.
    """

    def __init__(
        self,
        store: Store,
        on_over: Callable[[uuid.UUID], Mapping[str, object]] = lambda _call_id: {},
    ) -> None:
        self._store = store
        self._on_over = on_over
        self._writer = NoteWriter()
        self.ledger = CallLedger()
        self.stranger = asyncio.Event()

    async def written(self) -> None:
        """Wait until everything noted so far is written."""
        await self._writer.written()

    async def close(self) -> None:
        """Write what is waiting; bounded."""
        await self._writer.close()

    def load(self) -> Load:
        """Count the calls with the agent."""
        return self.ledger.load()

    def routed(
        self,
        call_id: uuid.UUID,
        company: str,
        did: str,
        caller: str,
        channel: str,
        uniqueid: str,
        route: str,
    ) -> None:
        """A call came in, and this is where it goes; returns at once.

        Args:
            call_id: The record it gets.
            company: The company's key, or "".
            did: Digits of the dialled number, or "".
            caller: The caller's number, through a whitelist.
            channel: Asterisk's name of the channel.
            uniqueid: Its id.
            route: Where it goes: a `RouteKind`'s value.
        """
        self._begin(LiveCall(call_id, company, uniqueid, route == RouteKind.AGENT.value))
        row = {
            "call_id": str(call_id), "company": company, "did": did, "caller": caller,
            "channel": channel, "uniqueid": uniqueid, "registered_at": utc_now(),
            "route": route, "direction": "in", "held": False,
        }  # fmt: skip
        self._writer.note(lambda: self._store.add_call(row))

    def registered(self, request: Mapping[str, str], company: str = "") -> None:
        """The agent took a call, or took one back."""
        call_id = uuid.UUID(request["call"])
        if self.ledger.of(call_id) is None:
            self._begin(LiveCall(call_id, company, request["uniqueid"], True))
        self.ledger.agent_takes(call_id, request["uuid"])

    def record_of(self, part: str) -> uuid.UUID:
        """Return the record of a part of a call; the part's own UUID if nothing else is known."""
        call = self.ledger.of_part(part)
        return uuid.UUID(part) if call is None else call.call_id

    def left(self, part: str, following: str) -> None:
        """The dialplan was told what comes after a part of a call."""
        if (call := self.ledger.of_part(part)) is not None:
            self.ledger.leaves(call.call_id, following)

    def event(self, event: Mapping[str, str]) -> None:
        """Take an event of AMI."""
        if event.get("Event") == "QueueCallerJoin" and is_with_people(event):
            if not self.ledger.knows(event.get("Uniqueid", "")):
                self.stranger.set()
        if (note := self.ledger.event(event)) is not None:
            self._put(note)

    def hangs_up(self, uniqueid: str) -> None:
        """ARI tells that the other side of a channel hangs up."""
        self.event({"Event": "HangupRequest", "Uniqueid": uniqueid})

    def gone(self, uniqueid: str, cause: str) -> None:
        """ARI tells that a channel is gone."""
        self.event({"Event": "Hangup", "Uniqueid": uniqueid, "Cause": cause})

    async def known(self, uniqueid: str) -> uuid.UUID | None:
        """Return the call on record that a channel carries now; None if there is none."""
        try:
            rows = await self._store.calls_on()
        except DBAPIError:
            return None
        found = [row["call_id"] for row in rows if row["uniqueid"] == uniqueid]
        return uuid.UUID(found[0]) if found else None

    def held(self, records: Collection[str], *, told: bool) -> None:
        """Take what the media process holds; it is asked every second.

        Args:
            records: The calls it holds.
            told: Whether anybody else tells how calls end: AMI, or ARI.
        """
        for call in self.ledger.held(records):
            if not told:
                self._put(self.ledger.over(call, by="unknown"))

    async def reconcile(self, ami: Ami) -> list[Mapping[str, str]] | None:
        """Compare with Asterisk: adopt the calls it still has, close those it has not.

        Called after every login and now and then; what it cannot find out it leaves as it is.

        Returns:
            Asterisk's channels; None if it could not be asked.
        """
        self.stranger.clear()
        before = self.ledger.live()  # a call that begins while we ask is on neither list
        try:
            rows = await self._store.calls_on()
            channels = await ami.listing("Status", {})
        except (AmiError, DBAPIError) as error:
            log.warning("calls could not be compared with Asterisk's: %s", type(error).__name__)
            return None
        there = frozenset(channel.get("Uniqueid", "") for channel in channels)
        for note in self.ledger.reconcile(before, there):
            self._put(note)
        known = {call.call_id for call in self.ledger.live()}
        for row in rows:
            call_id = uuid.UUID(row["call_id"])
            if call_id in known:
                continue
            held = bool(row["held"]) and row["ended_at"] is None
            call = LiveCall(call_id, row["company"], row["uniqueid"], held, next=row["next"] or "")
            if row["uniqueid"] in there and not self.ledger.knows(row["uniqueid"]):
                self.ledger.begin(call)
            else:
                self._put(self.ledger.over(call, by="unknown"))
        # Who hung up while Asterisk told is not live any more, but no stranger.
        on_record = {call.uniqueid for call in (*before, *self.ledger.live())}
        self._take_in(unrouted(channels, on_record | {row["uniqueid"] for row in rows}))
        return channels

    def _begin(self, call: LiveCall) -> None:
        if (note := self.ledger.begin(call)) is not None:
            self._put(note)

    def _take_in(self, callers: Iterable[Unrouted]) -> None:
        """Put the callers on record whom the dialplan took to people while nobody routed them."""
        for it in callers:
            queue = RouteKind.QUEUE.value
            self.routed(uuid.uuid4(), "", it.did, it.caller, it.channel, it.uniqueid, queue)

    def _put(self, note: Note) -> None:
        if note.over:
            more = self._on_over(note.call_id)
            note = replace(note, values={**note.values, **more})
        self._writer.note(lambda: self._write(note))

    async def _write(self, note: Note) -> None:
        now = utc_now()
        values = {name: now if value is NOW else value for name, value in note.values.items()}
        await self._store.note_call(note.call_id, values, over=note.over, reason=ROUTED)
