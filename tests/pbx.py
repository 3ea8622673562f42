"""Fixtures with the sandbox's real Asterisk: `sandbox` for most tests, `make_sandbox` to break one.

`sandbox` is one PBX with one agent, shared by the whole run and made whole again before each test,
so that a test may kill what it likes. `make_sandbox` gives a test one of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installer.sandbox import Sandbox, SandboxError
from installer.sandbox.rootfs import check_machine


def plain_env() -> dict[str, str]:
    """Return this environment without any setting or vendor key: every test names its own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("VOICEAGENT_") and not name.endswith("_API_KEY")
    }


@pytest.fixture(scope="session")
def able_machine() -> None:
    """Skip where no sandbox can run; fail instead where the run was told that one must."""
    try:
        check_machine()
    except SandboxError as error:
        if os.environ.get("SANDBOX_TESTS") == "required":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def _shared_sandbox(
    able_machine: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    shared = Sandbox(tmp_path_factory.mktemp("sandbox"))
    try:
        yield shared
    finally:
        # After a failure its logs are worth more than the disk space.
        shared.down(purge=not request.session.testsfailed)


@pytest.fixture
def sandbox(_shared_sandbox: Sandbox) -> Sandbox:
    """Return the shared sandbox, up and whole."""
    _shared_sandbox.up(env=plain_env())
    return _shared_sandbox


@pytest.fixture
def make_sandbox(able_machine: None, tmp_path: Path) -> Iterator[Callable[[str], Sandbox]]:
    """Return a maker of sandboxes, not started yet, deleted after the test."""
    made: list[Sandbox] = []

    def make(name: str) -> Sandbox:
        made.append(Sandbox(tmp_path / name))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.down(purge=True)
