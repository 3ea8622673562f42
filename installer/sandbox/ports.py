"""Which loopback ports a sandbox uses.

A sandbox takes one block of 1,000 neighbouring ports below the kernel's ephemeral range, so that
no outgoing connection can sit on one of them. Blocks are reserved in one small file of the cache
folder under a lock, for as long as the sandbox's folder exists: two sandboxes that start at the
same moment never pick the same block, and a stopped one finds its ports again. Against programs
that know nothing of the file each port is tried first, and the caller takes another block when
Asterisk still finds one taken.
"""

from __future__ import annotations

import errno
import fcntl
import json
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installer.sandbox.errors import StartError

_BLOCK_PORTS = 1000
_BASES = range(10_000, 32_000, _BLOCK_PORTS)
HOST = "127.0.0.1"
DESKS = 4
_LEAVING_S = 2.0  # a killed process may hold its sockets for a moment longer
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class PortBlock:
    """The ports of one sandbox, all counted from `base`."""

    base: int

    @property
    def sip(self) -> int:
        """UDP port of the PBX's SIP transport."""
        return self.base

    @property
    def ami(self) -> int:
        """TCP port of Asterisk's manager interface."""
        return self.base + 1

    @property
    def ari(self) -> int:
        """TCP port of Asterisk's HTTP server."""
        return self.base + 2

    @property
    def audiosocket(self) -> int:
        """TCP port of the agent's AudioSocket server."""
        return self.base + 3

    @property
    def agi(self) -> int:
        """TCP port of the agent's FastAGI gate."""
        return self.base + 4

    @property
    def http(self) -> int:
        """TCP port of the agent's HTTP server."""
        return self.base + 5

    @property
    def vendors(self) -> int:
        """TCP port of the simulated vendors."""
        return self.base + 6

    def desk(self, number: int) -> int:
        """UDP port of a desk phone, 0 to 3; its extension is 100 and so on.

        Raises:
            ValueError: If there is no such phone.
        """
        if number not in range(DESKS):
            raise ValueError(f"there are {DESKS} desk phones, counted from 0")
        return self.base + 10 + number

    @property
    def rtp_start(self) -> int:
        """First UDP port of Asterisk's RTP range."""
        return self.base + 100

    @property
    def rtp_end(self) -> int:
        """Last UDP port of Asterisk's RTP range: room for 450 calls."""
        return self.base + _BLOCK_PORTS - 1


class PortRegistry:
    """The file of reserved blocks.

    Args:
        cache: The cache folder; made when missing.
    """

    def __init__(self, cache: Path) -> None:
        self._file = cache / "ports.json"
        self._lock = cache / "ports.lock"

    def claim(
        self, owner: Path, preferred_base: int | None, avoid: Collection[int] = ()
    ) -> PortBlock:
        """Reserve a block whose ports are free now.

        Args:
            owner: The sandbox's folder, which must exist.
            preferred_base: The block it had before, kept when possible.
            avoid: Bases that were tried and found taken.

        Raises:
            StartError: If every block is reserved or in use.
        """
        if preferred_base is not None and preferred_base not in avoid:
            _wait_free(PortBlock(preferred_base), _LEAVING_S)
        with self._reservations() as reserved:
            others = {base for base, path in reserved.items() if path != str(owner)}
            # Stable: the preferred block first, the others in their order.
            for base in sorted(_BASES, key=lambda base: base != preferred_base):
                if base in others or base in avoid or not _is_free(PortBlock(base)):
                    continue
                for mine in [b for b, path in reserved.items() if path == str(owner)]:
                    del reserved[mine]
                reserved[base] = str(owner)
                return PortBlock(base)
        raise StartError(
            f"no free block of ports between {_BASES.start} and {_BASES.stop}",
            "stop a sandbox that you no longer need with `voiceagent sandbox down --purge`",
        )

    def release(self, owner: Path) -> None:
        """Forget what `owner` had reserved."""
        with self._reservations() as reserved:
            for base in [b for b, path in reserved.items() if path == str(owner)]:
                del reserved[base]

    @contextmanager
    def _reservations(self) -> Iterator[dict[int, str]]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                stored: dict[str, str] = json.loads(self._file.read_text())
            except (FileNotFoundError, ValueError):
                stored = {}  # a damaged file costs nothing: every port is tried before use
            # A sandbox whose folder is gone will not come back for its ports.
            live = {int(base): path for base, path in stored.items() if Path(path).is_dir()}
            yield live
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(live))
            fresh.replace(self._file)


def _wait_free(block: PortBlock, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _is_free(block) and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _is_free(block: PortBlock) -> bool:
    tcp = (block.ami, block.ari, block.audiosocket, block.agi, block.http, block.vendors)
    udp = (block.sip, block.rtp_start, block.rtp_end)
    return all(_can_bind(port, socket.SOCK_STREAM) for port in tcp) and all(
        _can_bind(port, socket.SOCK_DGRAM) for port in udp
    )


def _can_bind(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        # As the servers do it: a connection of the last run in TIME_WAIT does not count as taken.
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            return False
        return True
