"""Whom Asterisk runs as, from the tree's own files, and what that user may read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from installer.conf_reader import Config
from installer.errors import NotAPbxError
from installer.model import Node
from installer.tree import Tree

PASSWD = PurePosixPath("/etc/passwd")
GROUP = PurePosixPath("/etc/group")
_USUAL = "asterisk"


@dataclass(frozen=True, slots=True)
class Account:
    """The user and the group Asterisk runs as.

    Attributes:
        user: The user's number in the tree.
        group: The group's.
        user_name: The user's name; the number where it has none.
        group_name: The group's, likewise.
        groups: All groups of that user, by number.
    """

    user: int
    group: int
    user_name: str
    group_name: str
    groups: frozenset[int]


def runs_as(tree: Tree, main: Config, config_at: PurePosixPath) -> Account:
    """Return whom Asterisk runs as.

    Args:
        tree: The PBX.
        main: Its asterisk.conf.
        config_at: Its configuration directory, whose owner is right where nothing is said and
            nobody is called asterisk.

    Raises:
        NotAPbxError: If asterisk.conf names a user or group that there is not.
    """
    options = main.section("options")
    named = {one.name: one.value for one in options.settings} if options else {}
    folder = tree.node(tree.locate(config_at))
    user = _number(tree, PASSWD, "user", named.get("runuser", ""))
    group = _number(tree, GROUP, "group", named.get("rungroup", ""))
    user = user if user is not None else folder.uid if folder else 0
    group = group if group is not None else folder.gid if folder else 0
    name = _name(tree, PASSWD, user)
    others = (int(row[2]) for row in _rows(tree, GROUP) if name in (row[3:4] or [""])[0].split(","))
    return Account(user, group, name, _name(tree, GROUP, group), frozenset((group, *others)))


def numbers(tree: Tree, path: PurePosixPath) -> dict[str, int]:
    """Read names and numbers from a passwd or group file."""
    found: dict[str, int] = {}
    for row in _rows(tree, path):
        found.setdefault(row[0], int(row[2]))
    return found


def unreadable(tree: Tree, path: PurePosixPath, who: Account) -> tuple[PurePosixPath, ...]:
    """Return the file, or the folder on the way to it, that an account may not look into.

    Access lists are not looked at; nor is a file that is not there.
    """
    place = tree.locate(path)
    if who.user == 0 or tree.node(place) is None:
        return ()
    for step, bit in (*((one, 0o1) for one in reversed(place.parents[:-1])), (place, 0o4)):
        node = tree.node(step)
        if node is not None and not node.mode & (bit << _shift(node, who)):
            return (step,)
    return ()


def _shift(node: Node, who: Account) -> int:
    if node.uid == who.user:
        return 6
    return 3 if node.gid in who.groups else 0


def _number(tree: Tree, path: PurePosixPath, what: str, named: str) -> int | None:
    known = numbers(tree, path)
    if not named or named in known:
        return known.get(named or _USUAL)
    raise NotAPbxError(
        f"there is no {what} {named}, which asterisk.conf runs Asterisk as",
        where=str(tree.root / path.relative_to("/")),
        what_to_do=f"Create it, or correct run{what}.",
    )


def _name(tree: Tree, path: PurePosixPath, number: int) -> str:
    names = {found: name for name, found in reversed(numbers(tree, path).items())}
    return names.get(number, str(number))


def _rows(tree: Tree, path: PurePosixPath) -> list[list[str]]:
    text = (tree.read(path) or b"").decode("utf-8", "replace")
    rows = (line.split(":") for line in text.splitlines())
    return [row for row in rows if len(row) >= 3 and row[2].isdecimal()]
