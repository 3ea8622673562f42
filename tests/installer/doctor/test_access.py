"""May a user read, write or run something, by the modes of it and of the folders above?"""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from installer.doctor.access import READ, RUN, WRITE, Mode, refusal

FILE = PurePosixPath("/a/b/file")
OPEN = {
    PurePosixPath("/"): Mode(0o755, 0, 0),
    PurePosixPath("/a"): Mode(0o755, 0, 0),
    PurePosixPath("/a/b"): Mode(0o755, 0, 0),
    FILE: Mode(0o755, 0, 0),
}
USER, GROUP = 101, 102


def asked(wanted, change=None, uid=USER, gids=(GROUP,)):
    return refusal(FILE, wanted, uid, gids, {**OPEN, **(change or {})})


def test_what_everybody_may_is_not_refused():
    assert asked(READ | RUN) == ""


@pytest.mark.parametrize(
    ("wanted", "change", "why"),
    [
        (WRITE, {}, "write to /a/b/file"),
        (READ, {FILE: Mode(0o700, 0, 0)}, "read /a/b/file (mode 0700)"),
        (RUN, {FILE: Mode(0o644, 0, 0)}, "run /a/b/file"),
        (READ, {PurePosixPath("/a"): Mode(0o750, 0, 0)}, "enter /a (mode 0750)"),
        (READ, {FILE: Mode(0o077, USER, 0)}, "read /a/b/file"),  # the owner's bits alone count
        (READ, {FILE: Mode(0o707, 0, GROUP)}, "read /a/b/file"),  # and the group's before others'
    ],
)
def test_a_refusal_names_the_place(wanted, change, why):
    assert why in asked(wanted, change)


@pytest.mark.parametrize("mode", [Mode(0o600, USER, 0), Mode(0o060, 0, GROUP), Mode(0o006, 0, 0)])
def test_owner_group_and_others_each_have_their_bits(mode):
    assert asked(READ | WRITE, {FILE: mode}) == ""


def test_root_may_all_but_run_what_nobody_may_run():
    assert asked(READ | WRITE, {FILE: Mode(0, 5, 5)}, uid=0) == ""
    assert "run" in asked(RUN, {FILE: Mode(0o644, 0, 0)}, uid=0)


def test_what_is_not_there_is_said():
    modes = {path: mode for path, mode in OPEN.items() if path != FILE}
    assert refusal(FILE, READ, USER, (), modes) == "/a/b/file does not exist"
