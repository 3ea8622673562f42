"""The settings, and the vendors they name."""

from __future__ import annotations

import asyncio

from ari_app.settings import SettingsError, load_settings, unknown_settings
from installer.doctor.findings import Finding, green, red, yellow
from installer.doctor.scene import Scene

VENDORS_S = 3.2
"""How long a vendor may take: one that is slower would be no good in a call."""
_LISTED = "see `voiceagent settings`"


async def settings(scene: Scene) -> list[Finding]:
    """Check every setting's value, and look for misspelt ones."""
    try:
        await asyncio.to_thread(load_settings)
    except SettingsError as error:
        return [red(line, _LISTED) for line in error.lines]
    strange = [
        yellow(
            f"{name} is no setting and does nothing",
            f"did you mean {likely}?" if likely else _LISTED,
        )
        for name, likely in unknown_settings().items()
    ]
    return strange or [green("all values are in range")]


async def vendors(scene: Scene) -> list[Finding]:
    """Ask every engine with a real request."""
    # Imported here: the engines' libraries take a second, in which the other checks get on.
    from installer.doctor.engines import check_engines

    return await check_engines(scene.settings, scene.environ, VENDORS_S)
