"""How a call went, as types: what a test asserts on instead of status numbers.

CallError
 +-- CallRefused   a final answer of 300 or more (404, 486, 503, ...), or none at all (408)
 +-- CallEnded     the call was over before what was asked for could happen
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Party(Enum):
    """Who did it."""

    US = "us"
    THEM = "them"
    NOBODY = "nobody"  # a timer ran out


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a call.

    Attributes:
        by: Who ended it.
        cause: `bye`, `cancelled`, `refused`, `unreachable` or `timeout`.
        status: The SIP status that ended it, 200 for a BYE.
        q850: The Q.850 cause of the Reason header, if the peer gave one (16 is normal clearing).
        reason: The peer's words: Reason text or reason phrase.
    """

    by: Party
    cause: str
    status: int = 200
    q850: int | None = None
    reason: str = ""


class CallError(Exception):
    """A call did not do what was asked of it; `ended` says how it ended."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended

    def __str__(self) -> str:
        return (
            f"{self.ended.cause} by {self.ended.by.value}: {self.ended.status} {self.ended.reason}"
        )


class CallRefused(CallError):
    """The call never got through."""

    @property
    def status(self) -> int:
        """The final SIP status, 408 when nobody answered the INVITE at all."""
        return self.ended.status


class CallEnded(CallError):
    """The call was over first."""
