"""What is free at each company, kept in memory for the calls of a process."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from ari_app.diary.book import Book
from audiosocket_agent.agenda import Agenda, Visit
from audiosocket_agent.company import Company

log = logging.getLogger(__name__)

FRESH_S = 1.0  # what was read is used at once, and read again beside the talk when it is older
STALE_S = 10.0  # older than this it is not used


@dataclass(slots=True)
class _Seen:
    company: Company
    visits: frozenset[Visit]
    agenda: Agenda
    read_s: float
    reading: asyncio.Task[None] | None = None


class Agendas:
    """The last agenda of each company.

    Args:
        book: Where they are read.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._seen: dict[str, _Seen] = {}
        self._version = 0
        self._changes = 0  # how often something was said to have changed

    async def of(self, company: Company) -> Agenda:
        """Return a company's agenda; from memory where that is young enough.

        Raises:
            sqlalchemy.exc.DBAPIError: If it has to be read and cannot be.
        """
        seen = self._seen.get(company.key)
        if seen is None or seen.company is not company or self._age_s(seen) > STALE_S:
            return (await self._read(company)).agenda
        if self._age_s(seen) > FRESH_S and (seen.reading is None or seen.reading.done()):
            seen.reading = asyncio.create_task(self._read_beside(company))
        return seen.agenda

    def forget(self, company: Company) -> None:
        """Have a company's agenda read again before it is used: it has changed."""
        self._changes += 1
        seen = self._seen.get(company.key)
        if seen is not None:
            seen.read_s = float("-inf")

    async def close(self) -> None:
        """Finish what is being read."""
        await asyncio.gather(*(seen.reading for seen in self._seen.values() if seen.reading))

    async def _read(self, company: Company) -> _Seen:
        changes = self._changes
        visits = frozenset(await self._book.visits(company))
        before = self._seen.get(company.key)
        if before is None or before.company is not company or before.visits != visits:
            self._version += 1
            agenda = Agenda(company, visits, self._book.now(), self._version)
        else:
            agenda = before.agenda
        reading = None if before is None else before.reading
        # What has changed since the reading began may not be in it.
        now_s = asyncio.get_running_loop().time()
        read_s = now_s if self._changes == changes else float("-inf")
        self._seen[company.key] = seen = _Seen(company, visits, agenda, read_s, reading)
        return seen

    async def _read_beside(self, company: Company) -> None:
        try:
            await self._read(company)
        except DBAPIError as error:
            log.error("a calendar cannot be read: %s", type(error.orig).__name__)

    def _age_s(self, seen: _Seen) -> float:
        return asyncio.get_running_loop().time() - seen.read_s
