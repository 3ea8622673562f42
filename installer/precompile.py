"""Compiles the AGI script's modules with the Python that will run them.

Asterisk's user cannot write beside them, so without this every call would compile them anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from installer.model import Kind, Snapshot
from installer.tree import Tree

_CACHE = "__pycache__"
_LIMIT_S = 60
_READ = "import sys; [compile(open(one, 'rb').read(), one, 'exec') for one in sys.argv[1:]]"
_HEADER_BYTES = 16  # magic, flags, source time, source size: four little-endian words


def compile_folder(tree: Tree, python: PurePosixPath, folder: PurePosixPath) -> str:
    """Compile every module below a folder.

    Args:
        tree: The PBX.
        python: The interpreter, in the tree.
        folder: Where the modules are.

    Returns:
        A note for the admin; empty if all went well.
    """
    code = _run(tree, python, "-m", "compileall", "-q", str(folder))
    if code == 0:
        return ""
    if code is None:
        return f"setup.agi is not compiled: {python} does not start; it may not work"
    names = [str(_in_tree(tree, path)) for path in _modules(tree.host(folder))]
    if _run(tree, python, "-c", _READ, *names) == 0:
        return f"setup.agi is not compiled: {python} does not do it; it works, only slower"
    return f"setup.agi is not compiled: {python} does not understand it; it will not work"


def identity(tree: Tree, python: PurePosixPath) -> str:
    """Return what an interpreter can be known by: another has another place, size or time."""
    place = tree.locate(python)
    with contextlib.suppress(OSError):
        status = tree.host(place).stat()
        return f"{place} {status.st_size} {status.st_mtime_ns}"
    return str(place)


def _run(tree: Tree, python: PurePosixPath, *words: str) -> int | None:
    """Run a tree's Python and return its exit code; None if it does not start or end."""
    command = [str(python), "-IS", *words]
    if not tree.is_machine:
        command = ["chroot", str(tree.root), *command]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=_LIMIT_S,
            umask=0o022,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # What chroot says where it cannot start a program.
    return None if done.returncode in (126, 127) else done.returncode


def can_run(tree: Tree) -> bool:
    """Say whether a program of the tree can be run: another root than ours takes root."""
    return tree.is_machine or os.geteuid() == 0


def is_stale(tree: Tree, folder: PurePosixPath, python: PurePosixPath) -> bool:
    """Say whether a module below a folder has no compiled form that Python would use.

    Args:
        tree: The PBX.
        folder: Where the modules are.
        python: The interpreter; its version tells the compiled files' names.
    """
    found = re.fullmatch(r"python3\.(\d+)", tree.locate(python).name)
    tag = f"cpython-3{found[1]}" if found else "cpython-3*"
    for source in _modules(tree.host(folder)):
        compiled = [*(source.parent / _CACHE).glob(f"{source.stem}.{tag}.pyc")]
        if not any(_fits(one, source) for one in compiled):
            return True
    return False


def compiled_below(tree: Tree, folder: PurePosixPath) -> Snapshot:
    """Return the compiled files below a folder and the folders they are in."""
    found = {}
    for path in _caches(tree, folder):
        for name in tree.names(path):
            node = tree.node(path / name)
            if node is not None and node.kind is Kind.FILE and name.endswith(".pyc"):
                found[path / name] = node
        node = tree.node(path)
        if node is not None:
            found[path] = node
    return found


def discard(tree: Tree, folder: PurePosixPath) -> None:
    """Remove what was compiled below a folder."""
    for path in _caches(tree, folder):
        for name in tree.names(path):
            tree.host(path / name).unlink()
        with contextlib.suppress(OSError):
            tree.host(path).rmdir()


def _caches(tree: Tree, folder: PurePosixPath) -> Iterator[PurePosixPath]:
    for host in sorted(tree.host(folder).rglob(_CACHE)):
        yield _in_tree(tree, host)


def _in_tree(tree: Tree, host: Path) -> PurePosixPath:
    return PurePosixPath("/") / host.relative_to(tree.root)


def _modules(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if _CACHE not in path.parts)


def _fits(compiled: Path, source: Path) -> bool:
    """Say whether a compiled file was made from a source as it is now (PEP 552)."""
    header = compiled.read_bytes()[:_HEADER_BYTES]
    if len(header) < _HEADER_BYTES:
        return False
    _, flags, mtime_s, size_bytes = struct.unpack("<4I", header)
    status = source.stat()
    made_from = (int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    return flags == 0 and (mtime_s, size_bytes) == made_from
