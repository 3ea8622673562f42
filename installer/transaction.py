"""Carries out a plan so that being killed at any moment loses nothing.

1. The journal is on disk before the first change.
2. *Prepare*: every new file is written under a temporary name beside its place, and what is there
   now gets a second name (a hard link). A full disk shows here, with nothing changed yet.
3. *Switch*: renames only.
4. *Activate*: what runs on the machine reads the files again.
5. *Verify*: does all of it hold?
6. *Commit*: a rename lets the journal say so. Up to here a run that fails is taken back: the second
   names are given back, which needs no space and returns the very same files, and what runs reads
   those. A run that was killed is taken back by the next one; from here that one finishes it.
7. *Tidy*: second names, emptied folders, the journal.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from installer import durable, precompile
from installer.activation import EVERYTHING, Activation, Turn, turn_of
from installer.checks import Check
from installer.errors import BusyError, ConflictError, InstallError, VerifyError, WriteError
from installer.journal import Journal, Phase, Step
from installer.model import Change, Kind, Plan
from installer.placing import aside_of, fresh_beside, unlink, without_run, write
from installer.store import Store
from installer.tree import Tree

OnStep = Callable[[str], None]
"""Told about each write just before it happens."""
Compile = Callable[[PurePosixPath], str]
"""Compiles a folder's Python files; returns a note, empty if all went well."""
Verify = Callable[[], tuple[Check, ...]]
"""Looks at what was done; raises `VerifyError` if that does not hold."""

