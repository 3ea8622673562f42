"""The installer's own memory, in one folder of the PBX's tree.

::

    /var/lib/voiceagent-install/
        journal.json    exists while a run is at work, or was killed at it
        committed.new   what replaces it once all is done, so that a full disk cannot stop that
        manifest.json   what we are responsible for; exists while something is installed
        manifest.new    what replaces that
        originals/      the PBX's files as they were before our lines, by digest
        uncompiled      which interpreter did not compile the AGI script, so as not to ask again
        kept/           hand-edited files of ours that a later run replaced or removed

The folder goes when nothing is installed and nothing was kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from installer import durable
from installer.errors import BusyError, ConflictError, NotAPbxError, ReadError
from installer.journal import (
    VERSION,
    Journal,
    Phase,
    encoded,
    journal_of,
    manifest_of,
    raw_journal,
    raw_manifest,
)
from installer.model import Manifest, digest_of
from installer.tree import Tree

STATE = PurePosixPath("/var/lib/voiceagent-install")


class Store:
    """Reads and writes the memory of one tree.

    Args:
        tree: The PBX.
    """

    def __init__(self, tree: Tree) -> None:
        self.folder = tree.host(tree.locate(STATE))
        self._journal = self.folder / "journal.json"
        self._committed = self.folder / "committed.new"
        self._manifest = self.folder / "manifest.json"
        self._next_manifest = self.folder / "manifest.new"
        self._originals = self.folder / "originals"
        self._kept = self.folder / "kept"
        self._uncompiled = self.folder / "uncompiled"

    @property
    def interrupted(self) -> bool:
        """Whether a run was killed, or is still at work; False for who may not know."""
        return os.path.exists(self._journal)  # Path.exists raises where it may not look

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder and hold it against other runs.

        Raises:
            BusyError: If another run holds it.
            NotAPbxError: If there is no place for it.
        """
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except FileNotFoundError:
            raise NotAPbxError(
                "there is no such folder",
                where=str(self.folder.parent),
                what_to_do="Name a whole system's tree with --root.",
            ) from None
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise BusyError(
                "another voiceagent-install is at work",
                where=str(self.folder),
                what_to_do="Wait for it to end.",
            ) from None
        finally:
            os.close(descriptor)

    def manifest(self) -> Manifest:
        """Return what we are responsible for; nothing if nothing is installed."""
        return manifest_of(self._load(self._manifest) or {})

    def originals(self, manifest: Manifest) -> Mapping[str, bytes]:
        """Return the kept bytes a manifest refers to, as far as they are there and whole."""
        found = {}
        for digest in _referred(manifest):
            with contextlib.suppress(FileNotFoundError):
                content = (self._originals / digest).read_bytes()
                if digest_of(content) == digest:
                    found[digest] = content
        return found

    def journal(self) -> Journal | None:
        """Return the journal of a run that was killed, if there is one."""
        raw = self._load(self._journal)
        return None if raw is None else journal_of(raw)

    def save_originals(self, originals: Mapping[str, bytes]) -> None:
        """Keep bytes for a later undo."""
        self._save(self._originals, originals)

    def save_kept(
        self, run: str, kept: Mapping[PurePosixPath, bytes]
    ) -> Mapping[PurePosixPath, PurePosixPath]:
        """Set hand-edited content aside, for the admin to find; returns where each is."""
        names = {path: "-".join((run, *path.parts[1:])) for path in kept}
        self._save(self._kept, {names[path]: content for path, content in kept.items()})
        return {path: STATE / self._kept.name / name for path, name in names.items()}

    @property
    def copies(self) -> tuple[PurePosixPath, ...]:
        """What was set aside, by all runs; nothing for who may not look."""
        with contextlib.suppress(OSError):
            names = sorted(one.name for one in self._kept.iterdir())
            return tuple(STATE / self._kept.name / name for name in names)
        return ()

    def delete_copies(self) -> None:
        """Delete what was set aside."""
        for path in self.copies:
            (self._kept / path.name).unlink()
        with contextlib.suppress(FileNotFoundError):
            self._kept.rmdir()
        self.tidy()

    @property
    def refused_by(self) -> str:
        """The interpreter that did not compile the AGI script; empty if there is none."""
        try:
            return self._uncompiled.read_text()
        except OSError:
            return ""

    def remember_refusal(self, interpreter: str) -> None:
        """Remember an interpreter that did not compile the AGI script; empty: forget it."""
        with contextlib.suppress(OSError):  # it is asked again then
            if interpreter:
                durable.replace(self._uncompiled, interpreter.encode())
            else:
                self._uncompiled.unlink(missing_ok=True)

    def drop_kept(self, run: str) -> None:
        """Forget what a run set aside: it was undone, so the files are where they were."""
        for path in self._kept.glob(f"{run}-*"):
            path.unlink()
        with contextlib.suppress(OSError):  # other runs' stay
            self._kept.rmdir()

    def save_journal(self, journal: Journal) -> None:
        """Write the journal down; a run begins with it."""
        durable.replace(self._journal, encoded(raw_journal(journal)))

    def prepare_commit(self, journal: Journal) -> None:
        """Write down all that committing takes, so that it needs no more room on the disk."""
        done = replace(journal, phase=Phase.COMMITTED)
        durable.replace(self._committed, encoded(raw_journal(done)))
        if journal.manifest.owned:
            durable.replace(self._next_manifest, encoded(raw_manifest(journal.manifest)))

    def commit(self) -> None:
        """Mark the run as done but for tidying up."""
        os.rename(self._committed, self._journal)
        durable.sync_folders([self.folder])

    def close(self, manifest: Manifest) -> None:
        """End a run: remember its manifest, forget its journal and what nobody refers to."""
        if not manifest.owned:
            self._manifest.unlink(missing_ok=True)
        elif self._next_manifest.exists():
            os.rename(self._next_manifest, self._manifest)
        else:  # a run of a version that did not prepare it
            durable.replace(self._manifest, encoded(raw_manifest(manifest)))
        self._forget(manifest)

    def abandon(self) -> None:
        """End a run that was taken back: the manifest stands; this needs no room on the disk."""
        self._committed.unlink(missing_ok=True)
        self._next_manifest.unlink(missing_ok=True)
        self._forget(self.manifest())

    def _forget(self, manifest: Manifest) -> None:
        wanted = _referred(manifest)
        if self._originals.is_dir():
            for path in self._originals.iterdir():
                if path.name not in wanted:
                    path.unlink()
            with contextlib.suppress(OSError):  # some are wanted
                self._originals.rmdir()
        self._journal.unlink(missing_ok=True)
        durable.sync_folders([self.folder])
        self.tidy()

    def tidy(self) -> None:
        """Remove the folder if nothing is installed, nothing was kept and no run is open."""
        if self.interrupted or self._manifest.exists() or not self.folder.is_dir():
            return
        if self._originals.is_dir():
            for path in self._originals.iterdir():
                path.unlink()
            self._originals.rmdir()
        for path in (*self.folder.glob("*.new"), *self.folder.glob(self._uncompiled.name)):
            path.unlink()
        with contextlib.suppress(OSError):  # what was kept stays
            self.folder.rmdir()

    def _save(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        if not contents:
            return
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, content in contents.items():
            durable.replace(folder / name, content)
        durable.sync_folders([self.folder])

    def _load(self, path: Path) -> dict[str, Any] | None:
        try:
            raw: dict[str, Any] = json.loads(path.read_bytes())
            if raw["version"] != VERSION:
                raise KeyError("version")
        except FileNotFoundError:
            return None
        except PermissionError:
            raise ReadError(
                "it cannot be read", where=str(path), what_to_do="Run this with sudo."
            ) from None
        except (ValueError, KeyError, TypeError):
            raise ConflictError(
                "this is not what this version of the program writes",
                where=str(path),
                what_to_do="Restore it, or use the version that wrote it.",
            ) from None
        return raw


def _referred(manifest: Manifest) -> frozenset[str]:
    return frozenset(one.original for one in manifest.owned if one.original)
