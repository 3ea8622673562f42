"""Databases of every age come to have today's tables, with what is in them."""

import asyncio
import importlib
import io
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

import ari_app
from ari_app import schema, store
from ari_app.database import writing_engine
from ari_app.schema import REVISIONS, SchemaError
from ari_app.store import metadata, open_store

OLD = sorted((Path(__file__).parent / "databases").glob("*.sql"))
for _tables in Path(ari_app.__file__).parent.glob("*/tables.py"):
    importlib.import_module(f"ari_app.{_tables.parent.name}.tables")


def opened(path):
    async def main():
        await (await open_store(path)).close()

    asyncio.run(main())


def rows(path, query):
    database = sqlite3.connect(path)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def differences(path):
    """What Alembic would still change for the tables to be those of the metadata."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as db:
            return compare_metadata(MigrationContext.configure(db), metadata)
    finally:
        engine.dispose()


def test_a_new_database_has_the_tables_of_the_metadata(tmp_path):
    opened(tmp_path / "db")
    assert differences(tmp_path / "db") == []
    assert rows(tmp_path / "db", "SELECT * FROM alembic_version") == [(REVISIONS[-1],)]


@pytest.mark.parametrize("dump", OLD, ids=lambda path: path.stem)
def test_a_database_from_before_there_were_numbers_keeps_what_it_has(tmp_path, dump):
    database = sqlite3.connect(tmp_path / "db")
    database.executescript(dump.read_text())
    kept = {
        table: database.execute(f"SELECT * FROM {table}").fetchall()
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    database.close()
    assert kept["calls"] and kept["turns"] and kept["bookings"]
    opened(tmp_path / "db")
    assert differences(tmp_path / "db") == []
    for table, before in kept.items():
        after = rows(tmp_path / "db", f"SELECT * FROM {table}")
        assert [row[: len(before[0])] for row in after] == before if before else after == []
    opened(tmp_path / "db")


def test_a_database_of_each_release_is_brought_up_to_date(tmp_path):
    from alembic import command

    for revision in REVISIONS:
        path = tmp_path / revision
        engine = sa.create_engine(f"sqlite:///{path}")
        with engine.begin() as db:
            config = schema._config()
            config.attributes["connection"] = db
            command.upgrade(config, revision)
        engine.dispose()
        opened(path)
        assert differences(path) == []


def test_the_numbers_known_are_those_of_the_files():
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(schema._config())
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_a_database_of_a_newer_version_is_left_alone(tmp_path):
    opened(tmp_path / "db")
    database = sqlite3.connect(tmp_path / "db")
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()
    before = rows(tmp_path / "db", "SELECT sql FROM sqlite_master ORDER BY name")
    with pytest.raises(SchemaError) as caught:
        opened(tmp_path / "db")
    assert "newer version" in str(caught.value) and "9999" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert rows(tmp_path / "db", "SELECT sql FROM sqlite_master ORDER BY name") == before
    assert rows(tmp_path / "db", "SELECT * FROM alembic_version") == [("9999",)]


def test_a_change_that_breaks_off_leaves_the_database_as_it_was(tmp_path):
    database = sqlite3.connect(tmp_path / "db")
    database.executescript(OLD[0].read_text())
    # In the way of the last change: all before it must be taken back.
    database.execute("CREATE TABLE company_copies (another TEXT)")
    database.close()
    before = rows(tmp_path / "db", "SELECT sql FROM sqlite_master ORDER BY name")
    with pytest.raises(sa.exc.DBAPIError):
        opened(tmp_path / "db")
    assert rows(tmp_path / "db", "SELECT sql FROM sqlite_master ORDER BY name") == before


def test_processes_that_change_it_at_the_same_moment_all_open_it(tmp_path):
    database = sqlite3.connect(tmp_path / "db")
    database.executescript(OLD[0].read_text())
    database.close()
    program = (
        "import asyncio, sys; from pathlib import Path; from ari_app.store import open_store\n"
        "async def main(): await (await open_store(Path(sys.argv[1]))).close()\n"
        "sys.stdin.readline(); asyncio.run(main())"
    )
    openers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "db")],
                         stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]  # fmt: skip
    for opener in openers:
        opener.stdin.write("\n")
        opener.stdin.flush()
    assert [opener.communicate(timeout=60)[1] for opener in openers] == [""] * 3
    assert differences(tmp_path / "db") == []


def test_a_database_that_is_up_to_date_is_opened_without_alembic(tmp_path):
    opened(tmp_path / "db")
    program = (
        "import asyncio, sys; from pathlib import Path; from ari_app.store import open_store\n"
        "async def main(): await (await open_store(Path(sys.argv[1]))).close()\n"
        "asyncio.run(main()); print('alembic' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program, str(tmp_path / "db")],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert told.stdout == "False\n", told.stderr


def test_the_changes_are_sql_that_postgresql_takes():
    out = io.StringIO()
    schema.print_sql("postgresql", out)
    made = set(re.findall(r"CREATE TABLE (\w+)", out.getvalue()))
    assert made == {*metadata.tables, "alembic_version"}
    assert "AUTOINCREMENT" not in out.getvalue() and "PRAGMA" not in out.getvalue()


def test_every_table_and_query_compiles_for_postgresql():
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_only_one_module_names_a_database():
    own = Path(ari_app.__file__).parent
    guilty = [
        str(path.relative_to(own))
        for path in own.rglob("*.py")
        if path.name != "database.py"
        and re.search(r"dialects\.sqlite|BEGIN IMMEDIATE|PRAGMA|sqlite\+", path.read_text())
    ]
    assert guilty == []


class _Postgres:
    """A connection as far as the building of a statement asks it."""

    class dialect:
        name = "postgresql"


def test_an_upsert_is_the_same_in_both_databases(tmp_path):
    from sqlalchemy.dialects import postgresql

    from ari_app.database import upserting

    statement = upserting(_Postgres, store.companies, ["key"], ["document"])
    text = str(statement.values(key="a").compile(dialect=postgresql.dialect()))
    assert "ON CONFLICT (key) DO UPDATE SET document = excluded.document" in text

    async def main():
        engine = writing_engine(tmp_path / "db")
        await schema.bring_up_to_date(engine)
        async with engine.begin() as db:
            row = {"key": "a", "document": "1", "revision": 1, "updated_at": ""}
            for document in ("1", "2"):
                keeps = upserting(db, store.companies, ["key"], ["document"])
                await db.execute(keeps, [row | {"document": document}])
            await db.execute(upserting(db, store.companies, ["key"], []), [row])
            found = (await db.execute(store.companies.select())).mappings().all()
        await engine.dispose()
        return [dict(it) for it in found]

    assert asyncio.run(main()) == [{"key": "a", "document": "2", "revision": 1, "updated_at": ""}]
