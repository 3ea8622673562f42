"""How the sandbox's agent reaches its PBX, as the environment it is given. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from installer.sandbox.ports import HOST, PortBlock

_SOUNDS = "var/spool/asterisk/voiceagent"
_RECORDINGS = "var/spool/asterisk/recording/voiceagent"


def with_control(
    env: Mapping[str, str], ports: PortBlock, root: Path, ami_secret: str, ari_password: str
) -> dict[str, str]:
    """Add the settings of Asterisk's control side to an agent's environment.

    Addresses that the environment names win, so that a test can stand between the agent and
    Asterisk; the secrets and the folders do not: they are this sandbox's.

    Args:
        env: The environment to start from.
        ports: The sandbox's ports.
        root: Asterisk's root, as the agent sees it.
        ami_secret: The secret of the bundle's user in manager.conf.
        ari_password: The password of the bundle's user in ari.conf.
    """
    addresses = {
        "VOICEAGENT_AMI_HOST": HOST,
        "VOICEAGENT_AMI_PORT": str(ports.ami),
        "VOICEAGENT_ARI_URL": f"http://{HOST}:{ports.ari}",
    }
    own = {
        "VOICEAGENT_AMI_SECRET": ami_secret,
        "VOICEAGENT_ARI_PASSWORD": ari_password,
        "VOICEAGENT_SOUNDS": str(root / _SOUNDS),
        "VOICEAGENT_PBX_SOUNDS": f"/{_SOUNDS}",
        "VOICEAGENT_RECORDINGS": str(root / _RECORDINGS),
        "VOICEAGENT_PBX_RECORDINGS": f"/{_RECORDINGS}",
    }
    return {**addresses, **env, **own}
