"""The settings, and the vendors they name."""

from __future__ import annotations

import asyncio

from ari_app.settings import SettingsError, load_settings, unknown_settings
from installer.doctor.engines import check_engines
from installer.doctor.findings import Finding, green, red, yellow
from installer.doctor.scene import Scene

_SHARE = 0.9  # of the time a check may take; the rest is for saying what came of it
_SURE_S = 10.0  # a vendor that is silent for so long is not coming
_LISTED = "see `voiceagent settings`"


async def settings(scene: Scene) -> list[Finding]:
    """Check every setting's value, and look for misspelt ones."""
    scene.need_own_agent()
    scene.need_own_settings()
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
    scene.need_own_agent()
    deadline_s = scene.patience_s * _SHARE
    hurried = deadline_s < _SURE_S
    return await check_engines(scene.settings, scene.environ, deadline_s, hurried=hurried)
