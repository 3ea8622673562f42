"""Companies in the database: imported all or nothing, followed by whoever runs."""

import asyncio
import os
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from ari_app.company_store import (
    Change,
    CompanyFile,
    company_of,
    document_of,
    import_companies,
    latest_revision,
    remove_company,
)
from ari_app.directory import Directory, load, read_files
from ari_app.settings import SHIPPED_COMPANIES, Settings
from ari_app.store import open_store
from audiosocket_agent.company import Company, load_company
from audiosocket_agent.errors import CompanyError

SAMPLE = yaml.safe_load((SHIPPED_COMPANIES / "harbour.yaml").read_text())


def written(folder, key, **changes):
    path = folder / f"{key}.yaml"
    path.write_text(yaml.safe_dump({**SAMPLE, "key": key, **changes}))
    return path


@asynccontextmanager
async def opened(tmp_path):
    store = await open_store(tmp_path / "db")
    try:
        yield store
    finally:
        await store.close()


def settings(**given):
    return Settings(_env_file=None, **given)


async def put(store, *paths, dry_run=False):
    done = await import_companies(store, read_files(list(paths), "GB"), dry_run=dry_run)
    return {it.key: it.change for it in done}


def test_an_import_tells_what_is_new_changed_and_unchanged(tmp_path):
    async def main():
        async with opened(tmp_path) as store:
            a = written(tmp_path, "a", dids=["01632 960010"])
            b = written(tmp_path, "b", dids=["01632 960011"])
            assert await put(store, a, dry_run=True) == {"a": Change.NEW}
            assert await latest_revision(store) == 0
            assert await put(store, a, b) == {"a": Change.NEW, "b": Change.NEW}
            before = await latest_revision(store)
            assert await put(store, a, b) == {"a": Change.UNCHANGED, "b": Change.UNCHANGED}
            assert await latest_revision(store) == before
            written(tmp_path, "b", dids=["01632 960012"])
            assert await put(store, a, b) == {"a": Change.UNCHANGED, "b": Change.CHANGED}
            directory = Directory(store, "GB")
            assert await directory.refresh() and not await directory.refresh()
            assert directory.by_did("01632 960012").key == "b"
            assert directory.by_did("+44 1632 960011") is None

    asyncio.run(main())


def test_an_import_with_one_bad_company_changes_nothing(tmp_path):
    async def main():
        async with opened(tmp_path) as store:
            await put(store, written(tmp_path, "a", dids=["01632960010"]))
            good = written(tmp_path, "b", dids=["01632960011"])
            thief = written(tmp_path, "c", dids=["+44 1632 960010"])
            with pytest.raises(CompanyError, match="441632960010 already belongs to a") as caught:
                await put(store, good, thief)
            assert "voiceagent companies remove a" in str(caught.value)
            assert str(thief) in str(caught.value) and "\n" not in str(caught.value)
            directory = Directory(store, "GB")
            await directory.refresh()
            assert set(directory.companies) == {"a"}

    asyncio.run(main())


def test_numbers_may_change_hands_within_one_import(tmp_path):
    async def main():
        async with opened(tmp_path) as store:
            a = written(tmp_path, "a", dids=["01632960010"])
            b = written(tmp_path, "b", dids=["01632960011"])
            await put(store, a, b)
            written(tmp_path, "a", dids=["01632960011"])
            written(tmp_path, "b", dids=["01632960010"])
            assert set((await put(store, a, b)).values()) == {Change.CHANGED}
            directory = Directory(store, "GB")
            await directory.refresh()
            assert directory.by_did("441632960011").key == "a"
            assert directory.by_did("441632960010").key == "b"

    asyncio.run(main())


def test_two_files_of_one_company_and_two_companies_of_one_number_are_refused(tmp_path):
    async def main():
        async with opened(tmp_path) as store:
            first, second = tmp_path / "x", tmp_path / "y"
            first.mkdir(), second.mkdir()
            with pytest.raises(CompanyError, match="key: a stands in .*x/a.yaml too"):
                await put(store, written(first, "a"), written(second, "a"))
            with pytest.raises(CompanyError, match="already belongs to a"):
                await put(store, written(first, "a"), written(second, "b"))
            assert await latest_revision(store) == 0

    asyncio.run(main())


