"""Tells each call that comes in where it goes: the Stasis application.

A channel that enters is looked up, given the dialplan's variables and sent on, within a second.
When that fails, for whatever reason, nothing is done: the dialplan has a time-out of its own and
takes the caller to people. After a lost link, the channels that wait in the application are routed.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from ari_app.ari import AriError, AriRefused
from ari_app.routing import (
    Companies,
    Incoming,
    Load,
    Rules,
    Sound,
    decide,
    unmade,
    variables,
)

log = logging.getLogger(__name__)

APP = "voiceagent"  # in the dialplan's Stasis()
EVENTS = ("StasisStart", "StasisEnd", "ChannelHangupRequest", "ChannelDestroyed")
DEADLINE_S = 1.0  # for all of a call's requests; the dialplan's own time-out is longer
ROUTED = {"context": "voiceagent-in", "extension": "routed", "priority": "1"}
# Channels that Asterisk makes, not callers. The second half of a Local channel is a caller: a
# test call rings us with it.
_NO_CALLER = re.compile(r"(Snoop|UnicastRTP|AudioSocket|WebSocket|Recorder|Announcer)/|Local/.*;1$")
_CALLER = re.compile(r"[0-9+*#]{1,32}", re.ASCII)
_CHANNEL = re.compile(r"[A-Za-z0-9/_.;@+:-]{1,128}", re.ASCII)
_AT_ONCE = 20  # requests of one sweep of waiting channels


class Requests(Protocol):
    """What is asked of ARI."""

    async def get(self, path: str, params: Mapping[str, str] = ..., deadline_s: float = ...) -> Any:
        """See `Ari.get`."""

    async def post(
        self, path: str, params: Mapping[str, str] = ..., deadline_s: float = ...
    ) -> Any:
        """See `Ari.post`."""

    async def put(self, path: str, body: Mapping[str, Any], deadline_s: float = ...) -> Any:
        """See `Ari.put`."""


class Records(Protocol):
    """Keeps the calls: how many there are, each one's record, and how it ended."""

    def hangs_up(self, uniqueid: str) -> None:
        """The other side of a channel hangs up."""

    def gone(self, uniqueid: str, cause: str) -> None:
        """A channel is gone; `cause` as in Q.850, "" if it was not told."""

    async def known(self, uniqueid: str) -> uuid.UUID | None:
        """Return the call on record that a channel carries now; None if there is none."""

    def load(self) -> Load:
        """Count the calls with the agent."""

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
        """Note where a call goes, and count it from now on; returns at once."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A channel in the application.

    Attributes:
        uniqueid: Its id.
        name: Its name; "" if that is odd.
        did: The dialled number as the dialplan passed it.
        caller: The caller's number as the trunk sent it; hostile.
    """

    uniqueid: str
    name: str
    did: str
    caller: str


