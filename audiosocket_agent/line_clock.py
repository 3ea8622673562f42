"""The caller's time: how much of the call was heard, whenever it came. Pure; milliseconds in.

A silence is judged by the frames that make it. When the network or a busy machine holds frames back
for a moment, nothing was heard, which is not the same as silence: this clock waits for them, and
runs on when they come in a burst. When none come for longer the caller's phone sends no silence,
or the line is dead, and time passes as on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass

FRAME_MS = 20.0
HELD_BACK_MS = 300.0  # frames that are later than this are not coming


@dataclass(slots=True)
class LineClock:
    """The clock of one call's inbound audio."""

    _heard_ms: float = 0.0
    _frame_at_ms: float = 0.0

    def frame(self, wall_ms: float) -> None:
        """Take note that 20 ms of audio came."""
        self._heard_ms += max(FRAME_MS, self._passed(wall_ms))
        self._frame_at_ms = wall_ms

    def now_ms(self, wall_ms: float) -> float:
        """Return the caller's time; it never goes back."""
        return self._heard_ms + self._passed(wall_ms)

    def wall_ms(self, moment_ms: float, wall_ms: float) -> float:
        """Return when a moment of the caller's time was on the wall, told now."""
        return wall_ms - (self.now_ms(wall_ms) - moment_ms)

    def _passed(self, wall_ms: float) -> float:
        since_ms = wall_ms - self._frame_at_ms
        return since_ms if since_ms >= HELD_BACK_MS else min(since_ms, FRAME_MS)
