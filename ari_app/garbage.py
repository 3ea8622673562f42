"""Collecting garbage when no caller can hear it.

A full collection looks at every object there is: several milliseconds with fifty calls, a third of
a frame. So the interpreter's own are switched off; a full one is made when no call is on, and with
calls on all day only once in a long while. The cheap collections of young objects, which find
nearly all garbage there is, go on as always.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable

NEVER = 1_000_000_000
IDLE_EVERY_S = 60.0
BUSY_EVERY_S = 1800.0
LOOK_S = 1.0


def is_due(since_last_s: float, calls: int) -> bool:
    """Say whether to make a full collection now.

    Args:
        since_last_s: Time since the last one, in seconds.
        calls: Calls on now.
    """
    return since_last_s >= (BUSY_EVERY_S if calls else IDLE_EVERY_S)


async def collect_between_calls(calls: Callable[[], int]) -> None:
    """Take over full collections, until cancelled.

    Args:
        calls: Returns how many calls are on.
    """
    loop = asyncio.get_running_loop()
    # A database thread may hold the interpreter for the switch interval, whose default of 5 ms is
    # a quarter of a frame, heard as jitter.
    sys.setswitchinterval(0.0005)
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, NEVER)
    _collect(everything=True)
    last_s = loop.time()
    while True:
        await asyncio.sleep(LOOK_S)
        if is_due(loop.time() - last_s, calls()):
            _collect(everything=not calls())
            last_s = loop.time()


def _collect(*, everything: bool) -> None:
    if everything:
        gc.unfreeze()  # 50 ms: the objects of all libraries are looked at again
    gc.collect()
    gc.freeze()  # what is left is here to stay: the cheap collections need not look at it
