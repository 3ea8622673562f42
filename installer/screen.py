"""Where results go: lines for people, or one JSON object at the end.

The object has these names, always: ``action`` (install, undo or verify; none after a
command line that cannot be used), ``applied`` (whether anything was changed), ``changes`` and
``notes`` (one line each). Where they apply: ``checks`` (objects of ``name``, ``ok``, ``detail``),
``settings`` (what an agent without a service needs, one line each), ``next`` (objects of ``what``,
``command``), ``data`` (what became of bookings and records: kept or deleted), and ``error``
(``what``, ``where``, ``what_to_do``, ``exit_code``).
No value anywhere in it is a secret.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from installer.checks import Check
from installer.diff import Tone, describe, headline
from installer.errors import InstallError
from installer.model import Plan
from installer.summary import summary

_COLOURS = {
    Tone.HEAD: {"bold": True},
    Tone.ADDED: {"fg": "green"},
    Tone.REMOVED: {"fg": "red"},
    Tone.PLACE: {"fg": "cyan"},
    Tone.PLAIN: {},
    Tone.NOTE: {"fg": "yellow"},
}


class Screen:
    """Collects one run's results.

    Args:
        action: What the run does.
        as_json: Whether to print JSON.
        whole: Whether to show every line of a plan.
    """

    def __init__(self, action: str, as_json: bool, *, whole: bool = False) -> None:
        self.as_json = as_json
        self._whole = whole
        self.notes: list[str] = []
        self.result: dict[str, object] = {
            "action": action,
            "applied": False,
            "changes": [],
            "notes": self.notes,
        }

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            click.echo(text)

    def note(self, notes: Sequence[str]) -> None:
        """Tell the admin something, one line each."""
        for note in notes:
            self.say(click.style(f"Note: {note}", fg="yellow"))
        self.notes += notes

    def show(self, plan: Plan) -> None:
        """Show a plan."""
        for line in describe(plan, whole=self._whole):
            self.say(click.style(line.text, **_COLOURS[line.tone]))  # type: ignore[arg-type]
        self.result["changes"] = [headline(change) for change in plan.changes]
        self.notes += plan.notes

    def sum_up(self, plan: Plan) -> None:
        """Say what a plan comes to, below all its lines."""
        for line in summary(plan):
            self.say(click.style(f"In short: {line}", bold=True))

    def checks(self, checks: Sequence[Check]) -> None:
        """Show what was looked at."""
        for check in checks:
            mark = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
            self.say(f"{mark} {check.name}: {check.detail}")
        self.result["checks"] = [
            {"name": one.name, "ok": one.ok, "detail": one.detail} for one in checks
        ]

    def next_steps(self, steps: Sequence[tuple[str, str]]) -> None:
        """Say what to do now: what for, and the command or line."""
        self.say()
        self.say(click.style("What to do next", bold=True))
        for what, command in steps:
            self.say(f"  {what}")
            self.say(f"      {command}")
        self.result["next"] = [{"what": what, "command": command} for what, command in steps]

    def fail(self, error: InstallError) -> None:
        """End with an error."""
        self.result["error"] = {
            "what": error.what,
            "where": error.where,
            "what_to_do": error.what_to_do,
            "exit_code": error.exit_code,
        }
        self.end()
        if not self.as_json:
            click.echo(f"voiceagent-install: {error}", err=True)

    def end(self) -> None:
        """Print the JSON object, if that was asked for."""
        if self.as_json:
            click.echo(json.dumps(self.result))
