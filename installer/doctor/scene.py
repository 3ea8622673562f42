"""What the checks look at: one PBX's tree and console, the settings, the agent's processes.

A check that needs what is not there is told so by `NotLookedAtError`, with the reason, which an
admin can do something about; so nothing is green that nobody looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ari_app.settings import Settings
from installer import live
from installer.doctor import PATIENCE_S
from installer.doctor.ami_probe import AmiSeen, look_at_ami
from installer.doctor.console import Console, command_for
from installer.doctor.console_text import is_loopback, is_unknown_command
from installer.doctor.findings import NotLookedAtError
from installer.doctor.probes import health
from installer.doctor.topology import Half, Topology, topology_of
from installer.errors import InstallError
from installer.facts import CONFIG, Facts, gather
from installer.model import Manifest
from installer.store import Store
from installer.system import REMEMBERED
from installer.tree import Tree

_PROBE_SHARE = 0.55  # of a check's patience: it asks who is there first, and then the question
_ELSEWHERE = "Asterisk is on another host; run this there, too"
_HIDDEN = "this account may not see all of Asterisk's files; run this as root"


@dataclass(frozen=True, slots=True)
class Pbx:
    """A PBX's tree as it is installed.

    Attributes:
        tree: Its files.
        facts: Where things are in it.
        manifest: What of it is ours.
    """

    tree: Tree
    facts: Facts
    manifest: Manifest


class Scene:
    """Everything there is to look at; what takes time is looked at once, when first needed.

    Args:
        root: The PBX's file tree.
        settings: The agent's settings; None where they are wrong.
        environ: Where the settings were read from.
        settings_file: The file they were read from besides.
        patience_s: How long one check may take.
        unread: Why there are no settings, where it is not that they are wrong.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings | None,
        environ: Mapping[str, str] = os.environ,
        settings_file: Path | None = None,
        patience_s: float = PATIENCE_S,
        unread: str = "",
    ) -> None:
        self.root = root
        self.patience_s = patience_s
        self.environ = environ
        self.settings_file = settings_file
        self.is_root = os.geteuid() == 0
        self.console = Console(command_for(root))
        self._settings = settings
        self._unread = unread
        self.topology = _topology(root, settings)
        self._pbx: asyncio.Task[Pbx | str] | None = None
        self._health: asyncio.Task[dict[str, object] | None] | None = None
        self._ami: asyncio.Task[AmiSeen] | None = None

    @property
    def probe_s(self) -> float:
        """How long one question of a check may wait for its answer."""
        return self.patience_s * _PROBE_SHARE

    async def close(self) -> None:
        """Give up what is still being looked at."""
        tasks = [task for task in (self._pbx, self._health, self._ami) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.console.close()

    @property
    def settings(self) -> Settings:
        """The agent's settings.

        Raises:
            NotLookedAtError: If they are wrong.
        """
        if self._settings is None:
            raise NotLookedAtError(self._unread or "the settings are wrong")
        return self._settings

    def need_own_settings(self) -> None:
        """Go on unless the settings could not be read, so that the defaults would be looked at.

        Raises:
            NotLookedAtError: If they could not.
        """
        if self._unread:
            raise NotLookedAtError(self._unread)

    def need_own_agent(self) -> None:
        """Go on unless the agent is on another host.

        Raises:
            NotLookedAtError: If it is.
        """
        if self.topology.half is Half.PBX:
            raise NotLookedAtError(f"the agent is on {self.topology.agent}; run this there, too")

    @property
    def is_elsewhere(self) -> bool:
        """Whether the agent's Asterisk is on another host."""
        return self.topology.half is Half.AGENT

    @property
    def is_hidden(self) -> bool:
        """Whether there is an Asterisk here whose files this account may not read."""
        folder = self.root / CONFIG.relative_to("/")
        return os.path.exists(folder) and not os.access(folder, os.R_OK | os.X_OK)

    async def ask(self, question: str) -> str:
        """Ask Asterisk's console.

        Raises:
            NotLookedAtError: If it does not answer or does not know the command.
        """
        if not self.console.command:
            raise NotLookedAtError(
                _ELSEWHERE if self.is_elsewhere else "there is no Asterisk on this machine"
            )
        answer = await self.console.ask(question)
        if answer is None:
            why = "Asterisk does not answer"
            raise NotLookedAtError(why if self.is_root else f"{why}; run this as root")
        if is_unknown_command(answer):
            raise NotLookedAtError(f"this Asterisk does not know the command {question!r}")
        return answer

    async def need_asterisk(self) -> None:
        """Go on unless the Asterisk of this machine is known not to run.

        Raises:
            NotLookedAtError: If it does not run.
        """
        if self.console.command and self.is_root and not self.is_elsewhere:
            await self.ask("core show version")

    async def pbx(self) -> Pbx:
        """Return the PBX's tree.

        Raises:
            NotLookedAtError: If there is none, or it cannot be read.
        """
        if self._pbx is None:
            self._pbx = asyncio.create_task(self._read_pbx())
        found = await asyncio.shield(self._pbx)
        if isinstance(found, str):
            raise NotLookedAtError(_ELSEWHERE if self.is_elsewhere else found)
        return found

    async def health(self) -> dict[str, object] | None:
        """Return what the agent says of itself; None if it does not answer.

        Raises:
            NotLookedAtError: If the settings, which say where it is, are wrong.
        """
        if self._health is None:
            where = self.settings.http_host, self.settings.http_port
            self._health = asyncio.create_task(health(*where, self.probe_s))
        return await asyncio.shield(self._health)

    async def need_agent(self) -> dict[str, object]:
        """Return what the agent says of itself.

        Raises:
            NotLookedAtError: If it does not run.
        """
        told = await self.health()
        if told is None:
            raise NotLookedAtError("the agent does not run")
        return told

    async def ami(self) -> AmiSeen:
        """Return what the agent's login to AMI shows.

        Raises:
            NotLookedAtError: If the agent is on another host, no secret is set, or Asterisk does
                not run.
        """
        self.need_own_agent()
        settings = self.settings
        await self.need_asterisk()
        if not settings.ami_secret.get_secret_value():
            raise NotLookedAtError("VOICEAGENT_AMI_SECRET is not set, so AMI is not used")
        if self._ami is None:
            self._ami = asyncio.create_task(
                look_at_ami(
                    settings.ami_host,
                    settings.ami_port,
                    settings.ami_user,
                    settings.ami_secret.get_secret_value(),
                    self.probe_s,
                )
            )
        return await asyncio.shield(self._ami)

    def agent_pids(self) -> dict[str, int]:
        """Return the agent's processes as its supervisor wrote them down; none if it is gone.

        Raises:
            NotLookedAtError: If the settings, which say where that is, are wrong.
        """
        try:
            written = json.loads((self.settings.run_dir / "supervisor.json").read_text())
            pids = {"supervisor": int(written["pid"]), **written["roles"]}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return {name: pid for name, pid in pids.items() if Path(f"/proc/{pid}").exists()}

    async def _read_pbx(self) -> Pbx | str:
        tree = Tree(self.root)
        told = await self.console.ask("core show settings")
        named = live.directories(told or "")
        try:
            return await asyncio.to_thread(partial(_read, tree, named))
        except InstallError as error:
            return _HIDDEN if self.is_hidden else str(error).rstrip(".")
        except PermissionError:
            return _HIDDEN


def _read(tree: Tree, named: Mapping[str, str]) -> Pbx:
    return Pbx(tree, gather(tree, named), Store(tree).manifest())


def _topology(root: Path, settings: Settings | None) -> Topology:
    """Return which half is here; an agent whose settings say where Asterisk is, is one alone."""
    text = ""
    with suppress(OSError, UnicodeDecodeError):
        text = (root / REMEMBERED.relative_to("/")).read_text("utf-8")
    told = topology_of(text)
    if told.half is Half.WHOLE and settings is not None and not is_loopback(settings.ami_host):
        return replace(told, half=Half.AGENT, pbx=settings.ami_host)
    return told
