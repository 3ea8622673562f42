"""The installer is killed on a running machine; the next run makes an end of it."""

from __future__ import annotations

import random
import time

import pytest

from asterisk_conf.render import CONTEXTS
from tests.live_pbx import drill
from tests.live_pbx.admin import INSTALL, LIMIT_S, UNDO, install, state, undo
from tests.live_pbx.calls import at, hears_agent, hears_announcement
from tests.live_pbx.customer import DID, OLD_LINE
from tests.live_pbx.machine import Machine
from tests.live_pbx.snapshot import differences, snapshot

pytestmark = pytest.mark.pbx
_KILLS = 10  # each takes some ten seconds
_SEED = 6


def _killed_after(machine: Machine, seconds: float, command: tuple[str, ...]) -> None:
    machine.run("timeout", "--signal=KILL", f"{seconds:.3f}", *command, timeout_s=LIMIT_S)


def _contexts(machine: Machine) -> set[str]:
    answers = {name: machine.asterisk(f"dialplan show {name}") for name in CONTEXTS}
    return {name for name, said in answers.items() if f"[ Context '{name}'" in said}


def _is_whole(machine: Machine) -> None:
    """Assert that all of it is there and at work, in the files and in what runs."""
    assert machine.run("voiceagent-install", "--verify").returncode == 0
    assert _contexts(machine) == set(CONTEXTS)
    assert state(machine, "ActiveState") == {"ActiveState": "active"}


@drill
def test_killed_at_any_moment_the_next_run_makes_an_end_of_it(machine: Machine) -> None:
    chance = random.Random(_SEED)
    before = snapshot(machine.root)
    began = time.monotonic()
    assert install(machine).returncode == 0
    install_s = time.monotonic() - began
    began = time.monotonic()
    assert undo(machine).returncode == 0
    undo_s = time.monotonic() - began
    for number in range(_KILLS):
        _killed_after(machine, chance.uniform(0.05, 1) * install_s, INSTALL)
        if number % 2:  # thought better of it
            assert undo(machine).returncode == 0
        else:
            done = install(machine)
            assert done.returncode == 0, done.stdout
            _is_whole(machine)
            at(machine, hears_agent)
            _killed_after(machine, chance.uniform(0.05, 1) * undo_s, UNDO)
            done = undo(machine)
            assert done.returncode == 0, done.stdout
        assert differences(before, snapshot(machine.root)) == [], f"kill {number}"
        assert _contexts(machine) == set(), f"kill {number}"
        assert state(machine, "LoadState") == {"LoadState": "not-found"}
        at(machine, lambda phone: hears_announcement(phone, OLD_LINE))
        at(machine, lambda phone: hears_announcement(phone, DID))
