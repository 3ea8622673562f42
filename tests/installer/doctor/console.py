"""A stand-in for ``asterisk -rx``: it answers from a folder, as another Asterisk would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from ari_app.settings import Settings
from installer.doctor.console import Console
from installer.doctor.examine import examine
from installer.doctor.findings import Finding
from installer.doctor.registry import by_ids
from installer.doctor.scene import Scene
from installer.system import REMEMBERED

_PROGRAM = """#!/bin/sh
[ "$1" = -rx ] || exit 1
cat "{folder}/$2" 2>/dev/null || echo "No such command '$2' (type 'core show help $2' for other)"
"""


def asked(folder: Path, check: str, answers: Mapping[str, str]) -> list[Finding]:
    """Make one check of an Asterisk that gives these answers.

    Args:
        folder: Empty; becomes the PBX's tree, which holds nothing else.
        check: The check's id.
        answers: By question; to any other the Asterisk knows no command.
    """
    for question, answer in answers.items():
        (folder / question).write_text(answer)
    program = folder / "asterisk"
    program.write_text(_PROGRAM.format(folder=folder))
    program.chmod(0o755)

    async def main() -> list[Finding]:
        scene = Scene(folder, Settings(), {}, patience_s=60)
        scene.console = Console([str(program)])
        return await examine(scene, by_ids([check]))

    return asyncio.run(main())


def remember(root: Path, told: Mapping[str, object]) -> None:
    """Write down in a tree what its installer was told."""
    file = root / REMEMBERED.relative_to("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told))
