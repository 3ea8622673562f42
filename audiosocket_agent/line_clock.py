"""The caller's time: how much of the call was heard, whenever it came. Pure; milliseconds in.

A silence is judged by the frames that make it. When the network or a busy machine holds frames back
for a moment, nothing was heard, which is not the same as silence: this clock waits for them, and
runs on when they come in a burst. When none come for longer the caller's phone sends no silence,
or the line is dead, and time passes as on the wall. A phone that sends no silence does not stop
before it is quiet, so frames that stay away in the middle of a voice are waited for longer.

Nor is it silence when this process itself stands still, as a paused machine makes it: what came
meanwhile is only not read yet. A process that runs looks at its clock with every frame it sends.
"""

from __future__ import annotations

from dataclasses import dataclass

FRAME_MS = 20.0
HELD_BACK_MS = 300.0  # frames that are later than this are not coming
HELD_BACK_IN_VOICE_MS = 1000.0  # as long after a frame with a voice in it; radio links need it
STOOD_STILL_MS = 100.0  # nobody looked at the clock for so long: the process stood still


@dataclass(slots=True)
class LineClock:
    """The clock of one call's inbound audio."""

    _heard_ms: float = 0.0
    _frame_at_ms: float = 0.0
    _looked_at_ms: float = 0.0
    _held_back_ms: float = HELD_BACK_MS

    def frame(self, wall_ms: float, *, voiced: bool = False) -> None:
        """Take note that 20 ms of audio came, and whether there is a voice in it."""
        self._heard_ms += max(FRAME_MS, self._passed(wall_ms))
        self._frame_at_ms = self._looked_at_ms = wall_ms
        self._held_back_ms = HELD_BACK_IN_VOICE_MS if voiced else HELD_BACK_MS

    def tick(self, wall_ms: float) -> None:
        """Take note that the process runs; to be called every 20 ms."""
        self._frame_at_ms = wall_ms - self._since_frame_ms(wall_ms)
        self._looked_at_ms = wall_ms

    def now_ms(self, wall_ms: float) -> float:
        """Return the caller's time; it never goes back."""
        return self._heard_ms + self._passed(wall_ms)

    def wall_ms(self, moment_ms: float, wall_ms: float) -> float:
        """Return when a moment of the caller's time was on the wall, told now."""
        return wall_ms - (self.now_ms(wall_ms) - moment_ms)

    def _passed(self, wall_ms: float) -> float:
        since_ms = self._since_frame_ms(wall_ms)
        return since_ms if since_ms >= self._held_back_ms else min(since_ms, FRAME_MS)

    def _since_frame_ms(self, wall_ms: float) -> float:
        """Return how long this process waited for a frame; what it stood still does not count."""
        before_ms = self._looked_at_ms - self._frame_at_ms
        return before_ms + min(wall_ms - self._looked_at_ms, STOOD_STILL_MS)
