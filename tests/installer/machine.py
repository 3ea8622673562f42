"""A simulated machine: an Asterisk and a systemd that run on a copied tree.

Both keep what they have read in a file outside the tree, so that they outlive a process that is
killed, and both read the tree only when told to, as the real ones do. The answers have the form of
Asterisk 22.10.1's and systemd 252's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from installer.conf_reader import Setting
from installer.config_files import read_config_file, true
from installer.live import Ask, Ran, Systemctl
from installer.tree import Tree

UNIT = "voiceagent.service"
_CONFIG = PurePosixPath("/etc/asterisk")
_RELOADS = {
    "module reload http": "http",
    "manager reload": "manager",
    "module reload res_ari.so": "ari",
    "queue reload all": "queues",
    "dialplan reload": "extensions",
}


class Machine:
    """What runs on one tree.

    Args:
        root: The tree.
        memory: The file to remember in; made, with Asterisk started, when it is not there.
    """

    def __init__(self, root: Path, memory: Path) -> None:
        self.told: list[str] = []
        self.asterisk = Asterisk(root, memory.with_suffix(".asterisk"), self.told)
        self.systemd = Systemd(root, memory.with_suffix(".systemd"), self.told)

    @property
    def ask(self) -> Ask:
        return self.asterisk.ask

    @property
    def systemctl(self) -> Systemctl:
        return self.systemd.run


class Asterisk:
    """Knows what it read when it was last told to."""

    def __init__(self, root: Path, memory: Path, told: list[str]) -> None:
        self._root = root
        self._tree = Tree(root)
        self._memory = memory
        self._told = told
        self.deaf_to: tuple[str, ...] = ()
        """Commands it takes without effect, as it does when it does not like a file."""
        self.dies_at = ""
        """The command at which it dies."""
        self.known: dict[str, Any] | None = {}
        if memory.exists():
            self.known = json.loads(memory.read_text())
        else:
            self.start()

    def start(self) -> None:
        self.known = {}
        for part in ("modules", *_RELOADS.values()):
            self._read(part)
        self._save()

    def stop(self) -> None:
        self.known = None
        self._save()

    def is_up_to_date(self) -> bool:
        """Say whether it knows just what its files say; modules stay loaded until it ends."""
        now, self.known = self.known, {}
        for part in ("modules", *_RELOADS.values()):
            self._read(part)
        fresh, self.known = self.known, now
        if now is None or not set(fresh.pop("modules")) <= set(now["modules"]):
            return False
        return all(now[part] == fresh[part] for part in fresh)

    def ask(self, command: str) -> str | None:
        if command == self.dies_at:
            self.stop()
        if self.known is None:
            return None
        head, _, last = command.rpartition(" ")
        if command in _RELOADS:
            self._told.append(command)
            if command not in self.deaf_to:
                self._read(_RELOADS[command])
        elif head in ("module load", "module unload"):
            self._told.append(command)
            self._module(head, last.removesuffix(".so"))
        else:
            return self._show(command, head, last)
        self._save()
        return ""

    def _show(self, command: str, head: str, last: str) -> str:
        assert self.known is not None
        if head == "dialplan show":
            return self._show_dialplan(last)
        if command == "manager show settings":
            on = self.known["manager_on"]
            at = f"{on}:5038" if on else "Disabled"
            return (
                f"  Manager (AMI):             {'Yes' if on else 'No'}\n"
                f"  TCP Bindaddress:           {at}\n"
            )
        if head == "manager show user":
            return self._show_manager(last)
        if head == "queue show":
            there = last in self.known["queues"]
            return f"{last} has 0 calls\n" if there else f"No such queue: {last}.\n"
        if command == "core show version":
            return "Asterisk 22.10.1 built by nobody @ nowhere on a x86_64 running Linux\n"
        if command == "module show":
            rows = [f"{one}.so  What it is  0  Running  core\n" for one in self.known["modules"]]
            return "".join(rows) + f"{len(rows)} modules loaded\n"
        if command == "ari show users":
            rows = [f"No    No    {one}\n" for one in self.known["ari"]]
            return "r/o?  ACL?  Username\n----  ----  --------\n" + "".join(rows)
        if command == "http show status":
            on = "Enabled and Bound to 127.0.0.1:8088" if self.known["http"] else "Disabled"
            return f"HTTP Server Status:\nPrefix: \nServer {on}\n"
        return "PBX Core settings\n" if command == "core show settings" else "No such command\n"

    def _show_dialplan(self, context: str) -> str:
        assert self.known is not None
        rows = self.known["extensions"].get(context)
        if rows is None:
            return f"There is no existence of '{context}' context\n"
        shown = "".join(f"  's' =>      {n}. {row}  [x.conf:1]\n" for n, row in enumerate(rows))
        return f"[ Context '{context}' created by 'pbx_config' ]\n{shown}\n"

    def _show_manager(self, user: str) -> str:
        assert self.known is not None
        found = self.known["manager"].get(user)
        if found is None:
            return f"There is no manager called {user}\n"
        return (
            f"          username: {user}\n            secret: <Set>\n"
            f"         read perm: {found['read']}\n        write perm: {found['write']}\n"
        )

    def _module(self, verb: str, name: str) -> None:
        assert self.known is not None
        loaded = set(self.known["modules"])
        if verb == "module unload":
            loaded.discard(name)
        elif any(self._root.rglob(f"{name}.so")) and verb not in self.deaf_to:
            loaded.add(name)
        self.known["modules"] = sorted(loaded)

    def _read(self, part: str) -> None:
        assert self.known is not None
        config = read_config_file(self._tree, self._config_at(), f"{part}.conf")
        if config.refused:
            return
        named = {one.name: one.settings for one in config.sections if not one.template}
        users = {name: lines for name, lines in named.items() if name.lower() != "general"}
        section = config.section("general")  # in capitals or not
        general = {one.name: one.value for one in section.settings} if section else {}
        if part == "extensions":
            contexts = {name: lines for name, lines in users.items() if name != "globals"}
            self.known[part] = {
                name: [_application(one.name, one.value) for one in lines]
                for name, lines in contexts.items()
            }
        elif part == "manager":
            self.known[part] = {
                name: {one.name: one.value for one in lines} for name, lines in users.items()
            }
            on = true(general.get("enabled", "no"))
            self.known["manager_on"] = general.get("bindaddr", "0.0.0.0") if on else ""
        elif part == "http":
            self.known[part] = true(general.get("enabled", "no"))
        elif part == "modules":
            self.known[part] = self._modules(named.get("modules", ()))
        else:
            self.known[part] = sorted(users)

    def _config_at(self) -> PurePosixPath:
        main = read_config_file(self._tree, _CONFIG, "asterisk.conf").section("directories")
        named = {one.name: one.value for one in main.settings} if main else {}
        return PurePosixPath(named.get("astetcdir", str(_CONFIG)))

    def _modules(self, lines: Iterable[Setting]) -> list[str]:
        if any(one.name == "autoload" and true(one.value) for one in lines):
            return sorted({path.stem for path in self._root.rglob("*.so")})
        asked = ("load", "require", "preload", "preload-require")
        return sorted({one.value.removesuffix(".so") for one in lines if one.name in asked})

    def _save(self) -> None:
        self._memory.write_text(json.dumps(self.known))


def _application(name: str, value: str) -> str:
    """Return ``App(data)`` of ``exten = s,1,App(data)`` or ``same = n,App(data)``."""
    return value.split(",", 2 if name == "exten" else 1)[-1]


_AFTERWARDS = f"{UNIT}: Main process exited, code=exited, status=78/CONFIG\n"


class Systemd:
    """Knows the unit it read when it was last told to, and whether the service runs."""

    def __init__(self, root: Path, memory: Path, told: list[str]) -> None:
        self._units = root / "etc/systemd/system"
        self._env = root / "etc/voiceagent/voiceagent.env"
        self._memory = memory
        self._told = told
        self.unit: str | None = None
        self.active = False
        self.env = ""
        """The settings the service was started with."""
        if memory.exists():
            self.unit, self.active, self.env = json.loads(memory.read_text())
        else:
            self._save()

    def is_up_to_date(self) -> bool:
        """Say whether it knows the unit that is there, and whether what runs has its settings."""
        path = self._units / UNIT
        unit = path.read_text() if path.exists() else None
        return self.unit == unit and (not self.active or self.env == self._env.read_text())

    def run(self, words: Sequence[str]) -> Ran:
        verb = words[0]
        known = 0 if self.unit is not None else 5
        if verb in ("daemon-reload", "restart", "stop"):
            self._told.append(verb)
        if verb == "is-active":
            return Ran(0, "active\n") if self.active else Ran(3, "inactive\n")
        if verb == "is-enabled":
            enabled = (self._units / "multi-user.target.wants" / UNIT).is_symlink()
            return Ran(0, "enabled\n") if enabled else Ran(1, "disabled\n")
        if verb == "show":
            return Ran(0, "Result=exit-code\nExecMainStatus=78\n")
        if verb == "status":
            said = "\nvoiceagent: VOICEAGENT_LOG_LEVEL: must be one of debug, info.\n"
            return Ran(3, f"x {UNIT} - Voice agent\n     Loaded: loaded\n{said}{_AFTERWARDS}")
        if verb == "daemon-reload":
            path = self._units / UNIT
            self.unit = path.read_text() if path.exists() else None
            known = 0
        elif verb == "stop":
            self.active = False
        elif verb == "restart" and not known:
            self.env = self._env.read_text()
            self.active = "broken" not in self.env
            known = 0 if self.active else 1
        self._save()
        return Ran(known, "")

    def _save(self) -> None:
        self._memory.write_text(json.dumps([self.unit, self.active, self.env]))
