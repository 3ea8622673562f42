"""One PBX's installation: plan, apply, verify, undo. What `voiceagent-install` is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from asterisk_conf import AgiMode, BundleParams
from asterisk_conf.errors import ParameterError
from asterisk_conf.modules import NEEDED
from installer import live, precompile
from installer.activation import Activation, turn_of
from installer.agent_ports import refuse_taken_ports
from installer.bundle import Bundle, Wanted, agi_package, assemble, located
from installer.checks import Check
from installer.control import (
    Control,
    completed,
    read_control,
    settings_for_agent,
    settings_to_tell,
)
from installer.errors import ConflictError, VerifyError, WriteError
from installer.facts import Facts, gather
from installer.kept_data import DATA, delete_kept
from installer.live import Ask, Systemctl, has_context, running_modules
from installer.live_checks import amiss, check_gone, refuse_old_systemd
from installer.model import Manifest, Plan, Role
from installer.pbx_notes import notes_for
from installer.plan import Planner
from installer.signals import ended_in_order
from installer.store import Store
from installer.system import SystemParams
from installer.transaction import Applied as Applied
from installer.transaction import Compile, OnStep, Transaction
from installer.tree import Tree
from installer.verify import has_asterisk, verify
from installer.wanted_system import Owners, owners_on_pbx, owners_without_pbx, wanted_system


class Installation:
    """Everything that can be done with the bundle in one PBX's tree.

    A plan is made, shown, and applied; between the two nothing is held, so a plan whose ground has
    changed is refused when it is applied.

    Args:
        root: The directory that is ``/`` to the PBX.
        agi_source: The folder of the `agi` package; the installed one when omitted.
        compile_scripts: Compiles the AGI script's folder; when omitted the tree's own Python does,
            where it can be run.
        on_step: Told about each write and each command.
        ask: Asks the Asterisk that runs on that tree; when omitted this machine's own, and in any
            other tree nothing is run.
        systemctl: Tells the systemd that looks after it; likewise.
    """

    def __init__(
        self,
        root: Path,
        *,
        agi_source: Path | None = None,
        compile_scripts: Compile | None = None,
        on_step: OnStep | None = None,
        ask: Ask | None = None,
        systemctl: Systemctl | None = None,
    ) -> None:
        self.tree = Tree(root)
        self._store = Store(self.tree)
        self._agi_source = agi_source or agi_package()
        self._on_step = on_step or (lambda step: None)
        if self.tree.is_machine:
            ask = ask or live.ask
            systemctl = systemctl or (live.systemctl if live.systemd_runs() else None)
        self._ask = ask
        self._systemctl = systemctl
        self._activation = Activation(ask, systemctl, self._on_step)
        self._ran = False
        self._compiler = compile_scripts or self._compile_with_own
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
            named, version = None, ""
            if self._ask is not None:
                named = live.directories(self._ask("core show settings") or "")
                version = self._ask("core show version") or ""
            self._read_facts = gather(self.tree, named, version)
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
    def asterisk_stopped(self) -> bool:
        """Whether this machine's Asterisk does not run; False where nobody may ask."""
        return self._ask is not None and not self._activation.asterisk_runs

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

    @property
    def copies(self) -> tuple[PurePosixPath, ...]:
        """Copies of edited files that went; one of the settings has vendors' keys in it."""
        return self._store.copies

    def delete_data(self) -> None:
        """Delete all that the agent ever kept: bookings, records, recordings, and the copies.

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
        delete_kept(self.tree, self._store.delete_copies)

    def recover(self) -> tuple[str, ...]:
        """Undo or finish an earlier run that was killed; returns notes.

        Raises:
            InstallError: If that cannot be done yet.
        """
        self._require_root()
        self._forget()
        with ended_in_order():
            return self._transaction().recover()

    def plan_install(self, params: BundleParams, system: SystemParams | None = None) -> Plan:
        """Plan for the PBX to have the bundle.

        Args:
            params: The admin's choices; what is left open is filled in from the PBX.
            system: The choices about the service; None for nothing that is not Asterisk's.

        Raises:
            InstallError: If something stands in the way.
        """
        self._require_root()
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
            services = self._services(system, owners, manifest)
        planner = self._planned(bundle, services, manifest)
        compiled = self._script(params, bundle, planner)
        named = (whole.extensions_context, whole.outside_context)
        running = [one for one in named if one and self._runs_context(one)]
        for note in notes_for(whole, self.control, self.facts, running):
            planner.note(note)
        return self._announced(planner.plan(compiled, self._modules(params)))

    def _runs_context(self, name: str) -> bool:
        answer = self._ask(f"dialplan show {name}") if self._ask is not None else None
        return has_context(answer or "", name)

    def _modules(self, params: BundleParams) -> tuple[str, ...]:
        """Return the modules a running Asterisk should have."""
        lacking = {one.name for one in self.facts.missing}
        wanted = (one for one in NEEDED if one.essential or one.name in lacking)
        return tuple(one.name for one in wanted if params.routing or not one.routing)

    def _services(
        self, system: SystemParams, owners: Owners, manifest: Manifest
    ) -> tuple[Wanted, ...]:
        services = tuple(wanted_system(system, self.tree, owners, manifest))
        if system.service and self._systemctl is not None:
            if not system.account:
                refuse_old_systemd(self._systemctl)
            refuse_taken_ports(services)
        return services

    def plan_agent_only(self, system: SystemParams) -> Plan:
        """Plan for a host to have the service and its settings, with Asterisk on another.

        Args:
            system: The choices about the service, with all it takes to reach that Asterisk.

        Raises:
            InstallError: If something stands in the way.
        """
        self._require_root()
        manifest = self._store.manifest()
        owners = owners_without_pbx(self.tree)
        services = self._services(system, owners, manifest)
        return self._announced(self._planned(Bundle((), (), None), services, manifest).plan())

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
            refused = self._store.refused_by == precompile.identity(self.tree, python)
            if fresh or (not refused and precompile.is_stale(self.tree, scripts, python)):
                return scripts
        return None

    def plan_undo(self) -> Plan:
        """Plan for the PBX to be as it was before us.

        Raises:
            InstallError: If something stands in the way.
        """
        self._require_root()
        manifest = self._store.manifest()
        planner = self._planner(manifest, set())
        for folder in _outermost(manifest):
            planner.sweep(precompile.compiled_below(self.tree, folder))
        planner.give_back()
        return self._announced(planner.plan())

    def _announced(self, plan: Plan) -> Plan:
        """Return the plan with what it tells to what runs; an idle one puts that right, too."""
        if self._ask is not None and has_asterisk(plan.base) and has_asterisk(plan.manifest):
            found = amiss(self._ask, self.tree, self.facts, plan.base)
            plan = replace(plan, amiss=found)
        turn = turn_of(plan)
        if plan.idle and not plan.amiss and not self._activation.service_lies(turn):
            return plan
        return replace(plan, commands=self._activation.commands(turn, plan.modules))

    def apply(self, plan: Plan) -> Applied:
        """Carry a plan out, have all that runs take it in, and look whether it holds.

        Raises:
            InstallError: If it cannot be done or does not hold; everything is as it was.
        """
        self._require_root()
        self._ran = self._activation.asterisk_runs
        with ended_in_order():
            applied = self._transaction().apply(plan, lambda: self._proof(plan))
        self._forget()
        notes = [*applied.notes, *self._left_over(plan)]
        return Applied(tuple(notes), applied.checks)

    def _proof(self, plan: Plan) -> tuple[Check, ...]:
        """Look at what was just done.

        Raises:
            VerifyError: If it does not hold.
        """
        self._forget()
        if not plan.manifest.owned:
            return ()
        checks = self._checks(plan.manifest, must_run=self._ran)
        for check in checks:
            if not check.ok:
                raise VerifyError(
                    check.detail,
                    where=f"the check of {check.name}",
                    what_to_do="Put that right, then run this again.",
                )
        return checks

    def _left_over(self, plan: Plan) -> Iterator[str]:
        """Yield notes on what Asterisk can do only when it starts afresh."""
        if self._ask is None or not self._ran:
            return
        if not has_asterisk(plan.manifest):
            if note := check_gone(self._ask):
                yield note
            return
        running = running_modules(self._ask("module show") or "")
        missing = [f"{name}.so" for name in plan.modules if name not in running]
        if missing:
            yield f"restart Asterisk when convenient: it has not loaded {', '.join(missing)} yet"

    def verify(self) -> tuple[Check, ...]:
        """Read the installation back; on a running machine ask Asterisk too.

        Raises:
            InstallError: If nothing can be installed there in the first place.
        """
        return self._checks(self._store.manifest())

    def _checks(self, manifest: Manifest, *, must_run: bool = False) -> tuple[Check, ...]:
        facts = None if manifest.owned and not has_asterisk(manifest) else self.facts
        return verify(self.tree, facts, manifest, self._ask, self._systemctl, must_run=must_run)

    def _planner(self, manifest: Manifest, paths: set[PurePosixPath]) -> Planner:
        owned = {one.path for one in manifest.owned}
        snapshot = self.tree.snapshot(sorted(paths | owned))
        return Planner(snapshot, manifest, self._store.originals(manifest))

    def _transaction(self) -> Transaction:
        return Transaction(self.tree, self._store, self._activation, self._compile, self._on_step)

    def _compile(self, folder: PurePosixPath) -> str:
        """Compile the scripts; that an interpreter does not is remembered, or said every time."""
        note, python = self._compiler(folder), self.facts.python
        refused_by = precompile.identity(self.tree, python) if note and python else ""
        self._store.remember_refusal(refused_by)
        return note

    def _compile_with_own(self, folder: PurePosixPath) -> str:
        python = self.facts.python
        return precompile.compile_folder(self.tree, python, folder) if python else ""

    def _forget(self) -> None:
        self._read_facts = self._read_control = None

    def _require_root(self) -> None:
        if self.tree.is_machine and not live.is_root():
            raise WriteError(
                "it takes root to change this machine; nothing was changed",
                where="this account",
                what_to_do="Run this with sudo.",
            )


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
