"""The companies as the running roles know them: read from the database, followed as they change."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from ari_app.company_store import (
    BEFORE_ALL,
    Change,
    CompanyFile,
    CompanyRows,
    Learnt,
    Place,
    Stored,
    company_of,
    import_companies,
    latest_revision,
)
from ari_app.numbers import e164
from ari_app.settings import Settings
from ari_app.store import Store
from audiosocket_agent.company import Company, load_company
from audiosocket_agent.errors import CompanyError, together
from audiosocket_agent.workflow.load import WORKFLOW_FILE

log = logging.getLogger(__name__)

REFRESH_S = 1.0
LOOKUP_S = 0.05  # a caller hears nothing of it; the routing of a call has a second in all
PAGE = 25  # rows: a few milliseconds of another thread's work, and then the loop's others again
SLICE_S = 0.001  # of the loop at a time: a frame of every call is due every 20 ms
LONG = 2000  # characters; a company with a workflow of its own takes milliseconds to check
MOST_LOOKUPS = 100  # at once; a number nobody knows is anything a caller dials


class Rows(Protocol):
    """Companies as they are kept, followed as they change; see `CompanyRows`."""

    async def latest(self) -> int:
        """Return the revision of the last change; 0 if there was none."""

    async def after(self, place: Place, most: int) -> list[Stored]:
        """Return a page of what changed after a place, in the order it did."""


class Elsewhere(Protocol):
    """A service that keeps the companies; see `ari_app.context.remote`."""

    @property
    def copies(self) -> Rows:
        """What is kept here of it."""

    def is_due(self, key: str) -> bool:
        """Whether it is time to ask again about a company that is known."""

    async def ask(self, number: str) -> Sequence[Learnt]:
        """Ask whose number that is; never raises."""


class Directory:
    """Which company a number belongs to; safe to ask at any time.

    `by_did` never waits, `lookup` not longer than it is told to.

    Args:
        store: The database.
        region: Country whose way of writing numbers is understood, ISO 3166.
        elsewhere: A service that keeps the companies instead of the database.
    """

    def __init__(self, store: Store, region: str, elsewhere: Elsewhere | None = None) -> None:
        self._rows: Rows = CompanyRows(store) if elsewhere is None else elsewhere.copies
        self._region = region
        self._elsewhere = elsewhere
        self._place = BEFORE_ALL
        self._by_key: Mapping[str, Company] = {}
        self._by_did: Mapping[str, Company] = {}
        self._stored: Mapping[str, Stored] = {}
        self._reading = asyncio.Lock()
        self._lookups: dict[str, asyncio.Task[None]] = {}
        self._on_change: Callable[[], None] = lambda: None
        self._unreadable = False
        self._is_news = False  # what nobody has read in the log yet

    @property
    def companies(self) -> Mapping[str, Company]:
        """All companies by key; a later change makes a new mapping."""
        return self._by_key

    @property
    def dids(self) -> Mapping[str, Company]:
        """All companies by the digits of their numbers; a later change makes a new mapping."""
        return self._by_did

    @property
    def stored(self) -> Mapping[str, Stored]:
        """The documents of all companies by key; a later change makes a new mapping."""
        return self._stored

    @property
    def rows(self) -> Rows:
        """Where the companies are kept."""
        return self._rows

    def by_key(self, key: str) -> Company | None:
        """Return a company."""
        return self._by_key.get(key)

    def by_did(self, did: str) -> Company | None:
        """Return the company a dialled number belongs to, however the number is written."""
        exact = self._by_did.get(did)
        if exact is not None:
            return exact
        digits = e164(did, self._region)
        return None if digits is None else self._by_did.get(digits)

    async def lookup(self, did: str, deadline_s: float = LOOKUP_S) -> Company | None:
        """Return the company of a dialled number; asks for one that is not known.

        What is known is told at once, and asked about behind it where that is due. When the
        answer takes longer than the deadline, it is still there for the next call.

        Args:
            did: The number, however it is written.
            deadline_s: The longest wait, in seconds.
        """
        known = self.by_did(did)
        if known is not None and (self._elsewhere is None or not self._elsewhere.is_due(known.key)):
            return known
        number = e164(did, self._region)
        if number is None or (asking := self._begin_lookup(number)) is None or known is not None:
            return known
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                await asyncio.shield(asking)
        return self.by_did(number)

    def _begin_lookup(self, number: str) -> asyncio.Task[None] | None:
        """Ask about a number, once at a time; None if too much is asked already."""
        asking = self._lookups.get(number)
        if asking is None and len(self._lookups) < MOST_LOOKUPS:
            asking = asyncio.create_task(self._find(number))
            self._lookups[number] = asking
            asking.add_done_callback(lambda _done: self._lookups.pop(number, None))
        return asking

    async def _find(self, number: str) -> None:
        if self._elsewhere is not None:
            await self.learn(await self._elsewhere.ask(number))
        else:
            await self._look()

    async def learn(self, learnt: Iterable[Learnt]) -> None:
        """Take what was told of companies, before it is read back from where it is kept."""
        async with self._reading:
            different = [it for it in learnt if not self._knows(it)]
            if not different:
                return
            news = _News(self._by_key, self._by_did, self._stored)
            for it in different:
                news.remove(it.key)
                if it.company is not None:
                    news.put(Stored(it.key, it.document, 0), it.company)
            self._take(news)

    def _knows(self, it: Learnt) -> bool:
        if it.company is None:
            return it.key not in self._stored
        return it.key in self._stored and self._stored[it.key].document == it.document

    async def refresh(self) -> bool:
        """Read what changed since the last time, a little at a time.

        Returns:
            Whether anything did.

        Raises:
            sqlalchemy.exc.DBAPIError: If the database cannot be read; what was known stays known.
        """
        async with self._reading:
            latest = await self._rows.latest()
            if latest == self._place[0]:
                return False
            # An older copy of the database was put back: what came after it is not true any more.
            anew = latest < self._place[0]
            place = BEFORE_ALL if anew else self._place
            news = _News({}, {}, {}) if anew else _News(self._by_key, self._by_did, self._stored)
            news.changed = anew
            while page := await self._rows.after(place, PAGE):
                await _read(page, news)
                place = (page[-1].revision, page[-1].key)
            self._place = place
            self._take(news)
            return news.changed

    def _take(self, news: _News) -> None:
        self._stored = news.stored
        if news.changed:
            self._by_did, self._by_key = news.by_did, news.by_key
            self._is_news = True
            self._on_change()

    async def watch(
        self, stop: asyncio.Event, on_change: Callable[[], None] = lambda: None
    ) -> None:
        """Follow the database until told to stop.

        It is told, not cancelled: a query cancelled half-way would keep its connection.

        Args:
            stop: Ends it.
            on_change: Called after every change.
        """
        self._on_change = on_change
        self._is_news = False
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REFRESH_S)
            await self._look()
            if self._is_news:
                log.info("companies changed; there are %d", len(self._by_key))
                self._is_news = False
        await asyncio.gather(*self._lookups.values(), return_exceptions=True)

    async def _look(self) -> None:
        """Refresh; what cannot be read is said once."""
        try:
            await self.refresh()
            self._unreadable = False
        except DBAPIError as error:
            if not self._unreadable:
                log.error("companies cannot be read, the old ones stay: %s", error.orig)
            self._unreadable = True


class _News:
    """All companies after some have changed; whoever holds the mappings of before keeps those."""

    def __init__(
        self,
        by_key: Mapping[str, Company],
        by_did: Mapping[str, Company],
        stored: Mapping[str, Stored],
    ) -> None:
        self.by_key = dict(by_key)
        self.by_did = dict(by_did)
        self.stored = dict(stored)
        self.changed = False

    def has(self, key: str, document: str) -> bool:
        """Whether a company has this document already."""
        return key in self.stored and self.stored[key].document == document

    def put(self, stored: Stored, company: Company) -> None:
        """Add a company, or put it in the place of the one of before."""
        self.remove(stored.key)
        self.by_key[stored.key] = company
        self.stored[stored.key] = stored
        self.by_did.update(dict.fromkeys(company.dids, company))
        self.changed = True

    def remove(self, key: str) -> None:
        """Take a company away, and the numbers that are still its own."""
        self.stored.pop(key, None)
        gone = self.by_key.pop(key, None)
        if gone is None:
            return
        for did in gone.dids:
            if self.by_did.get(did) is gone:
                del self.by_did[did]
        self.changed = True


async def _read(page: Iterable[Stored], news: _News) -> None:
    """Read rows, and let the loop's others have their turn in between."""
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    for row in page:
        if row.document is None:
            news.remove(row.key)
        elif news.has(row.key, row.document):
            news.stored[row.key] = row
        else:
            try:
                news.put(row, await _company(row.document))
            except ValueError as error:
                news.remove(row.key)
                log.error("company %s is left out: %s; import it again", row.key, error)
        if loop.time() - begun_s > SLICE_S:
            await asyncio.sleep(0)
            begun_s = loop.time()


