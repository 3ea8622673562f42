"""Which half of an installation a host has, out of what its installer was told. Pure."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from enum import Enum

_AGI_PORT = 4573


class Half(Enum):
    """What of an installation is on one host."""

    WHOLE = "whole"  # Asterisk and the agent
    PBX = "pbx"  # Asterisk; the agent is on another host
    AGENT = "agent"  # the agent; Asterisk is on another host


@dataclass(frozen=True, slots=True)
class Topology:
    """Where the parts of an installation are.

    Attributes:
        half: What is on this host.
        agent: The agent's address, as Asterisk sees it; "" where it was not told.
        gate: Where the dialplan asks the agent; mostly that address.
        pbx: Asterisk's address, as the agent sees it; "" where it was not told.
        queue: The queue the installer was told; "" if none.
        routing: Whether the dialplan asks over ARI where calls go.
        agi_port: The TCP port at which the dialplan asks the agent.
    """

    half: Half = Half.WHOLE
    agent: str = ""
    gate: str = ""
    pbx: str = ""
    queue: str = ""
    routing: bool = True
    agi_port: int = _AGI_PORT


def topology_of(text: str) -> Topology:
    """Read what the installer remembers of its command line; of anything else: all on one host."""
    try:
        told = json.loads(text)
    except ValueError:
        return Topology()
    if not isinstance(told, dict):
        return Topology()

    def word(name: str) -> str:
        value = told.get(name, "")
        return value if isinstance(value, str) else ""

    agent = word("agent_address")
    half = Half.WHOLE
    if told.get("agent_only") is True:
        half = Half.AGENT
    elif _is_remote(agent):
        half = Half.PBX
    return Topology(
        half=half,
        agent=agent,
        gate=word("agi_host") or agent,
        pbx=word("pbx_address"),
        queue=word("queue"),
        routing=told.get("routing") is not False,
        agi_port=port if type(port := told.get("agi_port")) is int else _AGI_PORT,
    )


def _is_remote(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
