"""A sandbox whose agent reaches Asterisk's control side over roads that go bad on command."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import Any

from ari_app.ami import Ami, AmiLogin
from installer.sandbox import Sandbox
from tests.calls.ring import Line, line
from tests.pbx import plain_env
from tests.phone import Call
from tests.phone.live import RecordedCall
from tests.phone.recording import is_sound
from tests.roads import Road

PATIENCE_S = 30.0
HOST = "127.0.0.1"


@dataclass
class Stage:
    """What a test of the control side's faults has at hand.

    Attributes:
        sandbox: The PBX and the agent.
        ami: The agent's road to AMI.
        ari: Its road to ARI.
        line: A phone; its way is never disturbed.
        admin: A manager session of the PBX's own administrator, not over the roads.
        known: Ids of the calls on record before.
        told: What it was told, each with the loop's time.
    """

    sandbox: Sandbox
    ami: Road
    ari: Road
    line: Line
    admin: Ami
    known: frozenset[str]
    told: list[tuple[float, dict[str, str]]] = field(default_factory=list)

    async def restore(self) -> None:
        """Mend both roads and wait until the agent takes calls over them."""
        for road in (self.ami, self.ari):
            road.slow(0)
            road.thaw()
            await road.allow()
        await until(lambda: self.admin.up and self.linked())

    def linked(self) -> bool:
        """Whether the agent is well and has both its links."""
        health = self.sandbox.agent.health(self.sandbox.ports()) or {}
        return all(health.get(name) is True for name in ("ok", "ami", "ari"))

    def kill_controller(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the controller as a crash would, or stop it in its tracks."""
        if pid := self.sandbox.agent.pids().get("controller"):
            os.kill(pid, how)

    def events(self, name: str, caller: str = "") -> list[tuple[float, dict[str, str]]]:
        """Return what the administrator was told under one name, perhaps of one caller."""
        return [
            (at, event)
            for at, event in self.told
            if event.get("Event") == name and (not caller or event.get("CallerIDNum") == caller)
        ]

    def last_word_to_ring_ms(self, call: Call) -> float:
        """From the agent's last sound to the ringing of a member of the queue.

        The music begins after the caller has joined the queue, and Asterisk says when that was.
        """
        caller = call.dialog.line.caller.number
        joined = min(_clock(event) for _, event in self.events("QueueCallerJoin", caller))
        rang = min(_clock(event) for _, event in self.events("AgentCalled", caller))
        heard = (frame.at for frame in call.media.arrivals if is_sound(frame.packet))
        return (rang - max(at for at in heard if at < joined)) * 1000

    def records(self, caller: str) -> list[dict[str, Any]]:
        """Return every record of a caller since the stage was opened."""
        with closing(sqlite3.connect(self.line.database, timeout=5)) as db:
            db.row_factory = sqlite3.Row
            rows = db.execute("SELECT * FROM calls WHERE caller = ?", (caller,))
            return [dict(row) for row in rows if row["call_id"] not in self.known]

    async def record(self, caller: str) -> dict[str, Any]:
        """Wait until the one record of a caller is closed on both counts; return it."""

        def closed() -> bool:
            rows = self.records(caller)
            return bool(rows) and all(row["ended_at"] and row["hung_up_at"] for row in rows)

        await until(closed)
        (record,) = self.records(caller)
        return record

    async def nothing_left(self) -> None:
        """Hang up whoever still calls, and wait until Asterisk has no channel any more."""
        await asyncio.gather(
            *(call.hangup() for call in self.line.phone.calls if call.outcome is None)
        )
        async with asyncio.timeout(PATIENCE_S):
            while await self.admin.listing("Status", {}):
                await asyncio.sleep(0.1)


def _clock(event: dict[str, str]) -> float:
    """Return when something happened in Asterisk, on the loop's clock."""
    return float(event["Timestamp"]) - time.time() + asyncio.get_running_loop().time()


async def until(true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait for what is seen only by looking; TimeoutError if it does not come."""
    async with asyncio.timeout(patience_s):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.05)


@asynccontextmanager
async def stage(sandbox: Sandbox, **settings: str) -> AsyncIterator[Stage]:
    """Start a sandbox with an agent behind two roads; the caller takes it down.

    Args:
        sandbox: It.
        settings: More of the agent's environment.
    """
    await asyncio.to_thread(sandbox.up, with_agent=False)
    ports, stop = sandbox.ports(), asyncio.Event()
    told: list[tuple[float, dict[str, str]]] = []
    clock = asyncio.get_running_loop().time
    admin = Ami(
        AmiLogin(HOST, ports.ami, *sandbox.ami_login()),
        lambda event: told.append((clock(), dict(event))),
    )
    listening = asyncio.create_task(admin.run(stop))
    try:
        async with Road(ports.ami) as ami, Road(ports.ari) as ari:
            env = (
                plain_env()
                | settings
                | {
                    "VOICEAGENT_AMI_PORT": str(ami.port),
                    "VOICEAGENT_ARI_URL": f"http://{HOST}:{ari.port}",
                }
            )
            await asyncio.to_thread(sandbox.start_agent, env)
            async with line(sandbox) as it:
                known = RecordedCall.known_calls(it.database)
                yield Stage(sandbox, ami, ari, it, admin, known, told)
    finally:
        stop.set()
        await listening
