"""A wait ends in time, and not for what the process itself missed."""

import asyncio
import socket
import time

import pytest
import uvloop

from audiosocket_agent.patience import Patience


def test_a_moment_passes():
    async def main():
        loop = asyncio.get_running_loop()
        began = loop.time()
        patience = Patience()
        for at_s in (began + 0.05, began + 0.25, began - 5):
            with pytest.raises(TimeoutError):
                async with patience.until(at_s):
                    await asyncio.sleep(10)
            assert loop.time() >= at_s
        assert loop.time() < began + 5

    uvloop.run(main())


def test_a_moment_that_came_again_is_past_at_once():
    """A vendor that sends something all the time, and never what is waited for."""

    async def main():
        patience = Patience().within(0.2)
        with pytest.raises(TimeoutError):
            while True:
                async with patience:
                    await asyncio.sleep(0.01)

    uvloop.run(main())


def test_a_moment_can_be_put_off():
    async def main():
        async with Patience().within(0.05) as patience:
            patience.until(None)
            await asyncio.sleep(0.2)
            patience.within(-1)  # passed, and put off before anybody could be told
            patience.until(None)
            await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            async with patience.within(None):
                patience.within(0.05)
                await asyncio.sleep(10)

    uvloop.run(main())


def test_what_came_while_the_process_stood_still_is_in_time():
    async def main():
        here, there = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=here)
        patience = Patience()
        async with patience.within(0.3):
            there.send(b"in time")
            time.sleep(0.7)  # noqa: ASYNC251 - the process must stand still
            assert await reader.read(100) == b"in time"
        writer.close()
        there.close()

    uvloop.run(main())


def test_what_is_left_of_the_time_is_left_after_the_process_stood_still():
    async def main():
        loop = asyncio.get_running_loop()
        patience = Patience()
        at_s = loop.time() + 0.6
        async with patience.until(at_s):
            await asyncio.sleep(0)
            time.sleep(0.8)  # noqa: ASYNC251 - the process must stand still
            await asyncio.sleep(0.3)
        with pytest.raises(TimeoutError):
            async with patience.until(at_s):  # again the same moment, and it does pass
                await asyncio.sleep(10)

    uvloop.run(main())


def test_a_moment_set_just_before_the_process_stood_still_is_put_off_too():
    async def main():
        loop = asyncio.get_running_loop()
        patience, news = Patience(), asyncio.Event()

        def bring_news():
            news.set()
            time.sleep(0.8)  # noqa: ASYNC251 - the process must stand still

        began = loop.time()
        loop.call_later(0.05, bring_news)
        async with patience.until(began + 0.5):
            await news.wait()
        async with patience.until(began + 0.55):
            await asyncio.sleep(0.1)
        async with patience.until(loop.time() + 0.3):
            await asyncio.sleep(0.1)
        with pytest.raises(TimeoutError):
            async with patience:
                await asyncio.sleep(0.4)

    uvloop.run(main())
