"""The pool of recogniser processes: who works, who died, who takes over.

One utterance occupies one worker. A worker that dies, hangs or talks nonsense is killed and
replaced in the background, and its utterance is given to another one, once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.patience import Patience
from audiosocket_agent.stt.sphinx.wire import (
    PREFIX,
    Reply,
    Request,
    WireError,
    decode_reply,
    encode_request,
    lengths,
)

PROVIDER = "offline"
READY_S = 20.0  # loading the model takes 0.6 s of an idle core; a busy machine starts many at once
DECODE_S = 3.0  # an utterance of the longest kind takes about 0.6 s of a core
WAIT_S = 4.0  # for a free worker; later than this the caller has spoken again
TRIES = 2
RESTART_PAUSE_S = 1.0  # between attempts to start a worker that does not start
PIPE_BYTES = 65536

_log = logging.getLogger(__name__)


class WorkerPool:
    """Recogniser processes, started ahead and kept at their number.

    Args:
        size: How many.
        decode_s: How long one utterance may take before its worker counts as hung.
        wait_s: How long an utterance waits for a worker.
    """

    def __init__(self, size: int, *, decode_s: float = DECODE_S, wait_s: float = WAIT_S) -> None:
        self._size = size
        self._decode_s = decode_s
        self._wait_s = wait_s
        self._workers: set[_Worker] = set()
        # Holds every idle worker; never more than `size` exist, so it is never full.
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._replacing: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The process numbers of the workers; one that is being replaced counts until it ended."""
        return tuple(worker.pid for worker in self._workers)

    async def start(self) -> None:
        """Start all workers at once and wait until each is ready.

        Raises:
            ProviderError: If one does not start; those that did are stopped.
        """
        starts = (self._add_worker() for _ in range(self._size))
        try:
            results = await asyncio.gather(*starts, return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
        except BaseException:
            await self.close()
            raise

    async def recognise(self, pcm: bytes, phrases: tuple[str, ...]) -> Reply:
        """Have one utterance recognised; callers wait in line for a free worker.

        Raises:
            ProviderError: If no worker was free in time, or the retry failed too.
        """
        for _ in range(TRIES):
            worker = await self._free_worker()
            try:
                reply = await worker.ask(pcm, phrases, self._decode_s)
            except ProviderError as error:
                _log.warning("a recogniser is replaced: %s", error)
                self._replace(worker)
            except BaseException:
                # Cancelled with a reply under way: the pipe is out of step from here on.
                self._replace(worker)
                raise
            else:
                self._idle.put_nowait(worker)
                return reply
        raise ProviderError(PROVIDER, "two recognisers failed on one utterance", retryable=True)

    async def close(self) -> None:
        """Stop every worker; idempotent."""
        self._closed = True
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        workers, self._workers = self._workers, set()
        await asyncio.gather(*(worker.stop() for worker in workers))

    async def _free_worker(self) -> _Worker:
        if self._closed:
            raise ProviderError(PROVIDER, "the recogniser is closed")
        try:
            async with asyncio.timeout(self._wait_s):
                # One that died while idle costs no utterance one of its tries.
                while (worker := await self._idle.get()).ended:
                    _log.warning("a recogniser died while idle and is replaced")
                    self._replace(worker)
                return worker
        except TimeoutError:
            what = f"no recogniser was free for {self._wait_s:g} s"
            raise ProviderError(PROVIDER, what, retryable=True) from None

    async def _add_worker(self) -> None:
        worker = await _Worker.start()
        # At once, ready or not: from here on `close` finds it and stops it.
        self._workers.add(worker)
        try:
            await worker.ready()
        except ProviderError:
            await self._remove_worker(worker)
            raise
        self._idle.put_nowait(worker)

    async def _remove_worker(self, worker: _Worker) -> None:
        await worker.stop()
        # Not before: closing the pool in the middle of this stops the worker once more.
        self._workers.discard(worker)

    def _replace(self, worker: _Worker) -> None:
        task = asyncio.create_task(self._swap(worker))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _swap(self, worker: _Worker) -> None:
        await self._remove_worker(worker)
        while not self._closed:
            try:
                return await self._add_worker()
            except ProviderError as error:
                _log.error("a recogniser does not start: %s", error)
                await asyncio.sleep(RESTART_PAUSE_S)


class _Worker:
    """One recogniser process and the pipe to it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._number = 0
        self.pid = process.pid

    @classmethod
    async def start(cls) -> _Worker:
        command = (sys.executable, "-m", "audiosocket_agent.stt.sphinx.worker", str(os.getpid()))
        # The workers are the parallelism; more threads in each would only spin on the same cores.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, limit=PIPE_BYTES, env=environment
            )
        except OSError as error:
            raise ProviderError(PROVIDER, f"cannot start: {error.strerror}") from error
        return cls(process)

    async def ready(self) -> None:
        """Wait until the model is loaded."""
        await self._reply(0, READY_S)

    @property
    def ended(self) -> bool:
        """Whether its process is known to have ended."""
        return self._process.returncode is not None

    async def ask(self, pcm: bytes, phrases: tuple[str, ...], deadline_s: float) -> Reply:
        assert self._process.stdin is not None
        self._number += 1
        # Not drained: at most one utterance lies in the buffer, and a worker that does not read it
        # misses the deadline of its reply.
        try:
            self._process.stdin.write(encode_request(Request(self._number, phrases, pcm)))
        except (RuntimeError, OSError):
            # The process died while idle: uvloop then refuses the write with a RuntimeError.
            raise ProviderError(PROVIDER, "the process ended", retryable=True) from None
        return await self._reply(self._number, deadline_s)

    async def _reply(self, number: int, deadline_s: float) -> Reply:
        assert self._process.stdout is not None
        try:
            async with Patience().within(deadline_s):
                json_bytes, _ = lengths(await self._process.stdout.readexactly(PREFIX.size))
                reply = decode_reply(await self._process.stdout.readexactly(json_bytes))
        except TimeoutError:
            raise ProviderError(PROVIDER, f"no reply in {deadline_s} s", retryable=True) from None
        except (asyncio.IncompleteReadError, OSError):
            raise ProviderError(PROVIDER, "the process ended", retryable=True) from None
        except WireError as error:
            raise ProviderError(PROVIDER, f"unreadable reply: {error}", retryable=True) from error
        if reply.number != number:
            raise ProviderError(PROVIDER, "the reply to another request", retryable=True)
        return reply

    async def stop(self) -> None:
        """Kill the process, which has nothing to save, and collect it; may be called again."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        with suppress(OSError):
            await self._process.stdout.read()
        await self._process.wait()
