"""What the admin is told to do once the agent is installed."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path, PurePosixPath

from installer.system import COMPANIES, SystemParams
from installer.tree import Tree

# In both of YAML's ways to write a list: [number], or lines of - number.
_FIRST_NUMBER = re.compile(
    r"^dids:[ \t]*(?:\[[ \t]*|\r?\n[ \t]*-[ \t]*)[\"']?([+0-9]+)", re.MULTILINE
)
_SAMPLE_NUMBER = "441632960001"  # of the company that comes with the program


def after_install(
    system: SystemParams, root: Path, own: str, *, asterisk: bool, freepbx: bool, ami: bool
) -> list[tuple[str, str]]:
    """Return steps: what for, and the command or line.

    Args:
        system: The service that was installed.
        root: The tree it was installed into.
        own: A number of the admin's own company; empty: there is only the sample.
        asterisk: Whether it is on this host.
        ami: Whether Asterisk lets calls be placed.
        freepbx: Whether FreePBX writes the PBX's dialplan.
    """
    number = own or _SAMPLE_NUMBER
    steps = []
    if system.service:
        if asterisk:
            when = "" if ami else ", once AMI is on"
            said = f"Hear it answer, in a call inside Asterisk that needs no phone{when}:"
            steps.append((said, f"{_command('voiceagent', system.venv)} call --did {number}"))
        doctor = f"{_command('voiceagent', system.venv)} doctor"
        steps.append(("See whether everything is as it should be:", doctor))
    else:
        steps.append(("Start the agent, with the settings above:", "voiceagent run"))
    if freepbx:
        steps.append(("Send calls to it, as a Custom Destination:", "voiceagent-in,s,1"))
    elif asterisk:
        line = f"exten => {number},1,Goto(voiceagent-in,${{EXTEN}},1)"
        said = "Send calls to it, in your trunk's context, with the number as the trunk sends it:"
        steps.append((said, line))
    undo = f"{_command('voiceagent-install', system.venv)} --undo"
    undo += f" --root {shlex.quote(str(root))}" if root != Path("/") else ""
    steps.append(("Take it out again, as if it had never been there:", undo))
    return steps


def own_number(tree: Tree) -> str:
    """Return the first number of the first company the admin has; empty without one."""
    for path in tree.matching(COMPANIES / "*.yaml"):
        found = _FIRST_NUMBER.search((tree.read(path) or b"").decode("utf-8", "replace"))
        if found:
            return found[1]
    return ""


def _command(name: str, venv: PurePosixPath) -> str:
    """Return a command as it can be typed on this machine."""
    if shutil.which(name):
        return f"sudo {name}"
    beside = Path(sys.executable).parent / name
    installed = Path(venv) / "bin" / name
    return f"sudo {beside if beside.exists() and not installed.exists() else installed}"
