"""`voiceagent-install`: the command line of `installer.api`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from asterisk_conf import ParameterError
from installer import next_steps
from installer.api import Installation
from installer.choices import ChoiceError, Choices
from installer.errors import DECLINED, ConflictError, InstallError, VerifyError, WriteError
from installer.model import Plan
from installer.options import EXIT_CODES, flags
from installer.questions import ask_missing
from installer.screen import Screen
from installer.system import UNIT, SystemParams
from installer.system.keys import KeysError, keys_of_environment, keys_of_text

_STDIN = "-"
_ENVIRONMENT = "env"
_MOST_KEY_BYTES = 100_000
_FLAG_OF = {"queue_timeout_s": "queue-timeout", "queue_stub": "queue-member"}


@click.command(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@flags
@click.pass_context
def main(context: click.Context, /, **given: Any) -> None:
    """Install the voice agent into an Asterisk PBX, check it, or take it out again.

    Shows what it would change and asks before it does. No flag is needed.
    """
    try:
        choices = Choices(**given)
        keys: dict[str, str] = {}
        if choices.ask:
            on_line = {
                name
                for name in given
                if context.get_parameter_source(name) is not ParameterSource.DEFAULT
            }
            choices, keys = ask_missing(choices, frozenset(on_line))
        keys |= _keys(choices.keys_from)
        choices.bundle()
        choices.system(True, keys)
    except (ChoiceError, KeysError) as error:
        raise click.UsageError(str(error)) from None
    except ParameterError as error:
        flag = _FLAG_OF.get(error.name, error.name.replace("_", "-"))
        raise click.UsageError(f"--{flag} must be {error.rule}") from None
    action = "undo" if choices.undo else "verify" if choices.verify_only else "install"
    screen = Screen(action, choices.as_json)
    try:
        _run(action, choices, keys, screen)
    except InstallError as error:
        _fail(screen, error)
    except OSError as error:
        _fail(screen, _of_os(error))
    screen.end()


def _run(action: str, choices: Choices, keys: dict[str, str], screen: Screen) -> None:
    installation = Installation(choices.root)
    if action == "verify":
        _verify(installation, screen)
    elif action == "undo":
        _undo(installation, choices, screen)
    else:
        _install(installation, choices, keys, screen)


def _install(
    installation: Installation, choices: Choices, keys: dict[str, str], screen: Screen
) -> None:
    _recover(installation, choices, screen)
    without = _without_service(installation, choices)
    system = choices.system(without is None, keys)
    if choices.agent_only:
        plan = installation.plan_agent_only(system)
    else:
        plan = installation.plan_install(choices.bundle(), system)
    screen.show(plan)
    notes = [f"no service is made: {without}"] if without else []
    screen.note([*notes, *choices.firewall_notes, *_company_notes(installation, system)])
    if plan.idle:
        screen.say("Nothing to do: everything is installed as it should be.")
        return
    if choices.dry_run or not _carried_out(installation, plan, choices, screen):
        return
    if not system.service:
        settings = installation.settings_for_agent
        screen.result["settings"] = list(settings)
        if settings:
            screen.say("The agent needs these settings:")
        for line in settings:
            screen.say(f"  {line}")
    screen.say(click.style("Installed.", fg="green", bold=True))
    freepbx = not choices.agent_only and installation.facts.freepbx
    screen.next_steps(next_steps.after_install(choices, system, freepbx=freepbx))


def _undo(installation: Installation, choices: Choices, screen: Screen) -> None:
    _recover(installation, choices, screen)
    plan = installation.plan_undo()
    screen.show(plan)
    data = installation.tree.host(installation.data)
    there = os.path.lexists(data)
    if plan.idle:
        screen.say("Nothing to do: nothing is installed.")
    elif choices.dry_run:
        pass
    elif _carried_out(installation, plan, choices, screen):
        screen.say(click.style("Undone.", fg="green", bold=True))
    if there:
        _data(installation, choices, screen)


def _data(installation: Installation, choices: Choices, screen: Screen) -> None:
    """Delete bookings and records if that was asked for and is meant; else say that they stay."""
    what = f"bookings, records and recordings in {installation.data}"
    if choices.delete_data and choices.dry_run:
        screen.note([f"{what} would be deleted, and the logs"])
        return
    sure = choices.yes or (
        choices.delete_data and click.confirm(f"Delete {what} for good, and the logs?")
    )
    if choices.delete_data and sure:
        installation.delete_data()
        screen.result |= {"data": "deleted", "applied": True}
        screen.say("Bookings, records, recordings and logs are deleted.")
        return
    screen.result["data"] = "kept"
    screen.note([f"{what} stay; to delete them: voiceagent-install --undo --delete-data"])


def _carried_out(installation: Installation, plan: Plan, choices: Choices, screen: Screen) -> bool:
    """Ask, and carry a plan out; ends the command if the admin says no."""
    if not choices.yes and not click.confirm("Do this?"):
        screen.say("Nothing was changed.")
        sys.exit(DECLINED)
    applied = installation.apply(plan)
    screen.note(applied.notes)
    screen.checks(applied.checks)
    screen.result["applied"] = True
    return True


def _recover(installation: Installation, choices: Choices, screen: Screen) -> None:
    """Deal with an earlier run that was killed."""
    if installation.interrupted and choices.dry_run:
        screen.note(["an earlier run was interrupted; it will be dealt with before this plan"])
    elif installation.interrupted or (
        choices.undo and not choices.dry_run and not installation.installed
    ):
        screen.note(installation.recover())


def _without_service(installation: Installation, choices: Choices) -> str | None:
    """Say why this host gets no service; empty if that is what was asked for, None if it gets one.

    Raises:
        ConflictError: If it was asked for and cannot be.
    """
    if choices.service is False or (choices.remote and not choices.agent_only):
        return ""
    tree = installation.tree
    program = choices.venv / "bin/voiceagent"
    lacks = ""
    if not choices.agent_only and not installation.facts.systemd:
        lacks = "there is no systemd in that tree to run the agent"
    elif not tree.is_file(tree.locate(program)):
        lacks = f"the agent is not installed there: {program} is missing"
    if not lacks or tree.node(UNIT) is not None:
        return None
    if choices.service or choices.agent_only or choices.company or choices.keys_from:
        raise ConflictError(
            lacks,
            where=str(choices.venv),
            what_to_do="Install it with install.sh, or name the place with --venv.",
        )
    return lacks


def _company_notes(installation: Installation, system: SystemParams) -> list[str]:
    if not system.service:
        return []
    if system.company is None:
        if next_steps.has_companies(installation.tree):
            return []
        return [
            "the agent answers as the sample company, Harbour Home Services; name your own with "
            "--company and --did"
        ]
    path = system.company.path
    if installation.tree.read(path) is None:
        return []
    return [f"{path} is there already and stays as it is"]


def _verify(installation: Installation, screen: Screen) -> None:
    checks = installation.verify()
    screen.checks(checks)
    bad = [one for one in checks if not one.ok]
    if bad:
        raise VerifyError(
            bad[0].detail, where=bad[0].name, what_to_do="Run voiceagent-install to put it right."
        )


def _keys(source: str) -> dict[str, str]:
    """Read the vendors' keys.

    Raises:
        KeysError: If there are none; no value is repeated.
    """
    if not source:
        return {}
    if source == _ENVIRONMENT:
        return keys_of_environment(os.environ)
    try:
        if source == _STDIN:
            return keys_of_text(sys.stdin.read(_MOST_KEY_BYTES), "standard input")
        with Path(source).open(encoding="utf-8") as file:
            return keys_of_text(file.read(_MOST_KEY_BYTES), source)
    except OSError as error:
        raise KeysError(f"--keys-from {source}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeysError(f"--keys-from {source}: is not UTF-8 text") from None


def _of_os(error: OSError) -> InstallError:
    """Say in our own form what the system refused."""
    if isinstance(error, PermissionError):
        advice = "Run this with sudo."
    else:
        advice = "Remove the cause, then run this again; an unfinished run is dealt with first."
    return WriteError(
        (error.strerror or str(error)).lower(),
        where=str(error.filename or "this machine"),
        what_to_do=advice,
    )


def _fail(screen: Screen, error: InstallError) -> NoReturn:
    screen.fail(error)
    sys.exit(error.exit_code)
