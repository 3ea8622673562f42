"""``python -m bench.media_host FILE``: the media role with every event loop callback timed.

The code is the product's; only the loop is asyncio's own instead of uvloop, because its callbacks
can be timed. FILE gets, when the process is told to stop, the thread's CPU time of each callback
as a histogram of 0.1 ms, and the longest by name.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import signal
import sys
import time
from asyncio import events
from collections import Counter
from pathlib import Path

from ari_app.logs import set_up_logging
from ari_app.media_role import serve_media
from ari_app.settings import load_settings

_SLOWEST = 20
_counts: Counter[int] = Counter()
_slowest: list[tuple[float, str]] = []
_run = events.Handle._run  # type: ignore[attr-defined]


def _timed(handle: events.Handle) -> None:
    before = time.thread_time()
    _run(handle)
    took_ms = (time.thread_time() - before) * 1000
    _counts[int(took_ms * 10)] += 1
    if len(_slowest) < _SLOWEST or took_ms > _slowest[0][0]:
        entry = (took_ms, _name(handle))
        (heapq.heappush if len(_slowest) < _SLOWEST else heapq.heapreplace)(_slowest, entry)


def _name(handle: events.Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        return f"{task.get_coro()!r}"[:160]
    return f"{callback!r}"[:160]


async def _serve() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def start_counting() -> None:
        _counts.clear()  # what happens before the first call is nobody's delay
        _slowest.clear()
        print("ready", flush=True)

    await serve_media(load_settings(), stop, start_counting)


def _found() -> dict[str, object]:
    slowest = [{"ms": round(ms, 3), "what": what} for ms, what in sorted(_slowest, reverse=True)]
    return {"callbacks": sum(_counts.values()), "tenths_ms": _counts, "slowest": slowest}


if __name__ == "__main__":
    set_up_logging("WARNING", "media")
    events.Handle._run = _timed  # type: ignore[attr-defined,method-assign]
    asyncio.run(_serve())
    Path(sys.argv[1]).write_text(json.dumps(_found(), indent=1) + "\n")
