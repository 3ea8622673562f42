"""`voiceagent sandbox up|status|down`."""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import click

from installer.sandbox.errors import SandboxError
from installer.sandbox.profile import PROFILES
from installer.sandbox.sandbox import Sandbox, default_directory

_P = ParamSpec("_P")
_EXIT_DOWN = 3  # as a service's status does (LSB)
_EXIT_DEGRADED = 4


def _say(line: str) -> None:
    click.echo(line, err=True)


def _one_line_errors(command: Callable[_P, None]) -> Callable[_P, None]:
    @functools.wraps(command)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except SandboxError as error:
            _say(f"Error: {error}")
            sys.exit(error.exit_code)

    return guarded


_directory = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="The sandbox's folder; default: .sandbox of the checkout.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def sandbox() -> None:
    """Run a private Asterisk on loopback, with the bundle and the agent.

    It never touches a system Asterisk. Two sandboxes with different folders run side by side.
    Exit codes: 0 done, 1 failed, 3 not running (status), 4 partly running (status),
    5 this machine lacks something.
    """


@sandbox.command()
@_directory
@_as_json
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default=PROFILES[0],
    show_default=True,
    help="Which vendors the agent talks to: none, simulated ones, or the real ones (needs keys).",
)
@click.option("--no-agent", is_flag=True, help="Start the PBX only.")
@_one_line_errors
def up(directory: Path | None, as_json: bool, profile: str, no_agent: bool) -> None:
    """Start what does not run and return when calls can be placed.

    The first time a Debian root is built, which takes about a minute. VOICEAGENT_* settings of
    the environment reach an agent that is started by this command, VOICEAGENT_SIM_* settings the
    simulated vendors. Another profile than the running one starts the agent afresh.
    """
    started_s = time.monotonic()
    sandbox = Sandbox(directory or default_directory(), _say)
    endpoints = sandbox.up(with_agent=not no_agent, profile=profile)
    if as_json:
        click.echo(json.dumps(endpoints))
        return
    click.echo(f"The sandbox is up ({time.monotonic() - started_s:.1f} s).")
    _print_endpoints(endpoints)


@sandbox.command()
@_directory
@_as_json
@_one_line_errors
def status(directory: Path | None, as_json: bool) -> None:
    """Show what runs, where, and for how long."""
    report = Sandbox(directory or default_directory(), _say).status()
    if as_json:
        click.echo(json.dumps(report))
    else:
        click.echo(f"The sandbox in {report['dir']} is {report['state']}.")
        for part in ("pbx", "agent", "vendors"):
            if isinstance(details := report.get(part), dict):
                click.echo(f"  {part:<12}" + _part_line(details))
        if isinstance(endpoints := report.get("endpoints"), dict):
            _print_endpoints(endpoints)
    exit_codes = {"up": 0, "down": _EXIT_DOWN, "degraded": _EXIT_DEGRADED}
    sys.exit(exit_codes[str(report["state"])])


@sandbox.command()
@_directory
@click.option("--purge", is_flag=True, help="Also delete its folder: root, bookings, logs.")
@_one_line_errors
def down(directory: Path | None, purge: bool) -> None:
    """Stop the agent and Asterisk; nothing of them is left running or mounted."""
    ran = Sandbox(directory or default_directory(), _say).down(purge=purge)
    click.echo("The sandbox is down." if ran else "The sandbox was not running.")


def _part_line(details: dict[str, object]) -> str:
    words = ["ready" if details["ready"] else "not ready"]
    if isinstance(pids := details["pids"], dict):
        words += [f"{name} {pid}" for name, pid in pids.items()]
    if details["uptime_s"] is not None:
        words.append(f"up {details['uptime_s']} s")
    return ", ".join(words)


def _print_endpoints(endpoints: dict[str, object]) -> None:
    for name, value in endpoints.items():
        if isinstance(value, dict):
            text = value.get("url") or f"{value['host']}:{value['port']}"
        elif isinstance(value, list):
            text = ", ".join(_place(one) for one in value)
        else:
            text = str(value)
        click.echo(f"  {name:<12}{text}")


def _place(one: object) -> str:
    if isinstance(one, dict):  # a desk phone
        return f"{one['extension']} at {one['host']}:{one['port']}"
    return str(one)
