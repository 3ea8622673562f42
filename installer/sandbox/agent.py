"""The agent that answers the sandbox's calls: `voiceagent run`, detached."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from installer.sandbox import probes, processes
from installer.sandbox.errors import StartError
from installer.sandbox.ports import PortBlock

PART = "agent"
_HEALTHY_TIMEOUT_S = 30.0  # two seconds on an idle machine
_PROBE_TIMEOUT_S = 1.0
_POLL_S = 0.05
_STOP_PATIENCE_S = 10.0  # calls in progress are handed to people first
_LONGEST_RUN_DIR = 70  # Unix socket paths end at 107 bytes; this leaves room for their names


def program(name: str) -> Path:
    """Return a command of this installation, by absolute path.

    Raises:
        StartError: If it is not there.
    """
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise StartError(f"{path} is missing", "install the package into this environment")
    return path


class Agent:
    """The agent of one sandbox.

    Args:
        directory: The sandbox's folder.
        log: File for what the agent prints.
    """

    def __init__(self, directory: Path, log: Path) -> None:
        self._directory = directory
        self._log = log
        self._log_start_bytes = 0

    @property
    def run_dir(self) -> Path:
        """Folder of its Unix sockets and of `supervisor.json`."""
        inside = self._directory / "run"
        if len(os.fsencode(inside)) <= _LONGEST_RUN_DIR:
            return inside
        name = hashlib.sha256(os.fsencode(self._directory)).hexdigest()[:12]
        return Path("/run") / f"voiceagent-sandbox-{name}"

    @property
    def data_dir(self) -> Path:
        """Folder of its database and recordings."""
        return self._directory / "data"

    def placed(self, ports: PortBlock, group: int) -> dict[str, str]:
        """Return the settings that place the agent in the sandbox; arguments as for `start`."""
        return {
            "VOICEAGENT_AUDIOSOCKET_PORT": str(ports.audiosocket),
            "VOICEAGENT_AGI_PORT": str(ports.agi),
            "VOICEAGENT_HTTP_PORT": str(ports.http),
            "VOICEAGENT_RUN_DIR": str(self.run_dir),
            "VOICEAGENT_DATA_DIR": str(self.data_dir),
            "VOICEAGENT_LINK_GROUP": str(group),
        }

    def start(self, ports: PortBlock, env: Mapping[str, str], group: int) -> None:
        """Start the agent and return at once; `wait_healthy` says how that went.

        Args:
            ports: Where it listens.
            env: Its environment; the settings that place it in the sandbox win over it.
            group: Number of the root's group `asterisk`, which may register calls by `setup.agi`.
        """
        for folder in (self.run_dir, self.data_dir):
            folder.mkdir(mode=0o700, exist_ok=True)
        (self.run_dir / "supervisor.json").unlink(missing_ok=True)
        self._log_start_bytes = self._log.stat().st_size if self._log.exists() else 0
        processes.start_detached(
            [str(program("voiceagent")), "run"],
            directory=self._directory,
            part=PART,
            env={**env, **self.placed(ports, group)},
            log=self._log,
        )

    def wait_healthy(self, ports: PortBlock) -> None:
        """Return when the agent takes calls.

        Raises:
            StartError: If it ended or is not healthy in time; carries its last words.
        """
        deadline = time.monotonic() + _HEALTHY_TIMEOUT_S
        while not self.is_healthy(ports):
            if not processes.find(self._directory, PART):
                raise StartError("the agent ended while starting", self._last_words())
            if time.monotonic() > deadline:
                raise StartError("the agent did not get healthy in time", self._last_words())
            time.sleep(_POLL_S)

    def is_healthy(self, ports: PortBlock) -> bool:
        """Say whether this very agent, supervisor included, runs and reports itself healthy."""
        return bool(self.pids()) and self.health(ports) is not None

    def health(self, ports: PortBlock) -> dict[str, object] | None:
        """Return the body of /health; None when the agent does not say that it is well."""
        return probes.agent_health(ports.http, _PROBE_TIMEOUT_S)

    def stop(self) -> None:
        """Stop the agent, its supervisor and everything they started."""
        found = processes.find(self._directory, PART)
        processes.stop(self._directory, PART, processes.heads(found), _STOP_PATIENCE_S)

    def pids(self) -> dict[str, int]:
        """Return the pids of "supervisor" and of each role, as the supervisor wrote them down.

        Empty when the supervisor that wrote them is gone; without the roles that are gone.
        """
        try:
            written = json.loads((self.run_dir / "supervisor.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        live = {process.pid for process in processes.find(self._directory, PART)}
        if written["pid"] not in live:
            return {}
        roles = {role: pid for role, pid in written["roles"].items() if pid in live}
        return {"supervisor": written["pid"], **roles}

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(self._log_start_bytes)
                lines = log.read().decode(errors="replace").split("\n")
        except FileNotFoundError:
            lines = []
        said = [line.strip() for line in lines if line.strip()]
        # What its roles say in passing is not why it ended.
        said = [line for line in said if " INFO " not in line and " DEBUG " not in line] or said
        return f"{said[-1]} (see {self._log})" if said else f"see {self._log}"
