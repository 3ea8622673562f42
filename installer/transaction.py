"""Carries out a plan so that being killed at any moment loses nothing.

1. The journal is on disk before the first change.
2. *Prepare*: every new file is written under a temporary name beside its place, and what is there
   now gets a second name (a hard link). A full disk shows here, with nothing changed yet.
3. *Switch*: renames only.
4. *Commit*: the journal says so. Up to here a killed run is undone by giving the second names back,
   which needs no space and returns the very same files; from here it is finished.
5. *Tidy*: second names, emptied folders, the journal.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from installer import durable, precompile
from installer.errors import BusyError, ConflictError, InstallError, WriteError
from installer.model import Change, Kind, Node, Plan
from installer.store import Journal, Phase, Step, Store
from installer.tree import Tree

OnStep = Callable[[str], None]
"""Told about each write just before it happens."""
Compile = Callable[[PurePosixPath], str]
"""Compiles a folder's Python files; returns a note, empty if all went well."""

_WHAT_TO_DO = {
    errno.ENOSPC: "Make room on that disk, then run this again.",
    errno.EROFS: "Make that file system writable, then run this again.",
    errno.EACCES: "Run this as root.",
    errno.EPERM: "Run this as root; if you are, see whether the file is immutable (lsattr).",
}


class Transaction:
    """Changes one tree.

    Args:
        tree: The PBX.
        store: Its memory.
        compile_scripts: Compiles the script folder.
        on_step: Told about each write.
    """

    def __init__(
        self, tree: Tree, store: Store, compile_scripts: Compile, on_step: OnStep | None = None
    ) -> None:
        self._tree = tree
        self._store = store
        self._compile = compile_scripts
        self._step = on_step or (lambda step: None)

    def apply(self, plan: Plan) -> tuple[str, ...]:
        """Carry out a plan.

        Returns:
            Notes for the admin.

        Raises:
            BusyError: If another run is at work or came in between.
            ConflictError: If a file changed since the plan was made; everything is as it was.
            WriteError: If something cannot be written; everything is as it was.
        """
        try:
            with self._store.locked():
                if self._store.interrupted or self._store.manifest() != plan.base:
                    raise BusyError(
                        "another run came in between",
                        where=str(self._store.folder),
                        what_to_do="Run this again.",
                    )
                return self._run(plan)
        except OSError as error:
            raise _write_error(error, "nothing was changed") from None

    def recover(self) -> tuple[str, ...]:
        """Undo or finish a run that was killed; nothing to do is fine.

        Returns:
            Notes for the admin.
        """
        try:
            with self._store.locked():
                journal = self._store.journal()
                if journal is None:
                    self._store.tidy()
                    return ()
                if journal.phase is Phase.COMMITTED:
                    notes = self._finish(journal)
                    return ("a run that was interrupted near its end was finished first", *notes)
                notes = self._roll_back(journal)
                return ("a run that was interrupted was undone first", *notes)
        except OSError as error:
            raise _write_error(error, "an interrupted run could not be dealt with yet") from None

    def _run(self, plan: Plan) -> tuple[str, ...]:
        journal = Journal(
            run=secrets.token_hex(4),
            phase=Phase.APPLYING,
            steps=tuple(_journalled(change) for change in plan.changes),
            emptied=plan.emptied,
            compiled=plan.compiled,
            manifest=plan.manifest,
        )
        try:
            self._step("write the journal")
            self._store.save_journal(journal)
        except BaseException:
            self._store.tidy()
            raise
        try:
            self._step("keep originals")
            self._store.save_originals(plan.originals)
            self._step("keep hand-edited files")
            kept = self._store.save_kept(journal.run, plan.kept)
            self._prepare(journal.run, plan)
            self._switch(journal.run, plan)
            note = ""
            if plan.compiled is not None:
                self._step("compile the AGI script")
                note = self._compile(plan.compiled)
            self._step("commit")
            journal = self._store.commit(journal)
        except BaseException as cause:
            try:
                self._roll_back(journal)
            except OSError as error:
                raise _write_error(error, "not everything could be put back yet") from cause
            raise
        try:
            notes = self._finish(journal)
        except OSError as error:
            raise _write_error(error, "it is done but for tidying up") from None
        copies = (f"{path} as it was is kept in {copy}" for path, copy in kept.items())
        return tuple(one for one in (note, *copies, *notes) if one)

    def _prepare(self, run: str, plan: Plan) -> None:
        for change in plan.changes:
            place = self._tree.host(change.path)
            if change.new is not None and change.new.kind is Kind.FOLDER:
                self._step(f"make {change.path}")
                place.mkdir(mode=0o700)
                os.chown(place, change.new.uid, change.new.gid)
                place.chmod(change.new.mode)
                continue
            if change.old is not None:
                self._step(f"link {change.path}")
                os.link(place, _aside(place, run), follow_symlinks=False)
                if self._tree.node(change.path) != change.old:
                    raise _changed_since(place)
            if change.new is not None:
                self._step(f"write {change.path}")
                _write(_fresh(place, run), change.new, place if change.old else None)
        durable.sync_folders(self._tree.host(one.path).parent for one in plan.changes)

    def _switch(self, run: str, plan: Plan) -> None:
        for change in plan.changes:
            place = self._tree.host(change.path)
            if change.new is None:
                self._step(f"remove {change.path}")
                place.unlink()
            elif change.new.kind is not Kind.FOLDER:
                self._step(f"switch {change.path}")
                if change.old is None:
                    # A link, unlike a rename, does not overwrite what came up meanwhile.
                    os.link(_fresh(place, run), place, follow_symlinks=False)
                    _fresh(place, run).unlink()
                else:
                    os.rename(_fresh(place, run), place)
        durable.sync_folders(self._tree.host(one.path).parent for one in plan.changes)

    def _roll_back(self, journal: Journal) -> tuple[str, ...]:
        notes = []
        if journal.compiled is not None:
            precompile.discard(self._tree, journal.compiled)
        for step in reversed(journal.steps):
            place = self._tree.host(step.path)
            self._step(f"put back {step.path}")
            if step.folder:
                with contextlib.suppress(FileNotFoundError, OSError):
                    place.rmdir()
                continue
            _fresh(place, journal.run).unlink(missing_ok=True)
            if not self._put_back(step, place, _aside(place, journal.run)):
                notes.append(f"{step.path} was changed meanwhile and is left as it is")
        durable.sync_folders(self._tree.host(one.path).parent for one in journal.steps)
        self._store.drop_kept(journal.run)
        self._store.close(self._store.manifest())
        return tuple(notes)

    def _put_back(self, step: Step, place: Path, aside: Path) -> bool:
        """Undo one step however far it got; False if somebody else changed the file since."""
        now = self._tree.node(step.path)
        if not os.path.lexists(aside):
            # Nothing was here before us, or we had not come this far.
            if step.old is None and now is not None:
                if now.digest != step.new:
                    return False
                place.unlink()
            return True
        ours = now is None or now.digest == step.new
        if ours and not (now is not None and os.path.samestat(place.lstat(), aside.lstat())):
            os.rename(aside, place)
        # A rename between two names of one file does nothing; then the second name is still there.
        aside.unlink(missing_ok=True)
        return ours or (now is not None and now.digest == step.old)

    def _finish(self, journal: Journal) -> tuple[str, ...]:
        notes = []
        for step in journal.steps:
            if not step.folder:
                self._step(f"tidy {step.path}")
                place = self._tree.host(step.path)
                _aside(place, journal.run).unlink(missing_ok=True)
        for path in journal.emptied:
            self._step(f"remove {path}")
            try:
                self._tree.host(path).rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                notes.append(f"{path} is not empty and stays")
        durable.sync_folders(self._tree.host(one.path).parent for one in journal.steps)
        self._step("close the journal")
        self._store.close(journal.manifest)
        return tuple(notes)


def _journalled(change: Change) -> Step:
    return Step(
        path=change.path,
        old=change.old.digest if change.old else None,
        new=change.new.digest if change.new else None,
        folder=change.new is not None and change.new.kind is Kind.FOLDER,
    )


def _fresh(place: Path, run: str) -> Path:
    return place.with_name(f".{place.name}.{run}.new")


def _aside(place: Path, run: str) -> Path:
    # A leading dot and this ending keep it out of every "#include *.conf".
    return place.with_name(f".{place.name}.{run}.old")


def _write(place: Path, node: Node, model: Path | None) -> None:
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


def _changed_since(place: Path) -> InstallError:
    return ConflictError(
        "it changed since the plan was made; nothing was done",
        where=str(place),
        what_to_do="Run this again.",
    )


def _write_error(error: OSError, state: str) -> WriteError:
    return WriteError(
        f"{error.strerror}; {state}",
        where=str(error.filename or "the disk"),
        what_to_do=_WHAT_TO_DO.get(error.errno or 0, "Remove the cause, then run this again."),
    )
