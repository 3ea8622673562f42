"""What is left to do on the agent's own host once Asterisk's has its part. Pure."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from asterisk_conf import BundleParams
from asterisk_conf.render import FOLDER
from installer.choices import Choices
from installer.control import AMI_PORT, Control, settings_to_tell
from installer.facts import Facts
from installer.system import ENV_FILE

UNKNOWN = "PBX-ADDRESS"
"""Stands for Asterisk's host where its files do not tell how others reach it."""
_PBX = "VOICEAGENT_PBX_"
_ARI_PORT = 8088


def steps_there(choices: Choices, control: Control, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield steps: what for, and the command or line; no secret is in them.

    Args:
        choices: What Asterisk's host was told.
        control: Its AMI, ARI and HTTP server.
        facts: The PBX.
    """
    folder = facts.config / FOLDER
    files = [folder / "manager.conf"] if control.ami else []
    files += [folder / "ari.conf"] if control.ari and choices.routing else []
    if files:
        said = "See the secrets that the agent's host asks for in the next step:"
        yield said, f"sudo grep -hE '^(secret|password) =' {' '.join(map(str, files))}"
    address = _address(control)
    what = f"On {choices.agent_address}, with install.sh run there, install the agent's half"
    if address == UNKNOWN:
        what += f" ({UNKNOWN} is this host's, as that one reaches it)"
    yield f"{what}:", shlex.join(_command(choices, control, address))
    settings = [line for line in settings_to_tell(control, facts) if line.startswith(_PBX)]
    if settings:
        said = f"Set these there, in {ENV_FILE}, and restart the service:"
        yield said, " ".join(settings)


def _command(choices: Choices, control: Control, address: str) -> Iterator[str]:
    usual = BundleParams()
    yield from ("sudo", "voiceagent-install", "--agent-only", "--ask", "--pbx-address", address)
    yield from ("--agent-address", choices.agent_address, "--queue", choices.queue)
    if choices.agi_port != usual.agi_port:
        yield from ("--agi-port", str(choices.agi_port))
    if control.ami and control.ami_port != AMI_PORT:
        yield from ("--ami-port", str(control.ami_port))
    if not choices.routing:
        yield "--no-routing"
    elif control.ari:
        url = urlsplit(control.ari_url)
        if (url.port, url.path) != (_ARI_PORT, ""):
            host = f"[{address}]" if ":" in address else address
            yield from ("--ari-url", f"http://{host}:{url.port}{url.path}")


def _address(control: Control) -> str:
    """Return an address of this host that the agent's may reach, as far as the files tell."""
    for bound in (control.ami_bound_to, control.http.bound_to):
        try:
            address = ipaddress.ip_address(bound.strip("[]"))
        except ValueError:
            continue
        if not address.is_loopback and not address.is_unspecified:
            return str(address)
    return UNKNOWN
