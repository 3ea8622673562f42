"""A running sandbox to call: started when none runs, and taken down by whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UP = 0  # exit code of `voiceagent sandbox status` when all of it runs


class SandboxFailed(RuntimeError):
    """`voiceagent sandbox` did not do what it was asked; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where to call, and where to look afterwards.

    Attributes:
        host: Of the SIP port.
        port: SIP over UDP.
        did: The sample company's number.
        database: The agent's records.
        logs: Folder of the logs.
    """

    host: str
    port: int
    did: str
    database: Path
    logs: Path

    @classmethod
    def of_json(cls, text: str) -> Endpoints:
        """Read what `voiceagent sandbox up --json` printed."""
        found: dict[str, Any] = json.loads(text)
        logs = Path(found["logs"])
        database = logs.parent / "data" / "voiceagent.db"
        sip = found["sip"]
        return cls(sip["host"], sip["port"], found["dids"][0], database, logs)


@contextmanager
def running(
    directory: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
    profile: str = "offline",
    env: Mapping[str, str] | None = None,
    purge: bool = False,
) -> Iterator[Endpoints]:
    """A sandbox for as long as the block lasts; one that ran before is left running.

    Args:
        directory: Its folder; default: the checkout's own.
        say: Told in one line what takes long.
        profile: Which vendors its agent talks to.
        env: The environment it is started in; default: this process's.
        purge: Whether a sandbox started here also loses its folder in the end.

    Raises:
        SandboxFailed: If it does not start.
    """
    where = ["--dir", str(directory)] if directory else []
    ran_before = _voiceagent("status", "--json", *where).returncode == _UP
    say("using the sandbox that runs already" if ran_before else "starting a private Asterisk")
    try:
        started = _voiceagent("up", "--json", "--profile", profile, *where, env=env)
        if started.returncode != 0:
            raise SandboxFailed(started.stderr.strip() or started.stdout.strip())
        yield Endpoints.of_json(started.stdout)
    finally:
        if not ran_before:
            _voiceagent("down", *(["--purge"] if purge else []), *where)


def _voiceagent(
    verb: str, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("voiceagent")  # of the same environment as this
    command = [str(program), "sandbox", verb, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)
