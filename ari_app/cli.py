"""The ``voiceagent`` command."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ari_app.cli_bookings import bookings
from ari_app.cli_call import call
from ari_app.cli_callbacks import callbacks
from ari_app.cli_chat import chat
from ari_app.cli_companies import companies
from ari_app.cli_records import calls
from ari_app.cli_simulate import simulate
from ari_app.cli_tokens import tokens
from ari_app.cli_workflow import workflow
from ari_app.env_source import EnvSourceError, adopt_settings_file
from ari_app.supervisor import EX_CONFIG, supervise
from installer.doctor.cli import doctor
from installer.sandbox.cli import sandbox

if TYPE_CHECKING:
    from ari_app.settings import Settings


class _Commands(click.Group):
    """The commands; what this account may not do is said in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except PermissionError as error:
            if ctx.invoked_subcommand == "run":
                raise  # in a running agent it is worth every line of its trace
            click.echo(f"voiceagent: {error.filename}: permission denied; use sudo", err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="asterisk-voiceagent")
@click.pass_context
def main(context: click.Context) -> None:
    """Run, try and look into the AI voice agent for Asterisk.

    Settings are environment variables: voiceagent settings. Where none is set, those of the
    installed agent are read from /etc/voiceagent/voiceagent.env, or from VOICEAGENT_ENV_FILE.
    """
    if context.invoked_subcommand == "sandbox":
        return  # a PBX of its own, with settings of its own
    try:
        said = adopt_settings_file()
    except EnvSourceError as error:
        click.echo(f"voiceagent: {error}", err=True)
        sys.exit(EX_CONFIG)
    if said:
        click.echo(f"voiceagent: {said}", err=True)


@main.command()
@click.option(
    "--role", type=click.Choice(["controller", "media"]), help="Run one role alone, unsupervised."
)
@click.option("--heartbeat-fd", type=int, default=-1, hidden=True)
def run(role: str | None, heartbeat_fd: int) -> None:
    """Answer calls: controller and media process, supervised.

    Exit codes: 0 told to stop, 75 a port is taken, 78 a setting is wrong.
    """
    # Imported here: the other commands must not wait for the engines' libraries.
    from ari_app.roles import run_role
    from ari_app.settings import SettingsError, load_settings, unknown_settings

    os.umask(0o077)  # records hold callers' numbers and words: nobody else's to read
    try:
        settings = load_settings()
        _check_writable(settings)
    except SettingsError as error:
        for line in error.lines:
            click.echo(f"voiceagent: {line}", err=True)
        sys.exit(EX_CONFIG)
    if role is None:
        for name, likely in unknown_settings().items():
            meant = f"; is {likely} meant?" if likely else ""
            click.echo(f"voiceagent: {name} is no setting and does nothing{meant}", err=True)
        sys.exit(asyncio.run(supervise(settings.run_dir)))
    if role == "media":
        from ari_app.media_role import serve_media as serve
    else:
        from ari_app.controller_role import serve_controller as serve
    sys.exit(run_role(role, serve, settings, heartbeat_fd))


def _check_writable(settings: Settings) -> None:
    """Check the places the agent writes to, and begin to log.

    Raises:
        SettingsError: Naming the setting of the place that cannot be written.
    """
    from ari_app.logs import set_up_logging

    places = {"RUN_DIR": settings.run_dir, "DATA_DIR": settings.data_dir}
    for name, place in places.items():
        with _named(name, place):
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
    with _named("LOG_FILE", Path(settings.log_file)):
        set_up_logging(settings.log_level, "supervisor", settings.log_file)


@contextmanager
def _named(name: str, place: Path) -> Iterator[None]:
    """Let an error in writing name the setting."""
    from ari_app.settings import SettingsError

    try:
        yield
    except OSError as error:
        raise SettingsError(
            [f"VOICEAGENT_{name}={place}: cannot write there: {error.strerror}"]
        ) from None


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def settings(as_json: bool) -> None:
    """List every setting: variable, value, unit, range, default, where it comes from, meaning.

    Keys are never shown, only whether they are set.
    """
    from ari_app.settings import SettingsError, all_settings, load_settings

    rows = all_settings()
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
    for row in [] if as_json else rows:
        limits = " ".join(part for part in (row.range, row.unit) if part)
        default = f"default {row.default}" if row.default else "no default"
        details = [limits, default, "set in the environment" if row.source != "default" else ""]
        click.echo(f"{row.variable}={row.value}")
        click.echo(f"    {', '.join(detail for detail in details if detail)}")
        click.echo(f"    {row.meaning}")
    try:
        load_settings()
    except SettingsError as error:
        for line in error.lines:
            click.echo(f"voiceagent: {line}", err=True)
        sys.exit(1)


main.add_command(call)
main.add_command(calls)
main.add_command(bookings)
main.add_command(callbacks)
main.add_command(chat)
main.add_command(companies)
main.add_command(doctor)
main.add_command(sandbox)
main.add_command(tokens)
main.add_command(simulate)
main.add_command(workflow)
