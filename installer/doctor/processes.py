"""Processes and listening sockets of this machine, out of /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Listener:
    """A TCP socket that takes connections.

    Attributes:
        open: Whether other machines can reach it.
        pid: Whose it is; 0 where nobody may know, as for another user's without root.
        program: That process's name.
    """

    open: bool
    pid: int
    program: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a process runs as.

    Attributes:
        uid: Its user.
        gid: Its group.
        gids: All its groups.
    """

    uid: int
    gid: int
    gids: tuple[int, ...]


def listeners(port: int) -> list[Listener]:
    """Return who listens on a TCP port."""
    inodes = dict(_listening(port))
    if not inodes:
        return []
    owners = _owners(set(inodes))
    found = []
    for inode, is_open in inodes.items():
        pid = owners.get(inode, 0)
        found.append(Listener(is_open, pid, name_of(pid) if pid else ""))
    return found


def name_of(pid: int) -> str:
    """Return a process's name; "" if it is gone."""
    with suppress(OSError):
        return (_PROC / str(pid) / "comm").read_text().strip()
    return ""


def identity_of(pid: int) -> Identity | None:
    """Return whom a process runs as; None if it is gone."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    rows = {name: values.split() for name, _, values in (line.partition(":") for line in lines)}
    groups = tuple(int(one) for one in rows["Groups"])
    gid = int(rows["Gid"][1])  # the effective one
    return Identity(int(rows["Uid"][1]), gid, (gid, *groups))


def parents(pid: int) -> Iterator[int]:
    """Yield a process's parent, its parent's parent and so on."""
    while pid > 1:
        try:
            pid = int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return
        yield pid


def asterisk_of(root: Path) -> int:
    """Return the Asterisk process that runs in a tree; 0 if there is none or nobody may know."""
    with suppress(OSError):
        wanted = root.stat()
        for pid in _pids():
            with suppress(OSError):
                if name_of(pid) != "asterisk" or _is_console(pid):
                    continue
                there = (_PROC / str(pid) / "root/").stat()
                if (there.st_dev, there.st_ino) == (wanted.st_dev, wanted.st_ino):
                    return pid
    return 0


def _is_console(pid: int) -> bool:
    """Say whether an Asterisk is only the command line of another."""
    words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    return any(word.startswith(b"-r") for word in words[1:])


def _pids() -> list[int]:
    return sorted(int(name) for name in os.listdir(_PROC) if name.isdigit())


def _listening(port: int) -> Iterator[tuple[str, bool]]:
    """Yield the socket numbers that listen on a port, and whether other machines reach them."""
    loopback = {"0100007F", "00000000000000000000000001000000"}
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                address, _, number = fields[1].partition(":")
                if fields[3] == _LISTEN and int(number, 16) == port:
                    yield fields[9], address not in loopback


def _owners(inodes: set[str]) -> dict[str, int]:
    """Return which process holds each socket, as far as we may know."""
    found: dict[str, int] = {}
    names = {f"socket:[{inode}]": inode for inode in inodes}
    for pid in _pids():
        with suppress(OSError):
            for handle in os.scandir(_PROC / str(pid) / "fd"):
                with suppress(OSError):
                    inode = names.get(os.readlink(handle.path))
                    if inode is not None:
                        found.setdefault(inode, pid)
        if len(found) == len(names):
            break
    return found