_WHAT_TO_DO = {
    errno.ENOSPC: "Make room on that disk, then run this again.",
    errno.EROFS: "Make that file system writable, then run this again.",
    errno.EACCES: "Run this with sudo.",
    errno.EPERM: "Run this with sudo; if you do, see whether the file is immutable (lsattr).",
}


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan that was carried out.

    Attributes:
        notes: One line each, for the admin.
        checks: What was looked at afterwards; all of it holds.
    """

    notes: tuple[str, ...]
    checks: tuple[Check, ...]


class Transaction:
    """Changes one tree.

    Args:
        tree: The PBX.
        store: Its memory.
        activation: What runs on the machine.
        compile_scripts: Compiles the script folder.
        on_step: Told about each write and each command.
    """

    def __init__(
        self,
        tree: Tree,
        store: Store,
        activation: Activation,
        compile_scripts: Compile,
        on_step: OnStep,
    ) -> None:
        self._tree = tree
        self._store = store
        self._activation = activation
        self._compile = compile_scripts
        self._step = on_step

    def apply(self, plan: Plan, verify: Verify) -> Applied:
        """Carry out a plan.

        Args:
            plan: What to do.
            verify: Looks at what was done.

        Raises:
            BusyError: If another run is at work or came in between.
            ConflictError: If a file changed since the plan was made; everything is as it was.
            WriteError: If something cannot be written; everything is as it was.
            VerifyError: If it does not hold; everything is as it was.
        """
        try:
            with self._store.locked():
                if self._store.interrupted or self._store.manifest() != plan.base:
                    raise BusyError(
                        "another run came in between",
                        where=str(self._store.folder),
                        what_to_do="Run this again.",
                    )
                return self._run(plan, verify)
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
                    self._activation.refresh(self._turn(journal))
                    notes = self._finish(journal)
                    return ("a run that was interrupted near its end was finished first", *notes)
                notes = self._take_back(journal, awake=True)
                return ("a run that was interrupted was undone first", *notes)
        except OSError as error:
            raise _write_error(error, "an interrupted run could not be dealt with yet") from None

    def _run(self, plan: Plan, verify: Verify) -> Applied:
        journal = self._journal(plan)
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
            copies = self._store.save_kept(journal.run, plan.kept)
            self._prepare(journal.run, plan)
            self._step("prepare the commit")
            self._store.prepare_commit(journal)
            journal = replace(journal, begun=True)
            self._step("write down that it begins")
            self._store.save_journal(journal)
            note, checks = self._carry_out(journal, plan, verify)
            self._step("commit")
            self._store.commit()
        except BaseException as cause:
            self._fail(journal, cause)
            raise
        try:
            notes = self._finish(journal)
        except OSError as error:
            raise _write_error(error, "it is done but for tidying up") from None
        kept = (f"{path} as it was is kept in {copy}" for path, copy in copies.items())
        return Applied(tuple(one for one in (note, *kept, *notes) if one), checks)

    def _journal(self, plan: Plan) -> Journal:
        return Journal(
            run=secrets.token_hex(4),
            phase=Phase.APPLYING,
            steps=tuple(_journalled(change) for change in plan.changes),
            emptied=plan.emptied,
            compiled=plan.compiled,
            manifest=plan.manifest,
            prior=self._activation.prior(turn_of(plan), plan.modules),
        )

    def _carry_out(
        self, journal: Journal, plan: Plan, verify: Verify
    ) -> tuple[str, tuple[Check, ...]]:
        """Switch over, have all that runs take it in, and look; returns a note and the checks."""
        turn = turn_of(plan)
        self._activation.wind_down(turn)
        self._switch(journal.run, plan)
        note = ""
        if plan.compiled is not None:
            self._step("compile the AGI script")
            note = self._compile(plan.compiled)
        self._activation.bring_up(turn, journal.prior)
        self._step("verify")
        return note, verify()

    def _fail(self, journal: Journal, cause: BaseException) -> None:
        """Take a run back that failed; of one that did not hold, say what and what became of it."""
        try:
            notes = self._take_back(journal, awake=journal.begun)
        except OSError as error:
            raise _write_error(error, "not everything could be put back yet") from cause
        if isinstance(cause, VerifyError):
            state = "; ".join(("everything was put back", *notes))
            raise VerifyError(
                f"{cause.what}; {state}", where=cause.where, what_to_do=cause.what_to_do
            ) from cause

    def _turn(self, journal: Journal) -> Turn:
        """Return what a run set out to do; how much of it Asterisk has read is not known."""
        changed = frozenset(step.path for step in journal.steps)
        return Turn(self._store.manifest(), journal.manifest, changed, EVERYTHING)

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
                os.link(place, aside_of(place, run), follow_symlinks=False)
                if self._tree.node(change.path) != change.old:
                    raise _changed_since(place)
            if change.new is not None:
                self._step(f"write {change.path}")
                write(fresh_beside(place, run), change.new, place if change.old else None)
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
                    os.link(fresh_beside(place, run), place, follow_symlinks=False)
                    fresh_beside(place, run).unlink()
                else:
                    os.rename(fresh_beside(place, run), place)
        durable.sync_folders(self._tree.host(one.path).parent for one in plan.changes)

    def _take_back(self, journal: Journal, *, awake: bool) -> tuple[str, ...]:
        """Undo a run however far it got.

        Args:
            journal: The run.
            awake: Whether anything that runs may have seen its files.

        Returns:
            Notes for the admin.
        """
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
            unlink(fresh_beside(place, journal.run))
            if not self._put_back(step, place, aside_of(place, journal.run)):
                notes.append(f"{step.path} was changed meanwhile and is left as it is")
        durable.sync_folders(self._tree.host(one.path).parent for one in journal.steps)
        if journal.compiled is not None and self._tree.is_folder(journal.compiled):
            with contextlib.suppress(InstallError):  # it works without, only slower
                self._compile(journal.compiled)  # as the installation before had it
        if awake:
            turn = self._turn(journal)
            notes += self._activation.put_back(turn, journal.prior, begun=journal.begun)
        self._step("close the journal")
        self._store.drop_kept(journal.run)
        self._store.abandon()
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
                aside_of(place, journal.run).unlink(missing_ok=True)
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


def _changed_since(place: Path) -> InstallError:
    return ConflictError(
        "it changed since the plan was made; nothing was done",
        where=str(place),
        what_to_do="Run this again.",
    )


def _write_error(error: OSError, state: str) -> WriteError:
    # What the admin knows is the file, not the name it is prepared under.
    place = without_run(Path(error.filename)) if error.filename else "the disk"
    return WriteError(
        f"{error.strerror}; {state}",
        where=str(place),
        what_to_do=_WHAT_TO_DO.get(error.errno or 0, "Remove the cause, then run this again."),
    )
