"""Runs on the sandbox's real Asterisk while it is up: taken in, refused, forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from asterisk_conf import BundleParams
from asterisk_conf.render import CONTEXTS
from installer.api import Installation
from installer.errors import VerifyError
from installer.live_checks import check_gone
from installer.sandbox import Sandbox, probes
from tests.installer import trees
from tests.pbx import plain_env

pytestmark = pytest.mark.pbx

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def box(able_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One PBX without an agent for this module."""
    one = Sandbox(tmp_path_factory.mktemp("box"))
    try:
        one.up(with_agent=False, env=plain_env())
        yield one
    finally:
        one.down(purge=True)


@pytest.fixture
def ask(box: Sandbox) -> Callable[[str], str | None]:
    return lambda command: probes.asterisk_cli(box.root, command, PATIENCE_S)


def params(box: Sandbox) -> BundleParams:
    return BundleParams(
        queue="reception",
        agi_port=box.ports().agi,
        extensions_context="phones",
        outside_context="outside",
    )


def configuration(box: Sandbox) -> trees.Image:
    return trees.without_times(trees.image(box.root / "etc/asterisk"))


def test_a_running_asterisk_takes_a_change_in_and_forgets_all_of_it(box, ask):
    one = Installation(box.root, ask=ask)
    changed = one.apply(one.plan_install(replace(params(box), queue_timeout_s=31)))
    assert all(check.ok for check in changed.checks)
    assert "VA_FOR_S=31" in ask("dialplan show voiceagent-human")
    assert one.apply(one.plan_undo()).notes == ()
    assert check_gone(ask) == ""
    assert "voiceagent" not in ask("ari show users")
    assert "There is no manager called" in ask("manager show user voiceagent")
    back = one.apply(one.plan_install(params(box)))
    assert {check.name for check in back.checks if check.ok} >= {"running", "configuration"}


def test_what_a_running_asterisk_lost_is_given_to_it_again(box, ask):
    one = Installation(box.root, ask=ask)
    one.apply(one.plan_install(params(box)))
    ask("dialplan remove context voiceagent-human")
    ask("module unload app_userevent.so")
    plan = one.plan_install(params(box))
    assert not plan.changes and plan.commands == (
        'asterisk -rx "module load app_userevent.so"',
        'asterisk -rx "dialplan reload"',
    )
    assert all(check.ok for check in one.apply(plan).checks)
    assert one.plan_install(params(box)).idle


def test_ami_that_was_off_is_on_at_loopback_until_all_is_undone(box, ask):
    one = Installation(box.root, ask=ask)
    one.apply(one.plan_undo())
    path = box.root / "etc/asterisk/manager.conf"
    text = path.read_text()
    path.write_text(f"{text}\n[general](+)\nenabled = no\nbindaddr = 0.0.0.0\n")
    before = configuration(box)
    try:
        ask("manager reload")
        assert re.search(r"Manager \(AMI\): +No", ask("manager show settings"))
        one.apply(one.plan_install(params(box)))
        shown = ask("manager show settings")
        assert re.search(r"Manager \(AMI\): +Yes", shown)
        assert re.search(r"TCP Bindaddress: +127\.0\.0\.1:", shown)
        one.apply(one.plan_undo())
        assert re.search(r"Manager \(AMI\): +No", ask("manager show settings"))
        assert configuration(box) == before
    finally:
        path.write_text(text)
        ask("manager reload")


def test_what_a_running_asterisk_refuses_is_put_back_in_files_and_in_memory(box, ask):
    one = Installation(box.root, ask=ask)
    one.apply(one.plan_install(params(box)))
    before, known = configuration(box), ask("dialplan show voiceagent-human")
    plan = one.plan_install(replace(params(box), queue_timeout_s=32))

    def spoiled(command: str) -> str | None:
        # As when somebody saves a broken file between our writing and Asterisk's reading.
        path = box.root / "etc/asterisk/extensions.conf"
        if command != "dialplan reload" or "VA_FOR_S=32" not in human.read_text():
            return ask(command)
        whole, facts = path.read_bytes(), path.stat()
        path.write_bytes(whole + b"#include not-there.conf\n")
        try:
            return ask(command)
        finally:
            path.write_bytes(whole)
            assert path.stat().st_mode == facts.st_mode

    human = box.root / "etc/asterisk/voiceagent.d/extensions.conf"
    one = Installation(box.root, ask=spoiled)
    with pytest.raises(VerifyError, match="voiceagent-human is not the installed one.*put back"):
        one.apply(plan)
    assert configuration(box) == before
    assert ask("dialplan show voiceagent-human") == known
    assert all(check.ok for check in Installation(box.root, ask=ask).verify())


def test_modules_are_loaded_into_a_running_asterisk_and_unloaded_when_it_fails(box, ask):
    ask("module unload app_amd.so")
    ask("module unload app_userevent.so")  # one the dialplan cannot do without

    def deaf(command: str) -> str | None:
        return "" if command == "manager reload" else ask(command)

    one = Installation(box.root, ask=ask)
    one.apply(one.plan_undo())
    with pytest.raises(VerifyError, match="manager.conf.*everything was put back"):
        failing = Installation(box.root, ask=deaf)
        failing.apply(failing.plan_install(params(box)))
    assert "0 modules loaded" in ask("module show like app_userevent")
    one.apply(one.plan_install(params(box)))
    assert "1 modules loaded" in ask("module show like app_userevent")
    ask("module load app_amd.so")


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_dialplan_that_is_asked_about_is_compared_line_by_line(box, ask, context):
    one = Installation(box.root, ask=ask)
    if not one.installed:
        one.apply(one.plan_install(params(box)))
    text = ask(f"dialplan show {context}")
    row = re.search(r"\d+\. (Goto|Hangup|Set|Return)\(", text)[0]

    def other(command: str) -> str | None:
        asked = command == f"dialplan show {context}"
        return text.replace(row, f"{row}x", 1) if asked else ask(command)

    (bad,) = (check for check in Installation(box.root, ask=other).verify() if not check.ok)
    assert f"{context} is not the installed one" in bad.detail
