"""Proves an installation by reading it back, as Asterisk will, and by asking Asterisk itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asterisk_conf.render import CONTEXTS, FOLDER, USER
from installer.checks import Check as Check
from installer.conf_reader import Config, Setting, read_config
from installer.config_files import ours, read_config_file
from installer.facts import Facts
from installer.live import Ask, Systemctl
from installer.live_checks import check_asterisk, check_service
from installer.model import Manifest, Role
from installer.module_facts import unloaded
from installer.system import UNIT
from installer.tree import Tree

_USERS = ("manager", "ari")  # the files that have a user of ours
_PARENTS = ("extensions", "modules", "manager", "ari", "http", "queues")


def has_asterisk(manifest: Manifest) -> bool:
    """Say whether an installation has a part in Asterisk's configuration."""
    return any(one.path.name == FOLDER or one.path.parent.name == FOLDER for one in manifest.owned)


def verify(
    tree: Tree,
    facts: Facts | None,
    manifest: Manifest,
    ask: Ask | None,
    systemctl: Systemctl | None = None,
    *,
    must_run: bool = False,
) -> tuple[Check, ...]:
    """Look at an installation.

    Args:
        tree: The PBX.
        facts: The PBX; None where there is no Asterisk.
        manifest: What should be there.
        ask: Asks the running Asterisk; None where nothing may be run.
        systemctl: Asks systemd; None where there is none or nothing may be run.
        must_run: Whether Asterisk ran a moment ago, so that its silence is a failure.
    """
    if not manifest.owned:
        return (Check("installed", False, "nothing is installed here"),)
    checks = [_files(tree, manifest)]
    if facts is not None:
        users = [name for name in _USERS if _is_ours(manifest, facts, f"{name}.conf")]
        checks += [*_dialplan(tree, facts), _modules(tree, facts)]
        checks += [_user(tree, facts, name) for name in users]
        checks.append(_rest(tree, facts))
        if ask is not None:
            checks.append(check_asterisk(ask, tree, facts, manifest, must_run=must_run))
    if systemctl is not None and manifest.at(UNIT) is not None:
        checks.append(check_service(systemctl))
    return tuple(checks)


def _files(tree: Tree, manifest: Manifest) -> Check:
    wrong = []
    for owned in manifest.owned:
        node = tree.node(owned.path)
        if node is None:
            wrong.append(f"{owned.path} is gone")
        elif owned.role is Role.OURS and node.digest != owned.digest:
            wrong.append(f"{owned.path} was edited by hand")
    count = len(manifest.owned)
    return Check("files", not wrong, "; ".join(wrong) or f"{count} files and folders as installed")


def _dialplan(tree: Tree, facts: Facts) -> Iterator[Check]:
    config = read_config_file(tree, facts.config, "extensions.conf")
    found = {one.name for one in config.sections if ours(one.where) and not one.template}
    lacking = [name for name in CONTEXTS if name not in found]
    detail = "extensions.conf leads to all our contexts"
    if lacking:
        detail = f"extensions.conf does not lead to {', '.join(lacking)}; install again"
    yield Check("dialplan", not lacking, detail)


def _modules(tree: Tree, facts: Facts) -> Check:
    config = read_config_file(tree, facts.config, "modules.conf")
    lacking = [f"{one.name}.so" for one in unloaded(config, count_ours=True) if one.essential]
    absent = [f"{one.name}.so" for one in facts.absent]
    if absent:
        return Check("modules", False, f"Asterisk's modules lack {', '.join(absent)}")
    if lacking:
        return Check("modules", False, f"modules.conf loads no {', '.join(lacking)}; install again")
    return Check("modules", True, "all that the dialplan needs is loaded")


def _is_ours(manifest: Manifest, facts: Facts, name: str) -> bool:
    path = facts.config / FOLDER / name
    return any(one.role is Role.OURS and one.path == path for one in manifest.owned)


def _user(tree: Tree, facts: Facts, name: str) -> Check:
    config = read_config_file(tree, facts.config, f"{name}.conf")
    found = [one for one in config.sections if one.name == USER and ours(one.where)]
    if found:
        return Check(name, True, f"{name}.conf leads to our user")
    return Check(name, False, f"{name}.conf does not lead to our user; install again")


def _rest(tree: Tree, facts: Facts) -> Check:
    """Compare all that is not ours as Asterisk reads it with our files and without them."""
    for name in (f"{one}.conf" for one in _PARENTS):
        if tree.read(facts.config / name) is None:
            continue
        with_us = read_config_file(tree, facts.config, name)
        without = _without_us(tree, facts, name)
        if with_us.refused and not without.refused:
            detail = f"Asterisk would refuse {name} ({with_us.refused_at}: {with_us.refused})"
            return Check("configuration", False, detail)
        for problem in with_us.problems:
            if problem not in without.problems:
                return Check("configuration", False, f"Asterisk would complain: {problem}")
        if _foreign(with_us) != _foreign(without):
            detail = f"our lines change what other lines of {name} mean; move ours to its end"
            return Check("configuration", False, detail)
    return Check("configuration", True, "everything else means to Asterisk what it did before")


def _without_us(tree: Tree, facts: Facts, name: str) -> Config:
    def load(target: str) -> Sequence[tuple[str, bytes]]:
        contents = ((path, tree.read(path)) for path in tree.matching(facts.config / target))
        return [
            (str(path), content)
            for path, content in contents
            if content is not None and not ours(str(path))
        ]

    return read_config(name, load)


def _foreign(config: Config) -> list[tuple[str, bool, list[Setting]]]:
    """List what is not ours: sections and their settings, in order, with file and line."""
    return [
        (one.name, one.template, [each for each in one.settings if not ours(each.where)])
        for one in config.sections
        if not ours(one.where)
    ]
