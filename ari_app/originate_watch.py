"""When to look at a placed call, and when to stop: its deadlines, its record, Asterisk's word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from ari_app.ami import AmiError, AmiRefused
from ari_app.originate_order import Ids
from ari_app.originate_track import Progress, Track

LOOK_S = 0.25  # how often the record is read: a turn is told a quarter of a second late at most
ASK_S = 5.0  # how often Asterisk is asked whether the call is still there
RING_MARGIN_S = 10.0  # Asterisk ends the ringing itself; this is for when it does not say so
SETTLE_S = 5.0  # how long after the end of a call its record may take to say so
MOST_CALL_S = 7200.0


class Asterisk(Protocol):
    """What is needed of `ari_app.ami.Ami`."""

    @property
    def up(self) -> bool:
        """Whether there is a link."""

    async def action(
        self,
        name: str,
        fields: Mapping[str, str],
        deadline_s: float = 1.0,
        *,
        variables: Mapping[str, str] | None = None,
    ) -> Mapping[str, str]:
        """Do one thing; see `ari_app.ami.Ami.action`."""

    async def listing(
        self, name: str, fields: Mapping[str, str], deadline_s: float = 2.0
    ) -> list[Mapping[str, str]]:
        """Ask for a list; see `ari_app.ami.Ami.listing`."""


class Watch:
    """The deadlines of one placed call, and the looks at its record and at Asterisk.

    Args:
        ami: Asterisk's manager interface.
        read: Reads the call's record and returns what is new in it.
        track: What is known of the call; changed by every look.
        ids: What it is known by.
        ring_s: How long it may ring.
    """

    def __init__(
        self,
        ami: Asterisk,
        read: Callable[[], Awaitable[list[Progress]]],
        track: Track,
        ids: Ids,
        ring_s: float,
    ) -> None:
        self._ami = ami
        self._read = read
        self._track = track
        self._ids = ids
        self._loop = asyncio.get_running_loop()
        now_s = self._loop.time()
        self._answer_by_s = now_s + ring_s + RING_MARGIN_S
        self._end_by_s = now_s + MOST_CALL_S
        self._ask_at_s = now_s + ASK_S
        self._over_s: float | None = None
        self._blind = False

    def done(self) -> bool:
        """Say whether all is known that will be."""
        if not self._track.over:
            return False
        if self._over_s is None:
            self._over_s = self._loop.time()
        # Even then a little longer: a cause may be told just after the refusal it explains.
        return self._loop.time() - self._over_s > (LOOK_S if self._track.settled else SETTLE_S)

    async def look(self) -> list[Progress]:
        """Read the record, and ask Asterisk when it is time to."""
        told = await self._read()
        now_s = self._loop.time()
        if self._blind and self._ami.up:
            self._blind = False
            self._ask_at_s = now_s
            told.append({"event": "sighted"})
        elif not self._blind and not self._ami.up:
            self._blind = True
            message = "Asterisk's manager interface is down; the record of the call is read instead"
            told.append({"event": "blind", "message": message})
        if now_s >= self._ask_at_s and not self._track.over:
            self._ask_at_s = now_s + ASK_S
            await self._ask()
        if self._blind and self._track.record_says_over():
            self._track.gone()
        if not self._track.over and not self._track.answered and now_s > self._answer_by_s:
            self._track.lost("Asterisk never said what became of the call")
        if not self._track.over and now_s > self._end_by_s:
            self._track.lost(f"it lasted longer than {MOST_CALL_S / 60:.0f} minutes")
        return told

    async def _ask(self) -> None:
        """Ask whether the channel is still there: its end may have been missed."""
        try:
            await self._ami.listing("Status", {"Channel": self._ids.channel})
        except AmiRefused:
            self._track.gone()
        except AmiError:
            return  # down or slow: asked again
