"""What the agent keeps on a machine while it runs, and how all of it is deleted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import PurePosixPath

from installer.errors import WriteError
from installer.tree import Tree

DATA = PurePosixPath("/var/lib/voiceagent")
"""Bookings, records and recordings."""
# A service whose account exists only while it runs has its folders below "private", and systemd
# puts links to them in the usual places (systemd.exec, "StateDirectory=").
_NAME = DATA.name
_PARENTS = tuple(PurePosixPath(f"/var/{one}") for one in ("lib", "cache", "log"))


def delete_kept(tree: Tree, delete_copies: Callable[[], None] = lambda: None) -> None:
    """Delete all the agent ever kept; what is not there is fine.

    Args:
        tree: The PBX.
        delete_copies: Deletes what the installer set aside.

    Raises:
        WriteError: If something cannot be deleted.
    """
    try:
        for parent in _PARENTS:
            for path in (parent / "private" / _NAME, parent / _NAME):
                place = tree.host(tree.locate(path, follow_last=False))
                if place.is_symlink():
                    place.unlink()
                elif place.is_dir():
                    shutil.rmtree(place)
        delete_copies()
    except OSError as error:
        raise WriteError(
            f"{error.strerror}; not all of the agent's data is deleted yet",
            where=str(error.filename or DATA),
            what_to_do="Remove the cause, then run this again.",
        ) from None
