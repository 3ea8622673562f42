"""The conversations of callers who were put through to people, in case nobody answers. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from audiosocket_agent.conversation_state import Facts, State
from audiosocket_agent.journal import Speaker, Spent

MEMORY_S = 3900.0  # the longest wait in a queue, and some minutes
MOST = 1000  # conversations; beyond it the oldest is forgotten, and its caller stays with people


@dataclass(frozen=True, slots=True)
class Away:
    """A conversation that may go on.

    Attributes:
        facts: What does not change in it.
        state: Where it stood.
        history: What was said, as far as it was heard.
        next_turn: The index of its next turn on record.
        spent: What its answers have cost.
        began_s: When the call was first connected.
    """

    facts: Facts
    state: State
    history: Sequence[tuple[Speaker, str]]
    next_turn: int
    spent: Spent
    began_s: float


@dataclass(slots=True)
class AwayCalls:
    """All of them, by the record of their call."""

    _calls: dict[uuid.UUID, tuple[Away, float]] = field(default_factory=dict)

    def put(self, record_id: uuid.UUID, away: Away, now_s: float) -> None:
        """Remember a conversation for `MEMORY_S`."""
        self._calls.pop(record_id, None)
        self._calls[record_id] = (away, now_s + MEMORY_S)
        while len(self._calls) > MOST:
            del self._calls[next(iter(self._calls))]

    def take(self, record_id: uuid.UUID, now_s: float) -> Away | None:
        """Return a conversation and forget it; None if it is not remembered."""
        away, until_s = self._calls.pop(record_id, (None, 0.0))
        return away if now_s < until_s else None

    def expire(self, now_s: float) -> None:
        """Forget those whose caller will not come back."""
        overdue = [key for key, (_, until_s) in self._calls.items() if now_s >= until_s]
        for record_id in overdue:
            del self._calls[record_id]
