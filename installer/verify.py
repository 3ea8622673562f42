"""Proves an installation by reading it back, as Asterisk will, and by asking Asterisk itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from asterisk_conf.render import CONTEXTS, FOLDER, USER
from installer.facts import Facts, ours, read_config_file, unloaded
from installer.live import has_ari_user, has_context, has_manager_user
from installer.model import Manifest, Role
from installer.tree import Tree

Ask = Callable[[str], str | None]
# Our user's file, what to ask a running Asterisk, and how to know the user in its answer.
_USERS: dict[str, tuple[str, Callable[[str, str], bool]]] = {
    "manager": (f"manager show user {USER}", has_manager_user),
    "ari": ("ari show users", has_ari_user),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: What.
        ok: Whether it holds.
        detail: What was found, or what to do.
    """

    name: str
    ok: bool
    detail: str


def has_asterisk(manifest: Manifest) -> bool:
    """Say whether an installation has a part in Asterisk's configuration."""
    return any(one.path.name == FOLDER or one.path.parent.name == FOLDER for one in manifest.owned)


def verify(
    tree: Tree, facts: Facts | None, manifest: Manifest, ask: Ask | None
) -> tuple[Check, ...]:
    """Look at an installation.

    Args:
        tree: The PBX.
        facts: The PBX; None where there is no Asterisk.
        manifest: What should be there.
        ask: Asks the running Asterisk; None where nothing may be run.
    """
    if not manifest.owned:
        return (Check("installed", False, "nothing is installed here"),)
    if facts is None:
        return (_files(tree, manifest),)
    users = [name for name in _USERS if _is_ours(manifest, facts, f"{name}.conf")]
    checks = [_files(tree, manifest), *_dialplan(tree, facts), _modules(tree, facts)]
    checks += [_user(tree, facts, name) for name in users]
    if ask is not None:
        checks.append(_live(ask, users))
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


def _live(ask: Ask, users: Sequence[str]) -> Check:
    missing = []
    for context in CONTEXTS:
        answer = ask(f"dialplan show {context}")
        if answer is None:
            return Check(
                "running", True, "Asterisk is not running; it reads the files at its start"
            )
        if not has_context(answer, context):
            missing.append(context)
    if missing:
        detail = f"the running dialplan lacks {', '.join(missing)}; see Asterisk's log for why"
        return Check("running", False, detail)
    for name in users:
        command, is_there = _USERS[name]
        answer = ask(command) or ""
        # Without the module nobody can know the user; the plan's notes said what that means.
        if not is_there(answer, USER) and "No such command" not in answer:
            detail = f"the running Asterisk does not know the user {USER} of {name}.conf"
            return Check("running", False, f"{detail}; see Asterisk's log for why")
    known = " and our users" if users else ""
    return Check("running", True, f"the running Asterisk has the dialplan{known}")
