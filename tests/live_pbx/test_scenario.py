"""One admin's day: install, test, be called, remove; and nothing is left but what callers said."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.live_pbx import drill, image
from tests.live_pbx.admin import INSTALL, LIMIT_S, install, state, undo
from tests.live_pbx.calls import at, hears_agent, hears_announcement, reaches_desk, records
from tests.live_pbx.conftest import MakeMachine
from tests.live_pbx.customer import DID, OLD_LINE, QUEUE_LINE
from tests.live_pbx.machine import Machine
from tests.live_pbx.snapshot import differences, snapshot
from tests.phone import Phone

pytestmark = pytest.mark.pbx


async def _old_dialplan_works(phone: Phone) -> None:
    await hears_announcement(phone, OLD_LINE)
    await reaches_desk(await phone.call(QUEUE_LINE))


async def _nobody_of_ours_answers(phone: Phone) -> None:
    await hears_announcement(phone, DID)
    await _old_dialplan_works(phone)


async def _a_key_leads_to_the_desk(phone: Phone) -> None:
    await reaches_desk(await hears_agent(phone), key="0")


async def _a_word_leads_to_the_desk(phone: Phone) -> None:
    await reaches_desk(await hears_agent(phone), words="operator")


@pytest.mark.parametrize(
    ("release", "asks_for_a_person"),
    [
        pytest.param(image.FORKY, _a_key_leads_to_the_desk, id="asterisk22"),
        # Whose AudioSocket passes no digits on.
        pytest.param(image.NOBLE, _a_word_leads_to_the_desk, id="asterisk20", marks=drill),
        pytest.param(image.JAMMY, _a_word_leads_to_the_desk, id="asterisk18", marks=drill),
    ],
)
def test_an_admin_installs_is_called_and_removes_it(
    make_machine: MakeMachine,
    release: image.Release,
    asks_for_a_person: Callable[[Phone], Awaitable[None]],
) -> None:
    machine = make_machine("pbx", image.layers(release))
    at(machine, _nobody_of_ours_answers)
    before = snapshot(machine.root)

    # Installed, and the first caller is greeted within a minute.
    began = time.monotonic()
    done = install(machine)
    apply_s = time.monotonic() - began
    assert done.returncode == 0, done.stdout
    at(machine, hears_agent)
    call_s = time.monotonic() - began
    assert call_s < 60
    at(machine, asks_for_a_person)
    at(machine, _old_dialplan_works)
    assert state(machine, "ActiveState", "UnitFileState") == {
        "ActiveState": "active",
        "UnitFileState": "enabled",
    }

    # The admin's own tests.
    began = time.monotonic()
    doctor = machine.run("voiceagent", "doctor", "--json", timeout_s=LIMIT_S)
    doctor_s = time.monotonic() - began
    assert doctor.returncode == 0, doctor.stdout
    assert json.loads(doctor.stdout)
    placed = machine.run("voiceagent", "call", "--did", DID, timeout_s=LIMIT_S)
    assert placed.returncode == 0, placed.stdout
    assert len(records(machine)) == 3
    assert "Nothing to do" in install(machine).stdout

    # Gone without a trace.
    began = time.monotonic()
    undone = undo(machine)
    undo_s = time.monotonic() - began
    assert undone.returncode == 0, undone.stdout
    assert differences(before, snapshot(machine.root)) == []
    assert state(machine, "LoadState") == {"LoadState": "not-found"}
    at(machine, _nobody_of_ours_answers)
    assert (machine.root / "var/lib/private/voiceagent/voiceagent.db").exists()
    machine.do("voiceagent-install", "--yes", "--undo", "--delete-data")
    assert list((machine.root / "var/lib/private").iterdir()) == []
    assert not os.path.lexists(machine.root / "var/lib/voiceagent")
    figures = {"apply": apply_s, "call": call_s, "doctor": doctor_s, "undo": undo_s}
    print({name: f"{seconds:.1f} s" for name, seconds in figures.items()})  # pytest -rP shows it


@drill
def test_an_edit_outlives_the_next_install_and_is_kept_when_all_is_removed(
    installed: Machine,
) -> None:
    settings = installed.root / "etc/voiceagent/voiceagent.env"
    edited = settings.read_text().replace("#VOICEAGENT_MAX_CALLS=50", "VOICEAGENT_MAX_CALLS=7")
    settings.write_text(edited)
    installed.do("systemctl", "restart", "voiceagent")
    agent = state(installed, "MainPID")
    again = installed.run(*INSTALL, "--queue-timeout", "60", timeout_s=LIMIT_S)
    assert again.returncode == 0, again.stdout
    assert settings.read_text() == edited
    assert state(installed, "MainPID") == agent, "the agent was restarted for nothing"
    at(installed, hears_agent)

    assert undo(installed).returncode == 0
    kept = list((installed.root / "var/lib/voiceagent-install/kept").iterdir())
    assert [one.read_text() for one in kept] == [edited]
    assert {one.stat().st_mode & 0o077 for one in (*kept, kept[0].parent.parent)} == {0}
