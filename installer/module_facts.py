"""Which of the modules we need a PBX has, and which of them it loads."""

from __future__ import annotations

from pathlib import PurePosixPath

from asterisk_conf.modules import NEEDED, Module
from installer.conf_reader import Config
from installer.config_files import ours, true
from installer.errors import ConflictError
from installer.tree import Tree

_MODULES = (
    "/usr/lib/*/asterisk/modules",
    "/usr/lib64/asterisk/modules",
    "/usr/lib/asterisk/modules",
)
_LOADING = ("load", "require", "preload", "preload-require")


def unloaded(modules: Config, *, count_ours: bool) -> tuple[Module, ...]:
    """Return what our dialplan needs and modules.conf keeps out or does not ask for.

    Args:
        modules: modules.conf and all it includes.
        count_ours: Whether our own ``load`` lines count.

    Raises:
        ConflictError: If it refuses something essential by name.
    """
    section = modules.section("modules")
    settings = [
        one for one in (section.settings if section else ()) if count_ours or not ours(one.where)
    ]
    refused = {one.value.removesuffix(".so"): one for one in settings if one.name == "noload"}
    for module in NEEDED:
        # Asterisk lets noload win over load, whatever their order.
        if module.name in refused and module.essential:
            raise ConflictError(
                f"it keeps {module.name}.so from loading, which {module.why}",
                where=refused[module.name].where,
                what_to_do="Take that noload line out, restart Asterisk, then run this again.",
            )
    if any(one.name == "autoload" and true(one.value) for one in settings):
        return ()
    loaded = {one.value.removesuffix(".so") for one in settings if one.name in _LOADING}
    return tuple(one for one in NEEDED if one.name not in loaded and one.name not in refused)


def module_files(tree: Tree, named: str | None) -> frozenset[str]:
    """Return the names in the module directory; none if it is not found."""
    names: set[str] = set()
    for pattern in (named,) if named else _MODULES:
        head, _, tail = pattern.partition("/*/")
        for folder in tree.names(PurePosixPath(head)) if tail else ("",):
            path = PurePosixPath(head) / folder / tail if tail else PurePosixPath(pattern)
            names.update(tree.names(path))
    return frozenset(names)


def without_file(files: frozenset[str]) -> tuple[Module, ...]:
    """Return what we need and Asterisk does not have; nothing if nothing is known of its files."""
    return tuple(one for one in NEEDED if files and f"{one.name}.so" not in files)


def unroutable(files: frozenset[str], modules: Config) -> tuple[Module, ...]:
    """Return what routing over ARI needs and is not there or kept from loading."""
    section = modules.section("modules")
    settings = section.settings if section else []
    refused = {one.value.removesuffix(".so") for one in settings if one.name == "noload"}
    lacking = {one.name for one in without_file(files)} | refused
    return tuple(one for one in NEEDED if one.routing and one.name in lacking)
