"""Calls that only one side still has: the media process, or Asterisk. Pure.

Asterisk closes the audio of a call that ends, and the media process closes what it gives up, so
each side hears of the other's end at once. What is left over here are the cases nobody has thought
of: they are looked for now and then, and taken for orphans when they are seen twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ari_app.call_ledger import LiveCall

CONTEXT, APPLICATION = "voiceagent-ai", "AudioSocket"


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be done.

    Attributes:
        hang_up: Calls the media process holds though their channel is gone, by record.
        to_people: Channels whose caller hears nobody, by Uniqueid.
    """

    hang_up: tuple[str, ...] = ()
    to_people: tuple[str, ...] = ()


@dataclass(slots=True)
class Orphans:
    """Compares the two sides, one look after the other."""

    _suspects: set[str] = field(default_factory=set)

    def look(
        self,
        live: Iterable[LiveCall],
        held: Collection[str],
        channels: Iterable[Mapping[str, str]],
    ) -> Found:
        """Compare.

        Args:
            live: The calls as the ledger has them.
            held: The records of the calls the media process holds.
            channels: Asterisk's channels: events of AMI's Status; any field may be missing.

        Returns:
            What was so the last time, too.
        """
        calls = {call.uniqueid: str(call.call_id) for call in live}
        there = {channel.get("Uniqueid", ""): channel for channel in channels}
        gone = {record for record in held if record not in calls.values()}
        deserted = {
            uniqueid
            for uniqueid, record in calls.items()
            if record not in held and _in_our_audio(there.get(uniqueid, {}))
        }
        known, self._suspects = self._suspects, gone | deserted
        return Found(tuple(sorted(gone & known)), tuple(sorted(deserted & known)))


def _in_our_audio(channel: Mapping[str, str]) -> bool:
    return channel.get("Context") == CONTEXT and channel.get("Application") == APPLICATION
