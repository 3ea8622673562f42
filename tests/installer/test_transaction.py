import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from asterisk_conf import BundleParams
from installer.api import Installation
from installer.errors import BusyError, WriteError
from installer.store import Store
from installer.tree import Tree
from tests.installer import trees

PROJECT = Path(__file__).parent.parent.parent
PARAMS = BundleParams(queue="reception")


def run(root, on_step=None):
    one = Installation(root, compile_scripts=trees.compiler(root), on_step=on_step)
    one.apply(one.plan_install(PARAMS))


@pytest.mark.parametrize(
    ("name", "action", "running"),
    [
        ("mess", "install", ""),
        ("mess", "change", ""),
        ("manual", "undo", ""),
        ("manual", "install", "running"),
        ("debian22", "change", "running"),
        ("debian22", "fail", "running"),
        ("manual", "undo", "running"),
    ],
)
def test_a_run_killed_at_any_step_is_undone_or_finished_by_the_next(name, action, running):
    # Hundreds of trees, each synced to disk many times: a memory disk, where there is one.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.installer.kill_sweep", name, action, folder, running],
            cwd=PROJECT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    *failures, kills = done.stdout.splitlines()
    assert not failures
    assert int(kills) > 5


def test_a_disk_that_fills_up_leaves_the_tree_as_it_was(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    before = trees.image(root)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The journal, the dialplan and the scripts still fit; the first sentence does not.
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        with pytest.raises(WriteError, match="File too large; nothing was changed"):
            run(root)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert trees.image(root) == before
    run(root)


class Stop(Exception):
    """Something unforeseen."""


def test_whatever_goes_wrong_on_the_way_is_put_back(tmp_path):
    root = tmp_path / "root"
    trees.build("mess", root)
    before = trees.image(root)
    steps = []
    reached = 0
    while True:

        def stop_there(step, at=reached):
            steps.append(step)
            if len(steps) == at + 1:
                raise Stop(step)

        steps.clear()
        try:
            run(root, stop_there)
            break
        except Stop as stop:
            if str(stop).startswith("tidy"):
                break  # committed: from here on it is finished, not undone
        assert trees.image(root) == before, steps[-1]
        reached += 1
    assert reached > 40


def test_an_interrupted_run_does_not_undo_what_somebody_changed_since(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    path = root / "etc/asterisk/extensions.conf"
    dialplan = root / "etc/asterisk/voiceagent.d/extensions.conf"
    kill = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.installer import kill_sweep as k\n"
        "def stop(step): step == 'commit' and os.kill(os.getpid(), signal.SIGKILL)\n"
        "k.Case(Path(sys.argv[1]), False).act('install', stop)"
    )
    subprocess.run([sys.executable, "-c", kill, str(root)], cwd=PROJECT)
    assert dialplan.exists()
    path.write_bytes(path.read_bytes() + b"; the admin was here\n")
    dialplan.write_bytes(b"; and here\n")
    notes = Installation(root).recover()
    assert b"; the admin was here\n" in path.read_bytes()
    assert dialplan.read_bytes() == b"; and here\n"
    assert [note.partition(" ")[0] for note in notes[1:]] == [
        "/etc/asterisk/extensions.conf",
        "/etc/asterisk/voiceagent.d/extensions.conf",
    ]
    assert not list(root.rglob("*.old")) and not list(root.rglob("*.new"))


def test_two_runs_at_once_are_kept_apart(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    with Store(Tree(root)).locked(), pytest.raises(BusyError, match="another"):
        run(root)
    run(root)


def test_extended_attributes_of_a_parent_are_kept(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    path = root / "etc/asterisk/extensions.conf"
    try:
        os.setxattr(path, "user.label", b"kept")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    run(root)
    assert os.getxattr(path, "user.label") == b"kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    (root / "etc/asterisk").chmod(0o550)
    before = trees.image(root)
    try:
        with pytest.raises(WriteError, match="Run this with sudo"):
            run(root)
        assert trees.image(root) == before
    finally:
        (root / "etc/asterisk").chmod(0o750)
