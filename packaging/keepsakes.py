"""Puts one of everything into the agent's database, with its own store, or prints what is there.

For `check.sh`, run by the Python of the installed version: another version must read it all.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ari_app.settings import load_settings
from ari_app.store import metadata, open_store


async def _put(path: Path, name: str) -> None:
    """Add a row to every table; values are made from the columns, whatever the version has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store = await open_store(path)
    for table in metadata.sorted_tables:
        row: dict[str, Any] = {}
        for column in table.columns:
            made: Any = name  # of every text, so that it can be found again
            if column.name == "document":
                made = "{}"
            elif isinstance(column.type, (sa.Integer, sa.Boolean)):
                made = 1
            elif isinstance(column.type, sa.JSON):
                made = {"first_frame": 7}
            row[column.name] = made
        await store.upsert(table, row)
    await store.close()


def _show(path: Path, name: str) -> None:
    """Print the rows of that name, only the columns that are not empty, as sorted JSON."""
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    for (table,) in tables.fetchall():
        for row in database.execute(f"SELECT * FROM {table} ORDER BY 1"):
            if name in tuple(row):
                full = {key: value for key, value in dict(row).items() if value is not None}
                print(table, json.dumps(full, sort_keys=True))
    database.close()


if __name__ == "__main__":
    action, wanted = sys.argv[1:]
    database_path = load_settings().database
    if action == "put":
        asyncio.run(_put(database_path, wanted))
    else:
        _show(database_path, wanted)
