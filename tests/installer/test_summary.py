"""What a plan comes to, in a few lines."""

from pathlib import PurePosixPath

import pytest

from installer.model import Change, Kind, Manifest, Node, Owned, Plan, Role
from installer.summary import summary
from installer.system import ENV_FILE, REMEMBERED, UNIT

PARENT = PurePosixPath("/etc/asterisk/extensions.conf")
OURS = PurePosixPath("/etc/asterisk/voiceagent.d/extensions.conf")
FILE = Node(Kind.FILE, 0o640, 0, 0, b"x")
OTHER = Node(Kind.FILE, 0o640, 0, 0, b"y")
FOLDER = Node(Kind.FOLDER, 0o750, 0, 0)


def manifest(*paths):
    roles = {PARENT: Role.PARENT}
    return Manifest(tuple(Owned(path, roles.get(path, Role.OURS)) for path in paths))


def lines(base, after, *changes, commands=()):
    return list(summary(Plan(changes, base, after, commands=commands)))


@pytest.mark.parametrize(
    ("commands", "when"),
    [(("systemctl daemon-reload",), "now, and with the machine"), ((), "with the machine")],
)
def test_an_installation(commands, when):
    after = manifest(PARENT, OURS, UNIT, ENV_FILE)
    assert lines(
        manifest(),
        after,
        Change(OURS.parent, None, FOLDER),
        Change(OURS, None, FILE),
        Change(ENV_FILE, None, FILE),
        Change(UNIT, None, FILE),
        Change(PARENT, FILE, OTHER),
        commands=commands,
    ) == [
        "files of the PBX: extensions.conf, in which only our marked lines change",
        "files of our own: 3 new",
        f"the service voiceagent is new: it starts {when}",
    ]


def test_a_change_of_settings_costs_the_calls_in_progress_and_says_so():
    both = manifest(PARENT, OURS, UNIT, ENV_FILE)
    assert lines(both, both, Change(ENV_FILE, FILE, OTHER)) == [
        "files of our own: 1 changed",
        "the service voiceagent is started afresh; calls in progress go to people",
    ]
    for path in (OURS, REMEMBERED):
        assert lines(both, both, Change(path, FILE, OTHER)) == ["files of our own: 1 changed"]


def test_what_runs_and_has_not_all_of_it():
    both = manifest(PARENT, OURS, UNIT)
    assert lines(both, both, commands=(f"systemctl restart {UNIT.name}",)) == [
        "no file changes; what runs is told again what is installed",
        "the service voiceagent, which does not run, is started",
    ]


def test_undoing():
    before = manifest(PARENT, OURS, UNIT)
    changes = (Change(PARENT, OTHER, FILE), Change(OURS, FILE, None), Change(UNIT, FILE, None))
    assert lines(before, manifest(), *changes) == [
        "files of the PBX: extensions.conf, in which only our marked lines change",
        "files of our own: 2 removed",
        "the service voiceagent is stopped and taken away; calls in progress go to people",
    ]


def test_nothing():
    assert lines(manifest(PARENT), manifest(PARENT)) == []
