"""Writing so that a power cut leaves the old or the new, never something between."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_new(path: Path, content: bytes, mode: int = 0o600) -> int:
    """Create a file, refusing to overwrite, and return its descriptor with the bytes on disk.

    The caller closes the descriptor; until then it can still set the owner.

    Raises:
        OSError: As the system says, with nothing left behind; `FileExistsError` if it is there
            already.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except BaseException as error:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # write(2) knows only a descriptor
        raise
    return descriptor


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file in one step as anyone else sees it."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)  # from a run that was killed here
    os.close(write_new(temporary, content, mode))
    os.rename(temporary, path)
    sync_folders([path.parent])


def sync_folders(folders: Iterable[Path]) -> None:
    """Make names put into or taken out of folders last; one that is gone is skipped."""
    for folder in dict.fromkeys(folders):
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
