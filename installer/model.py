"""What the installer's stages hand to each other: nodes, changes, plans and the manifest.

Paths are absolute inside the PBX's tree, whatever directory that tree has on this machine, and free
of symbolic links except where a link itself is meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath


class Kind(Enum):
    """What a path is."""

    FILE = "file"
    LINK = "link"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Node:
    """One file, link or folder.

    Attributes:
        kind: What it is.
        mode: Permission bits; without meaning for a link.
        uid: The owner's number in the PBX's tree.
        gid: The group's number in the PBX's tree.
        content: A file's bytes, a link's target.
        mtime_ns: When it was last changed, in nanoseconds; None leaves it to the moment of writing.
            Two nodes that differ only in it are equal.
    """

    kind: Kind
    mode: int
    uid: int
    gid: int
    content: bytes = b""
    mtime_ns: int | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, in hexadecimal."""
        return digest_of(self.content)


Snapshot = Mapping[PurePosixPath, Node]
"""What was found at the paths asked for; a path without a node does not exist."""


@dataclass(frozen=True, slots=True)
class Change:
    """One path's step from old to new.

    Attributes:
        path: Where.
        old: What is there; None for nothing.
        new: What will be there; None for nothing.
        bulk: Whether showing its text would bury the rest of the plan.
    """

    path: PurePosixPath
    old: Node | None
    new: Node | None
    bulk: bool = False


class Role(Enum):
    """What a path of the manifest is to us."""

    OURS = "ours"
    """A file or link that is wholly ours."""
    SETTINGS = "settings"
    """A file of ours that the admin is meant to edit."""
    PARENT = "parent"
    """A file of the PBX's with our marked lines in it."""
    FOLDER = "folder"
    """A folder we made."""


@dataclass(frozen=True, slots=True)
class Owned:
    """One path we are responsible for.

    Attributes:
        path: Where.
        role: What it is to us.
        digest: Digest of the content as we left it; empty for a folder. Of settings that the admin
            edited, the last one without an edit, so that they are known for edited ever after.
        original: Digest of a parent's content before our lines, under which its bytes are kept;
            None if unknown. Settings have one only where the file was there before us.
        original_mtime_ns: When that content was last changed.
    """

    path: PurePosixPath
    role: Role
    digest: str = ""
    original: str | None = None
    original_mtime_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything we are responsible for in one tree.

    Attributes:
        owned: The paths: settings first, folders last and after what is in them.
    """

    owned: tuple[Owned, ...] = ()

    def at(self, path: PurePosixPath) -> Owned | None:
        """Return the record of a path, or None if it is not ours."""
        return next((one for one in self.owned if one.path == path), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one run will do.

    Attributes:
        changes: Steps to take, folders before what goes into them.
        base: The manifest it was made from.
        manifest: The manifest once the steps are taken.
        originals: Bytes to keep for a later undo, by digest.
        kept: Hand-edited content that is about to go and is set aside first, by path.
        emptied: Folders of ours to remove if nothing is left in them, innermost first.
        compiled: The script folder to precompile, if that is needed.
        modules: Asterisk's modules to load where they are not, by name.
        amiss: The kinds of configuration that a running Asterisk has not taken in as they are.
        commands: What is told to what runs on the machine, for the admin to read.
        notes: One line each, for the admin.
    """

    changes: tuple[Change, ...]
    base: Manifest
    manifest: Manifest
    originals: Mapping[str, bytes] = field(default_factory=dict)
    kept: Mapping[PurePosixPath, bytes] = field(default_factory=dict)
    emptied: tuple[PurePosixPath, ...] = ()
    compiled: PurePosixPath | None = None
    modules: tuple[str, ...] = ()
    amiss: frozenset[str] = frozenset()
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether carrying it out would change nothing, in files or in what runs."""
        work = self.changes or self.emptied or self.compiled or self.commands
        return not work and self.manifest == self.base


@dataclass(frozen=True, slots=True)
class Prior:
    """What ran before a run.

    Attributes:
        service: Whether the service did.
        unloaded: Modules that Asterisk had not loaded and the run is to load.
    """

    service: bool = False
    unloaded: tuple[str, ...] = ()


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
