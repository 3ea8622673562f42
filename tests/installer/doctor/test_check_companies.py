"""The companies, as the doctor reads them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop

from ari_app import store
from ari_app.company_store import Learnt, import_companies
from ari_app.context.copies import Copies
from ari_app.context.wire import read_company
from ari_app.directory import read_files
from ari_app.settings import SHIPPED_COMPANIES, load_settings
from installer.doctor.check_companies import companies
from installer.doctor.findings import Finding, Verdict
from installer.doctor.scene import Scene
from installer.system import NewCompany
from installer.system.company import render
from tests.ari_app.context.service import Crm, company


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


def asked(root: Path, monkeypatch, crm: Crm, url: str = "", token: str = "") -> Finding:
    """Return what is said of a service that keeps the companies."""

    async def main() -> list[Finding]:
        async with crm:
            monkeypatch.setenv("VOICEAGENT_CONTEXT_URL", url or crm.url)
            monkeypatch.setenv("VOICEAGENT_CONTEXT_TOKEN", token)
            return await companies(Scene(root, load_settings()))

    (one,) = asyncio.run(main())
    return one


def test_a_service_that_keeps_the_companies_is_asked_instead(folder, tmp_path, monkeypatch):
    (folder / "bright.yaml").write_text("key: [\n")  # counts for nothing
    one = asked(tmp_path, monkeypatch, Crm())
    assert one.verdict is Verdict.GREEN and one.what.endswith("/voice answers")
    crm = Crm()
    crm.token = "t0k3n"
    one = asked(tmp_path, monkeypatch, crm, token="t0k3n")
    assert one.verdict is Verdict.GREEN and "takes the token" in one.what
    for token, what in (("", "wants a token"), ("another", "does not take the token")):
        one = asked(tmp_path, monkeypatch, crm, token=token)
        assert one.verdict is Verdict.RED and what in one.what
        assert "VOICEAGENT_CONTEXT_TOKEN" in one.what_to_do and "t0k3n" not in str(one)


def test_a_service_that_is_away_is_red_only_if_nobody_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    away = "http://127.0.0.1:9/voice"
    one = asked(tmp_path, monkeypatch, Crm(), away)
    assert one.verdict is Verdict.RED and "the agent answers no call" in one.what
    assert "VOICEAGENT_CONTEXT_URL" in one.what_to_do

    async def told() -> None:
        db = await store.open_store(tmp_path / "voiceagent.db")
        known, document = read_company(company("mill", "441632960010"), "GB")
        await Copies(db, away).put([Learnt("mill", document, known)])
        await db.close()

    uvloop.run(told())
    one = asked(tmp_path, monkeypatch, Crm(), away)
    assert one.verdict is Verdict.YELLOW and "the companies it told before (1)" in one.what
    crm = Crm()
    crm.status = 405
    one = asked(tmp_path, monkeypatch, crm)
    assert one.verdict is Verdict.RED and "status 405" in one.what
