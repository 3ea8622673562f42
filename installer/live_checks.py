"""Asks the running Asterisk and systemd whether they have taken in what is installed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from asterisk_conf.modules import NEEDED
from asterisk_conf.render import CONTEXTS, FOLDER, USER
from installer.checks import Check
from installer.conf_reader import Config, read_config
from installer.errors import ConflictError
from installer.facts import Facts
from installer.live import (
    Ask,
    Systemctl,
    ami_is_on,
    applications,
    has_ari_user,
    has_context,
    has_manager_user,
    http_is_on,
    manager_rights,
    rights,
    running_modules,
)
from installer.model import Manifest
from installer.system import UNIT
from installer.tree import Tree

_LOG = "see Asterisk's log for why"
_UNKNOWN = "No such command"
_FIRST_WITH_DYNAMIC_USER = 235


def check_asterisk(
    ask: Ask, tree: Tree, facts: Facts, manifest: Manifest, *, must_run: bool
) -> Check:
    """Ask a running Asterisk about everything of ours.

    Args:
        ask: Asks it.
        tree: The PBX.
        facts: The PBX.
        manifest: What should be there.
        must_run: Whether it ran a moment ago, so that silence is a failure.
    """
    if ask("core show version") is None:
        if must_run:
            return Check("running", False, "Asterisk ran and does not answer any more")
        return Check("running", True, "Asterisk is not running; it reads the files at its start")
    there = _Installed(tree, facts.config / FOLDER, manifest)
    for look in _LOOKS.values():
        for wrong in look(ask, there):
            return Check("running", False, wrong)
    names = [name for name in ("manager", "ari", "http", "queues") if there.has(name)]
    known = f" and all of ours in {', '.join(f'{name}.conf' for name in names)}" if names else ""
    return Check("running", True, f"the running Asterisk has the dialplan{known}")


def amiss(ask: Ask, tree: Tree, facts: Facts, manifest: Manifest) -> frozenset[str]:
    """Return the kinds of configuration that a running Asterisk has not taken in as installed."""
    if ask("core show version") is None:
        return frozenset()
    there = _Installed(tree, facts.config / FOLDER, manifest)
    return frozenset(kind for kind, look in _LOOKS.items() if any(look(ask, there)))


def check_gone(ask: Ask) -> str:
    """Return a note if a running Asterisk still has something of ours, else nothing."""
    left = [one for one in CONTEXTS if has_context(ask(f"dialplan show {one}") or "", one)]
    if not left:
        return ""
    return f"the running Asterisk keeps {', '.join(left)} until it can read its dialplan; {_LOG}"


def check_service(systemctl: Systemctl) -> Check:
    """Ask systemd about the agent's service."""
    state = systemctl(("is-active", UNIT.name)).text.strip() or "unknown"
    enabled = systemctl(("is-enabled", UNIT.name)).text.strip() or "unknown"
    if (state, enabled) == ("active", "enabled"):
        return Check("service", True, f"{UNIT.name} is active and starts with the machine")
    said = f"{UNIT.name} is {state} and {enabled}"
    return Check("service", False, f"{said}; see journalctl -u {UNIT.name}")


def refuse_old_systemd(systemctl: Systemctl) -> None:
    """Refuse a systemd that would run the agent as root instead of as nobody in particular.

    Raises:
        ConflictError: If it does not know DynamicUser, which came with systemd 235.
    """
    found = re.match(r"systemd (\d+)", systemctl(("--version",)).text)
    if found and int(found[1]) < _FIRST_WITH_DYNAMIC_USER:
        raise ConflictError(
            f"systemd {found[1]} has no accounts that exist only while a service runs",
            where="this machine",
            what_to_do="Add --account with one that exists, asterisk say.",
        )


