"""A new database in no time: a copy of one whose tables Alembic has made once for all tests."""

import tempfile
from pathlib import Path

from ari_app.store import open_store

_made = []


async def open_fresh(path):
    """Open a database; where there is none yet, a new one."""
    if not path.exists():
        path.write_bytes(await _empty())
    return await open_store(path)


async def _empty():
    if not _made:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "empty.db"
            await (await open_store(path)).close()
            _made.append(path.read_bytes())
    return _made[0]
