import pytest

from asterisk_conf import BundleParams
from asterisk_conf.render import CONTEXTS
from installer.api import Installation
from installer.model import Manifest
from installer.store import Store
from installer.tree import Tree
from installer.verify import verify
from tests.installer import trees
from tests.installer.machine import Asterisk


@pytest.fixture
def installed(tmp_path):
    root = tmp_path / "root"
    trees.build("manual", root)
    one = Installation(root, compile_scripts=trees.compiler(root))
    one.apply(one.plan_install(BundleParams()))
    return one


def look(installed, ask=None):
    manifest = Store(installed.tree).manifest()
    checks = verify(Tree(installed.tree.root), installed.facts, manifest, ask)
    return {check.name: (check.ok, check.detail) for check in checks}


def test_a_sound_installation_passes(installed):
    found = look(installed)
    assert found.keys() == {"files", "dialplan", "modules", "configuration"}
    assert all(ok for ok, _ in found.values())


def test_nothing_installed_is_said(installed):
    (check,) = verify(installed.tree, installed.facts, Manifest(), None)
    assert not check.ok and "nothing is installed" in check.detail


def test_a_file_that_is_gone_is_named(installed):
    (installed.tree.root / "var/lib/asterisk/sounds/voiceagent/sorry.wav").unlink()
    ok, detail = look(installed)["files"]
    assert not ok and detail == "/var/lib/asterisk/sounds/voiceagent/sorry.wav is gone"


def test_a_parent_that_no_longer_leads_to_us_is_found_out(installed):
    path = installed.tree.root / "etc/asterisk/extensions.conf"
    path.write_text("[incoming]\nexten => s,1,Hangup()\n")
    ok, detail = look(installed)["dialplan"]
    assert not ok and all(name in detail for name in CONTEXTS)


def test_our_lines_inside_a_comment_do_not_count(installed):
    path = installed.tree.root / "etc/asterisk/extensions.conf"
    path.write_text(";--\n" + path.read_text() + "--;\n")
    assert not look(installed)["dialplan"][0]


def test_modules_that_are_no_longer_loaded_are_named(installed):
    path = installed.tree.root / "etc/asterisk/modules.conf"
    path.write_text("[modules]\nautoload = no\n")
    ok, detail = look(installed)["modules"]
    assert not ok and "res_audiosocket.so" in detail and "codec_alaw" not in detail


def test_an_asterisk_that_is_not_running_is_no_failure(installed):
    ok, detail = look(installed, lambda command: None)["running"]
    assert ok and "not running" in detail


@pytest.fixture
def debian(tmp_path):
    root = tmp_path / "debian"
    trees.build("debian22", root)
    one = Installation(root, compile_scripts=trees.compiler(root))
    one.apply(one.plan_install(BundleParams()))
    return one


def test_a_control_file_that_no_longer_leads_to_our_user_is_found_out(debian):
    assert all(ok for ok, _ in look(debian).values())
    path = debian.tree.root / "etc/asterisk/manager.conf"
    path.write_text("[general]\nenabled = yes\n")
    ok, detail = look(debian)["manager"]
    assert not ok and "install again" in detail and look(debian)["ari"][0]


@pytest.fixture
def asterisk(debian, tmp_path):
    return Asterisk(debian.tree.root, tmp_path / "memory", [])


def running(debian, asterisk, **answers):
    """Return the check of the running Asterisk, of which some answers are others."""
    return look(debian, lambda command: answers.get(command, asterisk.ask(command)))["running"]


def test_a_running_asterisk_is_asked_for_everything_of_ours(debian, asterisk):
    ok, detail = running(debian, asterisk)
    assert ok and "manager.conf, ari.conf" in detail
    assert look(debian, asterisk.ask).keys() >= {"manager", "ari", "running"}


MANAGER = "manager show user voiceagent"


@pytest.mark.parametrize(
    ("command", "change", "said"),
    [
        (
            "dialplan show voiceagent-in",
            lambda text: "There is no existence",
            "lacks voiceagent-in",
        ),
        (
            "dialplan show voiceagent-ai",
            lambda text: text.replace("4573", "9"),
            "not the installed",
        ),
        (MANAGER, lambda text: "There is no manager called voiceagent", "does not know the user"),
        (MANAGER, lambda text: text.replace("call,originate", "call"), "other AMI rights"),
        (MANAGER, lambda text: text.replace("perm: call,", "perm: call,system,"), "other AMI"),
        (
            "ari show users",
            lambda text: text.replace("voiceagent", "else"),
            "user voiceagent of ari",
        ),
        ("module show", lambda text: text.replace("app_exec", "x"), "app_exec.so is not loaded"),
    ],
)
def test_what_a_running_asterisk_lacks_is_named(debian, asterisk, command, change, said):
    ok, detail = running(debian, asterisk, **{command: change(asterisk.ask(command))})
    assert not ok and said in detail and "Asterisk's log" in detail


def test_an_asterisk_without_ari_cannot_know_our_user_there(debian, asterisk):
    no_ari = "No such command 'ari show users' (type 'core show help ari show' ...)"
    assert running(debian, asterisk, **{"ari show users": no_ari})[0]


def test_an_asterisk_that_ran_a_moment_ago_must_answer(debian):
    manifest = Store(debian.tree).manifest()
    checks = verify(debian.tree, debian.facts, manifest, lambda _: None, must_run=True)
    assert [check.name for check in checks if not check.ok] == ["running"]


def test_lines_that_ours_would_take_away_from_their_section_are_found_out(debian):
    path = debian.tree.root / "etc/asterisk/manager.conf"
    # Asterisk counts what stands below our lines to the section above them.
    path.write_bytes(path.read_bytes() + b"#include missing.conf\n")
    checks = look(debian)
    assert checks["configuration"][0]  # theirs, and just as bad without us
    ours = debian.tree.root / "etc/asterisk/voiceagent.d/manager.conf"
    ours.write_text(ours.read_text() + "[general](+)\nport = 1\n[broken\n")
    ok, detail = look(debian)["configuration"]
    assert not ok and "manager.conf" in detail
