"""An event loop whose clock jumps to the next timer: minutes of a call in a second, always alike.

For code without sockets, threads and processes: nothing else can wake the loop. Who has some all
the same, as a database in a thread, says when time has to stand still for them.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class _Jump(selectors.SelectSelector):
    """Waits by moving the clock; while it stands, for what really happens."""

    def __init__(self, stands: Callable[[], bool]) -> None:
        super().__init__()
        self.now_s = 0.0
        self._stands = stands

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout != 0 and self._stands():
            return super().select(None)
        if timeout is None:
            raise RuntimeError("everything waits, and no timer is set")
        self.now_s += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, stands: Callable[[], bool]) -> None:
        self._jump = _Jump(stands)
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now_s


def run(main: Coroutine[Any, Any, _T], stands: Callable[[], bool] = lambda: False) -> _T:
    """Run a coroutine to its end, as `asyncio.run` does, in no time.

    Args:
        main: It.
        stands: Whether somebody is at work outside the loop, who will wake it.
    """
    with asyncio.Runner(loop_factory=lambda: _Loop(stands)) as runner:
        return runner.run(main)
