"""All that an installation has besides Asterisk's files."""

import json
from pathlib import PurePosixPath

import pytest

from ari_app.numbers import e164
from audiosocket_agent.company import load_company
from installer.errors import ConflictError
from installer.model import Kind
from installer.system import (
    COMPANIES,
    ENV_FILE,
    REMEMBERED,
    ROTATION,
    UNIT,
    NewCompany,
    SystemParams,
    render_system,
)
from installer.system.env_file import read

NEW = NewCompany(name='Bright "&" Söns: #1', did="+44 1632 960777")
VALUES = {"VOICEAGENT_AMI_SECRET": "m" * 40, "VOICEAGENT_QUEUE": "reception"}


def rendered(params, group="asterisk", present=None):
    return {one.path: one for one in render_system(params, group, present or {})}


def test_every_path_comes_after_its_folder_with_its_rights():
    files = render_system(SystemParams(company=NEW), "asterisk", {})
    seen = {PurePosixPath("/etc"), PurePosixPath("/etc/systemd/system")}
    for one in files:
        assert one.path.parent in seen, one.path
        if one.kind is Kind.FOLDER:
            seen.add(one.path)
    rights = {str(one.path): (oct(one.mode), one.asterisks_group, one.settings) for one in files}
    assert rights["/etc/voiceagent"] == ("0o750", True, False)
    assert rights["/etc/voiceagent/voiceagent.env"] == ("0o640", True, True)
    assert rights["/etc/voiceagent/companies/bright_sons_1.yaml"] == ("0o640", True, True)
    assert rights["/etc/systemd/system/voiceagent.service"] == ("0o644", False, False)
    link = rendered(SystemParams())[UNIT.parent / "multi-user.target.wants" / UNIT.name]
    assert link.kind is Kind.LINK and link.content == str(UNIT).encode()


def test_without_asterisks_group_the_service_can_still_read_its_companies():
    files = render_system(SystemParams(company=NEW), "", {})
    modes = {one.path: one.mode for one in files}
    assert modes[ENV_FILE] == 0o640
    assert modes[NEW.path] == 0o644 and modes[COMPANIES] == modes[COMPANIES.parent] == 0o755


def test_without_a_service_there_is_nothing():
    assert render_system(SystemParams(service=False, company=NEW), "asterisk", {}) == ()


def test_without_a_service_what_was_told_is_still_remembered():
    told = SystemParams(service=False, remembered={"queue": "sales"})
    folder, file = render_system(told, "asterisk", {})
    assert (folder.path, file.path) == (REMEMBERED.parent, REMEMBERED)
    assert json.loads(file.content) == {"queue": "sales"} and file.settings


def test_the_settings_file_sets_what_is_known_and_nothing_else():
    params = SystemParams(values=VALUES, keys={"GROQ_API_KEY": "k $1"}, company=NEW)
    assert read(rendered(params)[ENV_FILE].content.decode()) == {
        **VALUES,
        "GROQ_API_KEY": "k $1",
        "VOICEAGENT_COMPANIES": str(COMPANIES),
        "VOICEAGENT_LOG_FILE": "/var/log/voiceagent/voiceagent.log",
        "VOICEAGENT_LINK_GROUP": "asterisk",
    }
    alone = read(rendered(SystemParams(), group="")[ENV_FILE].content.decode())
    assert alone == {"VOICEAGENT_LOG_FILE": "/var/log/voiceagent/voiceagent.log"}


def test_the_admins_edits_stay():
    first = rendered(SystemParams(values=VALUES))[ENV_FILE].content
    edited = first.replace(b"#VOICEAGENT_MAX_CALLS=50", b"VOICEAGENT_MAX_CALLS=5 \r") + b"# mine\n"
    again = rendered(SystemParams(values=VALUES), present={ENV_FILE: edited})
    assert again[ENV_FILE].content == edited
    sales = rendered(
        SystemParams(values=VALUES | {"VOICEAGENT_QUEUE": "sales"}), present={ENV_FILE: edited}
    )
    assert sales[ENV_FILE].content == edited.replace(b"QUEUE=reception", b"QUEUE=sales")


def test_settings_that_cannot_be_read_for_sure_are_not_touched():
    with pytest.raises(ConflictError, match=r"voiceagent\.env: .*Close it"):
        rendered(SystemParams(), present={ENV_FILE: b'A="x\n'})


def test_a_company_is_one_the_agent_takes(tmp_path):
    path = tmp_path / "new.yaml"
    path.write_bytes(rendered(SystemParams(company=NEW))[NEW.path].content)
    company = load_company(path, lambda text: e164(text, "GB"))
    assert (company.key, company.name) == ("bright_sons_1", NEW.name)
    assert company.dids == ("441632960777",)
    assert company.queue is None  # a later run's --queue counts for it, too
    assert NEW.name in company.greeting and company.services and company.areas


@pytest.mark.parametrize(
    "name", ["yes", "null", "12", "- x", "a: b", "{x}", "%x", "'", "日本", "&a"]
)
def test_any_name_survives_its_way_through_yaml(tmp_path, name):
    new = NewCompany(name=f"{name} a", did="+441632960777")
    path = tmp_path / "new.yaml"
    path.write_bytes(rendered(SystemParams(company=new))[new.path].content)
    company = load_company(path)
    assert (company.name, company.key) == (new.name, new.key)


def test_companies_of_earlier_runs_stay_as_the_admin_left_them():
    mine = {COMPANIES / "other.yaml": b"key: other\n", NEW.path: b"edited\n"}
    files = rendered(SystemParams(company=NEW), present=mine)
    assert {path: files[path].content for path in mine} == mine
    assert COMPANIES in files
    without = rendered(SystemParams(), present=mine)
    assert {path: without[path].content for path in mine} == mine


def test_the_log_is_rotated():
    text = rendered(SystemParams())[ROTATION].content.decode()
    assert "/var/log/voiceagent/voiceagent.log {" in text