class Switchboard:
    """Routes calls.

    Args:
        ari: Sends requests.
        companies: All companies, as they are at each call.
        records: Where routes are put down.
        rules: What holds for every company.
        sound: Tells where Asterisk finds the sound of a text, without ending; "": it is not made.
        now: Tells the time.
        find: Gives a moment to find out whose number one is that nobody knows.
    """

    def __init__(
        self,
        ari: Requests,
        companies: Companies,
        records: Records,
        rules: Rules,
        sound: Sound = unmade,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        find: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        self._ari = ari
        self._companies = companies
        self._records = records
        self._rules = rules
        self._sound = sound
        self._now = now
        self._find = find
        self._call_ids: dict[str, uuid.UUID] = {}  # by channel, as long as it is here
        self._busy: set[str] = set()

    async def event(self, event: Mapping[str, Any]) -> None:
        """Take an event of ARI; returns when its call is on its way, or cannot be helped."""
        channel = event.get("channel")
        if event.get("application") != APP or not isinstance(channel, Mapping):
            return
        if event.get("type") == "StasisEnd":
            self._call_ids.pop(_text(channel.get("id")), None)
        elif event.get("type") == "ChannelHangupRequest":
            self._records.hangs_up(_text(channel.get("id")))
        elif event.get("type") == "ChannelDestroyed":
            cause = event.get("cause")
            told = str(cause) if isinstance(cause, int) else ""
            self._records.gone(_text(channel.get("id")), told)
        elif event.get("type") == "StasisStart":
            args = event.get("args")
            did, presentation = (*map(_text, args if isinstance(args, list) else ()), "", "")[:2]
            arrival = arrival_of(channel, did, presentation)
            if arrival is not None:
                await self._route(arrival)

    async def sweep(self) -> None:
        """Route the channels that wait in the application: after a (re)connect.

        Raises:
            AriError: If they cannot be listed.
        """
        # The channels that are subscribed to below would tell every step of the dialplan.
        wanted = {"allowed": [{"type": kind} for kind in EVENTS]}
        await self._ari.put(f"applications/{APP}/eventFilter", wanted)
        told = await self._ari.get(f"applications/{APP}")
        listed = told.get("channel_ids") if isinstance(told, Mapping) else None
        waiting = [_text(it) for it in listed] if isinstance(listed, list) else []
        self._call_ids = {it: call for it, call in self._call_ids.items() if it in waiting}
        room = asyncio.Semaphore(_AT_ONCE)

        async def look_after(uniqueid: str) -> None:
            async with room:
                await self._route_waiting(uniqueid)

        async with asyncio.TaskGroup() as group:
            for uniqueid in waiting:
                group.create_task(look_after(uniqueid))

    async def _route_waiting(self, uniqueid: str) -> None:
        """Route a channel whose arrival was not told, or told to a controller that is gone."""
        try:
            channel = await self._ari.get(f"channels/{uniqueid}")
            arrival = _waiting(channel) if isinstance(channel, Mapping) else None
            if arrival is None:
                return
            if uniqueid not in self._call_ids:
                known = await self._call_id_of(uniqueid) or await self._records.known(uniqueid)
                if known is not None:
                    self._call_ids[uniqueid] = known
        except (AriError, ValueError) as error:
            log.warning("a waiting call is left to the dialplan: %s", _why(error))
            return
        await self._route(arrival)

    async def _call_id_of(self, uniqueid: str) -> uuid.UUID | None:
        """Return the call a channel was already made; its record is there."""
        try:
            told = await self._ari.get(f"channels/{uniqueid}/variable", {"variable": "VA_CALL"})
            return uuid.UUID(_text(told.get("value")))
        except (AriRefused, ValueError, AttributeError):
            return None

    async def _route(self, arrival: Arrival) -> None:
        """Send a call on its way, once, within the deadline."""
        if arrival.uniqueid in self._busy:
            return
        self._busy.add(arrival.uniqueid)
        call_id = self._call_ids.setdefault(arrival.uniqueid, uuid.uuid4())
        extra = {"call_id": str(call_id)}
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        try:
            async with asyncio.timeout(DEADLINE_S):
                why = await self._send(arrival, call_id)
            took_ms = (loop.time() - begun_s) * 1000
            log.info("call routed: %s, in %.0f ms", why, took_ms, extra=extra)
        except* (AriError, TimeoutError, ValueError) as errors:
            log.warning("a call is left to the dialplan: %s", _why(errors), extra=extra)
        finally:
            self._busy.discard(arrival.uniqueid)

    async def _send(self, arrival: Arrival, call_id: uuid.UUID) -> str:
        """Decide, note, and tell the dialplan.

        Returns:
            Where it goes and why, for the log.

        Raises:
            ExceptionGroup: Of `AriError`, if Asterisk does not take it.
        """
        call = Incoming(arrival.did, arrival.caller)
        if self._find is not None:
            await self._find(arrival.did)
        # No await between the count and the note: of many calls at once each sees the others.
        route = decide(call, self._companies, self._records.load(), self._rules, self._now())
        self._records.routed(
            call_id,
            route.company.key if route.company else "",
            route.did,
            arrival.caller if _CALLER.fullmatch(arrival.caller) else "",
            arrival.name,
            arrival.uniqueid,
            route.kind.value,
        )
        channel = f"channels/{arrival.uniqueid}"
        async with asyncio.TaskGroup() as group:
            # Once it has left, only a channel that is subscribed to tells its end.
            source = {"eventSource": f"channel:{arrival.uniqueid}"}
            subscription = f"applications/{APP}/subscription"
            group.create_task(self._ari.post(subscription, source, DEADLINE_S))
            for name, value in variables(route, call_id, self._sound).items():
                told = {"variable": name, "value": value}
                group.create_task(self._ari.post(f"{channel}/variable", told, DEADLINE_S))
        await self._ari.post(f"{channel}/continue", ROUTED, DEADLINE_S)
        return f"{route.kind.value} ({route.reason})"


def arrival_of(channel: Mapping[str, Any], did: str, presentation: str = "") -> Arrival | None:
    """Read a channel as ARI describes it; any field may be missing or odd.

    Args:
        channel: The channel.
        did: The dialled number.
        presentation: Asterisk's word for whether the caller's number may be shown; the trunk may
            tell it all the same.

    Returns:
        None if it is no caller's.
    """
    uniqueid, name = _text(channel.get("id")), _text(channel.get("name"))
    if not uniqueid or _NO_CALLER.match(name):
        return None
    caller = channel.get("caller")
    number = _text(caller.get("number")) if isinstance(caller, Mapping) else ""
    if presentation.startswith("prohib"):
        number = ""
    return Arrival(uniqueid, name if _CHANNEL.fullmatch(name) else "", did, number)


def _waiting(channel: Mapping[str, Any]) -> Arrival | None:
    """Read a channel that is still here: passed by Stasis(voiceagent,NUMBER,PRESENTATION)."""
    dialplan = channel.get("dialplan")
    dialplan = dialplan if isinstance(dialplan, Mapping) else {}
    if dialplan.get("app_name") != "Stasis":
        return None
    passed = _text(dialplan.get("app_data")).split(",")
    _app, did, presentation = (*passed, "", "", "")[:3]
    return arrival_of(channel, did, presentation)


def _why(error: BaseException) -> str:
    """Name an error for the log, without what it quotes."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    status = f" {error.status}" if isinstance(error, AriRefused) else ""
    return f"{type(error).__name__}{status}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
