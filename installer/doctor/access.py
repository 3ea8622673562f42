"""May a user read, write or run something? Decided from what the tree says of each folder. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

READ, WRITE, RUN = 4, 2, 1


@dataclass(frozen=True, slots=True)
class Mode:
    """Who owns a file or folder, and what owners and others may do with it.

    Attributes:
        bits: Permission bits.
        uid: The owner's number.
        gid: The group's number.
    """

    bits: int
    uid: int
    gid: int


def refusal(
    path: PurePosixPath,
    wanted: int,
    uid: int,
    gids: Collection[int],
    modes: Mapping[PurePosixPath, Mode],
) -> str:
    """Say what keeps a user from a path, in a few words; "" if nothing does.

    Access lists and security modules are not counted in: they can only be tried out.

    Args:
        path: Absolute, without links.
        wanted: READ, WRITE and RUN added up; for the folders above it is RUN.
        uid: The user's number.
        gids: The user's groups.
        modes: What is known of the path and of the folders above it; one that is missing does not
            exist.
    """
    steps: Sequence[PurePosixPath] = [*reversed(path.parents), path]
    for step in steps:
        mode = modes.get(step)
        if mode is None:
            return f"{step} does not exist"
        needs = wanted if step == path else RUN
        if not _may(mode, needs, uid, gids):
            doing = {READ: "read", WRITE: "write to", RUN: "enter" if step != path else "run"}
            verb = " and ".join(word for bit, word in doing.items() if needs & bit)
            return f"it may not {verb} {step} (mode {mode.bits:04o})"
    return ""


def _may(mode: Mode, wanted: int, uid: int, gids: Collection[int]) -> bool:
    if uid == 0:
        return wanted & RUN == 0 or mode.bits & 0o111 != 0 or wanted & WRITE != 0
    shift = 6 if uid == mode.uid else 3 if mode.gid in gids else 0
    return (mode.bits >> shift) & wanted == wanted
