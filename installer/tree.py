"""Reads a PBX's files, whether its root is this machine's or a directory on it.

Symbolic links are followed as they would be inside the tree: an absolute one starts at the tree's
root, and none leads out of it.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from installer.errors import NotAPbxError, ReadError
from installer.model import Kind, Node, Snapshot

_MAX_LINKS = 40  # the kernel's own limit


class Tree:
    """One PBX's file tree.

    Args:
        root: The directory that is ``/`` to that PBX.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))

    @property
    def is_machine(self) -> bool:
        """Whether this is the running machine's own tree."""
        return self.root == Path("/")

    def host(self, path: PurePosixPath) -> Path:
        """Return where a path of the tree is on this machine; it must be free of links."""
        return self.root / path.relative_to("/")

    def locate(self, path: PurePosixPath, *, follow_last: bool = True) -> PurePosixPath:
        """Follow the symbolic links of a path that may not exist.

        Args:
            path: An absolute path in the tree.
            follow_last: Whether its last part is followed too.

        Raises:
            NotAPbxError: If the links go in circles.
        """
        parts = list(path.parts[1:])
        found = PurePosixPath("/")
        links = 0
        while parts:
            part = parts.pop(0)
            if part == "..":
                found = found.parent
                continue
            step = found / part
            host = self.host(step)
            if not host.is_symlink() or (not parts and not follow_last):
                found = step
                continue
            links += 1
            if links > _MAX_LINKS:
                raise NotAPbxError(
                    "its symbolic links go in circles",
                    where=str(path),
                    what_to_do="Repair the links, then run this again.",
                )
            target = PurePosixPath(os.readlink(host))
            if target.is_absolute():
                found = PurePosixPath("/")
                target = target.relative_to("/")
            parts = [*target.parts, *parts]
        return found

    def node(self, path: PurePosixPath) -> Node | None:
        """Return what is at a path; links are followed up to its last part, which is not.

        Raises:
            NotAPbxError: If it is neither a file, a link nor a folder.
            ReadError: If it cannot be read.
        """
        place = self.host(self.locate(path, follow_last=False))
        try:
            status = place.lstat()
            if stat.S_ISLNK(status.st_mode):
                kind, content = Kind.LINK, os.fsencode(os.readlink(place))
            elif stat.S_ISDIR(status.st_mode):
                kind, content = Kind.FOLDER, b""
            elif stat.S_ISREG(status.st_mode):
                kind, content = Kind.FILE, place.read_bytes()
            else:
                raise NotAPbxError(
                    "it is neither a file nor a folder",
                    where=str(place),
                    what_to_do="Move it out of the way.",
                )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(place, error) from None
        mode = stat.S_IMODE(status.st_mode)
        return Node(kind, mode, status.st_uid, status.st_gid, content, status.st_mtime_ns)

    def snapshot(self, paths: Iterable[PurePosixPath]) -> Snapshot:
        """Return what is at each path; one that does not exist is left out."""
        nodes = ((path, self.node(path)) for path in paths)
        return {path: node for path, node in nodes if node is not None}

    def read(self, path: PurePosixPath) -> bytes | None:
        """Return a file's bytes, links followed, or None if it does not exist."""
        node = self.node(self.locate(path))
        return node.content if node is not None and node.kind is Kind.FILE else None

    def names(self, folder: PurePosixPath) -> tuple[str, ...]:
        """Return the names in a folder, sorted; none if there is no such folder."""
        try:
            return tuple(sorted(os.listdir(self.host(self.locate(folder)))))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise _unreadable(self.host(folder), error) from None

    def matching(self, pattern: PurePosixPath) -> tuple[PurePosixPath, ...]:
        """Return the paths that glob(3) makes of a pattern with wildcards and braces."""
        return tuple(path for one in _unbraced(str(pattern)) for path in self._globbed(one))

    def _globbed(self, pattern: str) -> list[PurePosixPath]:
        if not _has_wildcard(pattern):
            return [PurePosixPath(pattern)]
        found = [PurePosixPath("/")]
        for part in PurePosixPath(pattern).parts[1:]:
            if not _has_wildcard(part):
                below = [one / part for one in found]
                found = [one for one in below if os.path.lexists(self.host(self.locate(one)))]
                continue
            # A leading dot is never matched by a wildcard.
            found = [
                one / name
                for one in found
                for name in self.names(one)
                if fnmatch.fnmatchcase(name, part) and (part[0] == "." or name[0] != ".")
            ]
        return found

    def is_folder(self, path: PurePosixPath) -> bool:
        """Say whether a path is a folder, links followed."""
        return self.host(self.locate(path)).is_dir()

    def is_file(self, path: PurePosixPath) -> bool:
        """Say whether a path is a regular file, links followed."""
        return self.host(self.locate(path)).is_file()


def _has_wildcard(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _unbraced(pattern: str) -> list[str]:
    """Write out ``{a,b}``."""
    found = re.search(r"\{([^{}]*)\}", pattern)
    if found is None:
        return [pattern]
    before, after = pattern[: found.start()], pattern[found.end() :]
    return [each for one in found[1].split(",") for each in _unbraced(before + one + after)]


def _unreadable(place: Path, error: OSError) -> ReadError:
    return ReadError(
        f"it cannot be read ({error.strerror})",
        where=str(place),
        what_to_do="Run this with sudo.",
    )
