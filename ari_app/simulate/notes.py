"""A journal in memory, for as long as simulated calls last."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from audiosocket_agent.journal import EndReason, Spent, Turn
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.workflow import Outcome


class LogOf(logging.Handler):
    """Keeps what the agent logs of one call, warnings and worse.

    Args:
        call_id: The call.

    Attributes:
        lines: What was logged.
    """

    def __init__(self, call_id: uuid.UUID) -> None:
        super().__init__(logging.WARNING)
        self._call_id = str(call_id)
        self.lines: list[str] = []

    def __enter__(self) -> LogOf:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *raised: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        if getattr(record, "call_id", "") == self._call_id:
            self.lines.append(record.getMessage())


class Notes:
    """A `Journal` of one call.

    Args:
        on_turn: Called with every turn, when it begins and when it ends.
        on_end: Called when the call is over.

    Attributes:
        wanted_why: Why a person was wanted, each time.
    """

    def __init__(
        self,
        on_turn: Callable[[Turn], None] = lambda turn: None,
        on_end: Callable[[EndReason, Outcome | None], None] = lambda reason, outcome: None,
    ) -> None:
        self._on_turn = on_turn
        self._on_end = on_end
        self.wanted_why: list[str] = []

    def registered(self, info: CallInfo, company: str, recording: str) -> None:
        """See `Journal.registered`."""

    def returned(self, record_id: uuid.UUID) -> None:
        """See `Journal.returned`."""

    def wanted(self, record_id: uuid.UUID, why: str) -> None:
        """See `Journal.wanted`."""
        self.wanted_why.append(why)

    def connected(self, call_id: uuid.UUID) -> None:
        """See `Journal.connected`."""

    def turn(self, call_id: uuid.UUID, turn: Turn) -> None:
        """See `Journal.turn`."""
        self._on_turn(turn)

    def spent(self, call_id: uuid.UUID, spent: Spent) -> None:
        """See `Journal.spent`."""

    def ended(self, call_id: uuid.UUID, reason: EndReason, outcome: Outcome | None) -> None:
        """See `Journal.ended`."""
        self._on_end(reason, outcome)
