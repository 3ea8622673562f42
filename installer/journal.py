"""A run's journal and the manifest, as they are written down.

Pure: `installer.store` reads and writes the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import Any

from installer.model import Manifest, Owned, Prior, Role

VERSION = 1
"""Of the form; what an older version of the program can pass over does not change it."""


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


def journal_of(raw: Mapping[str, Any]) -> Journal:
    """Return the journal that was written, by this version or an earlier one."""
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
        manifest=manifest_of(raw["manifest"]),
        # Versions that left what runs alone wrote none of these.
        prior=Prior(raw.get("service", False), tuple(raw.get("unloaded", ()))),
        begun=raw.get("begun", False),
    )


def encoded(raw: Mapping[str, Any]) -> bytes:
    """Return the bytes to write."""
    return json.dumps(raw, indent=1).encode() + b"\n"


def raw_journal(journal: Journal) -> dict[str, Any]:
    """Return a journal as JSON knows it."""
    return {
        "version": VERSION,
        "run": journal.run,
        "phase": journal.phase.value,
        "steps": [
            {"path": str(one.path), "old": one.old, "new": one.new, "folder": one.folder}
            for one in journal.steps
        ],
        "emptied": [str(one) for one in journal.emptied],
        "compiled": str(journal.compiled) if journal.compiled else None,
        "manifest": raw_manifest(journal.manifest),
        "service": journal.prior.service,
        "unloaded": list(journal.prior.unloaded),
        "begun": journal.begun,
    }


def raw_manifest(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as JSON knows it."""
    # Settings have a list of their own: the versions that knew none pass over it, and so leave
    # them where they are when somebody goes back to one.
    settings = [_row(one) for one in manifest.owned if one.role is Role.SETTINGS]
    owned = [_row(one) for one in manifest.owned if one.role is not Role.SETTINGS]
    return {"version": VERSION, "settings": settings, "owned": owned}


def _row(owned: Owned) -> dict[str, Any]:
    return {
        "path": str(owned.path),
        "role": owned.role.value,
        "digest": owned.digest,
        "original": owned.original,
        "original_mtime_ns": owned.original_mtime_ns,
    }


def manifest_of(raw: Mapping[str, Any]) -> Manifest:
    """Return the manifest that was written, by this version or an earlier one."""
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
