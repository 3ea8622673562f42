"""What is known of a simulated call when it is over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AGENT, CALLER = "agent", "caller"
HUNG_UP = "caller_hung_up"


@dataclass(slots=True)
class CallRecord:
    """One call.

    Attributes:
        said: Who said what, in order; keys stand in brackets.
        steps: Steps gone through.
        slots: What the conversation held in the end.
        outcome: How it ended: the dialplan's word, ``caller_hung_up``, or "" if it did not.
        bookings: Those it made, by column.
        callbacks: Wishes to be called back, by column.
        kept: Bookings of earlier calls as they are afterwards, by reference.
        wanted: Why a person was wanted, each time.
        tools: Tools that the language model called, with their arguments; None where no model
            thinks.
        latencies_ms: From the caller's last sound to the answer, of each spoken answer.
        heard: What the caller said and what the ear made of it, each time; spoken calls only.
        log: What the agent logged of it, warnings and worse.
        error: Why it broke down, or "".
    """

    said: list[tuple[str, str]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    slots: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    bookings: list[Mapping[str, Any]] = field(default_factory=list)
    callbacks: list[Mapping[str, Any]] = field(default_factory=list)
    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    tools: list[tuple[str, str]] | None = None
    latencies_ms: list[int] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def turns(self) -> int:
        """How often the caller said or keyed something."""
        return sum(who == CALLER for who, _ in self.said)

    @property
    def agent_words(self) -> str:
        """All the agent said."""
        return "\n".join(text for who, text in self.said if who == AGENT)

    def passed(self, step: str) -> None:
        """Note a step; one that is gone on with is not gone through again."""
        if not self.steps or self.steps[-1] != step:
            self.steps.append(step)