async def _company(document: str) -> Company:
    if len(document) < LONG:
        return company_of(document)
    return await asyncio.to_thread(company_of, document)


async def load(store: Store, settings: Settings, elsewhere: Elsewhere | None = None) -> Directory:
    """Return the companies at a start.

    Those of the folder that is set go into the database first, and win over what it has of them;
    the sample that comes with the program only goes into a database without companies. With a
    service that keeps them, they are those it told last.

    Raises:
        CompanyError: One line, if a file is wrong or the folder holds none.
        sqlalchemy.exc.DBAPIError: If the database cannot be used.
    """
    chosen = "companies" in settings.model_fields_set
    if elsewhere is not None:
        if chosen:
            log.warning("VOICEAGENT_COMPANIES is not read: VOICEAGENT_CONTEXT_URL keeps them")
    elif chosen or await latest_revision(store) == 0:
        for done in await import_companies(
            store, read_files([settings.companies], settings.region)
        ):
            if done.change is not Change.UNCHANGED:
                log.info("company %s is %s", done.key, done.change.value)
    directory = Directory(store, settings.region, elsewhere)
    await directory.refresh()
    log.info("there are %d companies", len(directory.companies))
    key = settings.unknown_did.partition(":")[2]
    if key and directory.by_key(key) is None and elsewhere is None:
        log.warning("VOICEAGENT_UNKNOWN_DID: there is no company %s; such calls go to people", key)
    return directory


