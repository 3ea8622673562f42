"""Whole trees: install, install again, edit by hand, undo."""

import os
import re
import shutil
from dataclasses import replace

import pytest

from asterisk_conf import AgiMode, BundleParams
from installer.api import Installation
from installer.conf_text import BEGIN
from installer.diff import describe
from installer.errors import BusyError, ConflictError
from installer.system import NewCompany, SystemParams
from tests.installer import trees

PARAMS = BundleParams(queue="reception", agi_port=5573)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def installation(root):
    return Installation(root, compile_scripts=trees.compiler(root))


def install(root, params=PARAMS):
    one = installation(root)
    return one.apply(one.plan_install(params)).notes


def undo(root):
    one = installation(root)
    plan = one.plan_undo()
    return (*plan.notes, *one.apply(plan).notes)


@pytest.mark.parametrize("name", trees.LAYOUTS)
def test_installing_again_changes_nothing_and_undoing_restores_every_byte(name, root):
    trees.build(name, root)
    before = trees.image(root)
    assert install(root) == ()
    installed = trees.image(root)
    assert all(check.ok for check in installation(root).verify())
    assert installation(root).plan_install(PARAMS).idle
    assert trees.image(root) == installed != before
    undo(root)
    assert trees.image(root) == before
    assert installation(root).plan_undo().idle


@pytest.mark.parametrize("name", trees.LAYOUTS)
def test_only_what_the_plan_said_is_touched(name, root):
    trees.build(name, root)
    before = trees.image(root)
    one = installation(root)
    plan = one.plan_install(PARAMS)
    one.apply(plan)
    after = trees.image(root)
    said = {str(change.path)[1:] for change in plan.changes}
    touched = {path for path in after if after[path] != before.get(path)} | before.keys() - after
    extra = {p for p in touched - said if "__pycache__" not in p}
    assert {p for p in extra if not p.startswith("var/lib/voiceagent-install")} == set()
    parents = [path for path in touched if path in before]
    assert parents  # and they keep their owner and mode
    assert all(after[path][:3] == before[path][:3] for path in parents)


def test_a_linked_parent_is_followed_and_not_replaced(root):
    trees.build("mess", root)
    install(root)
    assert os.readlink(root / "etc/asterisk/extensions.conf") == "/srv/pbx/dialplan.conf"
    text = (root / "srv/pbx/dialplan.conf").read_bytes()
    assert b"\r\n" + BEGIN + b"\r\n" in text
    assert (root / "opt/real-sounds/voiceagent/sorry.wav").exists()


def test_files_of_ours_are_for_asterisk_to_read_and_nobody_to_write(root):
    layout = trees.build("debian22", root)
    install(root)
    after = trees.image(root)
    config = after["etc/asterisk/voiceagent.d/extensions.conf"]
    assert config[1:3] == (0o640, (trees.OWNER, trees.GROUP))
    assert after["etc/asterisk/voiceagent.d"][1:] == (0o750, (trees.OWNER, trees.GROUP))
    script = after[f"{layout.agi_bin}/voiceagent/setup.agi"]
    assert script[1:3] == (0o755, (trees.OWNER, trees.OWNER_GROUP))
    assert after[f"{layout.agi_bin}/setup.agi"][2] == "voiceagent/setup.agi"
    assert after["var/lib/voiceagent-install"][1] == 0o700


def test_other_choices_change_only_the_dialplan_and_undo_goes_all_the_way_back(root):
    trees.build("debian22", root)
    before = trees.image(root)
    install(root)
    one = installation(root)
    plan = one.plan_install(BundleParams(queue="sales", agi_mode=AgiMode.SCRIPT))
    assert [str(c.path) for c in plan.changes] == ["/etc/asterisk/voiceagent.d/extensions.conf"]
    one.apply(plan)
    assert b"Set(VA_TO=sales)" in plan.changes[0].new.content
    undo(root)
    assert trees.image(root) == before


