"""Calls of our own: placed over AMI, followed to their end, never more than a set number at once.

One `Originator` belongs to the controller. Each call is one stream of progress (see
`ari_app.originate_track`): whoever closes the stream hangs the call up. Asterisk is asked by
asynchronous Originate, with the channels' ids chosen here, so that no event can be missed for want
of a name. When AMI drops in mid-call the call goes on and its record is read instead.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from ari_app.ami import AmiDown, AmiError, AmiRefused
from ari_app.cli_records import response_ms
from ari_app.control_server import Refused
from ari_app.originate_order import Ids, Order, complaint, originate
from ari_app.originate_track import Progress, Track
from ari_app.originate_watch import LOOK_S, Asterisk, Watch
from ari_app.store import Store, calls, turns
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.protocol import DTMF_DIGITS

log = logging.getLogger(__name__)

ORDER_DEADLINE_S = 2.0
MOST_EVENTS = 1000  # of one call between two looks; past it the record still tells the end
KEY_MS = 120
KEY_GAP_S = 0.2
MOST_KEYS = 20  # within the deadline of an answer


class Records(Protocol):
    """What is needed of the records."""

    async def read(
        self, ids: Ids, call_id: str
    ) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
        """Return a call's row, None if it has none yet, and its turns in order.

        Args:
            ids: What it was placed under.
            call_id: The id of its record, or "" if that is not known yet.
        """

    async def note_outgoing(self, call_id: str) -> None:
        """Put down that a call was placed by us to a device."""


class StoreRecords:
    """Records of placed calls in the store.

    Args:
        store: The database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(
        self, ids: Ids, call_id: str
    ) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
        """See `Records.read`."""
        known = call_id or ids.call_id
        mine = calls.c.call_id == known if known else calls.c.uniqueid == ids.other
        async with self._store.transaction() as db:
            row = (await db.execute(calls.select().where(mine))).mappings().first()
            if row is None:
                return None, []
            said = turns.select().where(turns.c.call_id == row["call_id"])
            rows = (await db.execute(said.order_by(sa.asc(turns.c.index)))).mappings().all()
        return dict(row), [{**turn, "latency_ms": response_ms(turn["marks_ms"])} for turn in rows]

    async def note_outgoing(self, call_id: str) -> None:
        """See `Records.note_outgoing`."""
        out = {"direction": "out"}
        await self._store.note_call(uuid.UUID(call_id), out, over=False, reason="")


