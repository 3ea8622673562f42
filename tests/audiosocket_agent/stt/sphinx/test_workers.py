"""Real workers, killed and frozen: every utterance is answered and no process stays behind."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import uvloop

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.stt.sphinx.workers import WorkerPool
from tests.audiosocket_agent.stt.callers import spoken

PHRASES = ("no", "operator", "yes please")


def pooled(scenario, size=1, **settings):
    """Run a scenario on a started pool; close it; return its result and the pids it ever had.

    A busy machine takes long to start a worker: nobody here gives up waiting for one.
    """

    async def main():
        pool = WorkerPool(size, **{"wait_s": 30.0} | settings)
        await pool.start()
        try:
            return await scenario(pool)
        finally:
            await pool.close()
            assert pool.pids == ()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as in production
        return runner.run(main())


def gone(pid):
    """Wait until the process has ended; whoever reaps it."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


def test_an_utterance_is_recognised_and_closing_ends_the_processes():
    async def scenario(pool):
        reply = await pool.recognise(spoken("yes please"), PHRASES)
        assert reply.text == "yes please"
        return pool.pids

    pids = pooled(scenario, size=2)
    assert len(set(pids)) == 2
    assert all(not Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_worker_killed_in_mid_utterance_is_replaced_and_the_utterance_retried():
    async def scenario(pool):
        (old,) = pool.pids
        os.kill(old, signal.SIGSTOP)  # so that it cannot answer before it dies
        asking = asyncio.create_task(pool.recognise(spoken("yes please"), PHRASES))
        await asyncio.sleep(0)
        os.kill(old, signal.SIGKILL)
        assert (await asking).text == "yes please"
        assert old not in pool.pids and len(pool.pids) == 1
        assert not Path(f"/proc/{old}").exists()

    pooled(scenario)


def test_workers_that_died_while_idle_cost_no_utterance():
    async def scenario(pool):
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
            assert gone(pid)
        await asyncio.sleep(0.1)  # the loop has noticed that the pipes are closed
        return await pool.recognise(spoken("yes please"), PHRASES)

    assert pooled(scenario, size=2).text == "yes please"


def test_a_frozen_worker_is_replaced_and_the_utterance_retried():
    async def scenario(pool):
        (old,) = pool.pids
        os.kill(old, signal.SIGSTOP)
        reply = await pool.recognise(spoken("yes please"), PHRASES)
        assert reply.text == "yes please"
        assert old not in pool.pids
        assert not Path(f"/proc/{old}").exists()

    pooled(scenario, decode_s=1.0)


def test_one_frozen_worker_does_not_hold_up_the_others():
    async def scenario(pool):
        os.kill(pool.pids[0], signal.SIGSTOP)
        replies = await asyncio.gather(
            *(pool.recognise(spoken("yes please"), PHRASES) for _ in range(6))
        )
        assert [reply.text for reply in replies] == ["yes please"] * 6

    pooled(scenario, size=2, decode_s=1.0)


def test_a_listener_that_goes_away_does_not_mix_up_the_answers():
    async def scenario(pool):
        asking = asyncio.create_task(pool.recognise(spoken("no"), PHRASES))
        await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await pool.recognise(spoken("yes please"), PHRASES)).text == "yes please"

    pooled(scenario)


def test_a_utterance_that_breaks_every_worker_is_given_up():
    async def scenario(pool):
        too_long = bytes(1 << 20)  # no worker accepts it: each one ends on it
        with pytest.raises(ProviderError, match="two recognisers failed"):
            await pool.recognise(too_long, PHRASES)
        assert (await pool.recognise(spoken("yes please"), PHRASES)).text == "yes please"

    pooled(scenario)


def test_a_closed_pool_recognises_nothing():
    async def main():
        pool = WorkerPool(1)
        await pool.start()
        await pool.close()
        await pool.close()
        with pytest.raises(ProviderError, match="closed"):
            await pool.recognise(spoken("no"), PHRASES)

    asyncio.run(main())


def test_workers_that_do_not_start_are_reported(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ProviderError, match="the process ended"):
        asyncio.run(WorkerPool(2).start())


PARENT = """
import asyncio, sys
from audiosocket_agent.stt.sphinx.workers import WorkerPool

async def main():
    pool = WorkerPool(2)
    await pool.start()
    print(*pool.pids, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("frozen", [False, True])
def test_workers_die_with_a_killed_parent(frozen):
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    if frozen:
        os.kill(pids[0], signal.SIGSTOP)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert all(gone(pid) for pid in pids)


def test_a_worker_ends_when_its_input_does():
    command = [sys.executable, "-m", "audiosocket_agent.stt.sphinx.worker", str(os.getpid())]
    worker = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    assert b'"number":0' in worker.stdout