def test_load_lines_go_when_the_pbx_loads_everything_by_itself(root):
    trees.build("manual", root)
    install(root)
    path = root / "etc/asterisk/modules.conf"
    assert BEGIN in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"autoload = no", b"autoload = yes"))
    one = installation(root)
    one.apply(one.plan_install(PARAMS))
    assert BEGIN not in path.read_bytes() and b"autoload = yes" in path.read_bytes()
    assert not (root / "etc/asterisk/voiceagent.d/modules.conf").exists()
    assert all(check.ok for check in installation(root).verify())


def test_an_admins_later_edits_survive_undo(root):
    trees.build("debian22", root)
    path = root / "etc/asterisk/extensions.conf"
    original = path.read_bytes()
    install(root)
    path.write_bytes(b"; mine\n" + path.read_bytes() + b"[mine]\nexten => 1,1,Hangup()\n")
    notes = undo(root)
    assert path.read_bytes() == b"; mine\n" + original + b"[mine]\nexten => 1,1,Hangup()\n"
    assert len(notes) == 1 and "edited since" in notes[0]


def test_hand_edits_of_our_files_are_said_and_kept(root):
    trees.build("debian22", root)
    install(root)
    path = root / "etc/asterisk/voiceagent.d/extensions.conf"
    path.write_text("; my own dialplan\n")
    one = installation(root)
    failed = [check for check in one.verify() if not check.ok]
    assert [check.name for check in failed] == ["files", "dialplan"]
    assert str(path.relative_to(root)) in failed[0].detail
    notes = undo(root)
    assert any("edited by hand" in note for note in notes)
    (kept,) = (root / "var/lib/voiceagent-install/kept").iterdir()
    assert kept.read_text() == "; my own dialplan\n"
    assert not path.parent.exists()


def test_a_folder_the_admin_uses_stays(root):
    trees.build("debian22", root)
    install(root)
    mine = root / "etc/asterisk/voiceagent.d/mine.conf"
    mine.write_text("[mine]\n")
    notes = undo(root)
    assert mine.read_text() == "[mine]\n"
    assert notes == ("/etc/asterisk/voiceagent.d is not empty and stays",)


def test_a_foreign_script_in_the_way_stops_everything(root):
    layout = trees.build("debian22", root)
    (root / layout.agi_bin / "setup.agi").write_text("#!/bin/sh\n")
    before = trees.image(root)
    with pytest.raises(ConflictError, match=r"setup\.agi: there is a file"):
        install(root)
    assert trees.image(root) == before


def test_an_asterisk_without_audiosocket_is_refused(root):
    layout = trees.build("debian22", root)
    (root / layout.modules / "app_audiosocket.so").unlink()
    with pytest.raises(ConflictError, match=r"without app_audiosocket\.so"):
        install(root)


def test_without_python_the_script_is_left_out_unless_it_is_needed(root):
    layout = trees.build("debian22", root)
    for name in ("python3", trees.PYTHON):
        (root / "usr/bin" / name).unlink()
    one = installation(root)
    plan = one.plan_install(PARAMS)
    assert "no Python 3" in plan.notes[0]
    one.apply(plan)
    assert not list((root / layout.agi_bin).iterdir())
    with pytest.raises(ConflictError, match="no Python 3"):
        one.plan_install(BundleParams(agi_mode=AgiMode.SCRIPT))


def test_a_python_that_did_not_compile_the_script_is_not_asked_again(root):
    trees.build("debian22", root)
    before = trees.image(root)
    asked = []

    def refusing(folder):
        asked.append(folder)
        return "setup.agi is not compiled"

    def again():
        return Installation(root, compile_scripts=refusing).plan_install(PARAMS)

    one = Installation(root, compile_scripts=refusing)
    assert one.apply(one.plan_install(PARAMS)).notes == ("setup.agi is not compiled",)
    assert again().idle and len(asked) == 1
    (root / "usr/bin" / trees.PYTHON).write_text("another")
    assert not again().idle
    one = installation(root)
    one.apply(one.plan_install(PARAMS))
    assert again().idle
    (root / "usr/bin" / trees.PYTHON).write_text("")
    one.apply(one.plan_undo())
    after = trees.image(root)
    assert trees.without_times(after) == trees.without_times(before)


