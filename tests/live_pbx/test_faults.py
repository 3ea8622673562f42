"""What goes wrong on a machine that runs: said in one line, and everything put back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.live_pbx import drill
from tests.live_pbx.admin import INSTALL, install, state, undo
from tests.live_pbx.calls import at, hears_agent, hears_announcement
from tests.live_pbx.customer import DID, OLD_LINE
from tests.live_pbx.machine import Machine
from tests.live_pbx.snapshot import Snapshot, differences, snapshot
from tests.phone import Phone

pytestmark = pytest.mark.pbx


async def _as_before(phone: Phone) -> None:
    await hears_announcement(phone, OLD_LINE)
    await hears_announcement(phone, DID)


def _refuses(machine: Machine, before: Snapshot, exit_code: int) -> str:
    """Install in vain; returns the one line that says why."""
    done = install(machine)
    assert done.returncode == exit_code, done.stdout
    assert differences(before, snapshot(machine.root)) == []
    assert "[ Context" not in machine.asterisk("dialplan show voiceagent-in")
    assert state(machine, "LoadState") == {"LoadState": "not-found"}
    errors = [one for one in done.stdout.splitlines() if one.startswith("voiceagent-install: ")]
    assert len(errors) == 1, done.stdout
    assert done.stdout.rstrip().endswith(errors[0])
    return errors[0]


def _takes_no_dialplan(machine: Machine) -> str:
    """Have an Asterisk that reads no dialplan again, whoever asks."""
    rules = "[general]\ndefault_perm = permit\n\n[root]\ndeny = dialplan reload\n"
    (machine.root / "etc/asterisk/cli_permissions.conf").write_text(rules)
    machine.asterisk("cli reload permissions")
    return "dialplan"


def _starts_no_service(machine: Machine) -> str:
    folder = machine.root / "etc/systemd/system/voiceagent.service.d"
    folder.mkdir()
    (folder / "site.conf").write_text("[Service]\nExecStartPre=/bin/false\n")
    return "voiceagent.service"


@pytest.mark.parametrize("fault", [_takes_no_dialplan, _starts_no_service])
def test_what_does_not_hold_is_taken_back(
    machine: Machine, fault: Callable[[Machine], str]
) -> None:
    said = fault(machine)
    before = snapshot(machine.root)
    error = _refuses(machine, before, exit_code=6)
    assert said in error
    at(machine, _as_before)


def test_a_port_that_is_taken_is_named_before_anything_is_changed(machine: Machine) -> None:
    listen = "import socket, time; s = socket.create_server(('127.0.0.1', 9099)); time.sleep(3600)"
    machine.do("systemd-run", "--quiet", "--unit=squatter", "python3", "-c", listen)
    before = snapshot(machine.root)
    error = _refuses(machine, before, exit_code=4)
    assert "9099" in error


@drill
def test_without_a_running_asterisk_the_files_are_installed_and_it_says_so(
    machine: Machine,
) -> None:
    before = snapshot(machine.root)
    machine.do("systemctl", "stop", "asterisk")
    done = install(machine)
    assert done.returncode == 0, done.stdout
    assert "not running" in done.stdout
    machine.do("systemctl", "start", "asterisk")
    machine.await_asterisk()
    machine.await_agent()
    at(machine, hears_agent)

    # And taken out while it is stopped.
    machine.do("systemctl", "stop", "asterisk")
    done = undo(machine)
    assert done.returncode == 0, done.stdout
    machine.do("systemctl", "start", "asterisk")
    machine.await_asterisk()
    assert differences(before, snapshot(machine.root)) == []
    at(machine, _as_before)


@drill
def test_modules_that_were_not_loaded_are_loaded_and_unloaded_again(machine: Machine) -> None:
    machine.asterisk("module unload app_audiosocket.so")
    assert install(machine).returncode == 0
    assert "Running" in machine.asterisk("module show like app_audiosocket")
    at(machine, hears_agent)
    assert undo(machine).returncode == 0
    at(machine, _as_before)


@drill
def test_nobody_but_root_may(machine: Machine) -> None:
    before = snapshot(machine.root)
    done = machine.run(
        "setpriv", "--reuid=asterisk", "--regid=asterisk", "--clear-groups", *INSTALL
    )
    assert done.returncode == 5 and "Run this with sudo." in done.stdout, done.stdout
    assert "Traceback" not in done.stdout
    assert differences(before, snapshot(machine.root)) == []
