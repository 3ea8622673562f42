"""What is particular to a host that has the agent, with Asterisk on another. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from installer.choices import Choices, usual_url

# What the admin may set in another way in the settings file, and the flag that says it anew.
_PLACES = {
    "VOICEAGENT_AMI_HOST": "pbx_address",
    "VOICEAGENT_AUDIOSOCKET_HOST": "agent_address",
    "VOICEAGENT_AGI_HOST": "agent_address",
}


def values_there(
    choices: Choices, settings: Mapping[str, str], on_line: frozenset[str]
) -> dict[str, str]:
    """Return what the agent needs to reach that Asterisk, and it the agent, by setting.

    Args:
        choices: What this host was told, now and before.
        settings: What its settings file has already.
        on_line: The flags that are on the command line; others leave edited addresses alone.
    """
    url = choices.ari_url or usual_url(choices.pbx_address)
    values = {
        "VOICEAGENT_AMI_HOST": str(ipaddress.ip_address(choices.pbx_address)),
        "VOICEAGENT_AMI_PORT": str(choices.ami_port),
        "VOICEAGENT_AMI_SECRET": choices.ami_secret,
        "VOICEAGENT_ARI_URL": url if choices.routing else "",
        "VOICEAGENT_ARI_PASSWORD": choices.ari_password if choices.routing else "",
        "VOICEAGENT_AUDIOSOCKET_HOST": choices.agent_address,
        "VOICEAGENT_AGI_HOST": choices.agent_address,
        "VOICEAGENT_AGI_PORT": str(choices.agi_port),
        "VOICEAGENT_QUEUE": choices.queue,
    }
    kept = {name for name, flag in _PLACES.items() if settings.get(name) and flag not in on_line}
    return {name: value for name, value in values.items() if value and name not in kept}


def lacking_secrets(choices: Choices, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return what this host has not been told yet, by flags.

    Args:
        choices: What it was told.
        settings: What its settings file has already.
    """
    secrets = {"--ami-secret": (choices.ami_secret, "VOICEAGENT_AMI_SECRET")}
    if choices.routing:
        secrets["--ari-password"] = (choices.ari_password, "VOICEAGENT_ARI_PASSWORD")
    return tuple(
        flag for flag, (given, name) in secrets.items() if not (given or settings.get(name))
    )


def notes_there(choices: Choices, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is left to do on this host.

    Args:
        choices: What it was told.
        settings: What its settings file has already.
    """
    ports = f"{choices.agi_port} (FastAGI) and 9099 (AudioSocket)"
    notes = [
        f"firewall: let {choices.pbx_address} and nobody else reach the TCP ports {ports} of this "
        "host; what goes there is not encrypted, so put a VPN between the hosts"
    ]
    if missing := lacking_secrets(choices, settings):
        notes.append(
            f"the agent gets no calls without {' and '.join(missing)}: they are in "
            f"voiceagent.d of Asterisk's configuration on {choices.pbx_address}; give them here, "
            "or later with voiceagent-install --ask"
        )
    return tuple(notes)
