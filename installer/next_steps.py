"""What the admin is told to do once the agent is installed."""

from __future__ import annotations

import shutil
from pathlib import PurePosixPath

from installer.choices import Choices
from installer.system import COMPANIES, SystemParams
from installer.tree import Tree

_SAMPLE_NUMBER = "441632960001"  # of the company that comes with the program


def after_install(
    choices: Choices, system: SystemParams, *, freepbx: bool
) -> list[tuple[str, str]]:
    """Return steps: what for, and the command or line.

    Args:
        choices: The command line.
        system: The service that was installed.
        freepbx: Whether FreePBX writes the PBX's dialplan.
    """
    number = system.company.number if system.company is not None else _SAMPLE_NUMBER
    steps = []
    if system.service:
        if not choices.agent_only:
            said = "Hear it answer (a call inside Asterisk, no phone needed):"
            steps.append((said, f"{_command('voiceagent', system.venv)} call --did {number}"))
        doctor = f"{_command('voiceagent', system.venv)} doctor"
        steps.append(("See whether everything is as it should be:", doctor))
    else:
        steps.append(("Start the agent, with the settings above:", "voiceagent run"))
    if freepbx:
        steps.append(("Send calls to it, as a Custom Destination:", "voiceagent-in,s,1"))
    elif not choices.agent_only:
        line = f"exten => {number},1,Goto(voiceagent-in,${{EXTEN}},1)"
        steps.append(("Send calls to it, in the context your trunk comes in by:", line))
    undo = f"{_command('voiceagent-install', system.venv)} --undo"
    steps.append(("Take it out again, as if it had never been there:", undo))
    return steps


def has_companies(tree: Tree) -> bool:
    """Say whether the admin has companies of their own."""
    return any(name.endswith(".yaml") for name in tree.names(tree.locate(COMPANIES)))


def _command(name: str, venv: PurePosixPath) -> str:
    """Return a command as it can be typed on this machine."""
    return f"sudo {name}" if shutil.which(name) else f"sudo {venv}/bin/{name}"
