"""Companies in the database: put there all or nothing, read back as they change.

Every change raises one number, the revision. A removed company keeps its row, without a document,
so that whoever follows the revisions learns of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from ari_app.database import begin_writing, upserting
from ari_app.store import Store, companies, dids, utc_now
from audiosocket_agent.company import Company, complaint
from audiosocket_agent.company_fields import KEPT
from audiosocket_agent.errors import CompanyError

SETS = ("holidays", "blocked")  # of a company: without an order of their own


# Of a row among all that ever changed: its revision and its company's key. Companies that were put
# there together share a revision.
Place = tuple[int, str]
BEFORE_ALL: Place = (0, "")


class Change(Enum):
    """What an import does to a company."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class CompanyFile:
    """A company as a file has it."""

    path: Path
    company: Company


@dataclass(frozen=True, slots=True)
class Imported:
    """One company of an import.

    Attributes:
        key: The company.
        path: Its file.
        change: What the import does.
    """

    key: str
    path: Path
    change: Change


@dataclass(frozen=True, slots=True)
class Stored:
    """A company as the database has it.

    Attributes:
        key: The company.
        document: What its file set, as JSON; None: it was removed.
        revision: When it last changed, counted in changes of any company.
    """

    key: str
    document: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a service told of a company.

    Attributes:
        key: The company.
        document: What it sets, as `document_of` writes it; "" with None.
        company: It; None: there is no such company any more.
    """

    key: str
    document: str
    company: Company | None


def document_of(company: Company) -> str:
    """Return what a company's file sets, as JSON: equal companies give equal texts."""
    fields = company.model_dump(mode="json", exclude_unset=True)
    for name in SETS:
        if name in fields:
            fields[name] = sorted(fields[name])
    return json.dumps(fields, ensure_ascii=False)


def fields_of(document: str) -> dict[str, Any]:
    """Return the fields of a document, in the order of the file."""
    fields: dict[str, Any] = json.loads(document)
    return fields


def company_of(document: str) -> Company:
    """Return the company of a document.

    Raises:
        ValueError: One line, if an older or newer version of this program wrote it and this one
            cannot use it.
    """
    try:
        return Company.model_validate_json(document, context={KEPT: True})
    except ValidationError as error:
        raise ValueError(complaint(error)) from None


async def import_companies(
    store: Store, files: Sequence[CompanyFile], *, dry_run: bool = False
) -> list[Imported]:
    """Put companies into the database: all, or none if there is an error.

    Args:
        store: The database.
        files: The companies; one that is there already is replaced.
        dry_run: Only tell what would happen.

    Raises:
        CompanyError: If a company stands in two files, or a number belongs to two companies.
    """
    _refuse_two_of_a_kind(files)
    async with store.transaction() as db:
        # At once the only writer: what is checked here still holds when it is written.
        await begin_writing(db)
        there = {row.key: row for row in await _rows(db)}
        owners = {row.number: row.key for row in await db.execute(sa.select(dids))}
        _refuse_numbers_of_others(files, owners)
        done = [Imported(f.company.key, f.path, _change(f, there)) for f in files]
        changed = [f.company for f, it in zip(files, done, strict=True)
                   if it.change is not Change.UNCHANGED]  # fmt: skip
        if changed and not dry_run:
            await _write(db, changed, 1 + max((row.revision for row in there.values()), default=0))
    return done


async def remove_company(store: Store, key: str) -> bool:
    """Take a company out of the database.

    Returns:
        Whether it was there.
    """
    async with store.transaction() as db:
        await begin_writing(db)
        latest = sa.select(sa.func.max(companies.c.revision)).scalar_subquery()
        removed = await db.execute(
            companies.update()
            .where(companies.c.key == key, companies.c.document.is_not(None))
            .values(document=None, revision=latest + 1, updated_at=utc_now())
        )
        await db.execute(dids.delete().where(dids.c.key == key))
    return removed.rowcount > 0


class CompanyRows:
    """The rows of companies in one table, followed as they change.

    Args:
        store: The database.
        table: Where they are: with columns `key`, `document` and `revision`.
        which: Narrows it down to some of the table's rows.
    """

    def __init__(
        self,
        store: Store,
        table: sa.Table = companies,
        which: sa.ColumnElement[bool] | None = None,
    ) -> None:
        self._store = store
        self._table = table
        self._which = sa.true() if which is None else which

    async def latest(self) -> int:
        """Return the revision of the last change; 0 if there was none."""
        query = sa.select(sa.func.max(self._table.c.revision)).where(self._which)
        async with self._store.transaction() as db:
            return await db.scalar(query) or 0

    async def after(self, place: Place, most: int) -> list[Stored]:
        """Return a page of what changed after a place, in the order it did.

        Args:
            place: The last row known.
            most: Rows of a page.
        """
        revision, key = place
        table = self._table.c
        same = sa.and_(table.revision == revision, table.key > key)
        query = sa.select(table.key, table.document, table.revision).where(
            self._which, sa.or_(table.revision > revision, same)
        )
        async with self._store.transaction() as db:
            rows = await db.execute(query.order_by(table.revision, table.key).limit(most))
            return [Stored(row.key, row.document, row.revision) for row in rows]


async def latest_revision(store: Store) -> int:
    """Return the revision of the last change of any company; 0 if there was none."""
    return await CompanyRows(store).latest()


async def _rows(db: AsyncConnection) -> list[Stored]:
    query = sa.select(companies.c.key, companies.c.document, companies.c.revision)
    rows = await db.execute(query.order_by(companies.c.revision))
    return [Stored(row.key, row.document, row.revision) for row in rows]


async def _write(db: AsyncConnection, changed: Sequence[Company], revision: int) -> None:
    """Write companies; few statements, as calls cannot note anything meanwhile."""
    now = utc_now()
    rows = [
        {"key": one.key, "document": document_of(one), "revision": revision, "updated_at": now}
        for one in changed
    ]
    numbers = [{"number": number, "key": one.key} for one in changed for number in one.dids]
    replaced = ["document", "revision", "updated_at"]
    of_key = dids.delete().where(dids.c.key == sa.bindparam("of_key"))
    await db.execute(of_key, [{"of_key": one.key} for one in changed])
    await db.execute(upserting(db, companies, ["key"], replaced), rows)
    await db.execute(dids.insert(), numbers)


def _change(file: CompanyFile, there: Mapping[str, Stored]) -> Change:
    stored = there.get(file.company.key)
    if stored is None or stored.document is None:
        return Change.NEW
    same = stored.document == document_of(file.company)
    return Change.UNCHANGED if same else Change.CHANGED


def _refuse_two_of_a_kind(files: Iterable[CompanyFile]) -> None:
    keys: dict[str, Path] = {}
    numbers: dict[str, str] = {}
    for file in files:
        key = file.company.key
        if key in keys:
            raise CompanyError(file.path, f"key: {key} stands in {keys[key]} too")
        keys[key] = file.path
        for number in file.company.dids:
            if number in numbers:
                raise CompanyError(
                    file.path, f"dids: {number} already belongs to {numbers[number]}"
                )
            numbers[number] = key


def _refuse_numbers_of_others(files: Sequence[CompanyFile], owners: Mapping[str, str]) -> None:
    replaced = {file.company.key for file in files}
    for file in files:
        for number in file.company.dids:
            owner = owners.get(number)
            if owner is not None and owner not in replaced:
                raise CompanyError(
                    file.path,
                    f"dids: {number} already belongs to {owner}; take it from there first, or "
                    f"remove that company: voiceagent companies remove {owner}",
                )
