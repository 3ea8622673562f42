"""Tells systemd how the service is: one datagram to the socket named in the environment.

The protocol of ``Type=notify``: ``READY=1`` once when calls are taken, ``WATCHDOG=1`` at least
every ``WATCHDOG_USEC``, ``STOPPING=1`` when told to end, ``STATUS=`` for people. Without systemd
every call here does nothing.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import MutableMapping

log = logging.getLogger(__name__)

_SOCKET, _PERIOD, _WATCHED = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


class Notifier:
    """The way to the service manager that started this process, if one did.

    It takes the variables out of the environment: what this process starts must not speak for it.

    Args:
        environ: The environment.
        pid: This process's id.
    """

    def __init__(self, environ: MutableMapping[str, str] = os.environ, pid: int = 0) -> None:
        address = environ.pop(_SOCKET, "")
        period = environ.pop(_PERIOD, "")
        watched = environ.pop(_WATCHED, "")
        mine = not watched or watched == str(pid or os.getpid())
        self.watchdog_s = int(period) / 1_000_000 if period.isdecimal() and mine else 0.0
        """How long systemd bears our silence, in seconds; 0: it does not watch."""
        self._socket: socket.socket | None = None
        if address[:1] in ("/", "@"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
            # A name that begins with @ is an abstract one: in the kernel it begins with a NUL.
            self._address = "\0" + address[1:] if address[0] == "@" else address

    def send(self, *lines: str) -> bool:
        """Send ``NAME=value`` lines; never waits.

        Returns:
            Whether systemd has them, or there is none; else they may be sent again.
        """
        if self._socket is None:
            return True
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except BlockingIOError:
            return False  # its queue is full
        except OSError as error:
            log.warning("systemd cannot be told %s: %s", lines[0], error.strerror)
            return False
        return True

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
