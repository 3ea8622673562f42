"""The systemd unit of the agent.

Every limit has its reason beside it, in the unit itself, where the admin who wonders will look.
"""

from __future__ import annotations

from asterisk_conf.template import substitute
from installer.system.package_data import text_of
from installer.system.params import SystemParams


def render(params: SystemParams, group_name: str) -> str:
    """Return the unit's text.

    Args:
        params: The admin's choices.
        group_name: Asterisk's group; empty on a host without Asterisk.
    """
    if params.account:
        account = f"User={params.account}"
    else:
        account = "DynamicUser=yes"
    values = {"PROGRAM": f"{params.venv}/bin/voiceagent", "ACCOUNT": account}
    return substitute(text_of("service.conf"), values | _groups(group_name))


def _groups(group_name: str) -> dict[str, str]:
    return {"GROUPS": f"SupplementaryGroups={group_name}" if group_name else ""}
