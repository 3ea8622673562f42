"""One timer that makes every call's 20 ms frames leave on time.

Asterisk neither buffers nor paces AudioSocket audio, so each frame must leave when it is due.
Every call has its own phase; its deadlines are absolute (start + n * 20 ms), so lateness of one
tick never shifts the next. One timer serves all calls: a sleep per call would saturate a core long
before the audio itself does.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Beat:
    """One call's place in the pacer; created by `Pacer.join`."""

    __slots__ = ("_active", "_failed", "_pacer", "_tick", "due_s")

    def __init__(
        self,
        pacer: Pacer,
        due_s: float,
        tick: Callable[[float], float],
        failed: Callable[[], None],
    ) -> None:
        self._pacer = pacer
        self._active = True
        self._tick = tick
        self._failed = failed
        self.due_s = due_s

    @property
    def active(self) -> bool:
        """Whether the call still wants ticks."""
        return self._active

    def move(self, due_s: float) -> None:
        """Make the next tick happen at another moment (loop time, seconds)."""
        self.due_s = due_s
        self._pacer._schedule(self)

    def leave(self) -> None:
        """Stop ticking; idempotent."""
        self._active = False

    def tick(self, now_s: float) -> None:
        """Let the call send its frame; a call that fails costs no other call a frame."""
        try:
            self.due_s = self._tick(now_s)
        except Exception:
            log.exception("a call failed while sending its frame")
            self.leave()
            self._failed()


# Fifty calls due at the same moment, some with a decision to carry out, would hold up everything
# that comes in meanwhile; after this many the loop looks at its sockets first.
MOST_AT_ONCE = 10


class Pacer:
    """The shared frame clock of a media process.

    Args:
        loop: The running event loop; its `time()` is the only clock in the media path.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        # Entries go stale when a beat is moved or leaves; a stale one is dropped when it comes up.
        self._heap: list[tuple[float, int, Beat]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_s = 0.0

    def join(self, tick: Callable[[float], float], failed: Callable[[], None]) -> Beat:
        """Add a call, first tick at once.

        Args:
            tick: Called with the loop time when due; returns the next due time, in loop seconds.
            failed: Called once if `tick` raises; the call gets no more ticks then.
        """
        beat = Beat(self, self._loop.time(), tick, failed)
        self._schedule(beat)
        return beat

    def close(self) -> None:
        """Stop the timer; no tick happens after this."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._heap.clear()

    def _schedule(self, beat: Beat) -> None:
        heapq.heappush(self._heap, (beat.due_s, next(self._order), beat))
        self._arm()

    def _arm(self) -> None:
        if not self._heap:
            return
        first_s = self._heap[0][0]
        if self._timer is not None:
            if self._armed_s <= first_s:
                return
            self._timer.cancel()
        self._armed_s = first_s
        self._timer = self._loop.call_at(first_s, self._run)

    def _run(self) -> None:
        self._timer = None
        now_s = self._loop.time()
        # Half a millisecond of look-ahead: calls due together leave in one wake-up, and event-loop
        # timers round to whole milliseconds anyway.
        for _ in range(MOST_AT_ONCE):
            if not self._heap or self._heap[0][0] > now_s + 0.0005:
                break
            due_s, _, beat = heapq.heappop(self._heap)
            if not beat.active or due_s != beat.due_s:
                continue
            beat.tick(now_s)
            if beat.active:
                heapq.heappush(self._heap, (beat.due_s, next(self._order), beat))
        self._arm()