def read_files(paths: list[Path], region: str) -> list[CompanyFile]:
    """Read company files.

    Args:
        paths: Files, or folders of ``*.yaml`` files.
        region: Country whose way of writing numbers is meant.

    Raises:
        CompanyError: If files are wrong, with all their mistakes, or a folder is missing or holds
            none.
    """
    read_number = partial(e164, region=region)
    files: list[CompanyFile] = []
    wrong: list[CompanyError] = []
    for path in paths:
        try:
            found = [path] if not path.is_dir() else [path / name for name in _names(path)]
            path.stat()
        except FileNotFoundError:
            raise CompanyError(path, "there is no such file or folder") from None
        except OSError as error:
            raise CompanyError(path, error.strerror or "cannot be read") from None
        if not found:
            raise CompanyError(path, "holds no company: put at least one NAME.yaml there")
        for file in found:
            try:
                files.append(CompanyFile(file, load_company(file, read_number)))
            except CompanyError as error:
                wrong.append(error)
    if wrong:
        raise together(wrong)
    return files


def _names(folder: Path) -> list[str]:
    """Return the company files of a folder; unlike glob, which finds none where it may not look.

    Workflows lie beside them, and are read where a company names them.

    Raises:
        OSError: If it cannot be read.
    """
    names = sorted(name for name in os.listdir(folder) if not name.endswith(WORKFLOW_FILE))
    return [name for name in names if name.endswith(".yaml") and not name.startswith(".")]
