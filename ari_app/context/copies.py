"""What another service said of companies, kept in the database: it may be away, and so may we."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from ari_app.company_store import CompanyRows, Learnt
from ari_app.context.tables import company_copies
from ari_app.database import begin_writing, upserting
from ari_app.store import Store, utc_now


class Copies(CompanyRows):
    """The copies of one service's companies; both roles write and read them.

    Args:
        store: The database.
        source: The service's address; another one's copies are not seen.
    """

    def __init__(self, store: Store, source: str) -> None:
        super().__init__(store, company_copies, company_copies.c.source == source)
        self._source = source

    async def put(self, learnt: Sequence[Learnt]) -> None:
        """Keep what was told; what is the same as before is no change.

        Raises:
            sqlalchemy.exc.DBAPIError: If the database does not take it.
        """
        table = company_copies.c
        wanted: Mapping[str, str | None] = {
            it.key: it.document if it.company is not None else None for it in learnt
        }
        async with self._store.transaction() as db:
            await begin_writing(db)
            known = sa.select(table.key, table.document).where(
                table.source == self._source, table.key.in_(wanted)
            )
            there: dict[str, str | None] = {
                row.key: row.document for row in await db.execute(known)
            }
            # A company that is gone and was never there needs no row.
            changed = [key for key, document in wanted.items() if there.get(key) != document]
            if not changed:
                return
            newest = sa.select(sa.func.max(table.revision)).where(table.source == self._source)
            common = {
                "source": self._source,
                "revision": (await db.scalar(newest) or 0) + 1,
                "updated_at": utc_now(),
            }
            rows = [common | {"key": key, "document": wanted[key]} for key in changed]
            replaced = ["document", "revision", "updated_at"]
            await db.execute(upserting(db, company_copies, ["source", "key"], replaced), rows)
