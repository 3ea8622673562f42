"""Fixtures: the layers machines are made of, and machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live_pbx import customer, image
from tests.live_pbx.admin import install
from tests.live_pbx.machine import Machine, why_not

MakeMachine = Callable[..., Machine]


@pytest.fixture(scope="session")
def layers(able_machine: None, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return what every machine is made of: Debian with Asterisk, and the agent in its venv."""
    if reason := why_not(tmp_path_factory.mktemp("try")):
        pytest.skip(f"no machine can be made here: {reason}")
    return image.layers()


@pytest.fixture
def make_machine(layers: list[Path], tmp_path: Path) -> Iterator[MakeMachine]:
    """Return a maker of booted machines of the customer, switched off after the test.

    Each is made of `layers`, or of those it is given.
    """
    made: list[Machine] = []

    def make(name: str, given: list[Path] | None = None) -> Machine:
        made.append(Machine(tmp_path / name, given or layers))
        customer.furnish(made[-1])
        made[-1].boot()
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.off()


@pytest.fixture
def machine(make_machine: MakeMachine) -> Machine:
    """Return a machine of the customer, as it was before they heard of us."""
    return make_machine("pbx")


@pytest.fixture
def installed(machine: Machine) -> Machine:
    """Return one on which the agent answers."""
    done = install(machine)
    assert done.returncode == 0, done.stdout
    return machine
