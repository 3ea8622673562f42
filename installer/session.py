"""One run of `voiceagent-install`: what is planned, shown, asked and done, in that order."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import click

from asterisk_conf import ParameterError
from installer import next_steps
from installer.agents_half import lacking_secrets, notes_there, values_there
from installer.api import Installation
from installer.choices import Choices
from installer.errors import DECLINED, ConflictError, VerifyError
from installer.model import Plan
from installer.other_host import steps_there
from installer.preconditions import refuse_taken_number, without_service
from installer.questions import ask_missing
from installer.screen import Screen
from installer.system import ENV_FILE, FOLDER, REMEMBERED, SystemParams
from installer.system.env_file import settings_in


class Session:
    """Does what the command line says.

    Args:
        installation: The PBX's.
        choices: The command line.
        keys: The vendors' keys.
        on_line: The flags that are on the command line.
        screen: Where results go.
    """

    def __init__(
        self,
        installation: Installation,
        choices: Choices,
        keys: Mapping[str, str],
        on_line: frozenset[str],
        screen: Screen,
    ) -> None:
        self._installation = installation
        self._choices = choices
        self._keys = keys
        self._on_line = on_line
        self._screen = screen

    def install(self) -> None:
        """Install, or put an installation right.

        Raises:
            InstallError: If that cannot be done.
        """
        self._recover()
        self._take_earlier_choices()
        if self._choices.ask:
            self._choices, typed = ask_missing(self._choices, self._on_line)
            self._keys = {**self._keys, **typed}
        without = without_service(self._installation, self._choices, self._keys)
        choices, settings = self._choices, self._settings()
        alone = choices.agent_only
        values = values_there(choices, settings, self._on_line) if alone else {}
        system = choices.system(without is None, self._keys, values)
        refuse_taken_number(self._installation.tree, system)
        if alone:
            plan = self._installation.plan_agent_only(system)
        else:
            plan = self._installation.plan_install(choices.bundle(), system)
        self._screen.show(plan)
        there = notes_there(choices, settings) if alone else ()
        self._screen.note([*self._notes(system, without), *there])
        if plan.idle:
            self._screen.say("Nothing to do: everything is installed as it should be.")
        elif self._carried_out(plan):
            created = {change.path for change in plan.changes if change.old is None}
            company = system.company.path if system.company is not None else None
            self._tell_what_next(system, company if company in created else None)

    def undo(self) -> None:
        """Put everything back as it was; bookings and records only go if that is meant.

        Raises:
            InstallError: If that cannot be done.
        """
        self._recover()
        plan = self._installation.plan_undo()
        self._screen.show(plan)
        if plan.idle:
            nothing = "" if self._choices.delete_data and any(self._left()) else "Nothing to do: "
            self._screen.say(f"{nothing}nothing is installed.".capitalize())
        elif self._carried_out(plan):
            self._screen.say(click.style("Undone.", fg="green", bold=True))
        if any(self._left()):
            self._decide_on_data()

    def _left(self) -> Iterator[str]:
        """Yield what undoing leaves, as far as there is any."""
        installation = self._installation
        if os.path.lexists(installation.tree.host(installation.data)):
            yield f"bookings, records and recordings in {installation.data}"
        if installation.copies:
            names = ", ".join(str(one) for one in installation.copies)
            yield f"copies of edited files, which may have keys in them ({names})"

    def verify(self) -> None:
        """Look at an installation.

        Raises:
            InstallError: If it does not hold.
        """
        checks = self._installation.verify()
        self._screen.checks(checks)
        for check in checks:
            if not check.ok:
                raise VerifyError(
                    check.detail,
                    where=check.name,
                    what_to_do="Run voiceagent-install to put it right.",
                )

    def _carried_out(self, plan: Plan) -> bool:
        """Ask, and carry a plan out, unless it is only to be seen; a no ends the command."""
        self._screen.sum_up(plan)
        if self._choices.dry_run:
            return False
        if not self._choices.yes and not click.confirm("Do this?"):
            self._screen.say("Nothing was changed.")
            sys.exit(DECLINED)
        applied = self._installation.apply(plan)
        self._screen.note(applied.notes)
        self._screen.checks(applied.checks)
        self._screen.result["applied"] = True
        return True

    def _recover(self) -> None:
        """Deal with an earlier run that was killed."""
        interrupted, dry_run = self._installation.interrupted, self._choices.dry_run
        if interrupted and dry_run:
            said = "an earlier run was interrupted; it will be dealt with before this plan"
            self._screen.note([said])
        # What a run that was killed early left behind goes with the undoing of nothing.
        elif interrupted or (
            self._choices.undo and not dry_run and not self._installation.installed
        ):
            self._screen.note(self._installation.recover())

    def _take_earlier_choices(self) -> None:
        """Take from an earlier run what the command line leaves open.

        Raises:
            ChoiceError: If the two do not go together.
            ConflictError: If what is remembered cannot be used.
        """
        settings = self._settings()
        try:
            told = json.loads(self._read(REMEMBERED) or b"{}")
        except ValueError:
            told = None
        if not isinstance(told, dict):
            self._screen.note([f"{REMEMBERED} is damaged, so that nothing is known of it"])
            told = {}
        asked = self._choices
        try:
            self._choices = asked.with_earlier(told, settings, self._on_line)
            self._choices.bundle()
            self._choices.system(True, self._keys)
        except ParameterError as error:
            raise ConflictError(
                str(error),
                where=f"{FOLDER}, what an earlier run was told",
                what_to_do="Put it right there, or say it anew on the command line.",
            ) from None
        if kept := self._choices.other_than(asked):
            self._screen.note([f"as the last time: {', '.join(kept)}"])
        self._choices.refuse_halves()
        self._take_usual_account()
        self._choices.bundle()

    def _take_usual_account(self) -> None:
        """On FreePBX run as Asterisk's user: what it shares is given to that user alone again."""
        choices = self._choices
        if choices.account or choices.agent_only or "account" in self._on_line:
            return
        facts = self._installation.facts
        if facts.freepbx and facts.user_name != "root":
            self._choices = replace(choices, account=facts.user_name)

    def _settings(self) -> dict[str, str]:
        return settings_in(self._read(ENV_FILE), str(ENV_FILE))

    def _read(self, path: PurePosixPath) -> bytes:
        return self._installation.tree.read(path) or b""

    def _notes(self, system: SystemParams, without: str | None) -> Iterator[str]:
        if without:
            yield f"no service is made: {without}"
        if not self._choices.agent_only and self._installation.asterisk_stopped:
            yield "Asterisk does not run: no call is answered before it is started"
        if not system.service:
            return
        tree = self._installation.tree
        if system.company is not None and tree.read(system.company.path) is not None:
            yield f"{system.company.path} is there already and stays as it is"
        elif system.company is None and not next_steps.own_number(tree):
            yield (
                "the agent answers as the sample company, Harbour Home Services; name your own "
                "with --company and --did"
            )

    def _tell_what_next(self, system: SystemParams, made: PurePosixPath | None) -> None:
        installation, choices = self._installation, self._choices
        pbx = None if choices.agent_only else installation
        there: tuple[tuple[str, str], ...] = ()
        if pbx is not None and choices.remote:
            there = tuple(steps_there(choices, pbx.control, pbx.facts))
        elif pbx is not None and not system.service:
            self._tell_settings(pbx.settings_for_agent)
        self._screen.say(click.style("Installed.", fg="green", bold=True))
        steps = next_steps.after_install(
            next_steps.Outcome(
                system=system,
                root=choices.root,
                own=next_steps.own_number(installation.tree) if system.service else "",
                made=made,
                asterisk=pbx is not None,
                stopped=pbx is not None and pbx.asterisk_stopped,
                freepbx=pbx is not None and pbx.facts.freepbx,
                ami=pbx is not None and pbx.control.ami and pbx.control.ami_on,
                secrets=pbx is None and bool(lacking_secrets(choices, self._settings())),
                there=there,
            )
        )
        self._screen.next_steps(steps)

    def _tell_settings(self, settings: Sequence[str]) -> None:
        """Say what an agent on this host needs that no service gives it."""
        self._screen.result["settings"] = list(settings)
        if settings:
            self._screen.say("The agent needs these settings:")
        for line in settings:
            self._screen.say(f"  {line}")

    def _decide_on_data(self) -> None:
        """Delete bookings and records if that was asked for and is meant; else say they stay."""
        screen, choices = self._screen, self._choices
        what = ", and ".join(self._left())
        if choices.delete_data and choices.dry_run:
            screen.note([f"{what} would be deleted, and the logs"])
        elif choices.delete_data and (
            choices.yes or click.confirm(f"Delete {what} for good, and the logs?")
        ):
            self._installation.delete_data()
            screen.result |= {"data": "deleted", "applied": True}
            screen.say(f"Deleted: {what}, and the logs.")
        else:
            screen.result["data"] = "kept"
            screen.note([f"{what} stay; to delete them: voiceagent-install --undo --delete-data"])