class _Installed:
    """Our files in Asterisk's configuration directory."""

    def __init__(self, tree: Tree, folder: PurePosixPath, manifest: Manifest) -> None:
        self._tree = tree
        self._folder = folder
        self._names = {one.path.name for one in manifest.owned if one.path.parent == folder}
        self._read: dict[str, Config] = {}

    def has(self, name: str) -> bool:
        return f"{name}.conf" in self._names

    def setting(self, name: str, section: str, key: str) -> str:
        found = self._config(name).section(section)
        values = [one.value for one in found.settings if one.name == key] if found else []
        return values[-1] if values else ""

    def sections(self, name: str) -> list[str]:
        return [one.name for one in self._config(name).sections if not one.template]

    def dialplan(self, context: str) -> Counter[str]:
        """Count a context's applications, as `applications` does."""
        section = self._config("extensions").section(context)
        found: Counter[str] = Counter()
        for one in section.settings if section else ():
            places = {"exten": 2, "same": 1}  # before the application: its extension, its priority
            if one.name in places:
                said = one.value.split(",", places[one.name])[-1]
                found[said if said.endswith(")") else f"{said}()"] += 1
        return found

    def _config(self, name: str) -> Config:
        if name not in self._read:
            # On its own our file lacks the section that it may add to.
            content = b"[general]\n" + (self._tree.read(self._folder / f"{name}.conf") or b"")
            self._read[name] = read_config(name, lambda _: [(name, content)])
        return self._read[name]


def _modules(ask: Ask, _: _Installed) -> Iterator[str]:
    running = running_modules(ask("module show") or "")
    for one in NEEDED:
        if one.essential and one.name not in running:
            yield f"{one.name}.so is not loaded, which {one.why}; {_LOG}"


def _dialplan(ask: Ask, there: _Installed) -> Iterator[str]:
    for context in CONTEXTS:
        answer = ask(f"dialplan show {context}") or ""
        if not has_context(answer, context):
            yield f"the running dialplan lacks {context}; {_LOG}"
        elif applications(answer) != there.dialplan(context):
            yield f"the running dialplan's {context} is not the installed one; {_LOG}"


def _manager(ask: Ask, there: _Installed) -> Iterator[str]:
    if not there.has("manager"):
        return
    answer = ask(f"manager show user {USER}") or ""
    if not has_manager_user(answer, USER):
        yield f"the running Asterisk does not know the user {USER} of manager.conf; {_LOG}"
        return
    address = there.setting("manager", "general", "bindaddr")  # only where we switch AMI on
    if address and not ami_is_on(ask("manager show settings") or "", address):
        yield f"the running Asterisk's AMI is not on at {address}; {_LOG}, or add --no-ami"
    wanted = tuple(rights(there.setting("manager", USER, one)) for one in ("read", "write"))
    if manager_rights(answer) != wanted:
        yield f"the running Asterisk gives {USER} other AMI rights than manager.conf; {_LOG}"


def _ari(ask: Ask, there: _Installed) -> Iterator[str]:
    answer = ask("ari show users") or ""
    # Without the module nobody can know the user; the plan's notes said what that means.
    if there.has("ari") and _UNKNOWN not in answer and not has_ari_user(answer, USER):
        yield f"the running Asterisk does not know the user {USER} of ari.conf; {_LOG}"


def _http(ask: Ask, there: _Installed) -> Iterator[str]:
    if there.has("http") and not http_is_on(ask("http show status") or ""):
        yield f"Asterisk's HTTP server is still off; {_LOG}"


def _queues(ask: Ask, there: _Installed) -> Iterator[str]:
    for name in there.sections("queues") if there.has("queues") else ():
        if name != "general" and "No such queue" in (ask(f"queue show {name}") or ""):
            yield f"the running Asterisk has no queue {name}; {_LOG}"


_LOOKS: Mapping[str, Callable[[Ask, _Installed], Iterator[str]]] = {
    "modules": _modules,
    "extensions": _dialplan,
    "manager": _manager,
    "ari": _ari,
    "http": _http,
    "queues": _queues,
}
