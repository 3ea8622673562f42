"""The agent's service under a systemd that runs, not one that is read about."""

from __future__ import annotations

import time

import pytest

from tests.live_pbx import drill, image
from tests.live_pbx.admin import install, state
from tests.live_pbx.calls import at, hears_agent, reaches_desk
from tests.live_pbx.conftest import MakeMachine
from tests.live_pbx.machine import Machine
from tests.phone import Phone

pytestmark = pytest.mark.pbx
_PATIENCE_S = 120.0  # the watchdog takes 15 s


def _main(machine: Machine) -> str:
    return state(machine, "MainPID")["MainPID"]


def _await_another(machine: Machine, old: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        now = state(machine, "MainPID", "ActiveState")
        if now["ActiveState"] == "active" and now["MainPID"] not in ("0", old):
            return
        assert time.monotonic() < deadline, machine.run("systemctl", "status", "voiceagent").stdout
        time.sleep(0.2)


def test_it_is_ready_when_it_says_so_and_comes_back_whatever_happens(installed: Machine) -> None:
    told = state(installed, "Type", "DynamicUser", "NoNewPrivileges", "ActiveState", "NRestarts")
    assert told == {
        "Type": "notify",
        "DynamicUser": "yes",
        "NoNewPrivileges": "yes",
        "ActiveState": "active",
        "NRestarts": "0",
    }

    killed = _main(installed)
    installed.do("kill", "-KILL", killed)
    _await_another(installed, killed)
    at(installed, hears_agent)

    # It stands still; only the watchdog can notice.
    frozen = _main(installed)
    installed.do("kill", "-STOP", frozen)
    _await_another(installed, frozen)
    assert "watchdog" in installed.do("journalctl", "--no-pager", "-u", "voiceagent").lower()
    at(installed, hears_agent)


@drill
def test_a_restart_of_asterisk_or_of_the_machine_needs_nobody(installed: Machine) -> None:
    agent = _main(installed)
    installed.do("systemctl", "restart", "asterisk")
    installed.await_asterisk()
    installed.await_agent()
    at(installed, hears_agent)
    assert _main(installed) == agent, "the agent was restarted with Asterisk"

    installed.off()
    installed.boot()
    installed.await_agent()
    at(installed, hears_agent)


async def _loses_its_media_process(phone: Phone, machine: Machine) -> None:
    call = await hears_agent(phone)
    machine.do("pkill", "-KILL", "-f", "--", "--role media")
    await reaches_desk(call)


@drill
@pytest.mark.parametrize("release", image.RELEASES, ids=lambda release: release.name)
def test_who_talks_to_a_process_that_dies_reaches_a_person(
    make_machine: MakeMachine, release: image.Release
) -> None:
    machine = make_machine("pbx", image.layers(release))
    assert install(machine).returncode == 0
    at(machine, lambda phone: _loses_its_media_process(phone, machine))
