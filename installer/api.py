"""One PBX's installation: plan, apply, verify, undo. What `voiceagent-install` is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from asterisk_conf import AgiMode, BundleParams
from asterisk_conf.errors import ParameterError
from installer import live, precompile
from installer.bundle import Bundle, Wanted, agi_package, assemble, located
from installer.control import (
    Control,
    completed,
    read_control,
    settings_for_agent,
    settings_to_tell,
)
from installer.errors import ConflictError
from installer.facts import Facts, gather
from installer.kept_data import DATA, delete_kept
from installer.model import Manifest, Plan, Role
from installer.pbx_notes import notes_for
from installer.plan import Planner
from installer.store import Store
from installer.system import SystemParams
from installer.transaction import Compile, OnStep, Transaction
from installer.tree import Tree
from installer.verify import Check, has_asterisk, verify
from installer.wanted_system import owners_on_pbx, owners_without_pbx, wanted_system

_RELOADS = {"manager.conf": "manager reload", "ari.conf": "module reload res_ari.so"}


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan that was carried out.

    Attributes:
        notes: One line each, for the admin.
        checks: What was looked at afterwards; all of it holds.
    """

    notes: tuple[str, ...]
    checks: tuple[Check, ...]


class Installation:
    """Everything that can be done with the bundle in one PBX's tree.

    A plan is made, shown, and applied; between the two nothing is held, so a plan whose ground has
    changed is refused when it is applied.

    Args:
        root: The directory that is ``/`` to the PBX.
        agi_source: The folder of the `agi` package; the installed one when omitted.
        compile_scripts: Compiles the AGI script's folder; when omitted the tree's own Python does,
            where it can be run.
        on_step: Told about each write.
    """

    def __init__(
        self,
        root: Path,
        *,
        agi_source: Path | None = None,
        compile_scripts: Compile | None = None,
        on_step: OnStep | None = None,
    ) -> None:
        self.tree = Tree(root)
        self._store = Store(self.tree)
        self._agi_source = agi_source or agi_package()
        self._on_step = on_step
        self._compile = compile_scripts or self._compile_with_own
        self._can_compile = compile_scripts is not None or precompile.can_run(self.tree)
        self._read_facts: Facts | None = None
        self._read_control: Control | None = None

    @property
    def facts(self) -> Facts:
        """What is known of the PBX.

        Raises:
            InstallError: If nothing can be installed there.
        """
        if self._read_facts is None:
            named = None
            if self.tree.is_machine:
                named = live.directories(live.ask("core show settings") or "")
            self._read_facts = gather(self.tree, named)
        return self._read_facts

    @property
    def control(self) -> Control:
        """What is known of its AMI and ARI.

        Raises:
            InstallError: If nothing can be installed there.
        """
        if self._read_control is None:
            self._read_control = read_control(self.tree, self.facts)
        return self._read_control

    @property
    def settings_for_agent(self) -> tuple[str, ...]:
        """Settings the agent needs to reach this PBX, one line each, without a secret."""
        return settings_to_tell(self.control, self.facts)

    @property
    def interrupted(self) -> bool:
        """Whether an earlier run was killed and has to be dealt with first."""
        return self._store.interrupted

    @property
    def installed(self) -> bool:
        """Whether something of ours is in the tree."""
        return bool(self._store.manifest().owned)

    @property
    def data(self) -> PurePosixPath:
        """Where the agent keeps bookings and records; undoing leaves it alone."""
        return DATA

    def delete_data(self) -> None:
        """Delete all that the agent ever kept: bookings, records, recordings.

        Raises:
            ConflictError: If something of ours is still installed, which may be writing there.
            WriteError: If it cannot be deleted, or not all of it.
        """
        if self.installed or self.interrupted:
            raise ConflictError(
                "the voice agent is still installed and may be writing there",
                where=str(DATA),
                what_to_do="Undo the installation first.",
            )
        delete_kept(self.tree)

    def recover(self) -> tuple[str, ...]:
        """Undo or finish an earlier run that was killed; returns notes."""
        return self._transaction().recover()

    def plan_install(self, params: BundleParams, system: SystemParams | None = None) -> Plan:
        """Plan for the PBX to have the bundle.

        Args:
            params: The admin's choices; what is left open is filled in from the PBX.
            system: The choices about the service; None for nothing that is not Asterisk's.

        Raises:
            InstallError: If something stands in the way.
        """
        if self.facts.absent:
            names = ", ".join(f"{one.name}.so" for one in self.facts.absent)
            raise ConflictError(
                f"this Asterisk is without {names}",
                where="its module directory",
                what_to_do="Install the package with these modules, then run this again.",
            )
        whole = self._completed(params)
        bundle = located(assemble(whole, self.facts, self.control, self._agi_source), self.tree)
        manifest = self._store.manifest()
        services: tuple[Wanted, ...] = ()
        if system is not None:
            known = settings_for_agent(whole, self.control, self.facts)
            system = replace(system, values={**known, **system.values})
            owners = owners_on_pbx(self.facts)
            services = tuple(wanted_system(system, self.tree, owners, manifest))
        planner = self._planned(bundle, services, manifest)
        compiled = self._script(params, bundle, planner)
        for note in notes_for(whole, self.control, self.facts):
            planner.note(note)
        return planner.plan(compiled)

    def plan_agent_only(self, system: SystemParams) -> Plan:
        """Plan for a host to have the service and its settings, with Asterisk on another.

        Args:
            system: The choices about the service, with all it takes to reach that Asterisk.

        Raises:
            InstallError: If something stands in the way.
        """
        manifest = self._store.manifest()
        owners = owners_without_pbx(self.tree)
        services = tuple(wanted_system(system, self.tree, owners, manifest))
        return self._planned(Bundle((), (), None), services, manifest).plan()

    def _planned(self, bundle: Bundle, services: Iterable[Wanted], manifest: Manifest) -> Planner:
        """Return a planner that wants a bundle and a service, and nothing else of ours."""
        wanted = (*bundle.wanted, *services)
        parents = [(self.tree.locate(self.facts.config / one.parent), one) for one in bundle.blocks]
        paths = {one.path for one in wanted} | {path for path, _ in parents}
        planner = self._planner(manifest, paths)
        for one in wanted:
            planner.want(one)
        for path, block in parents:
            planner.want_block(path, block.include, block.made)
        planner.give_back()
        return planner

    def _completed(self, params: BundleParams) -> BundleParams:
        try:
            return completed(params, self.tree, self.facts)
        except ParameterError as error:
            raise ConflictError(
                str(error), where=str(self.facts.spool), what_to_do="Move it, then run this again."
            ) from None

    def _script(
        self, params: BundleParams, bundle: Bundle, planner: Planner
    ) -> PurePosixPath | None:
        """Return the script folder if it has to be compiled; note why not."""
        scripts, python = bundle.scripts, self.facts.python
        if scripts is None or python is None:
            if params.agi_mode is AgiMode.SCRIPT:
                raise _without_python()
            planner.note("there is no Python 3 in that tree, so setup.agi is left out")
        elif not self._can_compile:
            planner.note("setup.agi is not compiled: that takes root; it works, only slower")
        else:
            fresh = any(scripts in change.path.parents for change in planner.plan().changes)
            if fresh or precompile.is_stale(self.tree, scripts, python):
                return scripts
        return None

    def plan_undo(self) -> Plan:
        """Plan for the PBX to be as it was before us."""
        manifest = self._store.manifest()
        planner = self._planner(manifest, set())
        for folder in _outermost(manifest):
            planner.sweep(precompile.compiled_below(self.tree, folder))
        planner.give_back()
        return planner.plan()

    def apply(self, plan: Plan) -> Applied:
        """Carry a plan out, and let a running Asterisk read its files again.

        Raises:
            InstallError: If it cannot be done; the tree is as it was.
        """
        notes = list(self._transaction().apply(plan))
        self._read_facts = self._read_control = None
        if self.tree.is_machine and live.ask("dialplan reload") is not None:
            changed = {change.path.name for change in plan.changes}
            for name, command in _RELOADS.items():
                if name in changed:
                    live.ask(command)
            if "modules.conf" in changed:
                notes.append("restart Asterisk when convenient: modules.conf changed")
        return Applied(tuple(notes), ())

    def verify(self) -> tuple[Check, ...]:
        """Read the installation back; on a running machine ask Asterisk too.

        Raises:
            InstallError: If nothing can be installed there in the first place.
        """
        ask = live.ask if self.tree.is_machine else None
        manifest = self._store.manifest()
        facts = None if manifest.owned and not has_asterisk(manifest) else self.facts
        return verify(self.tree, facts, manifest, ask)

    def _planner(self, manifest: Manifest, paths: set[PurePosixPath]) -> Planner:
        owned = {one.path for one in manifest.owned}
        snapshot = self.tree.snapshot(sorted(paths | owned))
        return Planner(snapshot, manifest, self._store.originals(manifest))

    def _transaction(self) -> Transaction:
        return Transaction(self.tree, self._store, self._compile, self._on_step)

    def _compile_with_own(self, folder: PurePosixPath) -> str:
        python = self.facts.python
        return precompile.compile_folder(self.tree, python, folder) if python else ""


def _outermost(manifest: Manifest) -> Iterator[PurePosixPath]:
    """Yield the outermost folders that are ours."""
    folders = {one.path for one in manifest.owned if one.role is Role.FOLDER}
    return (path for path in sorted(folders) if not folders & set(path.parents))


def _without_python() -> ConflictError:
    return ConflictError(
        "there is no Python 3 for the AGI script",
        where="/usr/bin of that tree",
        what_to_do="Install python3 there, or leave --agi-mode at fastagi.",
    )
