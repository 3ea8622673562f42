"""A wheel with our name and next to nothing in it, for what concerns only its installation."""

from __future__ import annotations

import zipfile
from pathlib import Path

_PROGRAM = """
import sys, time
def main():
    if "--sleep" in sys.argv:
        print("sleeping", flush=True)
        time.sleep(600)
    print("voiceagent, version {version}")
    sys.exit({exit_code})
"""


def make_wheel(folder: Path, version: str, *, exit_code: int = 0, needs: str = "") -> Path:
    """Make a wheel whose commands print a version.

    Args:
        folder: Where to put it.
        version: What it calls itself.
        exit_code: How its commands end.
        needs: A package it cannot do without.
    """
    info = f"asterisk_voiceagent-{version}.dist-info"
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        "tiny_agent.py": _PROGRAM.format(version=version, exit_code=exit_code),
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: asterisk-voiceagent\n"
        f"Version: {version}\n{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nvoiceagent = tiny_agent:main\n"
        "voiceagent-install = tiny_agent:main\n",
    }
    names = [*files, f"{info}/RECORD"]
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in names)
    wheel = folder / f"asterisk_voiceagent-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return wheel
