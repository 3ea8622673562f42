"""`scripts/install.sh`: what it makes, how it changes versions, what it says when it cannot."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.packaging.tiny import make_wheel

SCRIPT = Path(__file__).parents[2] / "scripts/install.sh"
NOBODY = 65534
DEADLINE_S = 60


def _usable_python() -> str:
    """Return a Python that may make a venv for everybody; empty if this machine has none."""
    said = subprocess.run(
        [
            "sh",
            "-c",
            "umask 077; exec /usr/bin/python3 -Ic 'import ensurepip, sys;"
            " print(sys.version_info >= (3, 11))'",
        ],
        capture_output=True,
        text=True,
    )
    return "/usr/bin/python3" if said.stdout.strip() == "True" else ""


pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may run install.sh"),
    pytest.mark.skipif(not _usable_python(), reason="/usr/bin/python3 cannot make venvs here"),
]


@dataclass(frozen=True)
class Place:
    """A folder that any user can enter, as /opt is; pytest's own are closed."""

    folder: Path

    @property
    def venv(self) -> Path:
        return self.folder / "opt/voiceagent"

    @property
    def versions(self) -> Path:
        return self.folder / "opt/voiceagent.d"

    @property
    def links(self) -> Path:
        return self.folder / "bin"

    def command(self, *arguments: object) -> list[str]:
        where = ("--venv", self.venv, "--links", self.links)
        return ["sh", str(SCRIPT), *map(str, (*where, *arguments))]

    def run(self, *arguments: object, python: str = "/usr/bin/python3", **options: object):
        chosen = ("--python", python) if python else ()
        return subprocess.run(
            self.command(*chosen, *arguments), capture_output=True, text=True, **options
        )

    def install(self, wheel: Path) -> str:
        done = self.run("--wheels", self.folder, wheel)
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    def refuse(self, *arguments: object, **options: object) -> str:
        """Run what must fail, and return its one line."""
        done = self.run(*arguments, **options)
        assert done.returncode == 1, done
        (line,) = done.stderr.splitlines()
        assert line.startswith("install.sh: ")
        return str(line)

    def says(self) -> str:
        """Return what the linked command prints, run as a user with no rights."""
        return subprocess.run(
            [self.links / "voiceagent"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
        ).stdout.strip()

    def folders(self) -> list[str]:
        return sorted(one.name for one in self.versions.glob("[0-9]*"))


@pytest.fixture
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="install-", dir="/var/tmp"))
    folder.chmod(0o755)
    (folder / "bin").mkdir()
    (folder / "bin").chmod(0o755)
    yield Place(folder)
    shutil.rmtree(folder)


def test_a_version_s_life(place: Place) -> None:
    """Made under a closed umask, again, twice in vain, upgraded, downgraded, taken away."""
    one, two = (make_wheel(place.folder, version) for version in ("1.0", "2.0"))
    done = place.run(one, umask=0o077)
    assert done.returncode == 0, done.stderr
    assert place.says() == "voiceagent, version 1.0"
    closed = [p for p in place.versions.rglob("*") if not p.is_symlink() and not _is_open(p)]
    assert not closed
    assert Path(place.links / "voiceagent-install").is_file()

    made = place.venv.resolve().stat().st_ino
    assert "nothing to do: voiceagent, version 1.0" in place.install(one)
    assert place.venv.resolve().stat().st_ino == made

    broken = make_wheel(place.folder, "1.1", exit_code=3)
    assert "does not start: nothing was changed" in place.refuse(broken)
    lacking = make_wheel(place.folder, "1.2", needs="voiceagent-no-such-package")
    said = place.refuse("--wheels", place.folder, lacking)
    assert "voiceagent-no-such-package" in said
    assert str(place.versions / "failed.log") in said
    assert place.says() == "voiceagent, version 1.0"
    assert place.folders() == ["1"]
    for wheel in (broken, lacking):
        wheel.unlink()

    # A process of the old version keeps its files, and the next run after its end removes them.
    agent = subprocess.Popen([place.venv / "bin/voiceagent", "--sleep"], stdout=subprocess.PIPE)
    try:
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"sleeping\n"
        said = place.install(two)
        assert "voiceagent, version 2.0 is at" in said
        assert "instead of voiceagent, version 1.0" in said
        assert place.says() == "voiceagent, version 2.0"
        assert place.folders() == ["1", "2"]
    finally:
        agent.kill()
        agent.communicate()

    place.install(one)
    assert place.says() == "voiceagent, version 1.0"
    assert place.folders() == ["3"]

    removed = place.run("--remove")
    assert (removed.returncode, removed.stderr) == (0, "")
    left = {str(path.relative_to(place.folder)) for path in place.folder.rglob("*")}
    assert left == {"bin", "opt", one.name, two.name}
    assert "nothing is installed" in place.run("--remove").stdout


def _is_open(path: Path) -> bool:
    mode = path.stat().st_mode
    wanted = 0o005 if path.is_dir() else 0o004
    return mode & wanted == wanted and not mode & 0o022


