"""What waits for a caller in a queue of people, as Asterisk tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from audiosocket_agent.control import Outlook

DEADLINE_S = 0.3
_MOST_DIGITS = 9  # no count and no wait has more; longer ones are no numbers

# Device states of QueueMember's Status (Asterisk include/asterisk/devicestate.h).
_UNKNOWN, _NOT_IN_USE, _INVALID, _UNAVAILABLE = 0, 1, 4, 5


class Lists(Protocol):
    """What is needed of AMI: `ari_app.ami.Ami`."""

    async def listing(
        self, name: str, fields: Mapping[str, str], deadline_s: float = 2.0
    ) -> list[Mapping[str, str]]:
        """Ask for a list; returns its events."""


class Queues:
    """Looks at queues. Needs no AMI rights but to log in.

    Args:
        ami: The manager interface.
    """

    def __init__(self, ami: Lists) -> None:
        self._ami = ami

    async def outlook(self, queue: str) -> Outlook:
        """Look at one queue, within 300 ms.

        Args:
            queue: Its name; nothing for none, which does not exist.

        Raises:
            ValueError: If the name cannot be sent.
            ari_app.ami.AmiError: If Asterisk does not tell in time.
        """
        if not queue:  # Asterisk would list them all
            return Outlook(exists=False)
        return outlook_of(
            await self._ami.listing("QueueStatus", {"Queue": queue}, DEADLINE_S), queue
        )


def outlook_of(events: Iterable[Mapping[str, str]], queue: str) -> Outlook:
    """Count what a QueueStatus list says about one queue.

    A member counts as free if app_queue would ring it now: not paused, not on a call of a queue,
    and idle or of unknown state. Whatever is missing or no number counts as nothing: a caller is
    rather told of a wait that is none than of a person who is not there.

    Args:
        events: QueueParams, QueueMember and QueueEntry of any queues, in any order.
        queue: The queue's name; Asterisk does not tell upper from lower case.
    """
    wanted = queue.casefold()
    exists, calls, members, free, waits = False, 0, 0, 0, list[int]()
    for event in events:
        if event.get("Queue", "").casefold() != wanted:
            continue
        kind = event.get("Event")
        if kind == "QueueParams":
            exists, calls = True, _count(event.get("Calls")) or 0
        elif kind == "QueueEntry":
            waits.append(_count(event.get("Wait")) or 0)
        elif kind == "QueueMember" and event.get("Paused") == "0":
            state = _count(event.get("Status"))
            members += state not in (None, _INVALID, _UNAVAILABLE)
            free += state in (_UNKNOWN, _NOT_IN_USE) and event.get("InCall", "0") == "0"
    return Outlook(exists, members, free, max(calls, len(waits)), max(waits, default=0))


def _count(text: str | None) -> int | None:
    """Return a count, None for what is none."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    return int(text)
