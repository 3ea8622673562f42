"""`voiceagent doctor`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from installer.doctor import PATIENCE_S
from installer.doctor.findings import Finding, Verdict, exit_code

SETTINGS_FILE = "etc/voiceagent/voiceagent.env"
"""The service's settings, in the PBX's tree."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be looked at, and what is to come of it."""

    ids: Sequence[str]
    root: Path
    settings_file: Path | None
    patience_s: float
    bundle: Path | None
    log: Path | None = None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--only", "ids", multiple=True, metavar="ID", help="This check; may be repeated.")
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write an archive for support (tar.gz), without secrets or callers' data.",
)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("/"),
    show_default=True,
    help="The PBX's file tree; an Asterisk that runs in another one than / is asked by chroot.",
)
@click.option(
    "--settings-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The service's settings; /{SETTINGS_FILE} if it is there. The environment wins.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0.5, 300),
    default=PATIENCE_S,
    show_default=True,
    help="How long one check may take, in seconds; all are made at once.",
)
@click.option(
    "--sandbox",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[DIR]",
    help="Look at the sandbox, in DIR or its default folder.",
)
def doctor(
    as_json: bool,
    ids: Sequence[str],
    bundle: Path | None,
    root: Path,
    settings_file: Path | None,
    patience: float,
    sandbox: str | None,
) -> None:
    """Check Asterisk, the agent, the machine, and every vendor with a real request.

    Run it as root: much of this is nobody else's to see. What cannot be looked at is grey.

    Exit codes: 0 nothing is red, 1 something is.
    """
    log = None
    if sandbox is not None:
        root, log = _take_sandbox(sandbox)
    findings = _look(_Wish(ids, root.resolve(), settings_file, patience, bundle, log))
    if as_json:
        rows = [{**asdict(f), "verdict": f.verdict.value} for f in findings]
        click.echo(json.dumps({"ok": exit_code(findings) == 0, "findings": rows}))
    else:
        from installer.doctor.table import show

        show(findings)
        if bundle is not None:
            click.echo(f"For support: {bundle}")
    sys.exit(exit_code(findings))


def _look(wish: _Wish) -> list[Finding]:
    used, unread, trouble = _take_settings(wish)
    # Imported here: the other commands must not wait for the engines' libraries.
    import uvloop

    from ari_app.settings import SettingsError, load_settings
    from installer.doctor.archive import write_archive
    from installer.doctor.examine import examine
    from installer.doctor.registry import by_ids
    from installer.doctor.scene import Scene

    try:
        checks = by_ids(wish.ids)
    except KeyError as error:
        raise click.UsageError(f"no check is called {error.args[0]}") from None
    try:
        # Without the file the defaults would be looked at, which are nobody's.
        settings = None if unread else load_settings()
    except SettingsError:
        settings = None  # the check of the settings says why

    async def main() -> list[Finding]:
        scene = Scene(wish.root, settings, os.environ, used, wish.patience_s, unread)
        findings = trouble + await examine(scene, checks)
        if wish.bundle is not None:
            try:
                await write_archive(wish.bundle, wish.root, settings, used, findings, wish.log)
            except OSError as error:
                raise click.ClickException(f"{wish.bundle}: {error.strerror}") from None
        return findings

    # The loop of the roles: asyncio's own complains now and then of a child that has just ended.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def _take_sandbox(named: str) -> tuple[Path, Path]:
    """Put a sandbox's settings into our environment; returns its root and its agent's log."""
    from installer.sandbox.errors import SandboxError
    from installer.sandbox.sandbox import Sandbox, default_directory

    sandbox = Sandbox(Path(named) if named else default_directory())
    try:
        os.environ.update(sandbox.agent_settings(os.environ))
    except SandboxError as error:
        raise click.ClickException(str(error)) from None
    return sandbox.root, sandbox.logs / "agent.log"


def _take_settings(wish: _Wish) -> tuple[Path | None, str, list[Finding]]:
    """Put the settings of the service into our environment, where it has none of its own.

    Returns:
        The file in use, why this account may not read it, and what else is wrong with it.
    """
    from installer.system import env_file

    path = wish.settings_file or wish.root / SETTINGS_FILE
    try:
        given = env_file.read(path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        wrong = f"there is no {path}" if wish.settings_file else ""
    except PermissionError:
        return path, f"this account may not read {path}; run this as root", []
    except OSError as error:
        wrong = f"{path} cannot be read ({error.strerror})"
    except ValueError as error:
        wrong = f"{path}: {error}"
    else:
        for name, value in given.items():
            os.environ.setdefault(name, value)
        return path, "", []
    if not wrong:
        return None, "", []
    finding = Finding(
        "settings file", Verdict.YELLOW, wrong, "see --settings-file", "settings-file"
    )
    return path, "", [finding]