def test_a_run_that_was_killed_is_tidied_up_by_the_next(place: Place) -> None:
    wheel = make_wheel(place.folder, "1.0")
    killed = subprocess.Popen(
        place.command("--python", "/usr/bin/python3", wheel),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + DEADLINE_S
    while not (place.versions / "1/pyvenv.cfg").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not place.venv.exists()
    place.install(wheel)
    assert place.folders() == ["1"]
    assert place.says() == "voiceagent, version 1.0"


def test_a_full_disk_is_said_before_anything_is_made(place: Place) -> None:
    (place.folder / "opt").mkdir()
    wheel = make_wheel(place.folder, "1.0")
    small = 'mount -t tmpfs -o size=20m,mode=755 tmpfs "$0" && exec "$@"'
    done = subprocess.run(
        [
            "unshare",
            "--mount",
            "sh",
            "-c",
            small,
            place.folder / "opt",
            *place.command("--python", "/usr/bin/python3", wheel),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == (f"install.sh: not enough room in {place.versions}: 500 MB are needed\n")


def test_it_is_not_taken_away_while_the_pbx_is_set_up_for_it(place: Place) -> None:
    set_up = (
        "mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/voiceagent-install && "
        'echo "{}" >/var/lib/voiceagent-install/manifest.json && exec "$@"'
    )
    place.versions.mkdir(parents=True)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", set_up, "sh", *place.command("--remove")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "install.sh: the PBX is still set up for the agent: first run voiceagent-install --undo\n"
    )
    assert place.versions.is_dir()


def test_only_root_may(place: Place) -> None:
    said = place.refuse(make_wheel(place.folder, "1.0"), user=NOBODY, group=NOBODY, cwd="/")
    assert said == "install.sh: only root may do this: use sudo"


def _fake_python(folder: Path, says: str) -> Path:
    program = folder / "python3.99"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("old 3.6", "is 3.6;"),
        ("bare 3.12", "cannot make venvs: apt-get install python3.12-venv;"),
        ("hidden /root", "/root is closed to other users, Asterisk's among them;"),
    ],
)
def test_a_python_that_will_not_do_is_refused_with_the_reason(
    place: Place, says: str, reason: str
) -> None:
    python = _fake_python(place.folder, says)
    said = place.refuse(make_wheel(place.folder, "1.0"), python=str(python))
    assert f"no usable Python of version 3.11 or newer in --python {python}:" in said
    assert reason in said
    assert not place.versions.exists()


def test_a_python_in_a_closed_folder_is_found_out(place: Place) -> None:
    closed = place.folder / "closed"
    closed.mkdir(mode=0o700)
    shutil.copy("/usr/bin/python3", closed / "python3")
    said = place.refuse(make_wheel(place.folder, "1.0"), python=str(closed / "python3"))
    assert f"{closed} is closed to other users" in said


def test_no_python_at_all(place: Place) -> None:
    said = place.refuse(make_wheel(place.folder, "1.0"), python="no-such-python")
    assert "in --python no-such-python: there is none;" in said


def test_what_belongs_to_others_is_left_alone(place: Place) -> None:
    wheel = make_wheel(place.folder, "1.0")
    (place.links / "voiceagent").write_text("somebody's own\n")
    assert f"{place.links}/voiceagent is something else" in place.refuse(wheel)
    (place.links / "voiceagent").unlink()
    place.venv.mkdir(parents=True)
    assert f"{place.venv} was not made by this script" in place.refuse(wheel)
    assert f"{place.venv} was not made by this script" in place.refuse("--remove")


def test_a_closed_folder_above_is_named(place: Place) -> None:
    (place.folder / "opt").mkdir(mode=0o700)
    said = place.refuse(make_wheel(place.folder, "1.0"))
    assert f"{place.folder}/opt is closed to other users" in said
    assert said.endswith(f"chmod o+x {place.folder}/opt")


def test_two_runs_at_once(place: Place) -> None:
    place.versions.mkdir(parents=True)
    with (place.versions / ".lock").open("w") as lock:
        subprocess.run(["flock", "-n", str(lock.fileno())], pass_fds=[lock.fileno()], check=True)
        assert "another run is at work" in place.refuse(make_wheel(place.folder, "1.0"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--frobnicate"], "there is no option --frobnicate"),
        (["--venv"], "--venv needs a value"),
        (["--venv", "opt/x"], "not a full path"),
        (["--venv", "/opt/voice agent"], "only letters, digits"),
        (["a.whl", "b.whl"], "one wheel, archive or folder at a time"),
    ],
)
def test_a_wrong_command_line(place: Place, arguments: list[str], reason: str) -> None:
    done = place.run(*arguments)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert reason in line


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.whl", "there is no such file"), ("folder", "neither a wheel nor an archive")],
)
def test_what_is_no_voice_agent_is_refused(place: Place, name: str, reason: str) -> None:
    (place.folder / "folder").mkdir()
    assert reason in place.refuse(place.folder / name)