class Originator:
    """Places calls.

    Args:
        ami: Asterisk's manager interface.
        records: Where the calls' records are read.
        companies: The companies' numbers by their keys, as they are now.
        most: How many calls of our own there may be at once.
        render: Makes a sound of a text; returns where Asterisk finds it.
    """

    def __init__(
        self,
        ami: Asterisk,
        records: Records,
        companies: Callable[[], Mapping[str, Sequence[str]]],
        most: int,
        render: Callable[[str], Awaitable[str]],
    ) -> None:
        self._ami = ami
        self._records = records
        self._companies = companies
        self._most = most
        self._render = render
        self._events: dict[str, asyncio.Queue[Mapping[str, str]]] = {}
        self._work: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def placed(self) -> int:
        """Calls of our own that are going on."""
        return len(self._events)

    def on_event(self, fields: Mapping[str, str]) -> None:
        """Take an event from AMI; of other calls than ours it is forgotten at once."""
        for name in ("ActionID", "Uniqueid", "DestUniqueid"):
            queue = self._events.get(fields.get(name, "").removesuffix("-1").removesuffix("-2"))
            if queue is not None:
                if not queue.full():
                    queue.put_nowait(fields)
                return

    async def close(self) -> None:
        """Stop following calls, and finish hanging up; the calls go on. Idempotent."""
        self._closed = True
        for task in tuple(self._work):
            if task.get_name() == "unattended call":
                task.cancel()
        while self._work:
            await asyncio.gather(*self._work, return_exceptions=True)

    async def originate(self, request: Mapping[str, Any]) -> AsyncGenerator[Progress, None]:
        """Place a call and tell what becomes of it: the operation ``originate``.

        Args:
            request: The fields of an `Order`.

        Raises:
            Refused: ``bad_request``, ``too_many``, ``not_placed``: nothing rings.
        """
        try:
            order = Order.model_validate(dict(request))
        except ValidationError as error:
            raise Refused("bad_request", complaint(error)) from None
        did = self._did(order)
        if self.placed >= self._most:
            raise Refused(
                "too_many",
                f"{self.placed} calls of our own are going on already; see "
                "VOICEAGENT_ORIGINATE_CALLS",
            )
        name = f"va-{secrets.token_hex(8)}"
        ids = Ids(name, str(uuid.uuid4()) if order.to else "")
        self._events[name] = asyncio.Queue(MOST_EVENTS)
        following = self._follow(order, ids, did)
        if not order.wait:
            first = await anext(following)
            self._do(self._attend(following), "unattended call")
            yield first
            return
        async with aclosing(following):
            async for progress in following:
                yield progress

    async def press(self, request: Mapping[str, Any]) -> Mapping[str, object]:
        """Press keys for the caller of a call we placed: the operation ``press``.

        Args:
            request: ``placed``, the name of the order, and ``keys``.

        Raises:
            Refused: ``bad_request``, ``unknown``, ``not_pressed``.
        """
        placed, keys = request["placed"], str(request["keys"])
        if not 0 < len(keys) <= MOST_KEYS or not set(keys) <= DTMF_DIGITS:
            raise Refused("bad_request", f"1 to {MOST_KEYS} keys of 0-9 * # A-D")
        if not isinstance(placed, str) or placed not in self._events:
            raise Refused("unknown", "no such call")
        for key in keys:
            fields = {
                "Channel": Ids(placed, "").channel,
                "Digit": key,
                "Duration": str(KEY_MS),
            }
            try:
                await self._ami.action("PlayDTMF", fields)
            except AmiError as error:
                raise Refused("not_pressed", str(error)) from None
            await asyncio.sleep(KEY_GAP_S if len(keys) > 1 else 0)
        return {}

    def _did(self, order: Order) -> str:
        """Return the number of the company that speaks to a device."""
        if order.did:
            return ""
        companies = self._companies()
        if order.from_did:
            digits = order.from_did.lstrip("+")
            if not any(digits in dids for dids in companies.values()):
                raise Refused("bad_request", "from_did: no company has this number")
            return digits
        key = order.company or (next(iter(companies)) if len(companies) == 1 else "")
        if key not in companies:
            there = ", ".join(sorted(companies)) or "none"
            raise Refused("bad_request", f"company: which one speaks? There are: {there}")
        return companies[key][0]

    async def _follow(self, order: Order, ids: Ids, did: str) -> AsyncGenerator[Progress, None]:
        """Place the call, tell its progress, and leave nothing of it behind."""
        track = Track(ids)
        placed = False
        try:
            await self._place(order, ids, did, await self._message(order))
            placed = True
            yield {"event": "placed", "placed": ids.placed}
            async for progress in self._watch(track, ids, order.ring_s):
                yield progress
        finally:
            # A controller that stops leaves calls as they are, these like any others.
            if placed and not self._closed and (track.is_lost or not track.over):
                self._do(self._hang_up(ids), "hang up")
            del self._events[ids.placed]
        yield track.ending()

    async def _message(self, order: Order) -> str:
        if not order.message:
            return ""
        try:
            return await self._render(order.message)
        except (OSError, ProviderError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise Refused(
                "not_placed", f"the message cannot be made: {why}; see VOICEAGENT_SOUNDS"
            ) from None

    async def _place(self, order: Order, ids: Ids, did: str, message: str) -> None:
        fields, variables = originate(order, ids, did, message)
        try:
            await self._ami.action("Originate", fields, ORDER_DEADLINE_S, variables=variables)
        except AmiRefused as error:
            raise Refused(
                "not_placed",
                f"Asterisk refused the order: {error.message}; is our dialplan installed, and may "
                "our AMI user originate? See voiceagent doctor",
            ) from None
        except AmiDown:
            raise Refused(
                "not_placed",
                "there is no link to Asterisk's manager interface; see voiceagent doctor",
            ) from None
        except AmiError as error:
            self._do(self._hang_up(ids), "hang up")  # it may have been placed all the same
            raise Refused("not_placed", str(error)) from None

    async def _watch(self, track: Track, ids: Ids, ring_s: float) -> AsyncGenerator[Progress, None]:
        """Tell the progress of a call that was placed, until it is over and its record settled."""
        watch = Watch(self._ami, lambda: self._read(track, ids), track, ids, ring_s)
        queue = self._events[ids.placed]
        while not watch.done():
            for fields in await _waiting(queue, LOOK_S):
                for progress in track.event(fields):
                    yield progress
            for progress in await watch.look():
                yield progress

    async def _read(self, track: Track, ids: Ids) -> list[Progress]:
        """Read the record to its end: a query cancelled half-way would keep its connection."""
        reading = asyncio.create_task(self._look_up(track, ids), name="read a record")
        self._work.add(reading)
        reading.add_done_callback(self._work.discard)
        return await asyncio.shield(reading)

    async def _look_up(self, track: Track, ids: Ids) -> list[Progress]:
        try:
            told = track.record(*await self._records.read(ids, track.call_id))
            if ids.call_id and any(progress["event"] == "call" for progress in told):
                await self._records.note_outgoing(ids.call_id)
            return told
        except DBAPIError as error:
            log.error("the record of a placed call cannot be read: %s", type(error.orig).__name__)
            return []

    async def _attend(self, following: AsyncGenerator[Progress, None]) -> None:
        """Follow a call that nobody waits for, so that it counts and ends."""
        async with aclosing(following):
            async for progress in following:
                if progress["event"] == "ended":
                    extra = {"call_id": progress["call_id"]}
                    log.info("a placed call ended: %s", progress["result"], extra=extra)

    async def _hang_up(self, ids: Ids) -> None:
        try:
            await self._ami.action("Hangup", {"Channel": ids.channel, "Cause": "16"})
        except AmiRefused:
            return  # it has ended by itself meanwhile
        except AmiError as error:
            log.warning("a placed call could not be hung up: %s", error)

    def _do(self, work: Any, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


async def _waiting(
    queue: asyncio.Queue[Mapping[str, str]], for_s: float
) -> list[Mapping[str, str]]:
    """Return what is in a queue, after a while if nothing is."""
    try:
        async with asyncio.timeout(for_s):
            found = [await queue.get()]
    except TimeoutError:
        return []
    while not queue.empty():
        found.append(queue.get_nowait())
    return found
