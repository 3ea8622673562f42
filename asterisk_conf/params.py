"""What a PBX's admin may choose about our files, checked before any of it reaches a file.

A value ends up inside application arguments, where a comma starts the next argument, a newline
the next statement and ``${`` an expansion. Each has a whitelist, so nothing needs quoting.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import Enum

from asterisk_conf.errors import ParameterError

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")
_QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,78}\Z")  # 79 = Asterisk's own limit
_CONTEXT = _QUEUE  # contexts have the same limit
_FOLDER = re.compile(r"(?:/[A-Za-z0-9_.-]{1,80}){1,16}\Z")
# Technology and address: PJSIP/100, Local/100@from-queue/n.
_MEMBER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}/[A-Za-z0-9_+*#.@/-]{1,79}\Z")
SPOOL = "/var/spool/asterisk"
"""The spool directory of nearly every Asterisk."""
SECRET = re.compile(r"[A-Za-z0-9_-]{32,128}\Z")
"""What a secret of ours looks like."""


class AgiMode(Enum):
    """How the dialplan asks us about a call."""

    FASTAGI = "fastagi"
    """A TCP question to the running agent; under 10 ms."""
    SCRIPT = "script"
    """``setup.agi`` from agi-bin, a process for every question; slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleParams:
    """The choices behind one set of rendered files.

    Attributes:
        agi_host: Where the FastAGI gate listens: an IPv4 address or a host name. Asterisk tries
            only the first address of a name, so an address is better.
        agi_port: The gate's TCP port.
        agi_mode: FastAGI or script.
        queue: The queue of people who take what the agent does not.
        queue_timeout_s: How long a caller waits in it, in seconds, before being told that nobody
            is free.
        routing: Whether the controller is asked over ARI where each call goes. Without it every
            call goes to the agent.
        extensions_context: The context whose extensions callers may be put through to; empty:
            whatever is usual on the PBX.
        outside_context: The context that dials outside numbers; empty: there is none, and such
            transfers go to the queue, or whatever is usual on the PBX.
        spool: Asterisk's spool directory; recordings and our sounds are below it.
        ami_secret: The secret of our user in manager.conf; empty: not known yet.
        ari_password: The password of our user in ari.conf; empty: not known yet.
        queue_stub: Members of a queue to make under the name `queue`, such as ``PJSIP/100``;
            empty: it is there already.
        http: Whether Asterisk's HTTP server may be switched on, on the loopback address, where it
            is off and routing needs it.
        ami: Whether AMI may be switched on, on the loopback address, where it is off and the agent
            is on this host.
        agent_address: Where the agent connects to AMI from: an IPv4 or IPv6 address.
        freepbx: Whether queues are FreePBX's, which are entered through its own dialplan.

    Raises:
        ParameterError: If a value must not go into an Asterisk file.
    """

    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    agi_mode: AgiMode = AgiMode.FASTAGI
    queue: str = "voiceagent"
    queue_timeout_s: int = 120
    routing: bool = True
    extensions_context: str = ""
    outside_context: str = ""
    spool: str = SPOOL
    ami_secret: str = field(default="", repr=False)
    ari_password: str = field(default="", repr=False)
    queue_stub: tuple[str, ...] = ()
    http: bool = True
    ami: bool = True
    agent_address: str = "127.0.0.1"
    freepbx: bool = False

    def __post_init__(self) -> None:
        if not _HOST.match(self.agi_host):
            raise ParameterError("agi_host", "an IPv4 address or a host name")
        if not 1 <= self.agi_port <= 65535:
            raise ParameterError("agi_port", "a port between 1 and 65535")
        if not _QUEUE.match(self.queue):
            raise ParameterError(
                "queue", "letters, digits, _ and -, at most 79, without a leading -"
            )
        if not 1 <= self.queue_timeout_s <= 86_400:  # a day: longer is a slip of the finger
            raise ParameterError("queue_timeout_s", "between 1 and 86400 seconds")
        contexts = {
            "extensions_context": self.extensions_context,
            "outside_context": self.outside_context,
        }
        for name, context in contexts.items():
            if context and not _CONTEXT.match(context):
                raise ParameterError(
                    name, "a context: letters, digits, _ and -, at most 79, without a leading -"
                )
        if not _FOLDER.match(self.spool):
            raise ParameterError("spool", "an absolute path of letters, digits, _, . and -")
        for name, secret in (("ami_secret", self.ami_secret), ("ari_password", self.ari_password)):
            if secret and not SECRET.match(secret):
                raise ParameterError(name, "32 to 128 letters, digits, _ and -")
        self._check_stub()
        if not _is_address(self.agent_address):
            raise ParameterError("agent_address", "an IPv4 or IPv6 address")

    def _check_stub(self) -> None:
        if not all(_MEMBER.match(one) for one in self.queue_stub):
            raise ParameterError("queue_stub", "members such as PJSIP/100")
        if self.queue_stub and self.queue.lower() == "general":
            raise ParameterError("queue", "another name: [general] is queues.conf's own section")

    @property
    def remote(self) -> bool:
        """Whether the agent is on another host than Asterisk."""
        return not ipaddress.ip_address(self.agent_address).is_loopback


def _is_address(text: str) -> bool:
    try:
        # The library takes any text after a % for the name of a network interface.
        return "%" not in str(ipaddress.ip_address(text))
    except ValueError:
        return False
