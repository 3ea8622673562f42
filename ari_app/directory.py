"""The companies as the running roles know them: read from the database, followed as they change."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from ari_app.company_store import (
    Change,
    CompanyFile,
    companies_since,
    company_of,
    import_companies,
    latest_revision,
)
from ari_app.numbers import e164
from ari_app.settings import Settings
from ari_app.store import Store
from audiosocket_agent.company import Company, load_company
from audiosocket_agent.errors import CompanyError

log = logging.getLogger(__name__)

REFRESH_S = 1.0


class Directory:
    """Which company a number belongs to; safe to ask at any time, never waits.

    Args:
        store: The database.
        region: Country whose way of writing numbers is understood, ISO 3166.
    """

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._region = region
        self._revision = 0
        self._by_key: Mapping[str, Company] = {}
        self._by_did: Mapping[str, Company] = {}
        self._unreadable = False

    @property
    def companies(self) -> Mapping[str, Company]:
        """All companies by key; a later change makes a new mapping."""
        return self._by_key

    @property
    def dids(self) -> Mapping[str, Company]:
        """All companies by the digits of their numbers; a later change makes a new mapping."""
        return self._by_did

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

    async def refresh(self) -> bool:
        """Read what changed since the last time.

        Returns:
            Whether anything did.

        Raises:
            sqlalchemy.exc.DBAPIError: If the database cannot be read; what was known stays known.
        """
        if await latest_revision(self._store) == self._revision:
            return False
        by_key = dict(self._by_key)
        for stored in await companies_since(self._store, self._revision):
            self._revision = stored.revision
            by_key.pop(stored.key, None)
            if stored.document is not None:
                try:
                    by_key[stored.key] = company_of(stored.document)
                except ValueError as error:
                    log.error("company %s is left out: %s; import it again", stored.key, error)
        self._by_did = {did: company for company in by_key.values() for did in company.dids}
        self._by_key = by_key
        return True

    async def watch(
        self, stop: asyncio.Event, on_change: Callable[[], None] = lambda: None
    ) -> None:
        """Follow the database until told to stop.

        It is told, not cancelled: a query cancelled half-way would keep its connection.

        Args:
            stop: Ends it.
            on_change: Called after every change.
        """
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REFRESH_S)
            try:
                if await self.refresh():
                    log.info("companies changed; there are %d", len(self._by_key))
                    on_change()
                self._unreadable = False
            except DBAPIError as error:
                if not self._unreadable:
                    log.error("companies cannot be read, the old ones stay: %s", error.orig)
                self._unreadable = True


async def load(store: Store, settings: Settings) -> Directory:
    """Return the companies at a start.

    Those of the folder that is set go into the database first, and win over what it has of them;
    the sample that comes with the program only goes into a database without companies.

    Raises:
        CompanyError: One line, if a file is wrong or the folder holds none.
        sqlalchemy.exc.DBAPIError: If the database cannot be used.
    """
    chosen = "companies" in settings.model_fields_set
    if chosen or await latest_revision(store) == 0:
        for done in await import_companies(
            store, read_files([settings.companies], settings.region)
        ):
            if done.change is not Change.UNCHANGED:
                log.info("company %s is %s", done.key, done.change.value)
    directory = Directory(store, settings.region)
    await directory.refresh()
    key = settings.unknown_did.partition(":")[2]
    if key and directory.by_key(key) is None:
        log.warning("VOICEAGENT_UNKNOWN_DID: there is no company %s; such calls go to people", key)
    return directory


def read_files(paths: list[Path], region: str) -> list[CompanyFile]:
    """Read company files.

    Args:
        paths: Files, or folders of ``*.yaml`` files.
        region: Country whose way of writing numbers is meant.

    Raises:
        CompanyError: One line, if a file is wrong, or a folder is missing or holds none.
    """
    read_number = partial(e164, region=region)
    files = []
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
        files += [CompanyFile(file, load_company(file, read_number)) for file in found]
    return files


def _names(folder: Path) -> list[str]:
    """Return the company files of a folder; unlike glob, which finds none where it may not look.

    Raises:
        OSError: If it cannot be read.
    """
    names = sorted(os.listdir(folder))
    return [name for name in names if name.endswith(".yaml") and not name.startswith(".")]
