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
    command = [str(python), "-IS", "-m", "compileall", "-q", str(folder)]
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
        return "the AGI script was not compiled: its Python does not start; it may not work"
    if done.returncode:
        return "the AGI script was not compiled: its Python refuses it; it will not work"
    return ""


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
        yield PurePosixPath("/") / host.relative_to(tree.root)


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
