"""What the controller does for a call at the media process's request, over AMI and ARI."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

from agi import gate
from ari_app.ami import Ami, AmiError, AmiRefused
from ari_app.ari import Ari, AriError
from ari_app.call_ledger import CallLedger
from ari_app.control_server import Answer, Refused
from ari_app.queues import Queues

log = logging.getLogger(__name__)

EXIT_DEADLINE_S = 0.25  # a little less than the media process waits
HANG_UP_DEADLINE_S = 0.5
NEXT = "VA_NEXT"
NOTHING_TO_MUTE = "Cannot set mute flag"  # said of a channel that nobody listens in on


class MediaCalls(Protocol):
    """Ends calls at the media process."""

    async def ask(self, request: Mapping[str, str]) -> Mapping[str, object]:
        """Send one request; raises OSError, TimeoutError or GateError."""


class CallOperations:
    """The operations of the control socket that concern one call or queue.

    Args:
        ami: None if AMI is not set up.
        ari: None if ARI is not set up.
        media: The way to the media process.
        ledger: The calls that are on.
        queue: The queue of companies that name none.
    """

    def __init__(
        self, ami: Ami | None, ari: Ari | None, media: MediaCalls, ledger: CallLedger, queue: str
    ) -> None:
        self._ami = ami
        self._ari = ari
        self._media = media
        self._ledger = ledger
        self._queue = queue
        self._queues = None if ami is None else Queues(ami)

    async def outlook(self, request: Mapping[str, Any]) -> Answer:
        """Look at a queue; fields as in `Outlook`."""
        if self._queues is None:
            raise _no_ami()
        try:
            return asdict(await self._queues.outlook(str(request["queue"]) or self._queue))
        except (AmiError, ValueError) as error:
            raise _refused(error) from None

    async def prepare_exit(self, request: Mapping[str, Any]) -> Answer:
        """Set the variables by which the dialplan goes on when the call's audio ends."""
        call_id = uuid.UUID(request["call"])
        variables = dict(request["variables"])
        following = variables.pop(NEXT)
        try:
            given = dict(gate.next_step({"ok": True, "next": following, "variables": variables}))
        except gate.GateError as error:
            raise Refused("bad_request", str(error)) from None
        if self._ami is None:
            raise _no_ami()
        try:
            await self._ami.set_variables(str(request["uniqueid"]), given, EXIT_DEADLINE_S)
        except (AmiError, ValueError) as error:
            raise _refused(error) from None
        self._ledger.leaves(call_id, following)
        return {}

    async def mute_recording(self, request: Mapping[str, Any]) -> Answer:
        """Keep what is said out of a call's recording, or let it in again.

        A call that was to be recorded is not where its consent line could not be played. Asterisk
        has nothing to mute then, and says so; there is nothing to keep out of either.
        """
        if self._ami is None:
            raise _no_ami()
        fields = {
            "Channel": str(request["channel"]),
            "Direction": "both",
            "State": "1" if request["muted"] else "0",
        }
        try:
            await self._ami.action("MixMonitorMute", fields)
        except (AmiError, ValueError) as error:
            if not (isinstance(error, AmiRefused) and error.message == NOTHING_TO_MUTE):
                raise _refused(error) from None
        return {}

    async def hang_up(self, request: Mapping[str, Any]) -> Answer:
        """End a call: by ARI, or by AMI if that does not answer, or at least the agent's part."""
        call = self._ledger.of(uuid.UUID(request["call"]))
        if call is None:
            raise Refused("unknown", "there is no such call now")
        call.admin = True
        if await self.hang_up_channel(call.uniqueid):
            return {}
        if not await self.end_media(str(call.call_id)):
            raise Refused("unreachable", "neither Asterisk nor the agent answers")
        return {}

    async def end_media(self, record: str) -> bool:
        """End the agent's part of a call; False if the media process does not answer."""
        try:
            reply = await self._media.ask({"op": "hang_up", "call": record})
        except (OSError, TimeoutError, gate.GateError):
            return False
        return reply.get("ok") is True

    async def to_people(self, uniqueid: str) -> None:
        """Take a caller who hears nobody to people; what fails is tried again at the next look."""
        if self._ami is None:
            return
        fields = {"Channel": uniqueid, "Context": "voiceagent-human", "Exten": "sorry"}
        try:
            await self._ami.action("Redirect", {**fields, "Priority": "1"})
        except (AmiError, ValueError) as error:
            log.error("a caller who hears nobody stays there: %s", type(error).__name__)
        else:
            log.error("a caller who heard nobody was taken to people")

    async def hang_up_channel(self, uniqueid: str) -> bool:
        """Hang a channel up by whichever of ARI and AMI answers first in its time."""
        if self._ari is not None and self._ari.up:
            try:
                await self._ari.delete(f"channels/{uniqueid}", deadline_s=HANG_UP_DEADLINE_S)
                return True
            except (AriError, ValueError):
                pass  # AMI is the second way
        if self._ami is not None:
            try:
                fields = {"Channel": uniqueid, "Cause": "16"}
                await self._ami.action("Hangup", fields, HANG_UP_DEADLINE_S)
                return True
            except (AmiError, ValueError):
                pass
        return False


def _no_ami() -> Refused:
    return Refused("no_ami", "AMI is not set up; see VOICEAGENT_AMI_SECRET")


def _refused(error: Exception) -> Refused:
    return Refused("asterisk", f"{type(error).__name__}")
