"""`voiceagent doctor`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from installer.doctor.findings import Finding, Verdict, exit_code

_MACHINE_WIDTH = 400  # in a pipe nobody sees line ends, but cut-off advice is lost


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Check the settings, and every vendor with a real request.

    Exit codes: 0 nothing is red, 1 something is.
    """
    findings = _look()
    if as_json:
        rows = [{**asdict(f), "verdict": f.verdict.value} for f in findings]
        click.echo(json.dumps({"ok": exit_code(findings) == 0, "findings": rows}))
    else:
        _print(findings)
    sys.exit(exit_code(findings))


def _look() -> list[Finding]:
    # Imported here: the other commands must not wait for the engines' libraries.
    import uvloop

    from ari_app.settings import SettingsError, load_settings, unknown_settings
    from installer.doctor.engines import check_engines

    try:
        settings = load_settings()
    except SettingsError as error:
        return [
            Finding("settings", Verdict.RED, line, "see `voiceagent settings`")
            for line in error.lines
        ]
    strange = [
        Finding(
            "settings",
            Verdict.YELLOW,
            f"{name} is no setting and does nothing",
            f"did you mean {likely}?" if likely else "see `voiceagent settings`",
        )
        for name, likely in unknown_settings().items()
    ]
    # The loop of the roles: asyncio's own complains now and then of a child that has just ended.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        engines = runner.run(check_engines(settings))
    return [
        *(strange or [Finding("settings", Verdict.GREEN, "all values are in range")]),
        *engines,
    ]


def _print(findings: Sequence[Finding]) -> None:
    table = Table("", "check", "seen", "what to do")
    for finding in findings:
        colour = finding.verdict.value
        table.add_row(
            f"[{colour}]{colour}[/{colour}]",
            escape(finding.check),
            escape(finding.what),
            escape(finding.what_to_do),
        )
    console = Console()
    if not console.is_terminal:
        console.width = _MACHINE_WIDTH
    console.print(table)
