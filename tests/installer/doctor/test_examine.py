"""The doctor on a real PBX: all well, and then one thing broken at a time."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop

from ari_app.settings import load_settings
from installer.doctor.examine import examine
from installer.doctor.findings import Finding, NotLookedAtError, Verdict
from installer.doctor.registry import CHECKS, Check, by_ids
from installer.doctor.scene import Scene
from installer.sandbox import Sandbox
from tests.pbx import plain_env

CONFIG = "etc/asterisk"
# The sandbox logs digits on purpose, and this machine's clock may be nobody's.
OF_THE_PLACE = {"dtmf-log", "clock"}
# They take a second each, and nothing below breaks them.
PATIENT = ("--patience", "60")  # other tests keep the machine busy
SLOW = {"vendors", "timing"}


@pytest.fixture
def pbx(sandbox) -> Sandbox:
    return sandbox


@pytest.fixture
def agents_env(pbx) -> dict[str, str]:
    """Return the settings of the running agent, as its unit would have them."""
    settings = pbx.agent_settings(plain_env())
    return {name: value for name, value in settings.items() if name.startswith("VOICEAGENT_")}


@pytest.fixture
def look(pbx, agents_env, monkeypatch):
    """Return what runs the quick checks and gives, by id, every verdict that is not as usual."""

    def run(settings_file: Path | None = None, **settings: str) -> dict[str, Finding]:
        with monkeypatch.context() as patch:
            for name, value in {**agents_env, **settings}.items():
                patch.setenv(name, value)
            found = uvloop.run(_examined(pbx.root, settings_file))
        usual = {"settings-file": Verdict.GREY, "service": Verdict.GREY}
        return {
            one.id: one
            for one in found
            if one.verdict is not usual.get(one.id, Verdict.GREEN) and one.id not in OF_THE_PLACE
        }

    return run


async def _examined(root: Path, settings_file: Path | None) -> list[Finding]:
    checks = [check for check in CHECKS if check.id not in SLOW]
    scene = Scene(root, load_settings(), settings_file=settings_file, patience_s=60)
    return await examine(scene, checks)


@contextmanager
def edited(pbx: Sandbox, name: str, old: str, new: str, reload: str) -> Iterator[None]:
    """Change a file of the PBX and let it be read again; afterwards it is as before."""
    path = pbx.root / CONFIG / name
    before = path.read_text()
    assert old in before
    try:
        path.write_text(before.replace(old, new))  # in place: mode and owner stay
        pbx.pbx.cli(reload)
        yield
    finally:
        path.write_text(before)
        pbx.pbx.cli(reload)


def verdicts(found: dict[str, Finding]) -> dict[str, str]:
    return {name: one.verdict.value for name, one in found.items()}


@pytest.mark.pbx
def test_a_good_pbx_is_green_and_the_command_says_so(pbx):
    where = ("--sandbox", str(pbx.directory))
    done = subprocess.run(
        [sys.executable, "-m", "ari_app", "doctor", "--json", *where, *PATIENT],
        capture_output=True,
        text=True,
        timeout=120,
        env=plain_env(),
    )
    rows = json.loads(done.stdout)["findings"]
    assert done.returncode == 0, [row for row in rows if row["verdict"] == "red"]
    assert {row["id"] for row in rows} == {check.id for check in CHECKS}
    other = {row["id"]: row for row in rows if row["verdict"] != "green"}
    assert set(other) <= OF_THE_PLACE | {"settings-file", "service"}, other
    assert all(row["what"] for row in rows)


@pytest.mark.pbx
def test_a_module_that_is_unloaded(pbx, look):
    pbx.pbx.cli("module unload app_audiosocket.so")
    try:
        found = look()
    finally:
        pbx.pbx.cli("module load app_audiosocket.so")
    assert verdicts(found) == {"modules": "red"}
    assert "app_audiosocket" in found["modules"].what_to_do
    assert look() == {}


@pytest.mark.pbx
def test_a_context_that_is_gone(pbx, look):
    pbx.pbx.cli("dialplan remove context voiceagent-closed")
    try:
        found = look()
    finally:
        pbx.pbx.cli("dialplan reload")
    assert verdicts(found) == {"dialplan-loaded": "red"}
    assert "voiceagent-closed" in found["dialplan-loaded"].what


@pytest.mark.pbx
def test_a_file_edited_by_hand_and_not_loaded(pbx, look):
    edit = ("voiceagent.d/extensions.conf", "Set(VA_GUARD=outcome)", "Set(VA_GUARD=setup)")
    with edited(pbx, *edit, reload="core show version"):
        found = look()
    assert verdicts(found) == {"installed-files": "yellow", "dialplan-loaded": "yellow"}
    assert "voiceagent-ai" in found["dialplan-loaded"].what


@pytest.mark.pbx
def test_nothing_leads_to_the_agent(pbx, look):
    edit = ("extensions.conf", "Goto(voiceagent-in,", "Goto(voiceagent-in-no-more,")
    with edited(pbx, *edit, reload="dialplan reload"):
        found = look()
    assert verdicts(found) == {"dialplan-reached": "yellow"}


@pytest.mark.pbx
def test_rights_in_excess_and_rights_that_are_missing(pbx, look):
    edit = ("voiceagent.d/manager.conf", "write = call,originate", "write = originate,command")
    with edited(pbx, *edit, reload="manager reload"):
        found = look()
    assert verdicts(found) == {"ami-rights": "yellow", "installed-files": "yellow"}
    with edited(pbx, edit[0], edit[1], "write = call,originate,command", reload="manager reload"):
        found = look()
    assert verdicts(found) == {"ami-rights": "red", "installed-files": "yellow"}


@pytest.mark.pbx
def test_without_a_console_the_login_itself_tells_the_rights(agents_env, tmp_path, monkeypatch):
    for name, value in agents_env.items():
        monkeypatch.setenv(name, value)
    asked = by_ids(["modules", "ami-login", "ami-rights", "queue"])
    found = uvloop.run(examine(Scene(tmp_path, load_settings(), patience_s=60), asked))
    assert [one.verdict.value for one in found] == ["grey", "green", "green", "green"]
    assert "may do what the agent needs" in found[2].what


@pytest.mark.pbx
def test_secrets_that_asterisk_does_not_know(look):
    assert verdicts(look(VOICEAGENT_AMI_SECRET="wrong")) == {"ami-login": "yellow"}
    found = look(VOICEAGENT_ARI_PASSWORD="wrong")
    assert verdicts(found) == {"ari-login": "red"}
    assert "ARI refuses" in found["ari-login"].what


@pytest.mark.pbx
def test_an_ari_user_who_may_only_read(pbx, look):
    edit = ("voiceagent.d/ari.conf", "read_only = no", "read_only = yes")
    with edited(pbx, *edit, reload="module reload res_ari.so"):
        found = look()
    assert verdicts(found) == {"ari-login": "red", "installed-files": "yellow"}
    assert "only read" in found["ari-login"].what


@pytest.mark.pbx
def test_ari_open_to_web_pages(pbx, look):
    edit = ("ari.conf", "[general]\n", "[general]\nallowed_origins = https://pages.example\n")
    with edited(pbx, *edit, reload="module reload res_ari.so"):
        found = look()
    assert verdicts(found) == {"ari-exposed": "yellow"}


@pytest.mark.pbx
def test_queues_without_members_and_without_a_queue(look):
    assert verdicts(look(VOICEAGENT_QUEUE="empty")) == {"queue": "yellow"}
    assert verdicts(look(VOICEAGENT_QUEUE="nowhere")) == {"queue": "red"}
    without_ami = look(VOICEAGENT_QUEUE="empty", VOICEAGENT_AMI_SECRET="wrong")
    assert verdicts(without_ami) == {"queue": "yellow", "ami-login": "yellow"}


@pytest.mark.pbx
def test_a_script_that_asterisks_user_cannot_reach(pbx, look):
    folder = pbx.root / "usr/share/asterisk/agi-bin/voiceagent"
    folder.chmod(0o700)
    try:
        found = look()
    finally:
        folder.chmod(0o755)
    assert verdicts(found) == {"agi-script": "yellow"}
    assert "may not enter" in found["agi-script"].what


@pytest.mark.pbx
def test_a_folder_that_asterisks_user_cannot_write(pbx, look):
    folder = pbx.root / "var/spool/asterisk/voiceagent"
    folder.chmod(0o2550)
    try:
        found = look()
    finally:
        folder.chmod(0o2770)
    assert verdicts(found) == {"shared-folders": "yellow"}


@pytest.mark.pbx
def test_a_settings_file_everybody_can_read(look, tmp_path):
    file = tmp_path / "voiceagent.env"
    file.touch()
    file.chmod(0o644)
    assert verdicts(look(file)) == {"settings-file": "red"}
    file.chmod(0o640)
    assert verdicts(look(file)) == {"settings-file": "green"}


@pytest.mark.pbx
def test_an_agent_that_is_gone_and_a_port_somebody_else_takes(pbx, look):
    gone = {"agent-running": "red", "agi-gate": "grey", "audiosocket-connects": "grey"}
    pbx.stop_agent()
    try:
        assert verdicts(look()) == gone
        with socket.create_server(("127.0.0.1", pbx.ports().audiosocket)):
            found = look()
        assert verdicts(found) == {**gone, "ports": "red"}
        assert str(pbx.ports().audiosocket) in found["ports"].what
    finally:
        pbx.up(env=plain_env())
    assert look() == {}


@pytest.mark.pbx
def test_without_asterisk_nothing_of_it_is_green(pbx, look):
    pbx.stop_pbx()
    try:
        found = verdicts(look())
    finally:
        pbx.up(env=plain_env())
    assert found.pop("asterisk-running") == "red"
    assert found.pop("agent-running") == "yellow"  # it has lost its links
    asked = {
        "asterisk-version", "asterisk-security", "modules", "codecs", "dialplan-loaded",
        "dialplan-reached", "ami-login", "ami-rights", "ami-exposed", "ari-login", "ari-exposed",
        "queue", "transfer-contexts",
    }  # fmt: skip
    assert found == dict.fromkeys(asked, "grey")


def test_an_asterisk_on_another_host_is_not_looked_at_from_here(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_AMI_HOST", "192.0.2.1")
    asked = by_ids(["modules", "dialplan-reached", "agi-script", "asterisk-running"])
    found = uvloop.run(examine(Scene(tmp_path, load_settings(), patience_s=60), asked))
    assert [one.verdict for one in found] == [Verdict.GREY] * 4
    assert all("Asterisk is on another host" in one.what for one in found)


def checked(run, patience_s=60) -> list[Finding]:
    async def main() -> list[Finding]:
        scene = Scene(Path("/nowhere"), None, patience_s=patience_s)
        return await examine(scene, [Check("a", "first", "", run), Check("b", "second", "", _well)])

    return asyncio.run(main())


async def _well(_scene: Scene) -> list[Finding]:
    return [Finding("", Verdict.GREEN, "well")]


def test_a_check_that_fails_hides_no_other_and_tells_no_secret():
    async def broken(_scene: Scene) -> list[Finding]:
        raise ValueError("the-secret")

    first, second = checked(broken)
    assert (first.id, first.check, first.verdict) == ("a", "first", Verdict.GREY)
    assert "ValueError" in first.what and "the-secret" not in first.what
    assert second.verdict is Verdict.GREEN


def test_a_check_that_hangs_is_given_up():
    async def hanging(_scene: Scene) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    first, second = checked(hanging, patience_s=0.5)
    assert first.verdict is Verdict.GREY and "longer than" in first.what
    assert second.verdict is Verdict.GREEN


def test_what_would_steer_a_terminal_does_not_reach_it():
    async def hostile(_scene: Scene) -> list[Finding]:
        return [Finding("\x1b[2Jx", Verdict.RED, "a\x1b]0;title\x07b\nc", "d\re")]

    (one, _) = checked(hostile)
    assert all(text.isprintable() for text in (one.check, one.what, one.what_to_do))


def test_a_check_that_cannot_look_says_why():
    async def blind(_scene: Scene) -> list[Finding]:
        raise NotLookedAtError("it is dark")

    assert checked(blind)[0].what == "not looked at: it is dark"
