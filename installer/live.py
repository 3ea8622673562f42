"""Talks to the Asterisk and the systemd that run on this machine, through their command lines.

``asterisk -rx`` exits 0 even when the command failed, so the text is what counts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Ask = Callable[[str], str | None]
"""Runs one command in the running Asterisk; None if there is none or it does not answer."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a program.

    Attributes:
        code: Its exit code.
        text: What it said.
    """

    code: int
    text: str


Systemctl = Callable[[Sequence[str]], Ran]
"""Runs systemctl with some words."""

_LIMIT_S = 10
_START_LIMIT_S = 120  # the unit gives itself 90 s to be ready
# Debian and its relatives keep it off an ordinary user's path.
_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/sbin:/bin"
# Escape sequences (ECMA-48: CSI, OSC, the short ones), then control characters but tab and newline.
_STEERING = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_NO_CARD = re.compile(r"^No ethernet interface found for seeding global EID.*\n?", re.MULTILINE)
_SETTINGS = {
    "Configuration directory": "astetcdir",
    "Module directory": "astmoddir",
    "Data directory": "astdatadir",
    "AGI Scripts directory": "astagidir",
    "Spool directory": "astspooldir",
}


def ask(command: str) -> str | None:
    """Run one command in the running Asterisk; None if there is none."""
    program = shutil.which("asterisk", path=_PATH)
    if program is None:
        return None
    try:
        done = subprocess.run([program, "-rx", command], capture_output=True, timeout=_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else plain(done.stdout)


def plain(said: bytes) -> str:
    """Return what ``asterisk -rx`` said without colours and what else would steer a terminal.

    On a host without a network card it begins with a complaint about that, which is left out.
    """
    text = _STEERING.sub("", said.decode("utf-8", "replace"))
    return _NO_CARD.sub("", text)


def systemd_runs() -> bool:
    """Say whether systemd looks after this machine, as sd_booted(3) does."""
    return Path("/run/systemd/system").is_dir()


def systemctl(words: Sequence[str]) -> Ran:
    """Run systemctl; a start returns when the service says that it is ready."""
    try:
        done = subprocess.run(
            ["systemctl", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_START_LIMIT_S,
            env={"PATH": _PATH, "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError:
        return Ran(127, "there is no systemctl")
    except subprocess.TimeoutExpired:
        return Ran(124, f"no answer within {_START_LIMIT_S} s")
    return Ran(done.returncode, done.stdout.decode("utf-8", "replace"))


def is_root() -> bool:
    """Say whether this is the superuser."""
    return os.geteuid() == 0


def directories(settings: str) -> dict[str, str]:
    """Read the directories from ``core show settings``, by their names in asterisk.conf."""
    found = {}
    for label, name in _SETTINGS.items():
        row = re.search(rf"^\s*{label}:\s*(/\S.*?)\s*$", settings, re.MULTILINE)
        if row:
            found[name] = row[1]
    return found


def has_context(answer: str, context: str) -> bool:
    """Say whether ``dialplan show CONTEXT`` answered with that context."""
    return f"[ Context '{context}' created by" in answer


def has_manager_user(answer: str, user: str) -> bool:
    """Say whether ``manager show user USER`` answered with that user and a secret."""
    rows = dict(line.strip().partition(": ")[::2] for line in answer.splitlines() if ":" in line)
    return rows.get("username") == user and rows.get("secret", "").strip() == "<Set>"


def has_ari_user(answer: str, user: str) -> bool:
    """Say whether ``ari show users`` lists a user who may write."""
    rows = [line.split() for line in answer.splitlines()]
    return any(row[0] == "No" and row[-1] == user for row in rows if row)


def manager_rights(answer: str) -> tuple[frozenset[str], frozenset[str]]:
    """Read what ``manager show user USER`` says the user may read and write."""
    rows = dict(line.strip().partition(": ")[::2] for line in answer.splitlines() if ":" in line)
    read, write = (rows.get(f"{one} perm", "") for one in ("read", "write"))
    return rights(read), rights(write)


def rights(listed: str) -> frozenset[str]:
    """Read a list of AMI rights, ``call,agent,user``."""
    return frozenset(one.strip() for one in listed.split(",") if one.strip())


def applications(answer: str) -> Counter[str]:
    """Count what ``dialplan show CONTEXT`` lists: ``Set(VA_OK=0)`` and the like."""
    rows = re.finditer(r"^.*?\s\d+\. (\S.*?)\s+\[[^\[\]]*\]$", answer, re.MULTILINE)
    return Counter(row[1] for row in rows)


def running_modules(answer: str) -> frozenset[str]:
    """Return the modules ``module show`` lists as running, without their ``.so``."""
    rows = re.finditer(r"^(\S+)\.so\s.*\s\d+\s+Running\s", answer, re.MULTILINE)
    return frozenset(row[1] for row in rows)


def ami_is_on(answer: str, address: str) -> bool:
    """Say whether ``manager show settings`` tells of AMI that listens on an address."""
    rows = dict(re.findall(r"^\s*([^:\n]+):\s+(\S+)\s*$", answer, re.MULTILINE))
    bound = rows.get("TCP Bindaddress", "").rpartition(":")[0]
    return rows.get("Manager (AMI)") == "Yes" and bound == address


def http_is_on(answer: str) -> bool:
    """Say whether ``http show status`` tells of a server that listens."""
    return "Server Enabled and Bound to" in answer
