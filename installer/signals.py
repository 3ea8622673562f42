"""Turns the signals that end a program into an exception, so that what is half done is taken back.

A closed terminal or a shutdown then leaves the PBX as it was. Only SIGKILL and a power cut do not
ask; the next run sees to those.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_CODE = 128  # how a shell tells of a program that a signal ended


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """Raise `SystemExit` where a signal would have ended the program at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    # One that was ignored before (nohup) stays ignored.
    heeded = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    former = {one: signal.signal(one, _end) for one in heeded}
    try:
        yield
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(_CODE + number)
