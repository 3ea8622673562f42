"""A machine's whole file system as something to compare, and what need not be the same."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

# The kernel's, or gone with the next boot: each is a file system of its own.
_MOUNTED = frozenset({"proc", "sys", "dev", "run", "tmp"})
PASSED_OVER = {
    "var/log": "everything that runs writes its log",
    "var/lib/asterisk/astdb.sqlite3": "Asterisk's own database: it writes while it runs",
    "var/lib/asterisk/astdb.sqlite3-journal": "the same",
    "var/lib/systemd": "systemd's notes of when its timers ran, and its random seed",
}
"""What may change whether we are there or not, and why."""
DATA = ("var/lib/voiceagent", "var/lib/private")
"""What the agent was told by callers: bookings and records, kept until the admin says otherwise."""
Snapshot = Mapping[str, tuple[object, ...]]


def snapshot(root: Path, *, data: bool = False) -> Snapshot:
    """Describe every file, folder and link of a file system: kind, mode, owner, content, date.

    Args:
        root: Its top.
        data: Whether the agent's data counts.
    """
    found: dict[str, tuple[object, ...]] = {}
    skipped = {*PASSED_OVER, *(() if data else DATA)}
    for path, entry in _below(root, "", skipped):
        status = entry.stat(follow_symlinks=False)
        common = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        if entry.is_symlink():
            found[path] = ("link", *common, os.readlink(entry.path))
        elif entry.is_dir():
            found[path] = ("folder", *common)
        elif entry.is_file():
            content = hashlib.blake2b(Path(entry.path).read_bytes(), digest_size=16).hexdigest()
            found[path] = ("file", *common, content, status.st_mtime_ns)
        else:
            found[path] = ("other", *common)
    return found


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Return what is not the same, one line each."""
    lines = []
    for path in sorted({*before, *after}):
        was, now = before.get(path), after.get(path)
        if was == now:
            continue
        if was is None:
            lines.append(f"{path} is new: {now}")
        elif now is None:
            lines.append(f"{path} is gone: {was}")
        else:
            lines.append(f"{path} was {was}, is {now}")
    return lines


def _below(root: Path, folder: str, skipped: set[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(root / folder) as entries:
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if path in skipped or path in _MOUNTED:
                continue
            yield path, entry
            if entry.is_dir(follow_symlinks=False):
                yield from _below(root, path, skipped)