def test_a_plan_whose_ground_has_changed_is_refused_and_nothing_is_touched(root):
    trees.build("debian22", root)
    one = installation(root)
    plan = one.plan_install(PARAMS)
    path = root / "etc/asterisk/extensions.conf"
    path.write_bytes(path.read_bytes() + b"; a moment later\n")
    before = trees.image(root)
    with pytest.raises(ConflictError, match="changed since"):
        one.apply(plan)
    assert trees.image(root) == before


def test_a_file_that_comes_up_after_the_plan_is_not_overwritten(root):
    trees.build("debian22", root)
    one = installation(root)
    plan = one.plan_install(PARAMS)
    (root / "usr/share/asterisk/agi-bin/setup.agi").write_text("theirs")
    before = trees.image(root)
    with pytest.raises(Exception, match="nothing was changed"):
        one.apply(plan)
    assert trees.image(root) == before


def test_a_plan_from_before_another_run_is_refused(root):
    trees.build("debian22", root)
    early = installation(root)
    plan = early.plan_install(PARAMS)
    install(root)
    with pytest.raises(BusyError, match="in between"):
        early.apply(plan)


def test_a_lost_memory_is_rebuilt_from_what_is_there(root):
    trees.build("debian22", root)
    before = trees.image(root)
    install(root)
    shutil.rmtree(root / "var/lib/voiceagent-install")
    one = installation(root)
    plan = one.plan_install(PARAMS)
    assert not plan.changes and not plan.idle
    one.apply(plan)
    undo(root)
    # The folders were there when it looked, so it does not know them for its own.
    left = trees.without_times(trees.image(root))
    assert {k: v for k, v in left.items() if v[0] != "folder"} == {
        k: v for k, v in trees.without_times(before).items() if v[0] != "folder"
    }


def test_the_folders_shared_with_the_agent_are_asterisks_and_stay_while_in_use(root):
    trees.build("debian22", root)
    before = trees.image(root)
    install(root)
    after = trees.image(root)
    for name in ("voiceagent", "recording/voiceagent"):
        facts = after[f"var/spool/asterisk/{name}"]
        assert facts == ("folder", 0o2770, (trees.USER, trees.GROUP))
    recording = root / "var/spool/asterisk/recording/voiceagent/a.wav"
    recording.write_bytes(b"RIFF")
    notes = undo(root)
    assert recording.exists() and any("is not empty and stays" in note for note in notes)
    recording.unlink()
    left = trees.image(root).keys() - before.keys()
    assert all(one.startswith("var/spool/asterisk") for one in left)


def test_a_spool_directory_whose_name_would_break_the_dialplan_is_refused(root):
    trees.build("debian22", root)
    path = root / "etc/asterisk/asterisk.conf"
    path.write_text("[directories]\nastspooldir => /srv/my spool\n")
    with pytest.raises(ConflictError, match="spool must be"):
        install(root)


def test_load_lines_for_routing_are_left_out_where_nothing_is_routed(root):
    trees.build("manual", root)
    install(root, BundleParams(routing=False))
    text = (root / "etc/asterisk/voiceagent.d/modules.conf").read_text()
    assert "app_dial.so" in text and "stasis" not in text and "res_ari" not in text
    install(root)
    text = (root / "etc/asterisk/voiceagent.d/modules.conf").read_text()
    assert "load = app_stasis.so" in text and "load = res_ari_channels.so" in text


SYSTEM = SystemParams(
    values={"VOICEAGENT_HTTP_PORT": "8096"},
    keys={"GROQ_API_KEY": "gsk-very-secret"},
    company=NewCompany(name="Bright & Sons", did="+44 1632 960001"),
)
ENV = "etc/voiceagent/voiceagent.env"


def install_with_service(root, params=PARAMS, system=SYSTEM):
    one = installation(root)
    plan = one.plan_install(params, system)
    return plan, one.apply(plan)


