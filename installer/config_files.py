"""One PBX's configuration files, read as its Asterisk reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from asterisk_conf.render import FOLDER, FREEPBX_PARENTS
from installer.conf_reader import Config, read_config
from installer.errors import ConflictError
from installer.tree import Tree


def read_config_file(
    tree: Tree, config_at: PurePosixPath, name: str, *, freepbx: bool = False
) -> Config:
    """Read one of the PBX's configuration files with all it includes.

    Args:
        tree: The PBX.
        config_at: Its configuration directory.
        name: The file.
        freepbx: Whether FreePBX's files for an admin's own lines count as there: it makes them
            itself, and so do we.
    """
    made = {config_at / one for one in FREEPBX_PARENTS.values()} if freepbx else set()

    def load(target: str) -> Sequence[tuple[str, bytes]]:
        found = []
        for path in tree.matching(config_at / target):
            # Asterisk passes over what is no file.
            content = tree.read(path) if tree.is_file(path) else None
            if content is None and path in made:
                content = b""
            if content is not None:
                found.append((str(path), content))
        return found

    return read_config(name, load)


def ours(where: str) -> bool:
    """Say whether a ``file:line`` of a configuration is in one of our own files."""
    return f"/{FOLDER}/" in where


def refuse_unread(config: Config) -> None:
    """Refuse a file in which what we put at its end would count for nothing.

    Raises:
        ConflictError: If Asterisk refuses the file, or a comment in it never ends.
    """
    if config.refused:
        raise ConflictError(
            f"it {config.refused}, so Asterisk refuses the whole file",
            where=config.refused_at,
            what_to_do="Put that line right or take it out, then run this again.",
        )
    if config.open_comment:
        raise ConflictError(
            "a comment begins here with ;-- and never ends, so nothing after it counts",
            where=config.open_comment,
            what_to_do="End it with --; where it should end, then run this again.",
        )
    if config.stray_end:
        raise ConflictError(
            "a comment ends here with --; that never began, so nothing after it counts",
            where=config.stray_end,
            what_to_do="Take that --; out, then run this again.",
        )


def true(value: str) -> bool:
    """Say whether Asterisk takes a value for yes."""
    return value.lower() in ("yes", "true", "y", "t", "1", "on")  # ast_true()
