"""A link is made again and again, told of once, and let go of when told to stop."""

import asyncio

import pytest

from ari_app.backoff import Backoff
from ari_app.links import LinkLostError, cancelled, fault_of, keep_linked
from tests.virtual_time import run


def linked(once, for_s, delays=None):
    """Keep a link for so long; returns the moments at which it was made."""
    made = []

    async def main():
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()

        async def counted():
            made.append(round(loop.time() - began, 3))
            await once(len(made))

        began = loop.time()
        loop.call_later(for_s, stop.set)
        await keep_linked(stop, counted, delays or Backoff(lambda: 0.0))

    run(main())
    return made


def test_attempts_are_made_ever_more_seldom_and_told_of_once(caplog):
    async def once(_):
        raise LinkLostError("nobody there")

    assert linked(once, 10) == [0, 0.1, 0.3, 0.7, 1.5, 3.1, 5.1, 7.1, 9.1]
    assert caplog.messages == ["nobody there"]


def test_a_new_reason_is_told(caplog):
    async def once(n):
        raise LinkLostError("refused" if n < 3 else "silent")

    linked(once, 3)
    assert caplog.messages == ["refused", "silent"]


def test_the_same_reason_is_told_again_after_the_link_had_worked(caplog):
    delays = Backoff(lambda: 0.0)

    async def once(_):
        await asyncio.sleep(5)
        delays.reset()
        raise LinkLostError("cut")

    assert linked(once, 12, delays) == [0, 5.1, 10.2]
    assert caplog.messages == ["cut", "cut"]


def test_what_somebody_has_to_mend_is_tried_seldom():
    async def once(_):
        raise LinkLostError("wrong secret", hold_s=5)

    assert linked(once, 11) == [0, 5, 10]


def test_a_fault_of_our_own_is_told_without_its_text_and_ends_nothing(caplog):
    async def once(n):
        if n == 1:
            raise KeyError("07700900123")
        if n == 2:
            return
        await asyncio.sleep(3600)

    assert linked(once, 20) == [0, 5, 10]
    assert "KeyError at test_links.py" in caplog.messages[0]
    assert "07700900123" not in caplog.text


def test_told_to_stop_it_lets_go_of_a_link_and_of_a_pause():
    over = []

    async def once(_):
        try:
            await asyncio.sleep(3600)
        finally:
            over.append(1)

    assert linked(once, 1) == [0]
    assert over == [1]

    async def fails(_):
        raise LinkLostError("no", hold_s=3600)

    assert linked(fails, 1) == [0]


def test_cancelling_the_keeper_cancels_the_link():
    over = []

    async def once():
        try:
            await asyncio.sleep(3600)
        finally:
            over.append(1)

    async def main():
        task = asyncio.create_task(keep_linked(asyncio.Event(), once, Backoff(lambda: 0.0)))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert over == [1]

    run(main())


def test_a_task_that_failed_while_it_was_cancelled_is_over_too():
    async def stubborn():
        try:
            await asyncio.sleep(3600)
        finally:
            raise KeyError

    async def main():
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        await cancelled(task)
        assert task.done()

    run(main())


def test_an_exception_that_was_never_raised_has_a_kind_only():
    assert fault_of(KeyError("secret")) == "KeyError"
