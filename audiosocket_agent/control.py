"""What the media side asks of whoever controls Asterisk: `ari_app` implements it.

A call goes on without it: every answer has a deadline, and every refusal has a second way, the
dialplan's own question how a call ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from audiosocket_agent.registry import CallInfo


class ControlError(Exception):
    """The control side could not do it, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What waits for a caller in a queue of people.

    Attributes:
        exists: Whether there is such a queue.
        members: People signed in and not paused, busy or not.
        free: Those who could answer now.
        waiting: Callers in it.
        longest_wait_s: How long the first of them has waited.
    """

    exists: bool = True
    members: int = 0
    free: int = 0
    waiting: int = 0
    longest_wait_s: int = 0


class CallControl(Protocol):
    """The control side, as one media process sees it."""

    async def outlook(self, queue: str) -> Outlook:
        """Look at a queue of people.

        Raises:
            ControlError: If Asterisk does not tell in time.
        """

    async def prepare_exit(self, call: CallInfo, variables: Mapping[str, str]) -> None:
        """Tell the dialplan where a call goes when its audio ends, by channel variables.

        The caller then hangs up the audio. If this fails the dialplan asks how the call ended, and
        is told the same variables; so it may be tried, never twice, and never both count.

        Raises:
            ControlError: If Asterisk does not confirm in time.
        """

    async def mute_recording(self, call: CallInfo, *, muted: bool) -> None:
        """Keep what is said now out of the recording, or let it in again.

        Raises:
            ControlError: If Asterisk does not confirm in time.
        """


class NoControl:
    """Where nobody controls Asterisk: every call leaves by the dialplan's question."""

    async def outlook(self, queue: str) -> Outlook:
        """See `CallControl.outlook`."""
        raise ControlError("there is no control side")

    async def prepare_exit(self, call: CallInfo, variables: Mapping[str, str]) -> None:
        """See `CallControl.prepare_exit`."""
        raise ControlError("there is no control side")

    async def mute_recording(self, call: CallInfo, *, muted: bool) -> None:
        """See `CallControl.mute_recording`."""
        raise ControlError("there is no control side")
