"""What the customer's admin types."""

from __future__ import annotations

import subprocess

from tests.live_pbx.customer import COMPANY, DID, QUEUE
from tests.live_pbx.machine import Machine

UNIT = "voiceagent.service"
INSTALL = ("voiceagent-install", "--yes", "--company", COMPANY, "--did", DID, "--queue", QUEUE)
UNDO = ("voiceagent-install", "--yes", "--undo")
LIMIT_S = 300.0  # generous: ten seconds on an idle machine


def install(machine: Machine) -> subprocess.CompletedProcess[str]:
    """Install everything there is."""
    return machine.run(*INSTALL, timeout_s=LIMIT_S)


def undo(machine: Machine) -> subprocess.CompletedProcess[str]:
    """Take everything out."""
    return machine.run(*UNDO, timeout_s=LIMIT_S)


def state(machine: Machine, *properties: str, unit: str = UNIT) -> dict[str, str]:
    """Return what systemd says of a unit."""
    shown = machine.do("systemctl", "show", unit, f"--property={','.join(properties)}")
    return dict(line.partition("=")[::2] for line in shown.splitlines() if "=" in line)
