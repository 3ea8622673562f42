import pytest

from asterisk_conf import BundleParams
from asterisk_conf.render import CONTEXTS
from installer.api import Installation
from installer.model import Manifest
from installer.store import Store
from installer.tree import Tree
from installer.verify import verify
from tests.installer import trees


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


def context(name):
    return f"[ Context '{name}' created by 'pbx_config' ]\n"


def test_a_sound_installation_passes(installed):
    found = look(installed)
    assert found.keys() == {"files", "dialplan", "modules"}
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


def test_a_running_asterisk_is_asked_for_every_context(installed):
    asked = []

    def ask(command):
        asked.append(command)
        return context(command.rpartition(" ")[2])

    assert look(installed, ask)["running"][0]
    assert asked == [f"dialplan show {name}" for name in CONTEXTS]


def test_a_running_asterisk_without_our_contexts_fails(installed):
    answer = "There is no existence of 'x' context"
    ok, detail = look(installed, lambda command: answer)["running"]
    assert not ok and CONTEXTS[0] in detail


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


def answers(**users):
    def ask(command):
        if command.startswith("dialplan show"):
            return context(command.rpartition(" ")[2])
        return users["manager" if command == "manager show user voiceagent" else "ari"]

    return ask


MANAGER = "username: voiceagent\nsecret: <Set>\n"
ARI = "No    No    voiceagent\n"


def test_a_running_asterisk_is_asked_for_our_users(debian):
    assert look(debian, answers(manager=MANAGER, ari=ARI))["running"][0]
    for said in (
        dict(manager="There is no manager called voiceagent", ari=ARI),
        dict(manager=MANAGER, ari="No    No    somebody\n"),
    ):
        ok, detail = look(debian, answers(**said))["running"]
        assert not ok and "does not know the user voiceagent" in detail


def test_an_asterisk_without_ari_cannot_know_our_user_there(debian):
    no_ari = "No such command 'ari show users' (type 'core show help ari show' ...)"
    assert look(debian, answers(manager=MANAGER, ari=no_ari))["running"][0]
