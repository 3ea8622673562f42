"""`voiceagent-install`: the command line of `installer.api`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from asterisk_conf import AgiMode, BundleParams, ParameterError
from installer.api import Installation
from installer.diff import Tone, describe, headline
from installer.errors import DECLINED, InstallError, VerifyError
from installer.model import Plan
from installer.verify import Check

_COLOURS = {
    Tone.HEAD: {"bold": True},
    Tone.ADDED: {"fg": "green"},
    Tone.REMOVED: {"fg": "red"},
    Tone.PLACE: {"fg": "cyan"},
    Tone.PLAIN: {},
    Tone.NOTE: {"fg": "yellow"},
}
_DEFAULTS = BundleParams()


class _Screen:
    """Where results go: lines for people, or one JSON object at the end."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.result: dict[str, object] = {"changes": [], "notes": [], "applied": False}

    def say(self, text: str) -> None:
        if not self.as_json:
            click.echo(text)

    def note(self, notes: Sequence[str]) -> None:
        for note in notes:
            self.say(click.style(f"Note: {note}", fg="yellow"))
        self.result["notes"] = [*self._list("notes"), *notes]

    def show(self, plan: Plan) -> None:
        for line in describe(plan):
            self.say(click.style(line.text, **_COLOURS[line.tone]))  # type: ignore[arg-type]
        self.result["changes"] = [headline(change) for change in plan.changes]
        self.result["notes"] = [*self._list("notes"), *plan.notes]

    def checks(self, checks: Sequence[Check]) -> None:
        for check in checks:
            mark = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
            self.say(f"{mark} {check.name}: {check.detail}")
        self.result["checks"] = [
            {"name": one.name, "ok": one.ok, "detail": one.detail} for one in checks
        ]

    def end(self) -> None:
        if self.as_json:
            click.echo(json.dumps(self.result))

    def _list(self, name: str) -> list[object]:
        value = self.result[name]
        return value if isinstance(value, list) else []


@click.command(
    epilog="Exit codes: 0 done or nothing to do, 1 declined, 2 wrong command line, "
    "3 no Asterisk there, 4 something is in the way, 5 could not write (all put back), "
    "6 verification failed, 7 another run is at work."
)
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path("/"),
    show_default=True,
    help="The PBX's file tree. Anything but / is only written to: nothing is started.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Put everything back as it was.")
@click.option("--verify", "verify_only", is_flag=True, help="Check an installation.")
@click.option(
    "--queue",
    default=_DEFAULTS.queue,
    show_default=True,
    help="The queue that takes callers the agent does not.",
)
@click.option(
    "--queue-timeout",
    default=_DEFAULTS.queue_timeout_s,
    show_default=True,
    help="How long they wait in it, in seconds.",
)
@click.option(
    "--agi-host",
    default=_DEFAULTS.agi_host,
    show_default=True,
    help="Where the agent's FastAGI gate listens.",
)
@click.option("--agi-port", default=_DEFAULTS.agi_port, show_default=True, help="Its port.")
@click.option(
    "--agi-mode",
    type=click.Choice([mode.value for mode in AgiMode]),
    default=_DEFAULTS.agi_mode.value,
    show_default=True,
    help="Ask the running agent, or start setup.agi for each question (slower).",
)
@click.option(
    "--routing/--no-routing",
    default=_DEFAULTS.routing,
    show_default=True,
    help="Let the controller say over ARI where each call goes; needs Asterisk's HTTP server. "
    "Without it every call goes to the agent.",
)
@click.option(
    "--extensions-context",
    default=_DEFAULTS.extensions_context,
    show_default=True,
    help="The context whose extensions callers may be put through to.",
)
@click.option(
    "--outside-context",
    default=_DEFAULTS.outside_context,
    help="The context that dials outside numbers, with + and country code; without it callers "
    "who are to be put through outside go to the queue.",
)
@click.option(
    "--ami-secret",
    default="",
    envvar="VOICEAGENT_AMI_SECRET",
    show_envvar=True,
    help="The secret of the agent's user in manager.conf; by default a random one is made, once.",
)
@click.option(
    "--ari-password",
    default="",
    envvar="VOICEAGENT_ARI_PASSWORD",
    show_envvar=True,
    help="The password of the agent's user in ari.conf; by default a random one is made, once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    root: Path,
    dry_run: bool,
    yes: bool,
    undo: bool,
    verify_only: bool,
    queue: str,
    queue_timeout: int,
    agi_host: str,
    agi_port: int,
    agi_mode: str,
    routing: bool,
    extensions_context: str,
    outside_context: str,
    ami_secret: str,
    ari_password: str,
    as_json: bool,
) -> None:
    """Install the voice agent into an Asterisk PBX, check it, or take it out again."""
    if undo and verify_only:
        raise click.UsageError("--undo and --verify exclude each other")
    if as_json and not (yes or dry_run or verify_only):
        raise click.UsageError("--json does not ask: add --yes or --dry-run")
    screen = _Screen(as_json)
    try:
        params = BundleParams(
            agi_host=agi_host,
            agi_port=agi_port,
            agi_mode=AgiMode(agi_mode),
            queue=queue,
            queue_timeout_s=queue_timeout,
            routing=routing,
            extensions_context=extensions_context,
            outside_context=outside_context,
            ami_secret=ami_secret,
            ari_password=ari_password,
        )
    except ParameterError as error:
        raise click.UsageError(str(error)) from None
    try:
        installation = Installation(root)
        if verify_only:
            _verify(installation, screen)
        else:
            _change(installation, screen, None if undo else params, dry_run=dry_run, yes=yes)
    except InstallError as error:
        _fail(screen, error)
    screen.end()


def _change(
    installation: Installation,
    screen: _Screen,
    params: BundleParams | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Install, or undo when there are no parameters."""
    if installation.interrupted:
        if dry_run:
            screen.note(["an earlier run was interrupted; it will be dealt with before this plan"])
        else:
            screen.note(installation.recover())
    elif params is None and not dry_run and not installation.installed:
        screen.note(installation.recover())  # what a run that was killed early left behind
    plan = installation.plan_undo() if params is None else installation.plan_install(params)
    screen.show(plan)
    if plan.idle:
        screen.say(
            "Nothing to do: nothing is installed."
            if params is None
            else "Nothing to do: everything is installed as it should be."
        )
        return
    if dry_run:
        return
    if not yes and not click.confirm("Do this?"):
        screen.say("Nothing was changed.")
        sys.exit(DECLINED)
    screen.note(installation.apply(plan).notes)
    screen.result["applied"] = True
    if params is None:
        screen.say("Undone.")
        return
    _verify(installation, screen)
    settings = installation.settings_for_agent
    screen.result["settings"] = list(settings)
    if settings:
        screen.say("The agent needs these settings:")
    for line in settings:
        screen.say(f"  {line}")
    screen.say(
        "Installed. Send calls to the context voiceagent-in; "
        "take it out again with: voiceagent-install --undo"
    )


def _verify(installation: Installation, screen: _Screen) -> None:
    checks = installation.verify()
    screen.checks(checks)
    bad = [one for one in checks if not one.ok]
    if bad:
        raise VerifyError(
            bad[0].detail, where=bad[0].name, what_to_do="Run voiceagent-install to put it right."
        )


def _fail(screen: _Screen, error: InstallError) -> NoReturn:
    screen.result["error"] = {
        "what": error.what,
        "where": error.where,
        "what_to_do": error.what_to_do,
    }
    screen.end()
    if not screen.as_json:
        click.echo(f"voiceagent-install: {error}", err=True)
    sys.exit(error.exit_code)
