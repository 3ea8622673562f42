"""What the admin is told to do once the agent is installed."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from installer.system import COMPANIES, SystemParams
from installer.system.company import numbers_in
from installer.tree import Tree

_SAMPLE_NUMBER = "441632960001"  # of the company that comes with the program


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an installation came to, as far as the next steps depend on it.

    Attributes:
        system: The service that was installed.
        root: The tree it was installed into.
        own: A number of the admin's own company; empty: there is only the sample.
        made: The company's file, if this run made it.
        asterisk: Whether Asterisk is on this host.
        stopped: Whether it should run and does not.
        freepbx: Whether FreePBX writes the PBX's dialplan.
        ami: Whether Asterisk lets calls be placed.
        secrets: Whether the agent lacks the secrets of an Asterisk on another host.
        there: Steps for the agent's host, if it is another.
    """

    system: SystemParams
    root: Path
    own: str = ""
    made: PurePosixPath | None = None
    asterisk: bool = True
    stopped: bool = False
    freepbx: bool = False
    ami: bool = True
    secrets: bool = False
    there: tuple[tuple[str, str], ...] = ()


def after_install(outcome: Outcome) -> list[tuple[str, str]]:
    """Return steps: what for, and the command or line."""
    system, number = outcome.system, outcome.own or _SAMPLE_NUMBER
    steps = [*_first(outcome), *outcome.there]
    if system.service:
        if outcome.asterisk:
            when = "" if outcome.ami else ", once AMI is on"
            said = f"Hear it answer, in a call inside Asterisk that needs no phone{when}:"
            steps.append((said, f"{_command('voiceagent', system.venv)} call --did {number}"))
        doctor = f"{_command('voiceagent', system.venv)} doctor"
        steps.append(("See whether everything is as it should be:", doctor))
    elif not outcome.there:
        steps.append(("Start the agent, with the settings above:", "voiceagent run"))
    if outcome.freepbx:
        steps.append(("Send calls to it, as a Custom Destination:", "voiceagent-in,s,1"))
    elif outcome.asterisk:
        line = f"exten => {number},1,Goto(voiceagent-in,${{EXTEN}},1)"
        said = "Send calls to it, in your trunk's context, with the number as the trunk sends it:"
        steps.append((said, line))
    undo = f"{_installer(system)} --undo"
    undo += f" --root {shlex.quote(str(outcome.root))}" if outcome.root != Path("/") else ""
    steps.append(("Take it out again, as if it had never been there:", undo))
    return steps


def _first(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield what nothing works without."""
    if outcome.stopped:
        yield "Start Asterisk, which does not run:", "sudo systemctl start asterisk"
    if outcome.secrets:
        said = "Give it the secrets of the PBX's side; without them the agent gets no calls:"
        yield said, f"{_installer(outcome.system)} --ask"
    if outcome.made is not None:
        said = "Put your own services, prices, areas and hours in the place of the example's:"
        yield said, f"sudoedit {outcome.made} && sudo systemctl restart voiceagent"


def own_number(tree: Tree) -> str:
    """Return the first number of the first company the admin has; empty without one."""
    for path in tree.matching(COMPANIES / "*.yaml"):
        if numbers := numbers_in(tree.read(path) or b""):
            return numbers[0]
    return ""


def _installer(system: SystemParams) -> str:
    return _command("voiceagent-install", system.venv)


def _command(name: str, venv: PurePosixPath) -> str:
    """Return a command as it can be typed on this machine."""
    if shutil.which(name):
        return f"sudo {name}"
    beside = Path(sys.executable).parent / name
    installed = Path(venv) / "bin" / name
    return f"sudo {beside if beside.exists() and not installed.exists() else installed}"
