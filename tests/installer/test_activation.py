"""Runs on a tree whose Asterisk and systemd run, both simulated: taken in, refused, taken back."""

import os
import signal
from dataclasses import replace

import pytest

from asterisk_conf import BundleParams
from installer.api import Installation
from installer.diff import describe
from installer.errors import VerifyError
from installer.system import NewCompany, SystemParams
from tests.installer import pbx_trees, trees
from tests.installer.machine import Machine

PARAMS = BundleParams(queue="reception")
SYSTEM = SystemParams(company=NewCompany(name="Bright & Sons", did="+44 1632 960001"))
BROKEN = replace(SYSTEM, values={"VOICEAGENT_LOG_LEVEL": "broken"})
ALL_RELOADS = ["manager reload", "module reload res_ari.so", "dialplan reload"]


@pytest.fixture
def root(tmp_path):
    trees.build("debian22", tmp_path / "root")
    return tmp_path / "root"


@pytest.mark.parametrize("name", [*trees.LAYOUTS, *pbx_trees.KINDS])
def test_on_every_tree_what_runs_takes_all_in_and_forgets_it_again(name, tmp_path):
    root = tmp_path / "root"
    (trees if name in trees.LAYOUTS else pbx_trees).build(name, root)
    before = trees.image(root)
    machine = Machine(root, tmp_path / "memory")
    known = dict(machine.asterisk.known)
    assert all(check.ok for check in install(root, machine).checks)
    assert up_to_date(machine) and machine.systemd.active
    undo(root, machine)
    assert trees.image(root) == before and up_to_date(machine) and not machine.systemd.active
    after = machine.asterisk.known
    assert {part for part in known if after[part] != known[part]} <= {"modules"}


@pytest.fixture
def machine(root, tmp_path):
    return Machine(root, tmp_path / "memory")


def installation(root, machine, on_step=None):
    return Installation(
        root,
        compile_scripts=trees.compiler(root),
        ask=machine.ask,
        systemctl=machine.systemctl,
        on_step=on_step,
    )


def install(root, machine, params=PARAMS, system=SYSTEM):
    one = installation(root, machine)
    return one.apply(one.plan_install(params, system))


def undo(root, machine):
    one = installation(root, machine)
    return one.apply(one.plan_undo())


def up_to_date(machine):
    return machine.asterisk.is_up_to_date() and machine.systemd.is_up_to_date()


def test_what_was_looked_at_is_told(root, machine):
    applied = install(root, machine)
    assert {check.name for check in applied.checks} >= {"files", "running", "service"}
    assert not applied.notes
    assert "voiceagent" in machine.asterisk.known["manager"]
    assert undo(root, machine).notes == ()


def test_the_service_is_started_afresh_only_when_something_of_its_own_changed(root, machine):
    install(root, machine)
    machine.told.clear()
    install(root, machine, replace(PARAMS, queue_timeout_s=30))
    assert "dialplan reload" in machine.told and "restart" not in machine.told
    install(root, machine, replace(PARAMS, queue="sales"))
    assert "restart" in machine.told and up_to_date(machine)


def test_a_service_that_was_stopped_runs_again_after_the_next_installation(root, machine):
    install(root, machine)
    machine.systemctl(["stop"])
    install(root, machine, replace(PARAMS, queue_timeout_s=30))
    assert machine.systemd.active


@pytest.mark.parametrize("deaf_to", ALL_RELOADS)
def test_what_asterisk_does_not_take_in_is_put_back_and_said_in_one_line(root, machine, deaf_to):
    before, known = trees.image(root), dict(machine.asterisk.known)
    machine.asterisk.deaf_to = (deaf_to,)
    with pytest.raises(VerifyError, match="everything was put back") as failed:
        install(root, machine)
    assert "\n" not in str(failed.value)
    assert trees.image(root) == before and machine.asterisk.known == known
    assert up_to_date(machine) and not machine.systemd.active