def test_a_document_gives_back_its_company():
    full = {
        **SAMPLE,
        "holidays": ["2026-12-26", "2026-12-25"],
        "blocked": ["+441632960667", "+441632960666", "100"],
        "hours": {"mon": ["9:00-12:00", "13:00-24:00"], "sun": []},
        "closed": {"to": "agent"},
        "people": {"places": {"accounts": {"name": "accounts", "phrases": ["accounts"],
                                           "outside": "+441632960002"}}},
        "recording": {"on": True, "consent": "Calls are recorded."},
        "secrets": {"card": {"name": "your card", "url": "https://pay.example/x", "luhn": True}},
    }  # fmt: skip
    company = Company.model_validate(full)
    document = document_of(company)
    assert company_of(document) == company
    assert document_of(company_of(document)) == document
    assert "max_calls" not in document  # defaults stay defaults, also when they change


def test_at_a_start_the_sample_only_goes_into_an_empty_database(tmp_path):
    async def main():
        async with opened(tmp_path) as store:
            directory = await load(store, settings())
            assert directory.by_did("01632 960001").key == "harbour"
            await put(store, written(tmp_path, "a", dids=["100"]))
            await remove_company(store, "harbour")
            directory = await load(store, settings())
            assert set(directory.companies) == {"a"}
            assert directory.by_did("100").key == "a"

    asyncio.run(main())


def test_a_default_company_that_is_not_there_is_told(tmp_path, caplog):
    async def main():
        async with opened(tmp_path) as store:
            await load(store, settings(unknown_did="company:harbour"))
            assert "VOICEAGENT_UNKNOWN_DID" not in caplog.text
            await load(store, settings(unknown_did="company:harbor"))
            assert "VOICEAGENT_UNKNOWN_DID: there is no company harbor;" in caplog.text

    asyncio.run(main())


