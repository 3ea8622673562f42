"""Sees to it that the ports the agent will listen on are free before its service is installed."""

from __future__ import annotations

from collections.abc import Iterable

from installer.bundle import Wanted
from installer.errors import ConflictError
from installer.listeners import in_the_way
from installer.system import ENV_FILE, UNIT
from installer.system.env_file import read

# What listens, its two settings, and their defaults (audiosocket_agent/settings.py).
_PORTS = (
    ("AudioSocket", "VOICEAGENT_AUDIOSOCKET", "9099"),
    ("the FastAGI gate", "VOICEAGENT_AGI", "4573"),
    ("the HTTP server", "VOICEAGENT_HTTP", "8095"),
)
_HOST = "127.0.0.1"


def refuse_taken_ports(services: Iterable[Wanted]) -> None:
    """Refuse to install a service that could not start.

    Args:
        services: The service's files, settings among them.

    Raises:
        ConflictError: If another program has one of its ports.
    """
    text = next((one.node.content for one in services if one.path.name == ENV_FILE.name), b"")
    settings = read(text.decode("utf-8", "replace"))
    wanted = {}
    for what, name, default in _PORTS:
        port = settings.get(f"{name}_PORT", default)
        if port.isdecimal():
            wanted[int(port)] = (what, name, settings.get(f"{name}_HOST", _HOST))
    places = [(host, port) for port, (_, _, host) in wanted.items()]
    for taken, program in in_the_way(places, UNIT.name):
        what, name, host = wanted[taken]
        who = f"{program.name} (process {program.pid})" if program else "another program"
        raise ConflictError(
            f"{who} has the port that {what} of the agent needs",
            where=f"{host}:{taken}",
            what_to_do=f"Stop it, or set {name}_PORT in {ENV_FILE} to a free port.",
        )
