"""`make`'s first step on a machine where something is missing and nothing may be installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[1] / "scripts/bootstrap.sh"
_BASIC = ("bash", "dirname", "sort", "cat", "head", "grep", "sha256sum")
_NEEDED = ("espeak-ng", "mmdebstrap", "mount", "setpriv", "sipp", "unshare")


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    """Return a folder that is all of PATH: the basic programs, no needed one, no apt-get."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in _BASIC:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    return folder


def _run(bin_dir: Path, **env: str) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    assert bash
    return subprocess.run(
        [bash, str(_SCRIPT)],
        env={"HOME": os.environ.get("HOME", "/"), **env, "PATH": str(bin_dir)},
        capture_output=True,
        text=True,
    )


def test_what_is_missing_is_named_with_the_command_that_installs_it(bin_dir: Path) -> None:
    done = _run(bin_dir)
    assert done.returncode == 1
    what, command = done.stderr.splitlines()
    packages = "espeak-ng mmdebstrap mount sip-tester util-linux"
    assert what == f"bootstrap: not installed: {packages}"
    assert command == (
        "bootstrap: run as root: apt-get update && "
        f"apt-get install -y --no-install-recommends {packages}"
    )


def test_only_what_is_missing_is_named(bin_dir: Path) -> None:
    for name in _NEEDED[1:]:
        (bin_dir / name).symlink_to("/bin/true")
    assert "not installed: espeak-ng\n" in _run(bin_dir).stderr


def test_a_chosen_interpreter_that_is_too_old_is_refused(bin_dir: Path) -> None:
    for name in _NEEDED:
        (bin_dir / name).symlink_to("/bin/true")
    done = _run(bin_dir, PYTHON="/bin/false")
    assert done.returncode == 1
    assert done.stderr == "bootstrap: PYTHON=/bin/false is not a Python of version 3.11 or newer\n"


def test_no_interpreter_at_all_asks_for_debian_s(bin_dir: Path) -> None:
    (bin_dir / "python3").unlink()
    for name in _NEEDED:
        (bin_dir / name).symlink_to("/bin/true")
    assert "not installed: python3 python3-venv\n" in _run(bin_dir).stderr


def test_a_python_without_venv_asks_for_the_package_of_its_version(bin_dir: Path) -> None:
    for name in _NEEDED:
        (bin_dir / name).symlink_to("/bin/true")
    (bin_dir / "python3").unlink()
    # As Debian's python3.11 without python3.11-venv: everything is there but ensurepip.
    without = "import sys; sys.modules['ensurepip'] = None; exec(sys.argv[1])"
    real = Path(sys.executable).resolve()
    (bin_dir / "python3").write_text(f'#!/bin/bash\nexec {real} -c "{without}" "$2"\n')
    (bin_dir / "python3").chmod(0o755)
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert f"not installed: {package}\n" in _run(bin_dir).stderr
