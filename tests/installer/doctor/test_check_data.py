"""The database and the queues of companies, as the doctor sees them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
import uvloop

from ari_app import store
from ari_app.settings import load_settings
from installer.doctor.check_data import database, queues
from installer.doctor.findings import Finding, Verdict
from installer.doctor.scene import Scene
from tests.installer.doctor.console import asked


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOICEAGENT_QUEUE", "reception")
    return tmp_path


@pytest.fixture
def path(place) -> Path:
    """Return a database of today's."""

    async def make() -> None:
        await (await store.open_store(place / "voiceagent.db")).close()

    uvloop.run(make())
    return place / "voiceagent.db"


def seen(place: Path, check=database) -> list[Finding]:
    return asyncio.run(check(Scene(place, load_settings())))


def test_a_database_of_today_is_green(place, path):
    assert [one.verdict for one in seen(place)] == [Verdict.GREEN]


def test_no_database_yet_is_nothing_to_look_at(place):
    (one,) = seen(place)
    assert one.verdict is Verdict.GREY and "first start" in one.what


def test_what_is_no_database_is_red(place, path):
    path.write_bytes(b"no database at all" * 100)
    (one,) = seen(place)
    assert one.verdict is Verdict.RED and "not a database" in one.what


def test_an_older_database_is_yellow_and_stays_as_it_is(place, path):
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE calls DROP COLUMN route")
        db.execute("DROP TABLE callbacks")
    db.close()
    (one,) = seen(place)
    assert one.verdict is Verdict.YELLOW and "calls" in one.what and "callbacks" in one.what
    assert seen(place) == [one]


def test_each_companys_own_queue_is_looked_at(place, path):
    with sqlite3.connect(path) as db:
        rows = (("one", {"queue": "sales"}), ("two", {"queue": "sales"}), ("three", {}))
        for key, fields in rows:
            db.execute(
                "INSERT INTO companies VALUES (?, ?, 1, '2026-01-01')", (key, json.dumps(fields))
            )
        db.execute("INSERT INTO companies VALUES ('gone', NULL, 2, '2026-01-01')")
    db.close()
    found = seen(place, queues)
    assert [one.check for one in found] == ["queue reception", "queue sales"]
    # There is no PBX here, which each of the two says of itself.
    assert {one.verdict for one in found} == {Verdict.GREY}


def test_a_queue_that_is_missing_is_mended_where_it_is_named(place, path):
    with sqlite3.connect(path) as db:
        row = ("one", json.dumps({"queue": "sales"}))
        db.execute("INSERT INTO companies VALUES (?, ?, 1, '2026-01-01')", row)
    db.close()
    answers = {"core show version": "Asterisk 22.10.1"}
    answers |= {
        f"queue show {name}": f"No such queue: {name}.\n" for name in ("reception", "sales")
    }
    main, companys = asked(place, "queue", answers)
    assert main.verdict is companys.verdict is Verdict.RED
    assert "voiceagent-install --queue NAME" in main.what_to_do
    assert "in the file of company one" in companys.what_to_do
    assert "VOICEAGENT_QUEUE" not in companys.what_to_do
