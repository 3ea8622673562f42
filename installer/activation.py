"""Lets what runs on the machine take in what a run changed in its files, and takes that back.

Asterisk reads its files again when told to, and says nothing when it does not like them: whether
it took them in is asked afterwards (`installer.verify`). The service is started afresh only when
something of its own changed, since that costs the calls in progress.

The same calls serve a run, its rollback and the next run after a kill: each may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from asterisk_conf.render import FOLDER
from installer.doctor.last_words import last_error
from installer.errors import VerifyError
from installer.live import Ask, Systemctl, running_modules
from installer.model import Manifest, Owned, Plan, Prior, Role
from installer.system import UNIT, is_setting

# Modules first, since the rest may stand on them; the server before what is served by it; the
# dialplan last, so that no call comes in before the rest is there.
_RELOADS = {
    "http": "module reload http",
    "manager": "manager reload",
    "ari": "module reload res_ari.so",
    "queues": "queue reload all",
    "extensions": "dialplan reload",
}
EVERYTHING = frozenset(_RELOADS)
"""Every kind of configuration that can be read again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a run takes the machine from, and to.

    Attributes:
        before: What we were responsible for.
        after: What we are responsible for then.
        changed: The paths it changes.
        amiss: The kinds of configuration that Asterisk has not taken in as they are.
    """

    before: Manifest
    after: Manifest
    changed: frozenset[PurePosixPath]
    amiss: frozenset[str] = frozenset()

    @property
    def reloads(self) -> tuple[str, ...]:
        """What to tell Asterisk: what it takes for all that is new or amiss."""
        owned = {one.path: one for one in (*self.before.owned, *self.after.owned)}
        ours = {path for path, one in owned.items() if _is_ours(one)}
        kinds = set(_RELOADS) & {path.stem for path in ours}
        new = {path.stem for path in ours if self._is_new(path)}
        for path, one in owned.items():
            if one.role is Role.PARENT and self._is_new(path):
                kind = path.stem.partition("_")[0]
                # One that is reached through a link may have any name.
                new |= {kind} if kind in (*_RELOADS, "modules") else kinds
        return tuple(
            command
            for kind, command in _RELOADS.items()
            if kind in kinds and kind in new | self.amiss
        )

    def _is_new(self, path: PurePosixPath) -> bool:
        came_or_went = (self.before.at(path) is None) != (self.after.at(path) is None)
        return came_or_went or path in self.changed

    @property
    def had_service(self) -> bool:
        """Whether there was a unit of ours."""
        return self.before.at(UNIT) is not None

    @property
    def has_service(self) -> bool:
        """Whether there is one then."""
        return self.after.at(UNIT) is not None

    @property
    def touches_service(self) -> bool:
        """Whether the service is not what it was."""
        return any(path == UNIT or is_setting(path) for path in self.changed)

    @property
    def touches_units(self) -> bool:
        """Whether systemd has to read its units again."""
        changed = any(UNIT.parent in path.parents for path in self.changed)
        return changed or self.had_service != self.has_service


def _is_ours(one: Owned) -> bool:
    return one.role is Role.OURS and one.path.parent.name == FOLDER


def turn_of(plan: Plan) -> Turn:
    """Return what a plan takes the machine from, and to."""
    changed = frozenset(change.path for change in plan.changes)
    return Turn(plan.base, plan.manifest, changed, plan.amiss)


class Activation:
    """The machine's running part.

    Args:
        ask: Asks its Asterisk; None where nothing may be run.
        systemctl: Tells its systemd; None where there is none, or nothing may be run.
        on_step: Told about each command just before it is given.
    """

    def __init__(
        self, ask: Ask | None, systemctl: Systemctl | None, on_step: Callable[[str], None]
    ) -> None:
        self._ask = ask
        self._systemctl = systemctl
        self._step = on_step

    @property
    def asterisk_runs(self) -> bool:
        """Whether there is an Asterisk to ask."""
        return self._ask is not None and self._ask("core show version") is not None

    def commands(self, turn: Turn, modules: tuple[str, ...]) -> tuple[str, ...]:
        """Return what will be told to what runs, as an admin would type it.

        Args:
            turn: What is about to be done.
            modules: What Asterisk should have loaded.
        """
        said = []
        if self.asterisk_runs:
            said = [f"module load {one}.so" for one in self.prior(turn, modules).unloaded]
            said = [f'asterisk -rx "{one}"' for one in (*said, *turn.reloads)]
        if self._systemctl is not None and (turn.had_service or turn.has_service):
            if turn.touches_units:
                said.append("systemctl daemon-reload")
            if not turn.has_service:
                said.insert(0, f"systemctl stop {UNIT.name}")
            elif turn.touches_service or not self._service_runs():
                said.append(f"systemctl restart {UNIT.name}")
        return tuple(said)

    def service_lies(self, turn: Turn) -> bool:
        """Say whether there is a service that should run and does not."""
        return self._systemctl is not None and turn.has_service and not self._service_runs()

    def prior(self, turn: Turn, modules: tuple[str, ...]) -> Prior:
        """Return what runs now, for `put_back`.

        Args:
            turn: What is about to be done.
            modules: What Asterisk should have loaded.
        """
        answer = self._ask("module show") if self._ask is not None else None
        running = running_modules(answer or "")
        # Without an answer nothing will be loaded either.
        unloaded = () if answer is None else tuple(one for one in modules if one not in running)
        return Prior(turn.had_service and self._service_runs(), unloaded)

    def wind_down(self, turn: Turn) -> None:
        """Stop a service that is about to lose its unit.

        Raises:
            VerifyError: If it does not stop.
        """
        if self._systemctl is None or not turn.had_service or turn.has_service:
            return
        self._step("stop the service")
        if self._tell("stop", UNIT.name) and self._service_runs():
            raise VerifyError(
                "it does not stop", where=UNIT.name, what_to_do=f"See systemctl status {UNIT.name}."
            )

    def bring_up(self, turn: Turn, prior: Prior) -> None:
        """Have everything read what was changed, and the service run.

        Raises:
            VerifyError: If the service does not start.
        """
        if self.asterisk_runs:
            for name in prior.unloaded:
                self._tell_asterisk(f"module load {name}.so")
            self._reload(turn)
        if self._systemctl is None or not (turn.had_service or turn.has_service):
            return
        if turn.touches_units:
            self._step("have systemd read its units")
            self._tell("daemon-reload")
        if not turn.has_service:
            self._tell("reset-failed", UNIT.name)  # an ended unit is remembered if it had failed
        elif turn.touches_service or not self._service_runs():
            self._start()

    def put_back(self, turn: Turn, prior: Prior, *, begun: bool) -> tuple[str, ...]:
        """Have everything read what is there again after a run was taken back.

        Args:
            turn: What the run set out to do.
            prior: What ran before it.
            begun: Whether it got as far as to touch what runs.

        Returns:
            Notes for the admin.
        """
        if self.asterisk_runs:
            self._reload(turn)
            for name in reversed(prior.unloaded if begun else ()):
                self._tell_asterisk(f"module unload {name}.so")
        if self._systemctl is None or not (turn.had_service or turn.has_service):
            return ()
        touched = begun and (turn.touches_service or turn.had_service != turn.has_service)
        if touched or (begun and not prior.service):
            self._step("stop the service")
            self._tell("stop", UNIT.name)
        self._step("have systemd read its units")
        self._tell("daemon-reload")
        if not prior.service:
            self._tell("reset-failed", UNIT.name)
            return ()
        try:
            if not self._service_runs():
                self._start()
        except VerifyError as error:
            return (f"the service as it was before does not start: {error}",)
        return ()

    def refresh(self, turn: Turn) -> None:
        """Have everything read a run's files once more, after it was killed near its end."""
        if self.asterisk_runs:
            self._reload(turn)
        if self._systemctl is not None and (turn.had_service or turn.has_service):
            self._tell("daemon-reload")

    def _reload(self, turn: Turn) -> None:
        for command in turn.reloads:
            self._tell_asterisk(command)

    def _tell_asterisk(self, command: str) -> None:
        if self._ask is not None:
            self._step(f"tell Asterisk: {command}")
            self._ask(command)

    def _start(self) -> None:
        self._step("start the service")
        if self._tell("restart", UNIT.name):
            raise VerifyError(
                f"the service does not start ({self._why()}){self._last_words()}",
                where=UNIT.name,
                what_to_do=f"See journalctl -u {UNIT.name}, then run this again.",
            )

    def _service_runs(self) -> bool:
        return self._systemctl is not None and service_runs(self._systemctl)

    def _why(self) -> str:
        """Return systemd's word for how the service failed: ``exit-code, status 78``."""
        if self._systemctl is None:
            return "unknown"
        shown = self._systemctl(("show", UNIT.name, "--property=Result,ExecMainStatus")).text
        found = dict(line.partition("=")[::2] for line in shown.splitlines())
        status = found.get("ExecMainStatus", "0")
        result = found.get("Result", "unknown")
        return f"{result}, status {status}" if status != "0" else result

    def _last_words(self) -> str:
        """Return what the service said last of an error, after a colon; nothing if it is silent."""
        words = ("status", UNIT.name, "--no-pager", "--full", "--output=cat", "--lines=50")
        said = "" if self._systemctl is None else last_error(self._systemctl(words).text)
        return f": {said.rstrip('.')}" if said else ""

    def _tell(self, *words: str) -> int:
        return 0 if self._systemctl is None else self._systemctl(words).code


def service_runs(systemctl: Systemctl) -> bool:
    """Say whether the agent's service is up."""
    return systemctl(("is-active", UNIT.name)).text.strip() == "active"
