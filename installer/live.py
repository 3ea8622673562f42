"""Talks to the Asterisk that runs on this machine, through its own command line.

``asterisk -rx`` exits 0 even when the command failed, so the text is what counts.
"""

from __future__ import annotations

import re
import shutil
import subprocess

_LIMIT_S = 10
# Debian and its relatives keep it off an ordinary user's path.
_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/sbin:/bin"
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
    return None if done.returncode else done.stdout.decode("utf-8", "replace")


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
