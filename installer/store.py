"""The installer's own memory, in one folder of the PBX's tree.

::

    /var/lib/voiceagent-install/
        journal.json    exists while a run is at work, or was killed at it
        committed.new   what replaces it once all is done, so that a full disk cannot stop that
        manifest.json   what we are responsible for; exists while something is installed
        manifest.new    what replaces that
        originals/      the PBX's files as they were before our lines, by digest
        kept/           hand-edited files of ours that a later run replaced or removed

The folder goes when nothing is installed and nothing was kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from installer import durable
from installer.errors import BusyError, ConflictError, NotAPbxError
from installer.model import Manifest, Owned, Prior, Role, digest_of
from installer.tree import Tree

STATE = PurePosixPath("/var/lib/voiceagent-install")
_VERSION = 1


class Phase(Enum):
    """How far a journal's run has come."""

    APPLYING = "applying"
    """Anything may be half done; it is undone."""
    COMMITTED = "committed"
    """All is done but tidying up; that is finished."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change as the journal keeps it.

    Attributes:
        path: Where.
        old: Digest of what was there; None for nothing.
        new: Digest of what will be there; None for nothing.
        folder: Whether it is a folder being made.
    """

    path: PurePosixPath
    old: str | None
    new: str | None
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Journal:
    """What a run set out to do.

    Attributes:
        run: The run's name; part of its temporary files' names.
        phase: How far it has come.
        steps: Its changes, in order.
        emptied: Folders to remove if nothing is left in them.
        compiled: The folder it has Python compile, if any.
        manifest: The manifest once it is done.
        prior: What ran before it.
        begun: Whether it may have touched what runs.
    """

    run: str
    phase: Phase
    steps: tuple[Step, ...]
    emptied: tuple[PurePosixPath, ...]
    compiled: PurePosixPath | None
    manifest: Manifest
    prior: Prior = Prior()
    begun: bool = False


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

    @property
    def interrupted(self) -> bool:
        """Whether a run was killed, or is still at work."""
        return self._journal.exists()

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
        return _manifest_of(self._load(self._manifest) or {})

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
        if raw is None:
            return None
        steps = tuple(
            Step(PurePosixPath(one["path"]), one["old"], one["new"], one["folder"])
            for one in raw["steps"]
        )
        return Journal(
            run=raw["run"],
            phase=Phase(raw["phase"]),
            steps=steps,
            emptied=tuple(PurePosixPath(one) for one in raw["emptied"]),
            compiled=PurePosixPath(raw["compiled"]) if raw["compiled"] else None,
            manifest=_manifest_of(raw["manifest"]),
            # Versions that left what runs alone wrote none of these.
            prior=Prior(raw.get("service", False), tuple(raw.get("unloaded", ()))),
            begun=raw.get("begun", False),
        )

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

    def drop_kept(self, run: str) -> None:
        """Forget what a run set aside: it was undone, so the files are where they were."""
        for path in self._kept.glob(f"{run}-*"):
            path.unlink()
        with contextlib.suppress(OSError):  # other runs' stay
            self._kept.rmdir()

    def save_journal(self, journal: Journal) -> None:
        """Write the journal down; a run begins with it."""
        durable.replace(self._journal, _encoded(_raw_journal(journal)))

    def prepare_commit(self, journal: Journal) -> None:
        """Write down all that committing takes, so that it needs no more room on the disk."""
        done = replace(journal, phase=Phase.COMMITTED)
        durable.replace(self._committed, _encoded(_raw_journal(done)))
        if journal.manifest.owned:
            durable.replace(self._next_manifest, _encoded(_raw(journal.manifest)))

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
            durable.replace(self._manifest, _encoded(_raw(manifest)))
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
        for path in self.folder.glob("*.new"):
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
            if raw["version"] != _VERSION:
                raise KeyError("version")
        except FileNotFoundError:
            return None
        except PermissionError:
            raise NotAPbxError(
                "it cannot be read", where=str(path), what_to_do="Run this as root."
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


def _encoded(raw: Mapping[str, Any]) -> bytes:
    return json.dumps(raw, indent=1).encode() + b"\n"


def _raw_journal(journal: Journal) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "run": journal.run,
        "phase": journal.phase.value,
        "steps": [
            {"path": str(one.path), "old": one.old, "new": one.new, "folder": one.folder}
            for one in journal.steps
        ],
        "emptied": [str(one) for one in journal.emptied],
        "compiled": str(journal.compiled) if journal.compiled else None,
        "manifest": _raw(journal.manifest),
        "service": journal.prior.service,
        "unloaded": list(journal.prior.unloaded),
        "begun": journal.begun,
    }


def _raw(manifest: Manifest) -> dict[str, Any]:
    # Settings have a list of their own: the versions that knew none pass over it, and so leave
    # them where they are when somebody goes back to one.
    settings = [_row(one) for one in manifest.owned if one.role is Role.SETTINGS]
    owned = [_row(one) for one in manifest.owned if one.role is not Role.SETTINGS]
    return {"version": _VERSION, "settings": settings, "owned": owned}


def _row(owned: Owned) -> dict[str, Any]:
    return {
        "path": str(owned.path),
        "role": owned.role.value,
        "digest": owned.digest,
        "original": owned.original,
        "original_mtime_ns": owned.original_mtime_ns,
    }


def _manifest_of(raw: Mapping[str, Any]) -> Manifest:
    return Manifest(
        tuple(
            Owned(
                PurePosixPath(one["path"]),
                Role(one["role"]),
                one["digest"],
                one["original"],
                one["original_mtime_ns"],
            )
            for one in (*raw.get("settings", ()), *raw.get("owned", ()))
        )
    )
