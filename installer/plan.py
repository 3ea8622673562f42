"""Decides what a run changes: pure, from what is there to what should be.

Installing and undoing are the same thing seen from here: undoing is a plan towards a PBX that
should have nothing of ours. Three rules hold in both directions:

* what is not ours and in our way is a conflict, never overwritten;
* what is ours and was edited by hand is said, and its edited content kept;
* of a file of the PBX's only our marked lines are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from installer.bundle import Wanted
from installer.conf_text import BlockError, has_block, is_edited, with_block, without_block
from installer.errors import ConflictError
from installer.model import Change, Kind, Manifest, Node, Owned, Plan, Role, Snapshot, digest_of

NOT_THERE = ""
"""In a manifest in the place of the digest of a parent's original: we made the file."""


class Planner:
    """Collects one run's changes.

    Args:
        snapshot: What is there, at every path wanted or owned.
        manifest: What earlier runs are responsible for.
        originals: Bytes kept by earlier runs, by digest.
    """

    def __init__(
        self, snapshot: Snapshot, manifest: Manifest, originals: Mapping[str, bytes]
    ) -> None:
        self._snapshot = snapshot
        self._manifest = manifest
        self._originals = originals
        self._changes: list[Change] = []
        self._settings: list[Owned] = []
        self._owned: list[Owned] = []
        self._folders: list[Owned] = []
        self._emptied: list[PurePosixPath] = []
        self._kept: dict[PurePosixPath, bytes] = {}
        self._wanted_originals: dict[str, bytes] = {}
        self._notes: list[str] = []

    def want(self, wanted: Wanted) -> None:
        """Plan for one path to be as it should be.

        Raises:
            ConflictError: If something that is not ours is there.
        """
        old = self._snapshot.get(wanted.path)
        owned = self._manifest.at(wanted.path)
        if wanted.node.kind is Kind.FOLDER:
            self._want_folder(wanted, old, owned)
            return
        if wanted.settings:
            self._want_settings(wanted, old, owned)
            return
        if old is not None and owned is None and not _same_content(old, wanted.node):
            raise _in_the_way(wanted.path, old)
        if old is not None and owned is not None and old.digest != owned.digest:
            self._keep(wanted.path, old)
        if old != wanted.node:
            self._changes.append(Change(wanted.path, old, wanted.node, wanted.bulk))
        self._owned.append(Owned(wanted.path, Role.OURS, wanted.node.digest))

    def want_block(self, parent: PurePosixPath, include: str, made: Node | None = None) -> None:
        """Plan for a file of the PBX's to include one of ours.

        Args:
            parent: The file, links followed.
            include: What it includes.
            made: What it is made as where there is none; its content is ours. None: it has to be
                there.

        Raises:
            ConflictError: If the file is missing or our marks in it are damaged.
        """
        old = self._snapshot.get(parent)
        if old is None and made is not None:
            fresh = replace(made, content=with_block(b"", include))
            self._changes.append(Change(parent, None, fresh))
            self._owned.append(Owned(parent, Role.PARENT, fresh.digest, NOT_THERE))
            return
        if old is not None and old.kind is not Kind.FILE:
            raise _in_the_way(parent, old)
        if old is None:
            raise ConflictError(
                "it is not there", where=str(parent), what_to_do="Restore it, then run this again."
            )
        owned = self._manifest.at(parent)
        text = _checked(parent, lambda: with_block(old.content, include))
        if owned is not None and text == old.content:
            self._owned.append(owned)
            self._keep_original(owned.original)
            return
        if owned is not None and old.digest != owned.digest:
            self._say_block_edited(parent, old)
        # Undoing goes back to the file without our lines: to the bytes kept when nobody has
        # touched it since, otherwise to the file as edited.
        base, mtime_ns = without_block(old.content), old.mtime_ns
        made_by_us = owned is not None and owned.original == NOT_THERE
        if owned is not None:
            mtime_ns = None
            exact = self._original(owned, old)
            if exact is not None:
                base, mtime_ns = exact, owned.original_mtime_ns
        original = NOT_THERE if made_by_us else digest_of(base)
        if not made_by_us:
            self._wanted_originals[original] = base
        new = Node(old.kind, old.mode, old.uid, old.gid, text)
        if text != old.content:
            self._changes.append(Change(parent, old, new))
        self._owned.append(Owned(parent, Role.PARENT, new.digest, original, mtime_ns))

    def give_back(self) -> None:
        """Plan for everything owned and no longer wanted to be gone."""
        wanted = {one.path for one in (*self._settings, *self._owned, *self._folders)}
        for owned in self._manifest.owned:
            if owned.path in wanted:
                continue
            if owned.role is Role.FOLDER:
                self._emptied.append(owned.path)
            elif owned.role is Role.PARENT:
                self._restore(owned)
            elif owned.original is not None:
                self._restore_settings(owned)
            else:
                self._remove(owned)

    def sweep(self, compiled: Snapshot) -> None:
        """Plan for what Python compiled into our folders to go with them."""
        for path, node in compiled.items():
            if node.kind is Kind.FOLDER:
                self._emptied.append(path)
            else:
                self._changes.append(Change(path, node, None, bulk=True))

    def note(self, text: str) -> None:
        """Add a line for the admin."""
        self._notes.append(text)

    def plan(self, compiled: PurePosixPath | None = None, modules: tuple[str, ...] = ()) -> Plan:
        """Return the plan so far.

        Args:
            compiled: The script folder, if it has to be precompiled.
            modules: Asterisk's modules to load where they are not.
        """
        folders = sorted(self._folders, key=lambda one: len(one.path.parts), reverse=True)
        return Plan(
            changes=tuple(self._changes),
            base=self._manifest,
            manifest=Manifest((*self._settings, *self._owned, *folders)),
            originals=dict(self._wanted_originals),
            kept=dict(self._kept),
            emptied=tuple(sorted(self._emptied, key=lambda one: len(one.parts), reverse=True)),
            compiled=compiled,
            modules=modules,
            notes=tuple(self._notes),
        )

    def _want_folder(self, wanted: Wanted, old: Node | None, owned: Owned | None) -> None:
        if old is not None and old.kind is not Kind.FOLDER:
            raise _in_the_way(wanted.path, old)
        if old is None:
            self._changes.append(Change(wanted.path, None, wanted.node))
        if old is None or owned is not None:
            self._folders.append(Owned(wanted.path, Role.FOLDER))

    def _want_settings(self, wanted: Wanted, old: Node | None, owned: Owned | None) -> None:
        """Plan for a file the admin may edit; what is wanted was made from what is there."""
        if old is not None and old.kind is not Kind.FILE:
            raise _in_the_way(wanted.path, old)
        new, digest = wanted.node, wanted.node.digest
        original, mtime_ns = (owned.original, owned.original_mtime_ns) if owned else (None, None)
        if owned is not None and old is not None and old.digest != owned.digest:
            digest = owned.digest
        elif owned is None and old is not None:
            # It was there before us: like a parent it keeps its mode and owner, and comes back.
            original, mtime_ns = old.digest, old.mtime_ns
            self._wanted_originals[old.digest] = old.content
        if original is not None and old is not None:
            new = Node(old.kind, old.mode, old.uid, old.gid, new.content)
        self._keep_original(original)
        if old != new:
            self._changes.append(Change(wanted.path, old, new, wanted.bulk))
        self._settings.append(Owned(wanted.path, Role.SETTINGS, digest, original, mtime_ns))

    def _restore_settings(self, owned: Owned) -> None:
        old = self._snapshot.get(owned.path)
        exact = self._original(owned, old) if old is not None else None
        if old is None or exact is None:
            self._notes.append(f"{owned.path} was there before us and edited since; it stays")
            return
        new = Node(old.kind, old.mode, old.uid, old.gid, exact, owned.original_mtime_ns)
        if new.content != old.content:
            self._changes.append(Change(owned.path, old, new))

    def _restore(self, owned: Owned) -> None:
        old = self._snapshot.get(owned.path)
        if old is None:
            self._notes.append(f"{owned.path} is gone; there is nothing to take out of it")
            return
        exact = self._original(owned, old)
        if exact is not None:
            new = Node(old.kind, old.mode, old.uid, old.gid, exact, owned.original_mtime_ns)
        else:
            text = _checked(owned.path, lambda: without_block(old.content))
            if is_edited(old.content):
                self._say_block_edited(owned.path, old)
            if owned.original == NOT_THERE and not text:
                self._changes.append(Change(owned.path, old, None))
                return
            said = "only our lines go" if text != old.content else "our lines are gone already"
            self._notes.append(f"{owned.path} was edited since the installation; {said}")
            new = Node(old.kind, old.mode, old.uid, old.gid, text)
        if new.content != old.content:
            self._changes.append(Change(owned.path, old, new))

    def _remove(self, owned: Owned) -> None:
        old = self._snapshot.get(owned.path)
        if old is None:
            return
        if old.kind is Kind.FOLDER:
            self._notes.append(f"{owned.path} is a folder now; it is left alone")
            return
        if old.digest != owned.digest:
            self._keep(owned.path, old)
        self._changes.append(Change(owned.path, old, None))

    def _keep(self, path: PurePosixPath, old: Node) -> None:
        self._kept[path] = old.content
        self._notes.append(f"{path} was edited by hand; a copy of it will be kept")

    def _say_block_edited(self, path: PurePosixPath, old: Node) -> None:
        """Say that our lines in a parent are not as we left them, and keep it if some go."""
        if has_block(old.content):
            self._kept[path] = old.content
            said = "were edited by hand; a copy of the file will be kept"
        else:
            said = "were taken out by hand and are put in again"
        self._notes.append(f"our lines in {path} {said}")

    def _original(self, owned: Owned, old: Node) -> bytes | None:
        """Return a file's bytes from before us, if nobody touched it since."""
        if old.digest != owned.digest or owned.original is None:
            return None
        return self._originals.get(owned.original)

    def _keep_original(self, digest: str | None) -> None:
        if digest is not None and digest in self._originals:
            self._wanted_originals[digest] = self._originals[digest]


def _checked(path: PurePosixPath, edit: Callable[[], bytes]) -> bytes:
    try:
        return edit()
    except BlockError as error:
        raise ConflictError(
            str(error),
            where=str(path),
            what_to_do="Take the lines that name voiceagent-install out, then run it again.",
        ) from None


def _same_content(old: Node, new: Node) -> bool:
    return old.kind is new.kind and old.content == new.content


def _in_the_way(path: PurePosixPath, old: Node) -> ConflictError:
    return ConflictError(
        f"there is a {old.kind.value} that this program did not put there",
        where=str(path),
        what_to_do="Move it away, then run this again.",
    )