@pytest.mark.parametrize(("deaf_to", "system"), [("dialplan reload", SYSTEM), ("", BROKEN)])
def test_an_upgrade_that_does_not_hold_goes_back_to_what_was_installed(
    root, machine, deaf_to, system
):
    install(root, machine)
    before = trees.without_times(trees.image(root))
    known = dict(machine.asterisk.known)
    machine.asterisk.deaf_to = (deaf_to,)
    with pytest.raises(VerifyError, match="put back"):
        install(root, machine, replace(PARAMS, queue="sales"), system)
    assert trees.without_times(trees.image(root)) == before
    assert machine.asterisk.known == known and machine.systemd.active
    machine.asterisk.deaf_to = ()
    assert up_to_date(machine)
    one = installation(root, machine)
    assert all(check.ok for check in one.verify()) and one.plan_install(PARAMS, SYSTEM).idle


def test_a_service_that_does_not_start_is_taken_out_again_and_says_how_it_ended(root, machine):
    before = trees.image(root)
    with pytest.raises(VerifyError) as failed:
        install(root, machine, system=BROKEN)
    assert (
        "does not start (exit-code, status 78): VOICEAGENT_LOG_LEVEL: must be one of debug, info; "
        "everything was put back" in str(failed.value)
    )
    assert trees.image(root) == before
    assert machine.systemd.unit is None and not machine.systemd.active


def test_an_asterisk_that_dies_of_it_gets_its_files_back(root, machine):
    before = trees.image(root)
    machine.asterisk.dies_at = "dialplan reload"
    with pytest.raises(VerifyError, match="does not answer any more; everything was put back"):
        install(root, machine)
    assert trees.image(root) == before


def test_an_asterisk_that_is_stopped_gets_its_files_and_that_is_said(root, machine):
    machine.asterisk.stop()
    checks = {check.name: check for check in install(root, machine).checks}
    assert "not running" in checks["running"].detail and checks["running"].ok
    machine.asterisk.start()
    assert all(check.ok for check in installation(root, machine).verify())


def test_modules_are_loaded_where_asterisk_has_not_loaded_them(tmp_path):
    root = tmp_path / "root"
    trees.build("manual", root)
    machine = Machine(root, tmp_path / "memory")
    assert "app_audiosocket" not in machine.asterisk.known["modules"]
    applied = install(root, machine, system=None)
    assert "app_audiosocket" in machine.asterisk.known["modules"] and not applied.notes
    assert up_to_date(machine)


def test_modules_that_do_not_load_fail_the_run_and_those_that_did_are_unloaded(tmp_path):
    root = tmp_path / "root"
    layout = trees.build("manual", root)
    machine = Machine(root, tmp_path / "memory")
    loaded = list(machine.asterisk.known["modules"])

    def ask(command):
        refused = command == "module load app_exec.so"
        return "Unable to load module app_exec.so" if refused else machine.ask(command)

    one = Installation(root, compile_scripts=trees.compiler(root), ask=ask)
    with pytest.raises(VerifyError, match=r"app_exec\.so is not loaded"):
        one.apply(one.plan_install(PARAMS))
    assert machine.asterisk.known["modules"] == loaded
    (root / layout.modules / "codec_g722.so").unlink()  # one it can do without
    one = Installation(root, compile_scripts=trees.compiler(root), ask=machine.ask)
    (note,) = one.apply(one.plan_install(PARAMS)).notes
    assert "restart Asterisk when convenient" in note and "codec_g722.so" in note


def test_a_dialplan_that_undo_cannot_make_asterisk_forget_is_told_of(root, machine):
    install(root, machine)
    machine.asterisk.deaf_to = ("dialplan reload",)
    (note,) = undo(root, machine).notes
    assert "keeps voiceagent-in" in note


def test_a_closed_terminal_takes_a_run_back(root, machine):
    before, known = trees.image(root), dict(machine.asterisk.known)

    def on_step(step):
        if step == "verify":
            os.kill(os.getpid(), signal.SIGHUP)

    one = installation(root, machine, on_step)
    plan = one.plan_install(PARAMS, SYSTEM)
    former = signal.getsignal(signal.SIGHUP)
    with pytest.raises(SystemExit):
        one.apply(plan)
    assert signal.getsignal(signal.SIGHUP) is former
    assert trees.image(root) == before and machine.asterisk.known == known
    assert up_to_date(machine) and not machine.systemd.active


