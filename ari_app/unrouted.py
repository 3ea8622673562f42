"""Calls that came while nobody routed them: the dialplan took them to people. Pure.

They get their record when they are found there, so that every call has one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

# Where the dialplan takes a call by itself. One that is elsewhere in it may be on its way to the
# agent, who puts it on record.
PEOPLE = frozenset(("voiceagent-human", "voiceagent-voicemail"))
_UNIQUEID = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_CHANNEL = re.compile(r"[A-Za-z0-9/_.;@+:-]{1,128}", re.ASCII)
_NUMBER = re.compile(r"[0-9+*#]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A caller who is with people, and on no record.

    Attributes:
        uniqueid: The channel's id.
        channel: Its name; "" if that is odd.
        did: The dialled number as the trunk sent it; "" if it is none.
        caller: The caller's number; "" if it is withheld or odd.
    """

    uniqueid: str
    channel: str
    did: str
    caller: str


def is_with_people(event: Mapping[str, str]) -> bool:
    """Whether an event of AMI tells of a channel in our part of the dialplan, with people."""
    return event.get("Context", "") in PEOPLE


def unrouted(channels: Iterable[Mapping[str, str]], known: Collection[str]) -> list[Unrouted]:
    """Return the callers with people whom nobody knows.

    Args:
        channels: What Asterisk's Status lists; hostile: any field may be missing or odd.
        known: Ids of the channels that have a record.
    """
    return [
        Unrouted(
            uniqueid,
            _fit(_CHANNEL, channel.get("Channel", "")),
            _fit(_NUMBER, channel.get("DNID", "")),
            _fit(_NUMBER, channel.get("CallerIDNum", "")),
        )
        for channel in channels
        if is_with_people(channel)
        and (uniqueid := _fit(_UNIQUEID, channel.get("Uniqueid", "")))
        and uniqueid not in known
    ]


def _fit(shape: re.Pattern[str], text: str) -> str:
    return text if shape.fullmatch(text) else ""