def test_at_a_start_the_files_that_are_set_win_over_the_database(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_COMPANIES", str(tmp_path))
    monkeypatch.setenv("VOICEAGENT_REGION", "DE")

    async def main():
        async with opened(tmp_path) as store:
            path = written(tmp_path, "a", dids=["030 1234567"], greeting="Old")
            other = tmp_path / "elsewhere"
            other.mkdir()
            await put(store, path, written(other, "b", dids=["100"]))
            written(tmp_path, "a", dids=["030 1234567"], greeting="New")
            directory = await load(store, Settings())
            assert directory.by_did("+49301234567").greeting == "New"
            assert set(directory.companies) == {"a", "b"}

    asyncio.run(main())


@pytest.mark.parametrize("what", ["bad", "none", "missing"])
def test_a_bad_folder_stops_the_start(tmp_path, what):
    folder = tmp_path / "companies"
    if what != "missing":
        folder.mkdir()
    if what == "bad":
        written(folder, "a", greeting="")

    async def main():
        async with opened(tmp_path) as store:
            with pytest.raises(CompanyError) as caught:
                await load(store, settings(companies=folder))
            assert "\n" not in str(caught.value) and str(folder) in str(caught.value)
            assert await latest_revision(store) == 0

    asyncio.run(main())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_must_not_be_read_is_named(tmp_path):
    folder = tmp_path / "companies"
    folder.mkdir(mode=0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(CompanyError, match="companies: Permission denied"):
            read_files([folder], "GB")
    finally:
        os.seteuid(0)


def test_a_running_directory_follows_imports_and_removals(tmp_path):
    async def main():
        async with opened(tmp_path) as store, opened(tmp_path) as admin:
            directory = await load(store, settings())
            first = directory.companies
            stop, changed = asyncio.Event(), asyncio.Event()
            watching = asyncio.create_task(directory.watch(stop, changed.set))

            async def until(true):
                async with asyncio.timeout(30):
                    while not true():
                        await changed.wait()
                        changed.clear()

            await put(admin, written(tmp_path, "a", dids=["01632960010"]))
            await until(lambda: directory.by_key("a"))
            assert directory.by_did("441632960010").key == "a"
            assert set(first) == {"harbour"}  # whoever holds the old mapping may go on reading it
            assert await remove_company(admin, "a") and not await remove_company(admin, "a")
            await until(lambda: not directory.by_key("a"))
            assert directory.by_did("441632960010") is None
            # Removed and another one in its place between two looks: as many companies as before.
            await put(admin, written(tmp_path, "b", dids=["01632960011"]))
            await until(lambda: directory.by_key("b"))
            await remove_company(admin, "b")
            await put(admin, written(tmp_path, "c", dids=["01632960011"]))
            await until(lambda: directory.by_key("c") and not directory.by_key("b"))
            stop.set()
            await watching

    asyncio.run(main())


def test_a_database_that_cannot_be_read_keeps_the_old_directory_until_it_can(tmp_path, caplog):
    async def main():
        async with opened(tmp_path) as store:
            directory = await load(store, settings())
            await put(store, written(tmp_path, "a", dids=["01632960010"]))
            db = sqlite3.connect(tmp_path / "db", isolation_level=None)
            db.execute("ALTER TABLE companies RENAME TO hidden")
            stop = asyncio.Event()
            watching = asyncio.create_task(directory.watch(stop))
            async with asyncio.timeout(30):
                while "the old ones stay" not in caplog.text:
                    await asyncio.sleep(0.05)
                assert directory.by_did("441632960001").key == "harbour"
                db.execute("ALTER TABLE hidden RENAME TO companies")
                while directory.by_key("a") is None:
                    await asyncio.sleep(0.05)
            db.close()
            stop.set()
            await watching

    asyncio.run(main())


def test_a_company_this_version_cannot_read_is_left_out_and_said(tmp_path, caplog):
    async def main():
        async with opened(tmp_path) as store:
            await put(store, written(tmp_path, "a", dids=["01632960010"]),
                      written(tmp_path, "b", dids=["01632960011"]))  # fmt: skip
            db = sqlite3.connect(tmp_path / "db")
            db.execute("UPDATE companies SET document = json_set(document, '$.later', 1)"
                       " WHERE key = 'a'")  # fmt: skip
            db.commit()
            db.close()
            directory = await load(store, settings())
            assert set(directory.companies) == {"b"}
            assert "company a is left out: later: there is no such field" in caplog.text

    asyncio.run(main())


def test_two_imports_at_once_of_one_number_let_one_in(tmp_path):
    async def main():
        async with opened(tmp_path) as one, opened(tmp_path) as two:
            files = [
                [CompanyFile(Path(key), load_company(written(tmp_path, key, dids=["100"])))]
                for key in ("a", "b")
            ]
            results = await asyncio.gather(
                import_companies(one, files[0]), import_companies(two, files[1]),
                return_exceptions=True,
            )  # fmt: skip
            assert sorted(type(it).__name__ for it in results) == ["CompanyError", "list"]

    asyncio.run(main())


def test_an_older_copy_of_the_database_that_is_put_back_counts(tmp_path):
    async def main():
        async with opened(tmp_path) as store:
            await put(store, written(tmp_path, "a", dids=["01632960010"]))
            await put(store, written(tmp_path, "b", dids=["01632960011"]))
            directory = await load(store, settings())
            assert set(directory.companies) == {"a", "b"}
            db = sqlite3.connect(tmp_path / "db")
            db.execute("DELETE FROM dids WHERE key = 'b'")
            db.execute("DELETE FROM companies WHERE key = 'b'")
            db.commit()
            db.close()
            assert await directory.refresh() and not await directory.refresh()
            assert set(directory.companies) == {"a"} and directory.by_did("441632960011") is None

    asyncio.run(main())


def test_many_lookups_of_unknown_numbers_end_soon(tmp_path):
    async def main():
        async with opened(tmp_path) as store:
            directory = await load(store, settings())
            numbers = [f"44163299{n:04}" for n in range(300)]
            found = await asyncio.gather(*map(directory.lookup, numbers, [30.0] * 300))
            assert found == [None] * 300
            assert await directory.lookup("nonsense") is None

    asyncio.run(main())
