"""What the commands print: the contract of `up --json`, and the parts of `status --json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from installer.sandbox.ports import DESKS, HOST, PortBlock
from installer.sandbox.processes import Process


def endpoints(ports: PortBlock, dids: Sequence[str], logs: Path) -> dict[str, object]:
    """Return where everything is; other programs rely on exactly these keys.

    Args:
        ports: The sandbox's ports.
        dids: The numbers that companies answer, as digits.
        logs: The folder with all logs.
    """
    return {
        "sip": {"host": HOST, "port": ports.sip},
        "dids": list(dids),
        "ami": {"host": HOST, "port": ports.ami},
        "ari": {"url": f"http://{HOST}:{ports.ari}/ari"},
        "audiosocket": {"host": HOST, "port": ports.audiosocket},
        "http": {"url": f"http://{HOST}:{ports.http}"},
        "logs": str(logs),
        "desks": [
            {"extension": str(100 + n), "host": HOST, "port": ports.desk(n)} for n in range(DESKS)
        ],
    }


def part(ready: bool, pids: dict[str, int], found: Sequence[Process]) -> dict[str, object]:
    """Return the state of one part.

    Args:
        ready: Whether it does its work.
        pids: Its processes by name, the one to take the age from first.
        found: All live processes of the sandbox.
    """
    uptimes = {process.pid: process.uptime_s for process in found}
    first = next(iter(pids.values()), None)
    uptime_s = round(uptimes[first], 1) if first in uptimes else None
    return {"ready": ready, "pids": pids, "uptime_s": uptime_s}


def whole(pbx_ready: bool, agent_ready: bool, found: Sequence[Process]) -> str:
    """Return the state of the sandbox in one word."""
    if pbx_ready and agent_ready:
        return "up"
    return "degraded" if found else "down"
