"""The companies, as the doctor reads them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop

from ari_app import store
from ari_app.company_store import import_companies
from ari_app.directory import read_files
from ari_app.settings import SHIPPED_COMPANIES, load_settings
from installer.doctor.check_companies import companies
from installer.doctor.findings import Finding, Verdict
from installer.doctor.scene import Scene
from installer.system import NewCompany
from installer.system.company import render


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Return a folder with the company an installation begins with."""
    place = tmp_path / "companies"
    place.mkdir()
    (place / "bright.yaml").write_bytes(render(NewCompany(name="Bright", did="+441632960777")))
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOICEAGENT_COMPANIES", str(place))
    return place


def seen(root: Path) -> list[Finding]:
    return asyncio.run(companies(Scene(root, load_settings())))


def put(root: Path, *paths: Path) -> None:
    """Put companies into the database."""

    async def main() -> None:
        db = await store.open_store(root / "voiceagent.db")
        await import_companies(db, read_files(list(paths), "GB"))
        await db.close()

    uvloop.run(main())


def test_the_examples_prices_are_yellow_until_they_are_changed(folder, tmp_path):
    (one,) = seen(tmp_path)
    assert one.verdict is Verdict.YELLOW and "company bright" in one.what
    assert str(folder / "bright.yaml") in one.what_to_do
    file = folder / "bright.yaml"
    file.write_text(file.read_text().replace("price_pounds: 95", "price_pounds: 96"))
    (one,) = seen(tmp_path)
    assert one.verdict is Verdict.GREEN


def test_an_imported_company_is_looked_at_too(folder, tmp_path, monkeypatch):
    put(tmp_path, folder / "bright.yaml")
    monkeypatch.delenv("VOICEAGENT_COMPANIES")
    (one,) = seen(tmp_path)
    assert one.verdict is Verdict.YELLOW and "import bright" in one.what_to_do


def test_a_file_that_cannot_be_used_is_red(folder, tmp_path):
    (folder / "bright.yaml").write_text("key: [\n")
    (one,) = seen(tmp_path)
    assert one.verdict is Verdict.RED and "bright.yaml" in one.what


def test_the_sample_is_called_one(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    put(tmp_path, SHIPPED_COMPANIES)
    (one,) = seen(tmp_path)
    assert one.verdict is Verdict.GREEN and "sample" in one.what
