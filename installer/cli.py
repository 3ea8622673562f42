"""`voiceagent-install`: the command line of `installer.api`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from asterisk_conf import ParameterError
from installer.api import Installation
from installer.choices import ChoiceError, Choices
from installer.errors import CommandLineError, InstallError, WriteError
from installer.options import EXIT_CODES, flags
from installer.screen import Screen
from installer.session import Session
from installer.system.keys import KeysError, keys_of_environment, keys_of_text

_STDIN = "-"
_ENVIRONMENT = "env"
_MOST_KEY_CHARACTERS = 100_000
_FLAG_OF = {"queue_timeout_s": "queue-timeout", "queue_stub": "queue-member"}


class _Command(click.Command):
    """A command that says as one JSON object, too, what it does not take, where that is wanted."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _usage_said("--json" in args):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _usage_said(ctx.params["as_json"]):
            return super().invoke(ctx)


@contextmanager
def _usage_said(as_json: bool) -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        if not as_json:
            raise
        refused = CommandLineError(
            error.format_message().rstrip("."),
            where="the command line",
            what_to_do="See voiceagent-install --help.",
        )
        Screen("none", as_json).fail(refused)
        sys.exit(refused.exit_code)


@click.command(
    cls=_Command, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@flags
@click.pass_context
def main(context: click.Context, /, **given: Any) -> None:
    """Install the voice agent into an Asterisk PBX, check it, or take it out again.

    Shows what it would change and asks before it does. No flag is needed.
    """
    choices, keys, on_line = _understood(context, given)
    action = "undo" if choices.undo else "verify" if choices.verify_only else "install"
    screen = Screen(action, choices.as_json, whole=choices.diff)
    try:
        session = Session(Installation(choices.root), choices, keys, on_line, screen)
        {"undo": session.undo, "verify": session.verify, "install": session.install}[action]()
    except ChoiceError as error:
        raise click.UsageError(str(error)) from None
    except InstallError as error:
        screen.fail(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        raise  # whoever read the output has seen enough; click ends quietly
    except OSError as error:
        refused = _of_os(error)
        screen.fail(refused)
        sys.exit(refused.exit_code)
    screen.end()


def _understood(
    context: click.Context, given: dict[str, Any]
) -> tuple[Choices, dict[str, str], frozenset[str]]:
    """Return the choices, the vendors' keys and the flags given.

    Raises:
        click.UsageError: If a flag cannot be used; no secret is repeated.
    """
    default = ParameterSource.DEFAULT
    on_line = (name for name in given if context.get_parameter_source(name) is not default)
    try:
        choices = Choices(**given)
        keys = _keys(choices.keys_from)
        choices.bundle()
        choices.system(True, keys)
    except (ChoiceError, KeysError) as error:
        raise click.UsageError(str(error)) from None
    except ParameterError as error:
        flag = _FLAG_OF.get(error.name, error.name.replace("_", "-"))
        flag = error.name if error.name.isupper() else f"--{flag}"
        raise click.UsageError(f"{flag} must be {error.rule}") from None
    return choices, keys, frozenset(on_line)


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
            return keys_of_text(sys.stdin.read(_MOST_KEY_CHARACTERS), "standard input")
        with Path(source).open(encoding="utf-8") as file:
            return keys_of_text(file.read(_MOST_KEY_CHARACTERS), source)
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
