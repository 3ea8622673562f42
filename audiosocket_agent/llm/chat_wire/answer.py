"""One answer, from the bytes of its response to words, tool calls and usage."""

from __future__ import annotations

import json
from collections.abc import Iterator

from audiosocket_agent.errors import StreamBroken, WireViolation
from audiosocket_agent.llm.chat_wire.deltas import BadChunk, Deltas
from audiosocket_agent.llm.chat_wire.failures import in_band, named_error
from audiosocket_agent.llm.chat_wire.request import Settings
from audiosocket_agent.llm.chat_wire.sse import Event, EventDecoder, EventTooLong
from audiosocket_agent.seams import ModelPiece

END = "[DONE]"


class Answer:
    """Reads the answer to one request.

    Args:
        provider: For errors.
        settings: For errors.
        id_stem: See `Deltas`.

    Attributes:
        ended: Whether the vendor said that nothing more follows.
    """

    def __init__(self, provider: str, settings: Settings, id_stem: str) -> None:
        self.ended = False
        self._provider = provider
        self._settings = settings
        self._events = EventDecoder()
        self._deltas = Deltas(id_stem)

    @property
    def started(self) -> bool:
        """Whether a word or a part of a tool call has come; reasoning does not count."""
        return self._deltas.started

    @property
    def finished(self) -> bool:
        """Whether a finish reason has come; the usage may still follow."""
        return bool(self._deltas.finish_reason)

    def feed(self, data: bytes) -> Iterator[str]:
        """Take bytes of the response; yields the words in them, one piece a chunk.

        Raises:
            ProviderError: If they report a failure, or are not what the protocol allows; after the
                words that came before it.
        """
        try:
            events = self._events.feed(data)
        except EventTooLong:
            raise WireViolation(self._provider, "an event of the answer does not end") from None
        yield from self._words(events)

    def finish(self) -> Iterator[str]:
        """Say that the response has ended; yields words that were held back.

        Raises:
            ProviderError: If it ended too early.
        """
        yield from self._words(self._events.finish())
        if words := self._deltas.finish():
            yield words
        if not self.ended and not self.finished:
            raise StreamBroken(self._provider, "the answer ended before its end")

    def rest(self) -> list[ModelPiece]:
        """Return what follows the words: the tool calls, then the usage.

        Raises:
            ProviderError: If the answer is empty, or has a tool call without a name.
        """
        if not self.started:
            reason = self._deltas.finish_reason
            hint = f"; raise {self._settings.max_tokens}" if reason == "length" else ""
            raise StreamBroken(self._provider, f"the answer is empty{hint}")
        try:
            calls = self._deltas.tool_calls()
        except BadChunk as error:
            raise self._unreadable(error) from None
        usage = self._deltas.usage
        return [*calls, usage] if usage is not None else [*calls]

    def _words(self, events: list[Event]) -> Iterator[str]:
        for event in events:
            if words := self._event(event):
                yield words

    def _event(self, event: Event) -> str:
        if self.ended:
            return ""  # whatever follows the end belongs to nobody
        if event.data == END:
            self.ended = True
            return ""
        if event.name == "error":
            raise named_error(self._provider, self._settings, event.data)
        try:
            chunk = json.loads(event.data)
        except ValueError:
            raise WireViolation(self._provider, "a chunk of the answer is not JSON") from None
        if not isinstance(chunk, dict):
            raise WireViolation(self._provider, "a chunk of the answer is not an object")
        if error := in_band(self._provider, self._settings, chunk):
            raise error
        try:
            return self._deltas.add(chunk)
        except BadChunk as bad:
            raise self._unreadable(bad) from None

    def _unreadable(self, error: BadChunk) -> WireViolation:
        return WireViolation(self._provider, f"a chunk of the answer has a bad {error}")
