"""The command line of the Asterisk that is examined, asked without holding anything else up.

It has no deadlines: who asks has one, and `Console.close` ends what is still under way.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from installer.live import plain

# Debian and its relatives keep it off an ordinary user's path.
_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/sbin:/bin"


class Console:
    """Asks one Asterisk; the same question is asked once only.

    Args:
        command: The program with its first arguments, such as ``chroot DIR asterisk``; empty where
            there is no Asterisk to ask.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = tuple(command)
        self._asked: dict[str, asyncio.Task[str | None]] = {}

    async def ask(self, question: str) -> str | None:
        """Return the answer without colours; None if nobody answers.

        ``asterisk -rx`` exits 0 even when the command failed, so the text is what counts. Beyond
        some 30 kB a busy Asterisk leaves lines out, silently (seen with 22.10.1): what a long
        answer lacks has to be asked for by itself.
        """
        if question not in self._asked:
            self._asked[question] = asyncio.create_task(self._ask(question))
        return await asyncio.shield(self._asked[question])

    async def close(self) -> None:
        """Give up the questions nobody has answered yet."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, question: str) -> str | None:
        if not self.command:
            return None
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                "-rx",
                question,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return None
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            return None
        return plain(said)


def command_for(root: Path) -> tuple[str, ...]:
    """Return the command that reaches the Asterisk of a tree; empty if it has none.

    A tree other than ``/`` is entered by chroot, which takes root: the control socket's path is
    short there, and Unix socket paths end at 107 bytes.
    """
    if root == Path("/"):
        program = shutil.which("asterisk", path=_PATH)
        return () if program is None else (program,)
    for folder in _PATH.split(":"):
        if os.access(root / folder.lstrip("/") / "asterisk", os.X_OK):
            return ("chroot", str(root), f"{folder}/asterisk")
    return ()
