"""What of an installation is not Asterisk's, found its place in one tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from installer.bundle import Wanted
from installer.facts import Facts
from installer.model import Kind, Manifest, Node, Role
from installer.system import SystemFile, SystemParams, render_system
from installer.tree import Tree

_ETC = PurePosixPath("/etc")


@dataclass(frozen=True, slots=True)
class Owners:
    """Who the files are for, by numbers of the tree.

    Attributes:
        user: The superuser.
        group: The superuser's group.
        agents_group: The group that may read what the agent reads: Asterisk's, where there is one.
        agents_group_name: Its name; empty where there is no Asterisk.
    """

    user: int
    group: int
    agents_group: int
    agents_group_name: str


def owners_on_pbx(facts: Facts) -> Owners:
    """Return whose the files are beside an Asterisk."""
    return Owners(facts.owner, facts.owner_group, facts.config_group, facts.group_name)


def owners_without_pbx(tree: Tree) -> Owners:
    """Return whose the files are on a host that has the agent alone."""
    etc = tree.node(tree.locate(_ETC))
    user, group = (etc.uid, etc.gid) if etc is not None else (0, 0)
    return Owners(user, group, group, "")


def wanted_system(
    params: SystemParams, tree: Tree, owners: Owners, manifest: Manifest
) -> Iterator[Wanted]:
    """Yield the files of the service and its settings; folders before what is in them.

    Args:
        params: The admin's choices, with all that the installer knows.
        tree: Where they go.
        owners: Whose they are.
        manifest: What earlier runs left, whose settings are kept.

    Raises:
        ConflictError: If a settings file that is there cannot be changed safely.
    """
    paths = [one.path for one in render_system(params, owners.agents_group_name, {})]
    paths += [one.path for one in manifest.owned if one.role is Role.SETTINGS]
    contents = ((path, tree.read(path)) for path in dict.fromkeys(paths))
    present = {path: content for path, content in contents if content is not None}
    files = render_system(params, owners.agents_group_name, present)
    yield from _folders_above(files, tree, owners)
    for one in files:
        # A link in the place of a folder or of settings is the admin's way to keep them elsewhere.
        follow = one.kind is Kind.FOLDER or one.settings
        path = tree.locate(one.path, follow_last=follow)
        yield Wanted(path, _node(one, owners), settings=one.settings)


def _folders_above(files: Iterable[SystemFile], tree: Tree, owners: Owners) -> Iterator[Wanted]:
    """Yield the folders the distribution would have made, outermost first."""
    listed = {one.path for one in files}
    above = {parent for one in files for parent in one.path.parents[:-1]} - listed
    for path in sorted(above):
        node = Node(Kind.FOLDER, 0o755, owners.user, owners.group)
        yield Wanted(tree.locate(path), node)


def _node(file: SystemFile, owners: Owners) -> Node:
    group = owners.agents_group if file.asterisks_group else owners.group
    return Node(file.kind, file.mode, owners.user, group, file.content)