def test_the_service_and_its_settings_come_and_go_with_the_rest(root):
    trees.build("debian22", root)
    before = trees.image(root)
    install_with_service(root)
    after = trees.image(root)
    assert after[ENV][:3] == ("file", 0o640, (trees.OWNER, trees.GROUP))
    env = (root / ENV).read_text()
    assert "\nVOICEAGENT_HTTP_PORT=8096\n" in env and "GROQ_API_KEY=gsk-very-secret" in env
    secret = re.search(
        r"secret = (\S+)", (root / "etc/asterisk/voiceagent.d/manager.conf").read_text()
    )
    assert f"\nVOICEAGENT_AMI_SECRET={secret[1]}\n" in env
    units = root / "etc/systemd/system"
    assert os.readlink(units / "multi-user.target.wants/voiceagent.service").startswith("/etc/")
    assert installation(root).plan_install(PARAMS, SYSTEM).idle
    undo(root)
    assert trees.image(root) == before


def test_nothing_that_shows_a_plan_shows_a_key_or_a_secret(root):
    trees.build("debian22", root)
    plan, _ = install_with_service(root)
    other = replace(SYSTEM, keys={"GROQ_API_KEY": "gsk-another-secret"})
    later, _ = install_with_service(root, system=other)
    text = "\n".join(line.text for one in (plan, later) for line in describe(one))
    env = (root / ENV).read_text()
    assert "gsk-another-secret" in env and "voiceagent.env" in text
    for secret in ("gsk-", *re.findall(r"_(?:SECRET|PASSWORD)=(\S+)", env)):
        assert secret not in text


def test_edited_settings_outlive_an_upgrade_and_are_set_aside_by_undo(root):
    trees.build("debian22", root)
    before = trees.image(root)
    install_with_service(root)
    path = root / ENV
    edited = path.read_text() + "# mine\nVOICEAGENT_LOG_LEVEL=debug\n"
    path.write_text(edited)
    plan, applied = install_with_service(root, replace(PARAMS, queue="sales"))
    assert not plan.kept and not applied.notes
    assert path.read_text() == edited.replace("QUEUE=reception", "QUEUE=sales")
    notes = undo(root)
    (kept,) = (root / "var/lib/voiceagent-install/kept").iterdir()
    assert "VOICEAGENT_LOG_LEVEL=debug" in kept.read_text()
    assert any(f"/var/lib/voiceagent-install/kept/{kept.name}" in note for note in notes)
    left = trees.image(root).keys() - before.keys()
    assert all(name.startswith("var/lib/voiceagent-install") for name in left)


def test_a_host_with_the_agent_alone_gets_the_service_and_nothing_of_asterisks(tmp_path):
    root = tmp_path / "root"
    for folder in ("etc", "var/lib"):
        (root / folder).mkdir(parents=True)
    before = trees.image(root)
    one = installation(root)
    one.apply(one.plan_agent_only(SYSTEM))
    assert (root / ENV).exists() and not (root / "etc/asterisk").exists()
    assert all(check.ok for check in installation(root).verify())
    assert installation(root).plan_agent_only(SYSTEM).idle
    undo(root)
    assert trees.image(root) == before


def test_bookings_outlive_undo_and_go_only_when_that_is_asked_for(root):
    trees.build("debian22", root)
    (root / "var/lib/private/voiceagent").mkdir(parents=True)
    (root / "var/lib/private/voiceagent/calls.db").write_text("bookings")
    (root / "var/lib/voiceagent").symlink_to("private/voiceagent")
    (root / "var/log/voiceagent").mkdir(parents=True)
    install_with_service(root)
    with pytest.raises(ConflictError, match="still installed"):
        installation(root).delete_data()
    undo(root)
    assert (root / "var/lib/voiceagent/calls.db").read_text() == "bookings"
    one = installation(root)
    assert str(one.data) == "/var/lib/voiceagent"
    one.delete_data()
    one.delete_data()  # nothing to do is fine
    assert not list(root.rglob("voiceagent"))
