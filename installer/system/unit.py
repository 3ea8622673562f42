"""The systemd unit of the agent; what each line is for stands in the unit itself."""

from __future__ import annotations

from asterisk_conf.template import substitute
from installer.system.package_data import text_of
from installer.system.params import SystemParams


def render(params: SystemParams, group_name: str, writable: tuple[str, ...]) -> str:
    """Return the unit's text.

    Args:
        params: The admin's choices.
        group_name: Asterisk's group; empty on a host without Asterisk.
        writable: Folders outside its own that the agent writes to.
    """
    # A folder that does not exist is no reason not to start.
    shared = " ".join(f"-{path}" for path in writable)
    return substitute(
        text_of("service.conf"),
        {
            "PROGRAM": f"{params.venv}/bin/voiceagent",
            "ACCOUNT": f"User={params.account}" if params.account else "DynamicUser=yes",
            "GROUPS": f"SupplementaryGroups={group_name}" if group_name else "",
            "MEMORY": "70%",
            "WRITABLE": f"ReadWritePaths={shared}" if shared else "",
        },
    )
