"""`voiceagent companies` as an admin types it."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from ari_app.cli import main
from ari_app.company_store import Learnt
from ari_app.context.copies import Copies
from ari_app.context.wire import read_company
from ari_app.settings import SHIPPED_COMPANIES
from ari_app.store import open_store
from audiosocket_agent import workflow

SAMPLE = SHIPPED_COMPANIES / "harbour.yaml"


@pytest.fixture
def voiceagent(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("VOICEAGENT_REGION", raising=False)

    def run(*words, fails=False):
        result = CliRunner().invoke(main, ["companies", *map(str, words)])
        assert (result.exit_code == 1) == bool(fails), result.output
        if fails is True:
            assert len(result.output.splitlines()) == 1, result.output
        return result.output

    return run


@pytest.fixture
def mill(tmp_path):
    folder = tmp_path / "yaml"
    folder.mkdir()
    fields = yaml.safe_load(SAMPLE.read_text()) | {
        "key": "mill", "name": "Mühle", "dids": ["01632 960010"], "ai": False,
        "hours": {"mon": ["9:00-17:00"]}, "holidays": ["2026-12-25"],
    }  # fmt: skip
    (folder / "mill.yaml").write_text(yaml.safe_dump(fields))
    return folder


def test_import_list_show_remove(voiceagent, mill):
    assert voiceagent("import", SAMPLE, mill, "--dry-run").splitlines() == [
        "harbour: new (dry run)",
        "mill: new (dry run)",
    ]
    assert json.loads(voiceagent("list", "--json")) == []
    assert voiceagent("import", SAMPLE, mill).splitlines() == ["harbour: new", "mill: new"]
    done = json.loads(voiceagent("import", mill, "--json"))
    assert done["companies"] == [
        {"key": "mill", "file": str(mill / "mill.yaml"), "change": "unchanged"}
    ]
    rows = {row["key"]: row for row in json.loads(voiceagent("list", "--json"))}
    assert rows["mill"]["dids"] == ["441632960010"] and rows["mill"]["ai"] is False
    assert "441632960001" in voiceagent("list") and "Mühle" in voiceagent("list")
    assert voiceagent("remove", "mill") == "mill: removed\n"
    assert "no company is called mill" in voiceagent("show", "mill", fails=True)
    assert "no company is called mill" in voiceagent("remove", "mill", fails=True)
    assert json.loads(voiceagent("remove", "harbour", "--json")) == {"removed": "harbour"}
    assert json.loads(voiceagent("import", SAMPLE, "--json"))["companies"][0]["change"] == "new"


def test_what_is_shown_can_be_imported_again(voiceagent, mill, tmp_path):
    voiceagent("import", SAMPLE, mill)
    for key in ("harbour", "mill"):
        (tmp_path / "again.yaml").write_text(voiceagent("show", key))
        assert voiceagent("import", tmp_path / "again.yaml") == f"{key}: unchanged\n"
    assert "Mühle" in voiceagent("show", "mill")
    assert json.loads(voiceagent("show", "mill", "--json"))["hours"] == {"mon": ["09:00-17:00"]}


def test_numbers_are_read_as_the_region_writes_them(voiceagent, mill, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_REGION", "DE")
    text = (mill / "mill.yaml").read_text().replace("01632 960010", "030 1234567")
    (mill / "mill.yaml").write_text(text)
    voiceagent("import", mill)
    assert json.loads(voiceagent("list", "--json"))[0]["dids"] == ["49301234567"]


def test_mistakes_are_one_clear_line_and_change_nothing(voiceagent, mill, tmp_path):
    voiceagent("import", SAMPLE)
    thief = (mill / "mill.yaml").read_text().replace("01632 960010", "01632 960001")
    (mill / "thief.yaml").write_text(thief.replace("key: mill", "key: thief"))
    assert "441632960001 already belongs to harbour" in voiceagent("import", mill, fails=True)
    (mill / "thief.yaml").write_text("key: [")
    assert "thief.yaml:1: " in voiceagent("import", mill, fails=True)
    assert "no such file" in voiceagent("import", tmp_path / "nowhere", fails=True)
    (tmp_path / "empty").mkdir()
    assert "holds no company" in voiceagent("import", tmp_path / "empty", fails=True)
    assert [row["key"] for row in json.loads(voiceagent("list", "--json"))] == ["harbour"]


def test_all_that_is_wrong_with_all_files_is_told(voiceagent, mill, tmp_path):
    mill_file, other = mill / "mill.yaml", mill / "other.yaml"
    text = mill_file.read_text().replace("ai: false", "ai: perhaps\nmax_missses: 3")
    mill_file.write_text(text)
    other.write_text("key: other\n\tname: Other\n")
    told = voiceagent("import", SAMPLE, mill, fails="often").splitlines()
    at = text.splitlines().index("ai: perhaps") + 1
    assert told == [
        f"{mill_file}:{at}: ai: 'perhaps' is neither true nor false; write one of the two",
        f"{mill_file}:{at + 1}: max_missses: there is no such field; did you mean max_misses? "
        "docs/companies.md lists them all",
        f"{other}:2: a tab stands where spaces belong; indent with spaces only",
    ]
    assert "nothing was imported yet" in voiceagent("list", fails=True)


def test_no_database_and_no_folder(voiceagent, tmp_path, monkeypatch):
    assert "nothing was imported yet" in voiceagent("list", fails=True)
    assert "nothing was imported yet" in voiceagent("show", "harbour", fails=True)
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path / "nowhere"))
    assert "VOICEAGENT_DATA_DIR" in voiceagent("import", SAMPLE, fails=True)


def test_the_database_is_nobody_elses_to_read(voiceagent, tmp_path):
    voiceagent("import", SAMPLE)
    assert (tmp_path / "data" / "voiceagent.db").stat().st_mode & 0o077 == 0


def test_what_is_exported_can_be_imported_and_changes_nothing(voiceagent, mill, tmp_path):
    own = yaml.safe_load((Path(workflow.__file__).parent / "trades/home_services.yaml").read_text())
    full = {
        "key": "full", "dids": ["100"], "name": "no", "greeting": "1.5: #yes, 'no' – \"~\"",
        "workflow": own | {"name": "mine", "about": "A workflow of its own."},
        "holidays": ["2026-12-26", "2026-12-25"], "blocked": ["+441632960667", "100"],
        "hours": {"mon": ["9:00-12:00", "13:00-24:00"], "sun": []}, "person_key": "1",
        "people": {"places": {"accounts": {"name": "accounts", "phrases": ["accounts"],
                                           "extension": "0201"}}},
        "recording": {"on": True, "consent": "Calls are recorded."},
    }  # fmt: skip
    fields = yaml.safe_load(SAMPLE.read_text()) | full
    (mill / "full.yaml").write_text(yaml.safe_dump(fields, sort_keys=False))
    voiceagent("import", SAMPLE, mill)
    out = tmp_path / "out"
    files = [out / f"{key}.yaml" for key in ("full", "harbour", "mill")]
    told = voiceagent("export", "--dir", out)
    assert told.splitlines() == [f"{file.stem}: {file}" for file in files]
    assert sorted(out.iterdir()) == files
    for line in voiceagent("import", out).splitlines():
        assert line.endswith(": unchanged")
    texts = [file.read_text() for file in files]
    voiceagent("remove", "full"), voiceagent("remove", "mill")
    assert voiceagent("import", out).splitlines()[0] == "full: new"
    voiceagent("export", "--dir", out)
    assert [file.read_text() for file in files] == texts
    assert voiceagent("export", "mill") == (out / "mill.yaml").read_text()
    assert voiceagent("export") == "---\n".join(texts)
    assert [it["key"] for it in json.loads(voiceagent("export", "mill", "full", "--json"))] == [
        "mill",
        "full",
    ]
    assert "no company is called nobody" in voiceagent("export", "nobody", fails=True)
    (tmp_path / "file").touch()
    assert "cannot write into" in voiceagent("export", "--dir", tmp_path / "file" / "x", fails=True)


def test_a_database_of_a_newer_version_is_refused_in_one_line(voiceagent, tmp_path):
    voiceagent("import", SAMPLE)
    database = sqlite3.connect(tmp_path / "data" / "voiceagent.db")
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()
    assert "newer version of this program" in voiceagent("import", SAMPLE, fails=True)


def test_with_a_service_that_keeps_them_it_tells_of_those_that_calls_use(
    voiceagent, mill, tmp_path, monkeypatch
):
    url = "https://crm.example/voice"

    async def told(*keys):
        store = await open_store(tmp_path / "data" / "voiceagent.db")
        sample = yaml.safe_load(SAMPLE.read_text())
        for key in keys:
            company, document = read_company(sample | {"key": key}, "GB")
            await Copies(store, url).put([Learnt(key, document, company)])
        await store.close()

    voiceagent("import", mill)
    asyncio.run(told("elsewhere"))
    assert "mill" in voiceagent("list") and "elsewhere" not in voiceagent("list")
    monkeypatch.setenv("VOICEAGENT_CONTEXT_URL", f"{url}/")
    listed = voiceagent("list")
    assert f"the companies of {url}, as it said last" in listed
    assert "elsewhere" in listed and "mill" not in listed
    assert "key: elsewhere" in voiceagent("show", "elsewhere")
    typed = CliRunner().invoke(
        main, ["chat", "--company", "elsewhere", "--model", "rules"], input=""
    )
    assert typed.exit_code == 0, typed.output
    assert f"no company is called mill at {url};" in voiceagent("show", "mill", fails=True)
    assert f"calls use the companies of {url}, not these" in voiceagent("import", mill)
    assert f"calls use the companies of {url}, not these" in voiceagent("remove", "mill")
