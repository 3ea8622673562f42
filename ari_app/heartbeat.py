"""A role's side of being supervised: its pulse, and dying with its supervisor."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal

from ari_app.supervisor import BEAT, READY

BEAT_S = 0.25
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel send SIGTERM when the supervisor dies, however it dies.

    Args:
        parent_pid: The supervisor's process id, to notice if it is gone already.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), signal.SIGTERM)


class Heartbeat:
    """Writes to the supervisor's pipe from the event loop, so a blocked loop falls silent.

    Args:
        fd: The pipe's file descriptor; negative when nobody supervises.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        if fd >= 0:
            os.set_blocking(fd, False)
            self._beat()

    def ready(self) -> None:
        """Report that the role can take work."""
        self._write(READY)

    def _beat(self) -> None:
        if self._write(BEAT):
            self._loop.call_later(BEAT_S, self._beat)

    def _write(self, data: bytes) -> bool:
        if self._fd < 0:
            return False
        try:
            os.write(self._fd, data)
        except BlockingIOError:
            pass  # a supervisor that does not read still has our earlier beats
        except OSError:
            return False  # the supervisor is gone; the kernel tells us in its own way
        return True
