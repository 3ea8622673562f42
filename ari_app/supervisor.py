"""Keeping the two roles alive: starts them, listens for their heartbeats, kills and restarts them.

Each role writes a byte to its pipe four times a second, from its event loop. A role that is silent
for `SILENCE_S` is frozen, and only its end lets Asterisk notice and take its callers to people, so
it is killed. A role that dies is started again: at once the first time, then with growing pauses.
A role that says its settings are wrong (exit code 78) is not: that would only hide the message.
One that finds its place taken (75) ends the whole while it has not taken a call yet, so that who
starts the agent is told at once; systemd tries again. Later it is started again like any other.

Under systemd the supervisor is watched in turn: it says that it lives only while every role is
looked after, so one that stands still, or whose own tasks have failed, is replaced with its roles.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio import FIRST_COMPLETED
from contextlib import suppress
from pathlib import Path

from ari_app.sd_notify import Notifier

log = logging.getLogger(__name__)

ROLES = ("controller", "media")
SILENCE_S = 2.0
START_GRACE_S = 20.0  # until the first beat: importing and binding on a busy machine
CHECK_S = 0.1
STALLED_S = 0.5  # later than this the supervisor itself stood still
STOP_GRACE_S = 5.0
STEADY_S = 10.0  # a role that lived this long is restarted without a pause
LONGEST_PAUSE_S = 4.0
PINGS = 4  # in the time systemd bears our silence
NEGLECT_S = 2.0  # a role nobody has looked at for so long is not looked after
EX_CONFIG = 78  # sysexits.h: something is wrong with the configuration
EX_TEMPFAIL = 75  # sysexits.h: try again later
BEAT = b"."
READY = b"R"


class Role:
    """One supervised role process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: asyncio.subprocess.Process | None = None
        self.ready = False
        self.has_served = False
        self.pause_s = 0.0
        self._beat_due_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._seen_s = self._loop.time()

    @property
    def looked_after(self) -> bool:
        """Whether somebody watches it, or waits to start it again."""
        return self._loop.time() < self._seen_s + NEGLECT_S

    def seen(self, ahead_s: float = 0.0) -> None:
        """Note that it is looked after, now and for so long."""
        self._seen_s = self._loop.time() + ahead_s

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self.process.pid if self.process and self.process.returncode is None else None

    async def run_once(self) -> int:
        """Start the process, watch it to its end, and return its exit code."""
        read_fd, write_fd = os.pipe()
        os.set_blocking(read_fd, False)
        started_s = self._loop.time()
        self._beat_due_s = started_s + START_GRACE_S
        self.ready = False
        self.seen()
        try:
            command = (sys.executable, "-m", "ari_app", "run", "--role", self.name)
            self.process = await asyncio.create_subprocess_exec(
                *command, "--heartbeat-fd", str(write_fd), pass_fds=(write_fd,)
            )
        except BaseException:
            os.close(read_fd)
            raise
        finally:
            os.close(write_fd)
        self._loop.add_reader(read_fd, self._heard, read_fd)
        watching = asyncio.create_task(self._watch(self.process))
        try:
            code = await self.process.wait()
        finally:
            watching.cancel()
            self._loop.remove_reader(read_fd)
            os.close(read_fd)
            self.ready = False
        lived_s = self._loop.time() - started_s
        self.pause_s = 0.0 if lived_s > STEADY_S else min(LONGEST_PAUSE_S, self.pause_s * 2 + 0.1)
        return code

    def stop(self) -> None:
        """Ask the process to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process now."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    def _heard(self, read_fd: int) -> None:
        data = os.read(read_fd, 4096)
        if not data:  # every writer is gone; the process's end is noticed elsewhere
            self._loop.remove_reader(read_fd)
            return
        self._beat_due_s = self._loop.time() + SILENCE_S
        if READY in data:
            self.ready = self.has_served = True

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        while True:
            slept_from_s = self._loop.time()
            await asyncio.sleep(CHECK_S)
            late_s = self._loop.time() - slept_from_s - CHECK_S
            if late_s > STALLED_S:
                # We stood still ourselves (a paused machine): its beats still wait in the pipe.
                self._beat_due_s += late_s
            self.seen()
            if self._loop.time() > self._beat_due_s:
                log.error(
                    "%s is frozen (no heartbeat for %.0f s); killing it", self.name, SILENCE_S
                )
                process.kill()
                return


class Supervisor:
    """Runs both roles until told to stop.

    Args:
        run_dir: Where ``supervisor.json`` is kept: ``{"pid", "ready", "roles": {name: pid}}``.
        notifier: The way to systemd.
    """

    def __init__(self, run_dir: Path, notifier: Notifier) -> None:
        self._notifier = notifier
        self._status = run_dir / "supervisor.json"
        self._roles = [Role(name) for name in ROLES]
        self._stopping = asyncio.Event()
        self._exit_code = 0

    async def run(self) -> int:
        """Supervise; returns the exit code of the whole."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        keepers = [asyncio.create_task(self._keep(role)) for role in self._roles]
        reporting = asyncio.create_task(self._report())
        telling = asyncio.create_task(self._tell_systemd())
        stopping = asyncio.create_task(self._stopping.wait())
        # None of the others ever ends by itself, unless by an error that is our own.
        await asyncio.wait([stopping, reporting, telling, *keepers], return_when=FIRST_COMPLETED)
        self._stopping.set()
        telling.cancel()
        self._notifier.send("STOPPING=1", "STATUS=handing calls to people")
        for role in self._roles:
            role.stop()
        _, late = await asyncio.wait(keepers, timeout=STOP_GRACE_S)
        for role in self._roles:
            role.kill()
        if late:
            await asyncio.wait(late)
        await self._put_away([reporting, telling, *keepers])
        self._forget()
        return self._exit_code

    async def _put_away(self, tasks: list[asyncio.Task[None]]) -> None:
        """End the tasks; one that failed before is told, and makes the whole fail."""
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("the supervisor itself failed", exc_info=outcome)
                self._exit_code = self._exit_code or 1

    def _forget(self) -> None:
        """Delete the status file, unless another supervisor has written it meanwhile."""
        with suppress(OSError, ValueError):
            if json.loads(self._status.read_text())["pid"] == os.getpid():
                self._status.unlink()

    async def _keep(self, role: Role) -> None:
        while not self._stopping.is_set():
            try:
                code = await role.run_once()
            except OSError as error:  # no process or memory to be had, for a while
                role.pause_s = LONGEST_PAUSE_S
                log.error("%s cannot be started: %s; trying again", role.name, error.strerror)
            else:
                if self._stopping.is_set():
                    return
                if code == EX_CONFIG or (code == EX_TEMPFAIL and not role.has_served):
                    self._exit_code = code
                    self._stopping.set()
                    return
                log.error("%s ended (exit code %d); starting it again", role.name, code)
            role.seen(role.pause_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), max(role.pause_s, 0.001))

    async def _report(self) -> None:
        """Keep the status file true."""
        written, failing = "", False
        while True:
            text = json.dumps(
                {
                    "pid": os.getpid(),
                    "ready": all(role.ready for role in self._roles),
                    "roles": {role.name: role.pid for role in self._roles},
                }
            )
            try:
                if text != written or not self._status.exists():  # another one took it away
                    self._write(text)
                    written = text
                failing = False
            except OSError as error:  # a full disk is no reason to leave the calls alone
                if not failing:
                    log.error("%s cannot be written: %s", self._status, error.strerror)
                failing = True
            await asyncio.sleep(CHECK_S)

    def _write(self, text: str) -> None:
        """Write the status file whole, so that a reader never sees half of it."""
        part = self._status.with_suffix(".part")
        part.write_text(text)
        part.replace(self._status)

    async def _tell_systemd(self) -> None:
        """Say when calls are taken, what is going on, and that the roles are looked after."""
        ready, told, ping_due_s = False, "", 0.0
        pause_s = self._notifier.watchdog_s / PINGS
        while True:
            status = self._in_words()
            if not ready and all(role.ready for role in self._roles):
                ready = self._notifier.send("READY=1")
            if status != told and self._notifier.send(status):
                told = status
            now_s = asyncio.get_running_loop().time()
            if pause_s and now_s >= ping_due_s and all(one.looked_after for one in self._roles):
                self._notifier.send("WATCHDOG=1")
                ping_due_s = now_s + pause_s
            await asyncio.sleep(CHECK_S)

    def _in_words(self) -> str:
        """Return what `systemctl status` shows."""
        missing = " and ".join(role.name for role in self._roles if not role.ready)
        return f"STATUS=starting {missing}" if missing else "STATUS=taking calls"


async def supervise(run_dir: Path) -> int:
    """Run both roles until SIGTERM or SIGINT; returns the exit code."""
    notifier = Notifier()
    try:
        return await Supervisor(run_dir, notifier).run()
    finally:
        notifier.close()
