"""Tools that need the world: a company's own HTTP interfaces, messages, bookings made before. Pure.

`toolbox` decides what a model's tool call comes to. What it can settle by itself it settles; what
takes a database or a web server it returns as a `RunningTool`, arguments checked, and the draft has
it run beside the talk once it may: at once if it only reads, after the commit if it has effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from audiosocket_agent.errors import ToolError

__all__ = ["RunningTool", "ToolError", "ToolRunner"]


@dataclass(frozen=True, slots=True)
class RunningTool:
    """A tool that is to be run for a call.

    Attributes:
        name: The tool: a built-in one, or a key of the company's `tools`.
        arguments: What for, checked against the tool's schema; a slot's value by the slot's name.
        effects: Whether it changes anything: such a tool is never run on a guess, and the same
            call of it a second time gets the first one's answer.
        cancels: Whether it is stopped when the caller interrupts; else it is run to its end, and
            the model is told its answer in the next turn.
        comfort: Said when it takes long, instead of the usual words; "" for those.
        failed: Said when it fails and nobody else has anything to say; "" for a usual sentence.
        ask: A question that the caller must have heard, and said yes to, before it is run; ""
            where the runner knows (`ToolRunner.question`).
        keeps: Whether what it takes is kept before that question is put (`ToolRunner.keep`).
    """

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    effects: bool = True
    cancels: bool = False
    comfort: str = ""
    failed: str = ""
    ask: str = ""
    keeps: bool = False


class ToolRunner(Protocol):
    """Runs the tools of one call."""

    async def question(self, tool: RunningTool) -> str:
        """Return what the caller must have said yes to before a tool is run; "" for nothing.

        Raises:
            ToolError: If it cannot be run at all.
        """

    async def keep(self, tool: RunningTool) -> None:
        """Keep what a tool takes while the caller decides: the time a booking is moved to.

        Raises:
            ToolError: If it cannot be had.
        """

    async def run(self, tool: RunningTool) -> Mapping[str, object]:
        """Run a tool; bounded in time.

        Returns:
            What the model is told: plain JSON, made of declared fields only. A list of sentences
            under "facts" is what the caller has to hear of it, in the code's own words.

        Raises:
            ToolError: With a text that the model may see.
        """
