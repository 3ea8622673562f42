"""The shared frame clock, on a real loop: order and counts, never durations."""

import asyncio

from audiosocket_agent.pacer import Pacer


def test_serves_every_call_at_its_own_phase_and_stops_when_they_leave():
    async def main():
        loop = asyncio.get_running_loop()
        pacer = Pacer(loop)
        start_s = loop.time()
        counts = [0] * 10
        done = asyncio.Event()
        beats = []

        def ticker(i):
            def tick(_now_s):
                counts[i] += 1
                if counts[i] == 5:
                    beats[i].leave()
                if min(counts) >= 5:
                    done.set()
                return start_s + i * 0.002 + counts[i] * 0.020

            return tick

        beats += [pacer.join(ticker(i), failed=lambda: None) for i in range(10)]
        async with asyncio.timeout(5):
            await done.wait()
        await asyncio.sleep(0.05)
        pacer.close()
        return counts

    assert asyncio.run(main()) == [5] * 10


def test_a_moved_beat_ticks_at_the_new_time_once():
    async def main():
        loop = asyncio.get_running_loop()
        pacer = Pacer(loop)
        first, ticked = asyncio.Event(), asyncio.Event()
        count = 0

        def tick(now_s):
            nonlocal count
            count += 1
            first.set()
            if count == 2:
                ticked.set()
            return now_s + 3600

        beat = pacer.join(tick, failed=lambda: None)
        await first.wait()
        beat.move(loop.time())
        async with asyncio.timeout(5):
            await ticked.wait()
        await asyncio.sleep(0.05)
        pacer.close()
        return count

    assert asyncio.run(main()) == 2


def test_a_call_that_fails_is_told_and_costs_the_others_nothing():
    async def main():
        loop = asyncio.get_running_loop()
        pacer = Pacer(loop)
        enough = asyncio.Event()
        failures, ticks = [], []

        def broken(_now_s):
            raise ZeroDivisionError

        def sound(now_s):
            ticks.append(now_s)
            if len(ticks) == 5:
                enough.set()
            return now_s + 0.005

        pacer.join(broken, failed=lambda: failures.append("broken"))
        pacer.join(sound, failed=lambda: failures.append("sound"))
        async with asyncio.timeout(5):
            await enough.wait()
        pacer.close()
        return failures

    assert asyncio.run(main()) == ["broken"]


def test_many_calls_due_at_once_let_others_in_between():
    async def main():
        loop = asyncio.get_running_loop()
        pacer = Pacer(loop)
        order, done = [], asyncio.Event()
        due_s = loop.time() + 0.05

        def ticker(i):
            def tick(now_s):
                if now_s < due_s - 0.01:
                    return due_s  # joining ticks at once: now all are due together
                order.append(i)
                if len(order) == 1:
                    loop.call_soon(order.append, "another")
                if i == 49:
                    done.set()
                return now_s + 3600

            return tick

        for i in range(50):
            pacer.join(ticker(i), failed=lambda: None)
        async with asyncio.timeout(5):
            await done.wait()
        pacer.close()
        return order

    order = asyncio.run(main())
    assert [n for n in order if n != "another"] == list(range(50))
    assert order.index("another") < 25
