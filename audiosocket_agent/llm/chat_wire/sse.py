"""Server-sent events, decoded from bytes split anywhere.

Lines end with LF, CR LF or CR. ``data`` lines of one event are joined by LF, a line that starts
with a colon is a comment, a blank line ends the event. Beyond the standard: an event that the end
of the stream cuts short of its blank line still counts, and a line ``error: {...}``, which old
llama.cpp servers send, is an event called ``error``.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_BYTES = 1 << 20  # of one event; an answer's token is under 1 kB, a whole tool call under 64 kB

_BOM = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event does not end within `MOST_BYTES`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        name: What the ``event`` field says, "" without one.
        data: The ``data`` lines.
    """

    name: str
    data: str


class EventDecoder:
    """Makes events of bytes; keeps an incomplete tail for the next call."""

    def __init__(self) -> None:
        self._tail = b""
        self._after_cr = False
        self._at_start = True
        self._name = ""
        self._data: list[str] = []
        self._held_bytes = 0

    def feed(self, data: bytes) -> list[Event]:
        """Decode bytes; returns the events they complete.

        Raises:
            EventTooLong: If an event does not end.
        """
        # The LF of a CR LF split over two reads belongs to the line that has already ended.
        if self._after_cr and data[:1] == b"\n":
            data = data[1:]
        if data:
            self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = (self._tail + data).split(b"\n")
        self._tail = lines.pop()
        if self._held_bytes + len(self._tail) > MOST_BYTES:
            raise EventTooLong
        events = [event for line in lines if (event := self._line(line)) is not None]
        return events

    def finish(self) -> list[Event]:
        """Say that the stream has ended; returns the event that it cut short, if any."""
        last = [self._line(self._tail)] if self._tail else []
        self._tail = b""
        last.append(self._end())
        return [event for event in last if event is not None]

    def _line(self, line: bytes) -> Event | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._end()
        self._held_bytes += len(line)
        if self._held_bytes > MOST_BYTES:
            raise EventTooLong
        field, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode(errors="replace")
        if field == b"data":
            self._data.append(text)
        elif field == b"event":
            self._name = text
        elif field == b"error":
            return Event("error", text)
        return None

    def _end(self) -> Event | None:
        event = Event(self._name, "\n".join(self._data)) if self._data else None
        self._name = ""
        self._data = []
        self._held_bytes = 0
        return event
