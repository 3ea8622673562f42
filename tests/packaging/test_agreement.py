"""What scripts and examples say of the rest is true of it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from installer.cli import main
from installer.store import STATE
from installer.system.keys import KEY_VARIABLES

ROOT = Path(__file__).parents[2]
ANSIBLE = ROOT / "examples/ansible"
SHELL = [
    ROOT / "scripts/install.sh",
    ROOT / "packaging/check.sh",
    ROOT / "packaging/debian_root.sh",
    *sorted((ROOT / "packaging/deb").glob("p*")),
    ROOT / "packaging/deb/build.sh",
]


@pytest.mark.parametrize("script", SHELL, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_is_plain_shell(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    done = subprocess.run(["sh", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_scripts_look_for_the_installer_s_memory_where_it_is() -> None:
    install = (ROOT / "scripts/install.sh").read_text()
    assert f"state={STATE} " in install
    for name in ("prerm", "postrm"):
        assert f"{STATE}/manifest.json" in (ROOT / "packaging/deb" / name).read_text()


def test_the_playbooks_use_options_that_exist() -> None:
    known = {option for parameter in main.params for option in parameter.opts}
    for name in ("install.yml", "remove.yml", "group_vars/pbx/vars.yml"):
        used = set(re.findall(r"voiceagent-install'((?:, '--[a-z-]+')+)", _text(name)))
        options = {option for text in used for option in re.findall(r"--[a-z-]+", text)}
        options |= set(re.findall(r"^ +- (--[a-z-]+)", _text(name), re.MULTILINE))
        assert options
        assert options <= known


def test_the_playbooks_are_whole() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load(_text("group_vars/pbx/vars.yml"))["voiceagent_version"] == version
    keys = set(yaml.safe_load(_text("vault.example.yml")))
    assert keys == set(re.findall(r"\bvault_\w+", _text("install.yml")))
    for name in ("install.yml", "remove.yml"):
        (play,) = yaml.safe_load(_text(name))
        assert play["hosts"] == "pbx"
        for task in play["tasks"]:
            environment = "environment" in task
            assert task.get("no_log", False) == environment, task["name"]


def test_the_keys_are_taken_where_the_playbook_puts_them() -> None:
    (play,) = yaml.safe_load(_text("install.yml"))
    (task,) = (task for task in play["tasks"] if "environment" in task)
    assert task["environment"] == "{{ given }}"
    assert "(['--keys-from=env'] if given else [])" in task["ansible.builtin.command"]["argv"]
    assert set(task["vars"]["keys"]) <= set(KEY_VARIABLES)


def _text(name: str) -> str:
    return (ANSIBLE / name).read_text()
