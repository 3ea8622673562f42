"""Who listens on which TCP port of this machine, read from /proc without opening anything."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"  # TCP_LISTEN of include/net/tcp_states.h
_HEX_BYTES = 8  # digits of one 32-bit word


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening socket.

    Attributes:
        address: Where, in the usual notation.
        port: Its port.
        inode: The socket's number.
    """

    address: str
    port: int
    inode: int

    def stands_in_the_way_of(self, host: str, port: int) -> bool:
        """Say whether nobody else can listen on a port of an address because of it."""
        anywhere = {"0.0.0.0", "::"}
        same = self.address == host or self.address in anywhere or host in anywhere
        return self.port == port and same


@dataclass(frozen=True, slots=True)
class Program:
    """A running program.

    Attributes:
        pid: Its process number.
        name: What the kernel calls it.
        cgroups: Where systemd counts it to.
    """

    pid: int
    name: str
    cgroups: str


def parse(table: str) -> Iterator[Listener]:
    """Yield the listening sockets of a ``/proc/net/tcp`` or ``tcp6`` table.

    Source: Linux Documentation/networking/proc_net_tcp.rst.
    """
    for row in table.splitlines()[1:]:
        fields = row.split()
        if len(fields) > 9 and fields[3] == _LISTENING:
            address, _, port = fields[1].partition(":")
            yield Listener(_address(address), int(port, 16), int(fields[9]))


def listeners() -> tuple[Listener, ...]:
    """Return all listening sockets."""
    found: list[Listener] = []
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):  # a kernel without IPv6 has no tcp6
            found += parse((_PROC / "net" / name).read_text())
    return tuple(found)


def owner_of(listener: Listener) -> Program | None:
    """Return whose a socket is; None if that cannot be told."""
    wanted = f"socket:[{listener.inode}]"
    for process in _PROC.iterdir():
        if process.name.isdecimal() and wanted in _open_files(process):
            with contextlib.suppress(OSError):  # it has just ended
                name = (process / "comm").read_text().strip()
                return Program(int(process.name), name, (process / "cgroup").read_text())
    return None


def in_the_way(
    wanted: Iterable[tuple[str, int]], unit: str
) -> Iterator[tuple[int, Program | None]]:
    """Yield the ports of those wanted that others have, and who.

    Args:
        wanted: Address and port.
        unit: The systemd unit whose own sockets count for nothing.
    """
    there = listeners()
    for host, port in wanted:
        for one in there:
            if one.stands_in_the_way_of(host, port):
                program = owner_of(one)
                if program is None or f"/{unit}" not in program.cgroups:
                    yield port, program
                    break


def _address(digits: str) -> str:
    """Read an address: 32-bit words in the machine's own byte order."""
    words = [digits[at : at + _HEX_BYTES] for at in range(0, len(digits), _HEX_BYTES)]
    packed = b"".join(int(word, 16).to_bytes(4, "little") for word in words)
    address = ipaddress.ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _open_files(process: Path) -> frozenset[str]:
    try:
        names = os.listdir(process / "fd")
    except OSError:  # another user's, or it has just ended
        return frozenset()
    found = set()
    for name in names:
        with contextlib.suppress(OSError):
            found.add(os.readlink(process / "fd" / name))
    return frozenset(found)
