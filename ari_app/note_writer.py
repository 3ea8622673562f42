"""Writing notes of calls into the database, in order, without anybody waiting for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import DBAPIError, OperationalError

log = logging.getLogger(__name__)

# A call makes about one note a second. Past this the database has been stuck for minutes, and notes
# are dropped, with a line in the log, rather than callers.
MOST_WAITING = 5000
BUSY_PAUSE_S = 0.5
CLOSE_DEADLINE_S = 3.0  # a database that is still busy then would keep the process from ending


class NoteWriter:
    """Writes one note after the other, from one task."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(MOST_WAITING)
        self._writer = asyncio.create_task(self._write())

    async def written(self) -> None:
        """Wait until everything noted so far is written."""
        await self._waiting.join()

    async def close(self) -> None:
        """Write what is waiting, for at most `CLOSE_DEADLINE_S`, then stop."""
        try:
            await asyncio.wait_for(self.written(), CLOSE_DEADLINE_S)
        except TimeoutError:
            log.error("the database is busy; %d notes of calls are lost", self._waiting.qsize() + 1)
        self._writer.cancel()

    def note(self, write: Callable[[], Awaitable[None]]) -> None:
        """Have something written; returns at once and never raises."""
        try:
            self._waiting.put_nowait(write)
        except asyncio.QueueFull:
            log.error("the database does not keep up; a note of a call was dropped")

    async def _write(self) -> None:
        while True:
            write = await self._waiting.get()
            try:
                await self._write_one(write)
            finally:
                self._waiting.task_done()

    async def _write_one(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write one note; a database that is busy is waited for, and the notes behind wait too."""
        while True:
            try:
                return await write()
            except OperationalError:
                log.warning("the database is busy; a note of a call waits")
                await asyncio.sleep(BUSY_PAUSE_S)
            except DBAPIError as error:
                # The statement's parameters are personal data: only the driver's words are logged.
                log.error("a note of a call was refused: %s", type(error.orig).__name__)
                return None
            except Exception as error:  # one odd note must not stop those behind it
                log.error("a note of a call could not be written: %s", type(error).__name__)
                return None
