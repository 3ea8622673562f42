"""Full garbage collections wait until nobody can hear them, but not for ever."""

import asyncio
import gc
import weakref

import pytest

from ari_app.garbage import BUSY_EVERY_S, IDLE_EVERY_S, collect_between_calls, is_due


@pytest.mark.parametrize(
    ("since_s", "calls", "due"),
    [
        (IDLE_EVERY_S - 1, 0, False),
        (IDLE_EVERY_S, 0, True),
        (IDLE_EVERY_S, 1, False),
        (BUSY_EVERY_S - 1, 50, False),
        (BUSY_EVERY_S, 50, True),
    ],
)
def test_it_is_due_soon_when_idle_and_late_when_busy(since_s, calls, due):
    assert is_due(since_s, calls) is due


class Node:
    def __init__(self):
        self.me = self


def test_garbage_from_before_is_gone_and_the_interpreters_own_full_collections_are_off():
    thresholds = gc.get_threshold()

    async def main():
        node = weakref.ref(Node())
        gc.freeze()  # out of sight of every collection but ours
        task = asyncio.create_task(collect_between_calls(lambda: 0))
        await asyncio.sleep(0)
        assert node() is None
        assert gc.get_threshold()[2] > 10_000_000
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    try:
        asyncio.run(main())
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