RESTART = "systemctl restart voiceagent.service"


def commands_of(root, machine, params=PARAMS, system=SYSTEM):
    return list(installation(root, machine).plan_install(params, system).commands)


def test_what_stopped_or_was_forgotten_is_put_right_though_no_file_changes(root, machine):
    install(root, machine)
    assert installation(root, machine).plan_install(PARAMS, SYSTEM).idle
    machine.systemctl(["stop"])
    assert commands_of(root, machine) == [RESTART]
    install(root, machine)
    assert machine.systemd.active and commands_of(root, machine) == []
    machine.asterisk.known["extensions"].pop("voiceagent-human")
    machine.asterisk.known["modules"].remove("app_audiosocket")
    plan = installation(root, machine).plan_install(PARAMS, SYSTEM)
    assert not plan.idle and not plan.changes
    assert plan.commands == (
        'asterisk -rx "module load app_audiosocket.so"',
        'asterisk -rx "dialplan reload"',
    )
    before = trees.without_times(trees.image(root))
    machine.asterisk.deaf_to = ("dialplan reload",)
    with pytest.raises(VerifyError, match="lacks voiceagent-human"):
        install(root, machine)
    machine.asterisk.deaf_to = ()
    install(root, machine)
    assert up_to_date(machine) and installation(root, machine).plan_install(PARAMS, SYSTEM).idle
    assert trees.without_times(trees.image(root)) == before


def test_only_what_is_concerned_is_told(root, machine):
    install(root, machine)
    other = NewCompany(name="Hill Dental", did="+44 1632 960002")
    assert commands_of(root, machine, system=replace(SYSTEM, company=other)) == [RESTART]
    timeout = commands_of(root, machine, replace(PARAMS, queue_timeout_s=30))
    assert timeout == ['asterisk -rx "dialplan reload"']
    path = root / "etc/asterisk/manager.conf"
    path.write_text(path.read_text().partition("; >>> voiceagent-install")[0])
    assert commands_of(root, machine) == ['asterisk -rx "manager reload"']


def as_typed(told):
    """Return a simulated machine's command as an admin would type it."""
    if told == "daemon-reload":
        return "systemctl daemon-reload"
    if told in ("restart", "stop"):
        return f"systemctl {told} voiceagent.service"
    return f'asterisk -rx "{told}"'


def test_a_plan_says_what_it_will_tell_to_what_runs_and_that_is_what_it_tells(root, machine):
    later = replace(PARAMS, queue_timeout_s=30)
    for plan_it, restarts in (
        (lambda one: one.plan_install(PARAMS, SYSTEM), True),
        (lambda one: one.plan_install(later, SYSTEM), False),
        (lambda one: one.plan_undo(), False),
    ):
        one = installation(root, machine)
        plan = plan_it(one)
        shown = [line.text for line in describe(plan) if line.text.startswith("run ")]
        assert shown == [f"run {command}" for command in plan.commands]
        machine.told.clear()
        one.apply(plan)
        assert sorted(map(as_typed, machine.told)) == sorted(plan.commands)
        assert ("restart" in machine.told) == restarts
    machine.asterisk.stop()
    commands = installation(root, machine).plan_install(PARAMS, SYSTEM).commands
    assert commands and not any("asterisk" in one for one in commands)
    assert Installation(root).plan_install(PARAMS).commands == ()


def test_a_service_that_cannot_come_back_because_of_a_later_edit_is_told_of(root, machine):
    install(root, machine)
    path = root / "etc/voiceagent/voiceagent.env"
    path.write_text(path.read_text() + "VOICEAGENT_LOG_LEVEL=broken\n")  # not taken in yet
    edited = path.read_text()
    with pytest.raises(VerifyError, match="the service as it was before does not start") as failed:
        install(root, machine, replace(PARAMS, queue="sales"))
    assert "everything was put back" in str(failed.value) and "\n" not in str(failed.value)
    assert path.read_text() == edited and machine.systemd.is_up_to_date()
