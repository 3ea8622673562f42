"""Brings the database to the tables this version of the program works with.

A database that is up to date costs one look. Alembic, which is slow to import, is only asked for
one that is not. All changes are one transaction under the writers' lock: of two processes that
start together the second finds the work done, and a crash leaves the database as it was.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from ari_app.database import begin_writing

if TYPE_CHECKING:
    from alembic.config import Config

REVISIONS = ("0001", "0002", "0003")  # of migrations/versions; the last is what we work with
MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The database is one this version of the program must not touch; the text is one line."""


async def bring_up_to_date(engine: AsyncEngine) -> None:
    """Make the tables of a new database, or change those of an older one; data stays.

    Raises:
        SchemaError: If a newer version of the program made it.
        sqlalchemy.exc.DBAPIError: If it cannot be read or written.
    """
    async with engine.connect() as db:
        if await db.run_sync(_is_current):
            return
    async with engine.begin() as db:
        await begin_writing(db)
        if not await db.run_sync(_is_current):
            await db.run_sync(_upgrade)


def print_sql(dialect: str, out: TextIO) -> None:
    """Write all changes as SQL, for a database that somebody else looks after.

    Args:
        dialect: ``postgresql`` or ``sqlite``.
        out: Where to.
    """
    from alembic import command

    config = _config()
    config.output_buffer = out
    config.attributes["dialect"] = dialect
    command.upgrade(config, "head", sql=True)


def _is_current(db: sa.Connection) -> bool:
    """Whether a database has the tables we work with.

    Raises:
        SchemaError: If it has those of a later version.
    """
    if not sa.inspect(db).has_table("alembic_version"):
        return False
    version = db.scalar(sa.text("SELECT version_num FROM alembic_version"))
    if version is not None and version not in REVISIONS:
        raise SchemaError(
            f"the database was made by a newer version of this program (its tables are number "
            f"{version}, this program's are {REVISIONS[-1]}): install that version again, or put "
            "back the copy of the database from before"
        )
    return bool(version == REVISIONS[-1])


def _upgrade(db: sa.Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = db
    command.upgrade(config, "head")


def _config() -> Config:
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # of no use to anybody
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
