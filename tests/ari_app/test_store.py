"""The database is made once, however many make it."""

import asyncio
import subprocess
import sys

OPEN = """
import asyncio, sys
from pathlib import Path
from ari_app.store import open_store
async def main():
    store = await open_store(Path(sys.argv[1]))
    await store.close()
sys.stdin.readline()
asyncio.run(main())
"""


def test_processes_that_make_it_at_the_same_moment_all_open_it(tmp_path):
    def start():
        return subprocess.Popen(
            [sys.executable, "-c", OPEN, str(tmp_path / "db")],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    for _ in range(3):
        (tmp_path / "db").unlink(missing_ok=True)
        openers = [start() for _ in range(4)]
        for opener in openers:
            opener.stdin.write("\n")
            opener.stdin.flush()
        errors = [opener.communicate(timeout=60)[1] for opener in openers]
        assert errors == [""] * 4


def test_a_file_that_is_no_database_is_an_error_soon(tmp_path):
    import pytest
    from sqlalchemy.exc import DBAPIError

    from ari_app.store import open_store

    (tmp_path / "db").mkdir()
    with pytest.raises(DBAPIError):
        asyncio.run(open_store(tmp_path / "db"))
