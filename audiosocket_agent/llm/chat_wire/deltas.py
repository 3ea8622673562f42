"""Puts an answer together from its chunks: words, tool calls, usage.

Vendors differ; what is tolerated here: the role on every chunk; ``content`` empty, null or absent;
``choices`` empty; reasoning in ``reasoning`` or ``reasoning_content`` (ignored) or inside the
content (filtered); tool calls whole or in fragments, several at one index, without id or type;
``stop`` as the reason of an answer that calls tools; usage at the top, in ``x_groq`` or both, on
one chunk or on all of them; any further key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audiosocket_agent.llm.chat_wire.thinking import ThinkingFilter
from audiosocket_agent.seams import ToolCall, Usage


class BadChunk(ValueError):
    """A chunk is not what the protocol allows; the text names the field, never its value."""


class _OpenCall:
    """A tool call while its fragments arrive."""

    def __init__(self, index: int, id: str, name: str) -> None:
        self.index = index
        self.id = id
        self.name = name
        self.arguments: list[str] = []

    @property
    def whole(self) -> bool:
        try:
            json.loads("".join(self.arguments))
        except ValueError:
            return False
        return True


class Deltas:
    """One answer on its way.

    Args:
        id_stem: Beginning of the ids given to tool calls that came without one; unique for each
            answer, so that two answers in one conversation never share an id.

    Attributes:
        finish_reason: Why the vendor says that the answer ended; "" before.
        started: Whether any word or any part of a tool call has come.
    """

    def __init__(self, id_stem: str) -> None:
        self.finish_reason = ""
        self.started = False
        self._id_stem = id_stem
        self._thinking = ThinkingFilter()
        self._calls: list[_OpenCall] = []
        self._usage: Usage | None = None

    def add(self, chunk: Mapping[str, Any]) -> str:
        """Take one chunk; returns its words.

        Raises:
            BadChunk: If a field has a type that no vendor sends.
        """
        self._count(chunk)
        choices = chunk.get("choices") or ()
        if not isinstance(choices, list | tuple):
            raise BadChunk("choices")
        words = "".join([self._choice(choice) for choice in choices])
        if words:
            self.started = True
        return words

    def finish(self) -> str:
        """Say that no chunk follows; returns words that were held back as a possible tag."""
        words = self._thinking.finish()
        self.started = self.started or bool(words)
        return words

    @property
    def usage(self) -> Usage | None:
        """What the answer cost, when the vendor told: once, however often it was sent."""
        return self._usage

    def tool_calls(self) -> list[ToolCall]:
        """Return the calls, in the order in which the model began them.

        Raises:
            BadChunk: If one has no name.
        """
        if not all(call.name for call in self._calls):
            raise BadChunk("tool_calls[].function.name")
        return [
            ToolCall(call.id or f"{self._id_stem}{n}", call.name, "".join(call.arguments) or "{}")
            for n, call in enumerate(self._calls)
        ]

    def _count(self, chunk: Mapping[str, Any]) -> None:
        x_groq = chunk.get("x_groq")
        for usage in (
            x_groq.get("usage") if isinstance(x_groq, dict) else None,
            chunk.get("usage"),
        ):
            if isinstance(usage, dict):
                # The latest count wins: some servers repeat it, growing, on every chunk.
                self._usage = Usage(
                    _count_of(usage, "prompt_tokens"), _count_of(usage, "completion_tokens")
                )

    def _choice(self, choice: Any) -> str:
        if not isinstance(choice, dict):
            raise BadChunk("choices[]")
        self.finish_reason = str(choice.get("finish_reason") or self.finish_reason)
        delta = choice.get("delta") or {}
        if not isinstance(delta, dict):
            raise BadChunk("choices[].delta")
        calls = delta.get("tool_calls") or ()
        if not isinstance(calls, list | tuple):
            raise BadChunk("tool_calls")
        for position, fragment in enumerate(calls):
            self._fragment(position, fragment)
        content = delta.get("content") or ""
        if not isinstance(content, str):
            raise BadChunk("content")
        return self._thinking.feed(content) if content else ""

    def _fragment(self, position: int, fragment: Any) -> None:
        function = fragment.get("function") if isinstance(fragment, dict) else None
        if not isinstance(function, dict):
            raise BadChunk("tool_calls[].function")
        self.started = True
        index = fragment.get("index")
        call = self._call(
            index if isinstance(index, int) else position,
            str(fragment.get("id") or ""),
            str(function.get("name") or ""),
        )
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        if arguments is not None and not isinstance(arguments, str):
            raise BadChunk("tool_calls[].function.arguments")
        call.arguments.append(arguments or "")

    def _call(self, index: int, id: str, name: str) -> _OpenCall:
        """Find the call that a fragment belongs to, or begin it."""
        for call in reversed(self._calls):
            if call.index != index:
                continue
            # Some proxies number every call 0, so only the id, or without ids a further name after
            # complete arguments, tells one call from the next.
            other = id != call.id if id and call.id else bool(name and call.name and call.whole)
            if other:
                break
            call.id = call.id or id
            call.name = call.name or name
            return call
        call = _OpenCall(index, id, name)
        self._calls.append(call)
        return call


def _count_of(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0
