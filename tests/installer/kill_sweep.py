"""Kills a run at every one of its writes and looks at what the next run makes of it.

Usage: ``python -m tests.installer.kill_sweep TREE ACTION FOLDER``. A program of its own because it
forks, which a test process with threads may not. Prints the number of kills; any line before it is
a failure.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from asterisk_conf import BundleParams
from installer.api import Installation
from tests.installer import trees

# Runs are compared with each other, so no secret may be a random one.
FIRST = BundleParams(queue="first", ami_secret="m" * 40, ari_password="r" * 40)
SECOND = BundleParams(queue="second", agi_port=5573, ami_secret="n" * 40, ari_password="r" * 40)


def open_at(root: Path, on_step: Callable[[str], None] | None = None) -> Installation:
    return Installation(root, compile_scripts=trees.compiler(root), on_step=on_step)


def act(action: str, installation: Installation) -> None:
    if action == "undo":
        installation.apply(installation.plan_undo())
    elif action == "recover":
        installation.recover()
    else:
        params = FIRST if action == "install" else SECOND
        installation.apply(installation.plan_install(params))


def killed_at(root: Path, action: str, last_step: int) -> bool:
    """Run an action in a child that kills itself before a step; False if it got to its end."""
    child = os.fork()
    if child == 0:
        left = last_step

        def on_step(_: str) -> None:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

        act(action, open_at(root, on_step))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"{action} failed by itself")
    return os.WIFSIGNALED(status)


def copy(source: Path, target: Path) -> None:
    """Copy a tree with owners, which shutil leaves behind."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    for path in (source, *source.rglob("*")):
        status = path.lstat()
        place = target / path.relative_to(source)
        os.chown(place, status.st_uid, status.st_gid, follow_symlinks=False)


def sweep(name: str, action: str, folder: Path) -> int:
    start, work = folder / "start", folder / "work"
    trees.build(name, start)
    if action != "install":
        act("install", open_at(start))
    before = trees.without_times(trees.image(start))
    copy(start, work)
    act(action, open_at(work))
    after = trees.without_times(trees.image(work))
    assert before != after
    step = 0
    while True:
        copy(start, work)
        if not killed_at(work, action, step):
            return step
        # The run that cleans up is killed too, at a place that moves with the step.
        killed_at(work, "recover", step % 7)
        open_at(work).recover()
        found = trees.without_times(trees.image(work))
        leftovers = [one for one in trees.image(work) if one.endswith((".old", ".new"))]
        if found not in (before, after) or leftovers:
            odd = [one for one in found if found[one] not in (before.get(one), after.get(one))]
            print(f"step {step}: {odd or 'a mixture'} {leftovers}")
        act(action, open_at(work))
        if trees.without_times(trees.image(work)) != after:
            print(f"step {step}: doing it again does not lead to the end")
        step += 1


if __name__ == "__main__":
    print(sweep(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
