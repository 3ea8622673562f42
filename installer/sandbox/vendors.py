"""The vendors' simulators of one sandbox: `python -m audiosocket_agent.simulators`, detached."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from installer.sandbox import processes
from installer.sandbox.errors import StartError
from installer.sandbox.ports import HOST

PART = "vendors"
_START_S = 15.0
_STOP_PATIENCE_S = 3.0
_POLL_S = 0.05
_LISTENING = "listening on"


class SimulatedVendors:
    """The simulators' process.

    Args:
        directory: The sandbox's folder.
        log: File for what it prints.
    """

    def __init__(self, directory: Path, log: Path) -> None:
        self._directory = directory
        self._log = log

    def start(self, port: int, env: Mapping[str, str]) -> None:
        """Start them and return when they answer.

        Args:
            port: Where they listen.
            env: Their environment, with the ``VOICEAGENT_SIM_*`` settings.

        Raises:
            StartError: If they do not come up; carries their last words.
        """
        self._log.unlink(missing_ok=True)
        processes.start_detached(
            [sys.executable, "-m", "audiosocket_agent.simulators", "--port", str(port)],
            directory=self._directory,
            part=PART,
            env=env,
            log=self._log,
        )
        deadline = time.monotonic() + _START_S
        # What it says counts, too: a predecessor that is still dying may answer in its place.
        while not (_LISTENING in self._said() and self.are_ready(port)):
            if not self.pids() or time.monotonic() > deadline:
                raise StartError("the simulated vendors did not start", self._last_words())
            time.sleep(_POLL_S)

    def are_ready(self, port: int) -> bool:
        """Say whether they run and take connections."""
        if not self.pids():
            return False
        try:
            with socket.create_connection((HOST, port), timeout=1.0) as probe:
                # Where nobody listens the kernel may give the probe that very port for its own end,
                # and connect it to itself.
                return bool(probe.getsockname() != probe.getpeername())
        except OSError:
            return False

    def stop(self) -> None:
        """Stop them."""
        found = processes.find(self._directory, PART)
        processes.stop(self._directory, PART, processes.heads(found), _STOP_PATIENCE_S)

    def pids(self) -> dict[str, int]:
        """Return the pid of the "vendors" process; empty when there is none."""
        heads = processes.heads(processes.find(self._directory, PART))
        return {PART: heads[0].pid} if heads else {}

    def _said(self) -> str:
        return self._log.read_text(errors="replace").strip() if self._log.exists() else ""

    def _last_words(self) -> str:
        said = self._said()
        return f"{said.splitlines()[-1]} (see {self._log})" if said else f"see {self._log}"
