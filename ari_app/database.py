"""Everything that depends on which database holds the records; no other module names one.

SQLite is what the agent runs on. What is written for it here has its PostgreSQL twin beside it, so
that another engine is all a move would take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 3000
_WRITERS_LOCK = 0x76616E74  # any number will do, as long as every writer takes the same


def writing_engine(path: Path) -> AsyncEngine:
    """Return the engine of the running roles for a database file; makes the file when it is used.

    Args:
        path: The file.
    """
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", hide_parameters=True)
    sa.event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


def reading_engine(path: Path) -> sa.Engine:
    """Return the engine of a command that looks at a database file and changes nothing."""
    engine = sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", hide_parameters=True)
    sa.event.listen(
        engine, "connect", lambda c, _: c.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    )
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # with a WAL: a crash loses nothing committed
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


async def begin_writing(db: AsyncConnection, *, lasting: bool = False) -> None:
    """Make a transaction the only one that checks and writes; call it first thing in it.

    What is read in it afterwards still holds when it is written. Other writers wait.

    Args:
        db: The connection, with nothing done on it yet.
        lasting: Whether what is committed also survives a loss of power.
    """
    if db.dialect.name == "sqlite":
        if lasting:
            await db.exec_driver_sql("PRAGMA synchronous=FULL")  # stays: it costs, it does no harm
        await db.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        await db.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITERS_LOCK)))


def upserting(
    db: AsyncConnection | sa.Connection,
    table: sa.Table,
    keys: Sequence[str],
    replaced: Sequence[str],
) -> sa.Insert:
    """Return an insert that replaces columns of the row that has the same keys already.

    Args:
        db: Tells which database it is.
        table: Where; the rows are given when it is executed, one or many.
        keys: Columns of its primary key, or of a unique constraint.
        replaced: Columns that take what was to be inserted; none: the row stays as it is.
    """
    if db.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        lite = insert_sqlite(table)
        if not replaced:
            return lite.on_conflict_do_nothing(index_elements=keys)
        return lite.on_conflict_do_update(index_elements=keys, set_=_new(lite.excluded, replaced))
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql

    other = insert_postgresql(table)
    if not replaced:
        return other.on_conflict_do_nothing(index_elements=keys)
    return other.on_conflict_do_update(index_elements=keys, set_=_new(other.excluded, replaced))


def _new(excluded: Any, names: Sequence[str]) -> Mapping[str, Any]:
    return {name: excluded[name] for name in names}
