"""Puts files beside their places, under names that Asterisk does not read.

A leading dot and the ending keep them out of every ``#include *.conf``.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from installer import durable
from installer.model import Kind, Node

_RUN = r"[0-9a-f]{8}"


def fresh_beside(place: Path, run: str) -> Path:
    """Return where a run prepares what a place is to hold."""
    return place.with_name(f".{place.name}.{run}.new")


def aside_of(place: Path, run: str) -> Path:
    """Return the second name a run gives to what a place holds."""
    return place.with_name(f".{place.name}.{run}.old")


def unlink(place: Path) -> None:
    """Remove a file if it is there; where it is not, a read-only file system is no obstacle."""
    if os.path.lexists(place):
        place.unlink(missing_ok=True)


def write(place: Path, node: Node, model: Path | None) -> None:
    """Write a file or a link with its owner and mode, and the labels of the file it replaces."""
    if node.kind is Kind.LINK:
        os.symlink(os.fsdecode(node.content), place)
        os.chown(place, node.uid, node.gid, follow_symlinks=False)
        return
    descriptor = durable.write_new(place, node.content)
    try:
        os.fchown(descriptor, node.uid, node.gid)
        if model is not None and not model.is_symlink():
            for name in os.listxattr(model):
                with contextlib.suppress(OSError):  # some only the kernel may set
                    os.setxattr(descriptor, name, os.getxattr(model, name))
        os.fchmod(descriptor, node.mode)
        if node.mtime_ns is not None:
            os.utime(descriptor, ns=(node.mtime_ns, node.mtime_ns))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def without_run(place: Path) -> Path:
    """Return the place that a name beside it was made for: what an admin knows."""
    found = re.fullmatch(rf"\.(.+)\.{_RUN}\.(?:new|old)", place.name)
    return place.with_name(found[1]) if found else place
