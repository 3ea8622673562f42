"""`voiceagent sandbox` as a program, as far as it comes without starting a PBX."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_COMMAND = [sys.executable, "-m", "installer.sandbox"]


def _run(
    *arguments: str | Path, env: dict[str, str] | None = None, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, *_COMMAND, *map(str, arguments)],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
    )


def _one_line_error(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def test_a_profile_that_is_not_available_is_refused(tmp_path: Path) -> None:
    done = _run("up", "--profile", "cloud", "--dir", tmp_path)
    assert done.returncode == 1
    assert "cloud" in _one_line_error(done)


def test_without_root_it_says_so(tmp_path: Path) -> None:
    # A user namespace without a mapping: the same files, and nobody's rights.
    done = _run("up", "--dir", tmp_path / "box", before=("unshare", "--user"))
    assert done.returncode == 5
    assert "needs root" in _one_line_error(done)
    assert not (tmp_path / "box").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="asks what root would be told")
def test_a_missing_program_is_answered_with_the_command_that_installs_it(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("mount", "setpriv", "setsid", "unshare"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    env = {"PATH": str(programs), "VOICEAGENT_CACHE": str(tmp_path / "cache")}
    done = _run("up", "--dir", tmp_path / "box", env=env)
    assert done.returncode == 5
    assert _one_line_error(done).endswith(
        "not installed: mmdebstrap: apt-get update && apt-get install -y mmdebstrap"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_is_named_before_anything_is_built(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = f'mount -t tmpfs -o size=20m tmpfs "{small}" && exec "$@"'
    done = _run(
        *("up", "--dir", small / "box"),
        env={"VOICEAGENT_CACHE": str(small / "cache")},
        before=("unshare", "--mount", "sh", "-c", mounted, "sh"),
    )
    assert done.returncode == 5
    assert "MB free" in _one_line_error(done) and str(small) in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="asks what root would be told")
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/letter.txt").write_text("dear")
    done = _run("up", "--dir", tmp_path)
    assert done.returncode == 1
    assert "choose an empty folder" in _one_line_error(done)
    assert _run("down", "--purge", "--dir", tmp_path).returncode == 1
    assert (tmp_path / "data/letter.txt").read_text() == "dear"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_nothing_there_is_down_and_stays_down(tmp_path: Path) -> None:
    box = tmp_path / "box"
    status = _run("status", "--json", "--dir", box)
    assert status.returncode == 3
    assert json.loads(status.stdout) == {"state": "down", "dir": str(box)}
    down = _run("down", "--dir", box)
    assert (down.returncode, down.stdout) == (0, "The sandbox was not running.\n")
    assert not box.exists()


def test_a_damaged_state_is_reported_and_nothing_deleted(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{half")
    done = _run("status", "--dir", tmp_path)
    assert done.returncode == 1
    assert "state.json cannot be understood" in _one_line_error(done)


def test_a_mistyped_option_is_a_usage_error() -> None:
    assert _run("up", "--profil", "offline").returncode == 2
