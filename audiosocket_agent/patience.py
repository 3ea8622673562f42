"""How long a vendor may keep us waiting; time in which this process stood still does not count.

A process that a paused machine woke finds its timers due and the answers unread. A plain timeout
gives the vendor up there and then, and does so in every call at once, which keeps the vendor out of
the calls that follow as well.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

TICK_S = 0.1
STOOD_STILL_S = 0.1  # a timer that is later than this: the process stood still


class Patience:
    """A time limit as `asyncio.timeout_at` has it, for waits that follow each other.

    Example:
        patience = Patience()
        while not answered:
            async with patience.until(due_s):  # TimeoutError when it has passed
                await news.wait()
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._at_s: float | None = None
        # A moment set before the process stood still is put off by so much. What passed meanwhile
        # was set before, as nothing was set meanwhile.
        self._lost_s = 0.0
        self._still_until_s = 0.0
        self._timeout: asyncio.Timeout | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = 0.0

    def until(self, at_s: float | None) -> Patience:
        """Set the moment, by the loop's clock, for this wait or the next; None for never."""
        if at_s != self._at_s and (at_s is None or at_s > self._still_until_s):
            self._lost_s = 0.0
        self._at_s = at_s
        self._arm()
        return self

    def within(self, limit_s: float | None) -> Patience:
        """Set the moment so many seconds from now; None for never."""
        return self.until(None if limit_s is None else self._loop.time() + limit_s)

    async def __aenter__(self) -> Patience:
        self._timeout = asyncio.timeout(None)
        await self._timeout.__aenter__()
        self._arm()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        timeout, self._timeout = self._timeout, None
        self._arm()
        assert timeout is not None
        await timeout.__aexit__(kind, error, trace)

    def _arm(self) -> None:
        if self._timer is not None:
            self._see_how_late()
            self._timer.cancel()
            self._timer = None
        if self._timeout is None or self._timeout.expired():
            return
        self._timeout.reschedule(None)  # it may be about to expire, at a moment that is put off now
        if self._at_s is None:
            return
        now_s, due_s = self._loop.time(), self._at_s + self._lost_s
        if due_s <= now_s:
            self._timeout.reschedule(now_s)
            return
        self._timer_s = min(due_s, now_s + TICK_S)
        self._timer = self._loop.call_at(self._timer_s, self._arm)

    def _see_how_late(self) -> None:
        now_s = self._loop.time()
        if now_s - self._timer_s > STOOD_STILL_S:
            self._lost_s += now_s - self._timer_s
            self._still_until_s = self._timer_s = now_s
