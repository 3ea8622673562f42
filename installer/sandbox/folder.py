"""The sandbox's folder: taken into use, locked, deleted; nobody else's files ever with it."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from installer.sandbox.errors import SandboxError
from installer.sandbox.rootfs import remove_tree

# In the order of their deletion: as long as anything is left, it is known as a sandbox's.
_OWN_NAMES = ("root", "root.new", "data", "run", "logs", "state.json.new", "state.json", "lock")


def take(directory: Path) -> None:
    """Make the folder, or accept one that is empty or a sandbox's.

    Raises:
        SandboxError: If it holds other files.
    """
    directory.mkdir(parents=True, exist_ok=True)
    # The lock file comes first and goes last: with it, the folder is a sandbox in the making.
    names = {path.name for path in directory.iterdir()}
    if names and not names & {"lock", "state.json"}:
        raise SandboxError(
            f"{directory} holds other files and no sandbox", "choose an empty folder with --dir"
        )


@contextmanager
def locked(directory: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder against other commands; waits for one that is at work."""
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command on this sandbox")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def delete(directory: Path) -> None:
    """Delete what a sandbox puts into its folder, and the folder if nothing else is in it."""
    for name in _OWN_NAMES:
        remove_tree(directory / name)
    if not any(directory.iterdir()):
        directory.rmdir()
