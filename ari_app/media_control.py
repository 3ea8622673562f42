"""The media process's way to the controller: `audiosocket_agent.control` over its Unix socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ari_app.control_client import ask
from audiosocket_agent.control import ControlError, Outlook
from audiosocket_agent.registry import CallInfo

# The caller hears silence, or a sentence, meanwhile; each is a few milliseconds of work.
OUTLOOK_DEADLINE_S = 0.5
EXIT_DEADLINE_S = 0.3
MUTE_DEADLINE_S = 1.0


class MediaControl:
    """Asks the controller.

    Args:
        path: Its Unix socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def outlook(self, queue: str) -> Outlook:
        """See `CallControl.outlook`."""
        answer = await ask(self._path, {"op": "outlook", "queue": queue}, OUTLOOK_DEADLINE_S)
        try:
            return Outlook(
                bool(answer["exists"]),
                *(int(answer[name]) for name in ("members", "free", "waiting", "longest_wait_s")),
            )
        except (KeyError, TypeError, ValueError):
            raise ControlError("the controller's answer makes no sense") from None

    async def prepare_exit(self, call: CallInfo, variables: Mapping[str, str]) -> None:
        """See `CallControl.prepare_exit`."""
        request = {"op": "prepare_exit", **_names(call), "variables": dict(variables)}
        await ask(self._path, request, EXIT_DEADLINE_S)

    async def mute_recording(self, call: CallInfo, *, muted: bool) -> None:
        """See `CallControl.mute_recording`."""
        request = {"op": "mute_recording", **_names(call), "muted": muted}
        await ask(self._path, request, MUTE_DEADLINE_S)


def _names(call: CallInfo) -> dict[str, object]:
    return {"call": str(call.record_id), "channel": call.channel, "uniqueid": call.uniqueid}
