"""Links to Asterisk that come back: attempt after attempt, with a pause that grows.

Used by both adapters, `ami` and `ari`; what a link is, they know.
"""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from ari_app.backoff import Backoff

log = logging.getLogger(__name__)

_BROKEN_S = 5.0  # after a fault of our own


class LinkLostError(Exception):
    """A link could not be made, or is over.

    Attributes:
        why: For the log: what, where, and how to fix it.
        hold_s: Wait at least so long: it will not be better sooner, and someone has to act.
    """

    def __init__(self, why: str, hold_s: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.hold_s = hold_s


async def keep_linked(
    stop: asyncio.Event, once: Callable[[], Coroutine[Any, Any, None]], delays: Backoff
) -> None:
    """Make a link again and again until told to stop; what is under way then is cancelled.

    Each reason is logged once, not at every attempt.

    Args:
        stop: Tells to stop.
        once: Makes the link and returns, or raises `LinkLostError`, when it is over.
        delays: Reset by `once` whenever a link has proved to work.
    """
    stopping = asyncio.create_task(stop.wait())
    said = ""
    try:
        while not stop.is_set():
            lost = await _until_lost(once, stopping)
            if lost is None:
                return
            if lost.why != said or delays.failures == 0:
                log.log(logging.ERROR if lost.hold_s else logging.WARNING, "%s", lost.why)
            said = lost.why
            pause_s = max(lost.hold_s, delays.next_s())
            await asyncio.wait({stopping}, timeout=pause_s)
    finally:
        await cancelled(stopping)


async def _until_lost(
    once: Callable[[], Coroutine[Any, Any, None]], stopping: asyncio.Task[Any]
) -> LinkLostError | None:
    """Hold one link; None if told to stop meanwhile."""
    link = asyncio.create_task(once())
    try:
        await asyncio.wait({link, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancelled(link)
    if stopping.done():
        return None
    error = link.exception()
    if isinstance(error, LinkLostError):
        return error
    where = fault_of(error) if error is not None else "it returned"
    return LinkLostError(f"a link to Asterisk broke by our own fault: {where}", _BROKEN_S)


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it is over, whatever comes of it."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # looked at by whoever cares; here it is only over


async def guarded(what: str, work: Awaitable[None]) -> None:
    """Await a handler that is not ours; what it raises is logged and goes no further."""
    try:
        await work
    except Exception as error:  # the link must outlive any fault of a handler
        log.error("%s failed: %s", what, fault_of(error))


def reason_of(error: Exception) -> str:
    """Say in few words why a connection failed."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) else type(error).__name__


def fault_of(error: BaseException) -> str:
    """Say what kind of exception was raised where, without its text.

    The text may hold what a caller said or dialled; the log must not.
    """
    with suppress(IndexError):
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}"
    return type(error).__name__
