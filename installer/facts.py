"""What there is: a PBX's directories, users, modules and dialplan, read and not guessed at.

Nothing is changed and nothing is run here. Where the tree does not say, the distributions' own
places are looked for, and a tree that fits none is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from asterisk_conf.modules import Module
from asterisk_conf.params import SPOOL
from asterisk_conf.render import CONTEXTS
from asterisk_conf.version import AsteriskVersion
from installer.accounts import GROUP, PASSWD, numbers, runs_as, unreadable
from installer.conf_reader import Config
from installer.config_files import ours, read_config_file, refuse_unread
from installer.errors import ConflictError, NotAPbxError
from installer.module_facts import module_files, unloaded, unroutable, without_file
from installer.packages import installed_version
from installer.tree import Tree

CONFIG = PurePosixPath("/etc/asterisk")
# Debian's and Red Hat's first, then the place of a build from source and of FreePBX.
_DATA = (PurePosixPath("/usr/share/asterisk"), PurePosixPath("/var/lib/asterisk"))
_PARENTS = tuple(
    f"{name}.conf" for name in ("modules", "extensions", "manager", "ari", "http", "queues")
)
_PYTHON = (PurePosixPath("/usr/bin"), PurePosixPath("/usr/local/bin"))
_SBIN = (
    PurePosixPath("/usr/sbin"),
    PurePosixPath("/usr/local/sbin"),
    PurePosixPath("/opt/asterisk/sbin"),
)
_SYSTEMD = (
    PurePosixPath("/usr/lib/systemd/systemd"),
    PurePosixPath("/lib/systemd/systemd"),
)
# FreePBX's own settings: since version 2.9 the first, the second is still written beside it.
_FREEPBX = (PurePosixPath("/etc/freepbx.conf"), PurePosixPath("/etc/amportal.conf"))
_OLDEST_PYTHON = 9  # 3.9; what the script is written for


@dataclass(frozen=True, slots=True)
class Facts:
    """One PBX, as far as installing needs it.

    Attributes:
        config: The configuration directory, links followed; so are the next two.
        data: The data directory; sounds are below it.
        agi_bin: Where AGI scripts are looked for.
        spool: The spool directory, links followed.
        user: The number of the user Asterisk runs as.
        owner: The superuser's number in the tree.
        owner_group: The superuser's group's number in the tree.
        config_group: The group Asterisk runs as, by number; it may read our configuration files.
        python: An interpreter of the tree for the AGI script, or None.
        missing: Modules our dialplan needs and modules.conf neither loads nor lets load by itself.
        absent: Essential modules whose file is not in the tree.
        unroutable: Modules that routing over ARI needs and that are not there or kept from loading.
        problems: What Asterisk would complain about in the files we read.
        version: Asterisk's version: the running one's, else the installed package's; None if
            neither tells.
        freepbx: Whether FreePBX writes this PBX's files.
        systemd: Whether the tree has systemd.
        user_name: The user Asterisk runs as, by name; its number where it has none.
        group_name: The group Asterisk runs as, likewise.
        programs: Every Asterisk program in the tree; more than one is a source of errors.
        contexts: The dialplan's own contexts, by name.
        unreadable: Configuration files that the user Asterisk runs as seems not to be able to read.
    """

    config: PurePosixPath
    data: PurePosixPath
    agi_bin: PurePosixPath
    spool: PurePosixPath
    user: int
    owner: int
    owner_group: int
    config_group: int
    python: PurePosixPath | None
    missing: tuple[Module, ...]
    absent: tuple[Module, ...]
    unroutable: tuple[Module, ...]
    problems: tuple[str, ...]
    version: AsteriskVersion | None
    freepbx: bool
    systemd: bool
    user_name: str
    group_name: str
    programs: tuple[PurePosixPath, ...]
    contexts: frozenset[str]
    unreadable: tuple[PurePosixPath, ...]


def gather(
    tree: Tree, directories: Mapping[str, str] | None = None, version_text: str = ""
) -> Facts:
    """Read a tree.

    Args:
        tree: The PBX.
        directories: What the running Asterisk says of itself, by the names of asterisk.conf; it
            beats everything else.
        version_text: What it answers to ``core show version``.

    Raises:
        NotAPbxError: If it has no Asterisk, or does not tell where things go.
        ConflictError: If it keeps a module from loading that we cannot do without, or has a context
            under one of our names.
    """
    named = dict(directories or {})
    config_at = PurePosixPath(named.get("astetcdir", str(CONFIG)))
    _require(tree, config_at)
    main = read_config_file(tree, config_at, "asterisk.conf")
    section = main.section("directories")
    if section is not None:
        named = {one.name: one.value for one in section.settings} | named
    config_at = PurePosixPath(named.get("astetcdir", str(config_at)))
    _require(tree, config_at)
    data, agi_bin = _data(tree, named)
    modules = read_config_file(tree, config_at, "modules.conf")
    freepbx = _is_freepbx(tree, config_at)
    dialplan = read_config_file(tree, config_at, "extensions.conf", freepbx=freepbx)
    for config in (modules, dialplan):
        refuse_unread(config)
    _refuse_foreign_contexts(dialplan)
    files = module_files(tree, named.get("astmoddir"))
    who = runs_as(tree, main, config_at)
    return Facts(
        config=tree.locate(config_at),
        data=tree.locate(data),
        agi_bin=tree.locate(agi_bin),
        spool=tree.locate(PurePosixPath(named.get("astspooldir", SPOOL))),
        user=who.user,
        owner=numbers(tree, PASSWD).get("root", 0),
        owner_group=numbers(tree, GROUP).get("root", 0),
        config_group=who.group,
        python=_python(tree),
        missing=unloaded(modules, count_ours=False),
        absent=tuple(one for one in without_file(files) if one.essential),
        unroutable=unroutable(files, modules),
        problems=(*modules.problems, *dialplan.problems),
        version=AsteriskVersion.parse(version_text) or installed_version(tree),
        freepbx=freepbx,
        systemd=any(tree.is_file(one) for one in _SYSTEMD),
        user_name=who.user_name,
        group_name=who.group_name,
        programs=_programs(tree),
        contexts=frozenset(
            one.name for one in dialplan.sections if not one.template and not ours(one.where)
        ),
        unreadable=tuple(
            one for name in _PARENTS for one in unreadable(tree, config_at / name, who)
        ),
    )


def _require(tree: Tree, config_at: PurePosixPath) -> None:
    for name in ("extensions.conf", "modules.conf"):
        where = str(tree.root / config_at.relative_to("/"))
        if tree.is_folder(config_at / name):
            raise NotAPbxError(
                f"{name} is a folder there",
                where=where,
                what_to_do=f"Put Asterisk's {name} back, then run this again.",
            )
        if tree.read(config_at / name) is None:
            raise NotAPbxError(
                f"there is no {name}",
                where=where,
                what_to_do="Install Asterisk first, or name its tree with --root.",
            )


def _data(tree: Tree, named: Mapping[str, str]) -> tuple[PurePosixPath, PurePosixPath]:
    """Find the data and the AGI directory; moving the former leaves the latter where it was."""
    # Both can exist; Asterisk was built for the one with agi-bin in it.
    built_in = next((one for one in _DATA if tree.is_folder(one / "agi-bin")), None)
    if built_in is None and not {"astdatadir", "astagidir"} <= named.keys():
        raise NotAPbxError(
            "none of the usual data directories has an agi-bin folder",
            where=" and ".join(str(one) for one in _DATA),
            what_to_do="Set astdatadir and astagidir in asterisk.conf under [directories].",
        )
    usual = built_in or _DATA[0]
    data = PurePosixPath(named.get("astdatadir", str(usual)))
    return data, PurePosixPath(named.get("astagidir", str(usual / "agi-bin")))


def _programs(tree: Tree) -> tuple[PurePosixPath, ...]:
    found = (tree.locate(folder / "asterisk") for folder in _SBIN)
    return tuple(dict.fromkeys(one for one in found if tree.is_file(one)))


def _is_freepbx(tree: Tree, config_at: PurePosixPath) -> bool:
    # A settings file alone may be what was left of it.
    generated = tree.is_file(config_at / "extensions_additional.conf")
    return generated and any(tree.is_file(one) for one in _FREEPBX)


def _refuse_foreign_contexts(dialplan: Config) -> None:
    for section in dialplan.sections:
        if section.name in CONTEXTS and not section.template and not ours(section.where):
            raise ConflictError(
                f"it has a context [{section.name}] of its own",
                where=section.where,
                what_to_do="Rename that context, then run this again.",
            )


def _python(tree: Tree) -> PurePosixPath | None:
    for folder in _PYTHON:
        versions = []
        for name in tree.names(folder):
            found = re.fullmatch(r"python3\.(\d+)", name)
            if found and int(found[1]) >= _OLDEST_PYTHON:
                versions.append((int(found[1]), name))
        if versions:
            # The plain name survives the distribution's next Python, the numbered one does not.
            plain = folder / "python3"
            exists = tree.node(tree.locate(plain)) is not None
            return plain if exists else folder / max(versions)[1]
    return None
