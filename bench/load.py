"""Whose work the machine was doing while calls went on, and how the telephone gets ahead of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# utime, stime, cutime and cstime of /proc/PID/stat, counted behind the name (proc(5): 14 to 17):
# the simulated voice runs espeak-ng for each sentence that is new, which is the vendors' work.
_SPENT = slice(11, 15)
_IDLE, _IOWAIT = 3, 4  # of the first line of /proc/stat
PHONE = "telephone"


@dataclass(frozen=True, slots=True)
class Load:
    """Processor time of a phase, in percent of one processor.

    Attributes:
        parts: By part of the set-up: the agent's roles, the PBX, the vendors, the telephone.
        others: Of whatever else ran on the machine.
        processors: How many there are.
    """

    parts: Mapping[str, float]
    others: float
    processors: int

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {share:.0f}" for name, share in self.parts.items())
        return f"{parts}, other work {self.others:.0f}; of {self.processors * 100}"


class Watch:
    """Counts processor time from when it is made.

    Args:
        directory: The sandbox's folder.
    """

    def __init__(self, directory: Path) -> None:
        self._pids = {PHONE: os.getpid(), **_pids(directory)}
        self._since = self._now()

    def load(self) -> Load:
        """Return what was spent so far.

        A process and its children that ended count as one; a part that was restarted meanwhile is
        left out, and its time counts as other work.
        """
        then, now = self._since, self._now()
        wall_s = now[""][0] - then[""][0]
        percent = 100 / max(wall_s, _TICK_S)
        spent = {name: (now[name][1] - then[name][1]) * percent for name in now if name in then}
        everything = spent.pop("")
        return Load(spent, max(0.0, everything - sum(spent.values())), os.cpu_count() or 1)

    def _now(self) -> dict[str, tuple[float, float]]:
        """Return the clock and the processor seconds of each process, and of all under ""."""
        clock_s = time.monotonic()
        first = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        ticks = [int(field) for field in first]
        found = {"": (clock_s, (sum(ticks) - ticks[_IDLE] - ticks[_IOWAIT]) * _TICK_S)}
        for name, pid in self._pids.items():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except FileNotFoundError:
                continue
            found[name] = (clock_s, sum(map(int, fields[_SPENT])) * _TICK_S)
        return found


def _pids(directory: Path) -> dict[str, int]:
    program = str(Path(sys.executable).with_name("voiceagent"))
    command = [program, "sandbox", "status", "--json", "--dir", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    status = json.loads(done.stdout or "{}")
    return {
        name: pid
        for part in ("agent", "pbx", "vendors")
        for name, pid in status.get(part, {}).get("pids", {}).items()
    }


@contextmanager
def telephone_first() -> Iterator[None]:
    """Let this process run before all others, where that is allowed.

    A caller's telephone is another machine. Niceness is not enough: Linux weighs it only within a
    session, and what is measured runs in sessions of its own.
    """
    before = os.sched_getscheduler(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass  # how late the telephone was is in the table
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != before:
            os.sched_setscheduler(0, before, os.sched_param(0))
