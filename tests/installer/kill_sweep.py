"""Kills a run at every one of its writes and looks at what the next run makes of it.

Usage: ``python -m tests.installer.kill_sweep TREE ACTION FOLDER [running]``. A program of its own
because it forks, which a test process with threads may not. Prints the number of kills; any line
before it is a failure.

With ``running``, a simulated Asterisk and systemd run on the tree, the service is part of the
installation, and what runs must in the end be what the files say. The action ``fail`` is a change
that does not hold, so that its rollback is killed, too.
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
from installer.errors import VerifyError
from installer.system import NewCompany, SystemParams
from tests.installer import trees
from tests.installer.machine import Machine

# Runs are compared with each other, so no secret may be a random one.
FIRST = BundleParams(queue="first", ami_secret="m" * 40, ari_password="r" * 40)
SECOND = BundleParams(queue="second", agi_port=5573, ami_secret="n" * 40, ari_password="r" * 40)


SYSTEM = SystemParams(company=NewCompany(name="Bright & Sons", did="+44 1632 960001"))


class Case:
    """One tree, with or without a machine that runs on it."""

    def __init__(self, root: Path, running: bool) -> None:
        self.root = root
        self.machine = Machine(root, root.with_suffix(".memory")) if running else None

    def open(self, on_step: Callable[[str], None] | None = None) -> Installation:
        return Installation(
            self.root,
            compile_scripts=trees.compiler(self.root),
            on_step=on_step,
            ask=self.machine.ask if self.machine else None,
            systemctl=self.machine.systemctl if self.machine else None,
        )

    def act(self, action: str, on_step: Callable[[str], None] | None = None) -> None:
        installation = self.open(on_step)
        if action == "undo":
            installation.apply(installation.plan_undo())
        elif action == "recover":
            installation.recover()
        else:
            params = FIRST if action == "install" else SECOND
            plan = installation.plan_install(params, SYSTEM if self.machine else None)
            if action == "fail" and self.machine:
                self.machine.asterisk.deaf_to = ("dialplan reload",)
            try:
                installation.apply(plan)
            except VerifyError:
                if action != "fail":
                    raise

    def killed_at(self, action: str, last_step: int) -> bool:
        """Run an action in a child that kills itself before a step; False if it got to its end."""
        child = os.fork()
        if child == 0:
            left = last_step

            def on_step(_: str) -> None:
                nonlocal left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1

            self.act(action, on_step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise SystemExit(f"{action} failed by itself")
        return os.WIFSIGNALED(status)

    def is_out_of_date(self) -> bool:
        """Say whether anything that runs is not what the files say."""
        if self.machine is None:
            return False
        asterisk, systemd = self.machine.asterisk, self.machine.systemd
        ends_up = self.open().installed == systemd.active
        return not (asterisk.is_up_to_date() and systemd.is_up_to_date() and ends_up)


def copy(source: Path, target: Path) -> None:
    """Copy a tree with owners, which shutil leaves behind."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    for path in (source, *source.rglob("*")):
        status = path.lstat()
        place = target / path.relative_to(source)
        os.chown(place, status.st_uid, status.st_gid, follow_symlinks=False)


def copy_case(source: Path, target: Path) -> None:
    """Copy a tree and what runs on it."""
    copy(source, target)
    for path in source.parent.glob(f"{source.name}.*"):
        shutil.copy(path, path.with_name(target.name + path.suffix))


def sweep(name: str, action: str, folder: Path, running: bool) -> int:
    start, work = folder / "start", folder / "work"
    trees.build(name, start)
    case = Case(start, running)
    if action != "install":
        case.act("install")
    before = trees.without_times(trees.image(start))
    copy_case(start, work)
    names: list[str] = []
    Case(work, running).act(action, names.append)
    after = trees.without_times(trees.image(work))
    assert (before != after) == (action != "fail")
    steps = [n for n, name in enumerate(names) if not running or n % 9 == 0 or not _is_file(name)]
    for step in steps:
        copy_case(start, work)
        if not Case(work, running).killed_at(action, step):
            print(f"step {step}: was not reached")
        # The run that cleans up is killed too, at a place that moves with the step.
        Case(work, running).killed_at("recover", step * 7 % 50)
        case = Case(work, running)
        case.open().recover()
        found = trees.without_times(trees.image(work))
        leftovers = [one for one in trees.image(work) if one.endswith((".old", ".new"))]
        if found not in (before, after) or leftovers:
            odd = [one for one in found if found[one] not in (before.get(one), after.get(one))]
            print(f"step {step}: {odd or 'a mixture'} {leftovers}")
        if case.is_out_of_date():
            print(f"step {step}: what runs is not what the files say")
        Case(work, running).act(action)
        if trees.without_times(trees.image(work)) != after:
            print(f"step {step}: doing it again does not lead to the end")
    return len(steps)


def _is_file(name: str) -> bool:
    """Say whether a step is one of many of its kind, all of which the trees at rest go through."""
    return name.startswith(("link /", "write /", "make /", "switch /", "tidy /", "put back /"))


if __name__ == "__main__":
    print(sweep(sys.argv[1], sys.argv[2], Path(sys.argv[3]), "running" in sys.argv[4:]))
