"""docs/production-checklist.md says what the doctor does; other pages name checks that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.cli import main
from audiosocket_agent.simulators import faults
from audiosocket_agent.simulators.faults import parse_faults
from bench.calls import SCENARIOS
from installer.doctor.checklist import DRILLS, page
from installer.doctor.registry import CHECKS, by_ids

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def test_the_page_is_current():
    written = (DOCS / "production-checklist.md").read_text()
    assert written == page(), "python -m installer.doctor.checklist > docs/production-checklist.md"


def test_every_check_has_a_heading_that_can_be_linked_to():
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    for one in ids:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", one)
        assert f"\n### {one}\n" in page()


def test_every_check_other_pages_name_exists():
    ids = {check.id for check in CHECKS}
    text = (DOCS / "trouble.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|") and line.count("|") == 4]
    named = {one for row in rows for one in re.findall(r"`([a-z-]+)`", row.split("|")[3])}
    assert len(named) > 10 and named <= ids, named - ids


def test_only_the_named_checks_are_made_in_the_tables_order():
    assert [check.id for check in by_ids(["queue", "modules"])] == ["modules", "queue"]
    assert by_ids([]) == CHECKS
    with pytest.raises(KeyError, match="nonsense"):
        by_ids(["nonsense"])


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.title)
def test_every_drill_is_a_command_that_exists(drill):
    for command in drill.command.replace("NUMBER", "441632960001").split(" && "):
        must_exist(command)
        needs_root = drill.where == "on the PBX"
        assert command.startswith("sudo ") is needs_root


def must_exist(command: str) -> None:
    words = shlex.split(command.removeprefix("sudo "))
    while "=" in words[0]:
        name, value = words.pop(0).split("=")
        assert name == faults.VARIABLE and parse_faults(value)
    if words[0].rpartition("/")[2] == "voiceagent":
        options = [word for word in words if word.startswith("--")]
        depth = 2 if words[1] in ("calls", "sandbox") else 1
        names = [word for word in words[1:3] if word.isalpha()][:depth]
        told = CliRunner().invoke(main, [*names, "--help"])
        assert told.exit_code == 0
        assert all(option in told.output for option in options)
    elif "bench" in words:
        assert (ROOT / f"bench/{words[words.index('bench') + 1]}.py").exists()
        assert "--only" not in words or words[-1] in SCENARIOS
    else:
        assert words[0] == "systemctl"
