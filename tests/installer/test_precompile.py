import os
import sys
from pathlib import Path, PurePosixPath

import pytest

from installer import precompile
from installer.tree import Tree

MACHINE = Tree(Path("/"))
PYTHON = PurePosixPath(os.path.realpath(sys.executable))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text("A = 1\n")
    (tmp_path / "sub/b.py").write_text("B = 1\n")
    return PurePosixPath(os.path.realpath(tmp_path))


def compile_it(folder):
    return precompile.compile_folder(MACHINE, PYTHON, folder)


def test_every_module_is_compiled_for_everybody_to_read(folder):
    assert precompile.can_run(MACHINE)
    assert precompile.is_stale(MACHINE, folder, PYTHON)
    assert compile_it(folder) == ""
    assert not precompile.is_stale(MACHINE, folder, PYTHON)
    compiled = precompile.compiled_below(MACHINE, folder)
    files = [path for path, node in compiled.items() if path.suffix == ".pyc"]
    assert {path.name.partition(".")[0] for path in files} == {"a", "b"}
    assert all(node.mode & 0o444 == 0o444 for node in compiled.values())


def test_a_changed_or_a_broken_compiled_file_is_stale(folder):
    compile_it(folder)
    source = Path(folder / "a.py")
    source.write_text("A = 22\n")
    assert precompile.is_stale(MACHINE, folder, PYTHON)
    compile_it(folder)
    next(Path(folder).rglob("b.*.pyc")).write_bytes(b"short")
    assert precompile.is_stale(MACHINE, folder, PYTHON)


def test_what_was_compiled_can_be_thrown_away(folder):
    compile_it(folder)
    precompile.discard(MACHINE, folder)
    assert precompile.compiled_below(MACHINE, folder) == {}
    assert sorted(p.name for p in Path(folder).rglob("*")) == ["a.py", "b.py", "sub"]
    precompile.discard(MACHINE, folder)  # and again, as after being killed in the middle


def test_a_python_that_does_not_start_or_refuses_is_a_note_and_no_failure(folder):
    gone = PurePosixPath("/nowhere/python3")
    assert "does not start" in precompile.compile_folder(MACHINE, gone, folder)
    Path(folder / "a.py").write_text("A =\n")
    assert "does not understand it; it will not work" in compile_it(folder)


def test_a_python_without_a_compiler_for_files_is_said_to_be_slower(folder, tmp_path):
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\n[ "$2" = -m ] && exit 1\nexec {PYTHON} "$@"\n')
    python.chmod(0o755)
    said = precompile.compile_folder(MACHINE, PurePosixPath(python), folder)
    assert "it works, only slower" in said


def test_another_interpreter_is_told_apart(tmp_path):
    python = tmp_path / "python3"
    python.write_text("one")
    first = precompile.identity(MACHINE, PurePosixPath(python))
    assert first == precompile.identity(MACHINE, PurePosixPath(python))
    python.write_text("other")
    assert precompile.identity(MACHINE, PurePosixPath(python)) != first
    python.unlink()
    precompile.identity(MACHINE, PurePosixPath(python))
