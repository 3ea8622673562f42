"""What the flags of `voiceagent-install` mean: from the command line to parameters. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from asterisk_conf import AgiMode, BundleParams
from asterisk_conf.errors import ParameterError
from installer.system import NewCompany, SystemParams

# Flags that describe this PBX, and the type of each in JSON; never one that holds a secret.
_REMEMBERED: Mapping[str, type] = {
    "queue": str, "queue_timeout": int, "queue_member": list, "agi_port": int, "agi_mode": str,
    "routing": bool, "http": bool, "ami": bool, "extensions_context": str, "outside_context": str,
    "venv": str, "account": str, "service": bool, "agi_host": str, "agent_address": str,
    "agent_only": bool, "pbx_address": str, "ari_url": str, "ami_port": int,
}  # fmt: skip


_AMI_PORT, _ARI_PORT = 5038, 8088
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}(?:/[A-Za-z0-9._~-]{1,80}){0,8}\Z")


class ChoiceError(ValueError):
    """Flags that do not go together; the text names them and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The command line, one field a flag; see `installer.options` for what each means."""

    root: Path
    dry_run: bool
    yes: bool
    undo: bool
    delete_data: bool
    verify_only: bool
    ask: bool
    as_json: bool
    diff: bool = False
    queue: str
    queue_timeout: int
    queue_member: tuple[str, ...]
    did: str
    company: str
    keys_from: str
    agi_host: str
    agi_port: int
    agi_mode: str
    routing: bool
    http: bool
    ami: bool
    extensions_context: str
    outside_context: str
    service: bool | None
    venv: PurePosixPath
    account: str
    agent_address: str
    agent_only: bool
    pbx_address: str
    ari_url: str
    ami_port: int
    ami_secret: str = field(repr=False)
    ari_password: str = field(repr=False)

    def __post_init__(self) -> None:
        for wrong, text in self._contradictions():
            if wrong:
                raise ChoiceError(text)
        if self.pbx_address and not _is_address(self.pbx_address):
            raise ParameterError("pbx_address", "an IPv4 or IPv6 address")
        if self.ari_url and not _URL.match(self.ari_url):
            raise ParameterError("ari_url", f"like http://192.0.2.1:{_ARI_PORT}")
        if not 1 <= self.ami_port <= 65535:
            raise ParameterError("ami_port", "a port between 1 and 65535")

    def refuse_halves(self) -> None:
        """Refuse what only earlier choices could have made whole; call it with them taken in.

        Raises:
            ChoiceError: If something is missing, or is for another host.
        """
        for wrong, text in self._halves():
            if wrong:
                raise ChoiceError(text)

    def _contradictions(self) -> list[tuple[bool, str]]:
        asks = not (self.yes or self.dry_run or self.verify_only)
        installs = not (self.undo or self.verify_only)
        serves = self.company or self.did or self.keys_from
        return [
            (self.undo and self.verify_only, "--undo and --verify exclude each other"),
            (self.as_json and asks, "--json does not ask: add --yes or --dry-run"),
            (self.as_json and self.ask, "--json does not ask: leave --ask out"),
            (self.keys_from == "-" and asks, "--keys-from - leaves nobody to ask: add --yes"),
            (self.keys_from == "-" and self.ask, "--keys-from - leaves nobody to ask"),
            (self.delete_data and not self.undo, "--delete-data goes with --undo"),
            (self.ask and not installs, "--ask goes with an installation"),
            (bool(serves) and not installs, "--company, --did and --keys-from go with an "
             "installation"),
            (bool(self.company) != bool(self.did) and not self.ask,
             "--company and --did go together: a name, and the number it is called on"),
        ]  # fmt: skip

    def _halves(self) -> list[tuple[bool, str]]:
        serves = self.company or self.did or self.keys_from
        elsewhere = self.service is False or (self.remote and not self.agent_only)
        other_half = self.pbx_address or self.ari_url or self.ami_port != _AMI_PORT
        return [
            (bool(serves) and elsewhere, "--company, --did and --keys-from are for the host that "
             "runs the service; this one does not"),
            (self.agent_only and self.service is False, "--agent-only without a service is "
             "nothing"),
            (self.agent_only and not (self.pbx_address and self.remote),
             "--agent-only needs --pbx-address, where Asterisk is, and --agent-address, where this "
             "host is, as Asterisk sees it"),
            (bool(other_half) and not self.agent_only, "--pbx-address, --ari-url and --ami-port go "
             "with --agent-only"),
        ]  # fmt: skip

    @property
    def remote(self) -> bool:
        """Whether the agent is on another host than Asterisk."""
        try:
            return not ipaddress.ip_address(self.agent_address).is_loopback
        except ValueError:
            return False  # what is wrong with it is said by the parameters

    @property
    def remembered(self) -> dict[str, object]:
        """What a later run takes from this one where its own command line leaves it open."""
        found = {name: getattr(self, name) for name in _REMEMBERED}
        return found | {"venv": str(self.venv), "queue_member": list(self.queue_member)}

    def with_earlier(
        self,
        remembered: Mapping[str, object],
        settings: Mapping[str, str],
        on_line: frozenset[str],
    ) -> Choices:
        """Return the choices with what an earlier run was told and the command line leaves open.

        Args:
            remembered: What the earlier run remembered; what is no value for its flag is ignored.
            settings: The settings file's, where the admin may edit what is in both: it wins.
            on_line: The flags that are on the command line.
        """
        found: dict[str, Any] = {
            name: value
            for name, value in remembered.items()
            if name in _REMEMBERED and type(value) is _REMEMBERED[name]
        }
        if queue := settings.get("VOICEAGENT_QUEUE", ""):
            found["queue"] = queue
        if (port := settings.get("VOICEAGENT_AGI_PORT", "")).isdecimal():
            found["agi_port"] = int(port)
        if found.get("agent_only"):
            pbx = str(found.get("pbx_address", ""))
            found |= _reached(settings, pbx)
            if "pbx_address" in on_line and "ari_url" in found:
                old, new = f"//{_in_url(pbx)}:", f"//{_in_url(self.pbx_address)}:"
                found["ari_url"] = found["ari_url"].replace(old, new)
        if "venv" in found:
            found["venv"] = PurePosixPath(found["venv"])
        if "queue_member" in found:
            found["queue_member"] = tuple(map(str, found["queue_member"]))
        return replace(self, **{n: value for n, value in found.items() if n not in on_line})

    def other_than(self, asked: Choices) -> list[str]:
        """Return what these choices have other than those, a few words each."""
        pairs = ((name, getattr(self, name), getattr(asked, name)) for name in _REMEMBERED)
        return [f"{name.replace('_', ' ')} {_said(is_)}" for name, is_, was in pairs if is_ != was]

    def bundle(self) -> BundleParams:
        """Return the choices about Asterisk's files.

        Raises:
            ParameterError: If a value cannot be used.
        """
        # An agent on another host is asked there, unless something else is said.
        asked_at = self.agent_address if self.remote and not self.agi_host else self.agi_host
        return BundleParams(
            agi_host=asked_at or "127.0.0.1",
            agi_port=self.agi_port,
            agi_mode=AgiMode(self.agi_mode),
            queue=self.queue,
            queue_timeout_s=self.queue_timeout,
            queue_stub=self.queue_member,
            routing=self.routing,
            http=self.http,
            ami=self.ami,
            extensions_context=self.extensions_context,
            outside_context=self.outside_context,
            agent_address=self.agent_address,
            ami_secret=self.ami_secret,
            ari_password=self.ari_password,
        )

    def system(
        self, service: bool, keys: Mapping[str, str], values: Mapping[str, str] | None = None
    ) -> SystemParams:
        """Return the choices about the service.

        Args:
            service: Whether there is to be one.
            keys: The vendors' keys.
            values: Settings the installer knows.

        Raises:
            ParameterError: If a value cannot be used.
        """
        company = None
        if self.company:
            company = NewCompany(name=self.company, did=self.did)
        return SystemParams(
            venv=self.venv,
            service=service,
            account=self.account,
            values=values or {},
            keys=keys,
            company=company,
            remembered=self.remembered,
        )


def usual_url(pbx_address: str) -> str:
    """Return where an Asterisk's HTTP server is if nobody moved it."""
    return f"http://{_in_url(pbx_address)}:{_ARI_PORT}"


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _reached(settings: Mapping[str, str], pbx_address: str) -> dict[str, object]:
    """Return by what flags an agent reaches an Asterisk on another host as its settings say."""
    found: dict[str, object] = {}
    url = settings.get("VOICEAGENT_ARI_URL", "")
    # The usual one follows --pbx-address.
    if _URL.match(url) and url != usual_url(pbx_address):
        found["ari_url"] = url
    if (port := settings.get("VOICEAGENT_AMI_PORT", "")).isdecimal():
        found["ami_port"] = int(port)
    return found


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return " ".join(value) if isinstance(value, tuple) else str(value)
