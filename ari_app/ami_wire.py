"""AMI on the wire: what panoramisk is used for, and where it is kept from doing harm.

The only module that imports panoramisk; of it are used the protocol's skeleton (`AMIProtocol`),
how an action is written (`Action`) and how a message is read (`Message`). Replaced by ours, each
because it was seen to lose calls (panoramisk 1.4):

- `data_received`: it decodes each read by itself, so UTF-8 split across two reads loses characters.
  Here bytes are gathered until a message is whole.
- `handle_message`: it takes an event with an action's id for the action's answer, and a repeated
  header breaks it. Which message answers what is decided in `ami`.
- `close` and `connection_lost`: they keep unanswered actions and send them again on the next
  connection, a second Originate for instance. Here nothing is ever sent twice.
- Its `Manager`, which does the reconnecting, is not used at all.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

_BANNER = b"Asterisk Call Manager/"
_BANNER_BYTES = 200
_MESSAGE_BYTES = 1 << 18  # far above any message of Asterisk's; more is no AMI
_UNSENT_BYTES = 1 << 18  # what may wait for a peer that does not read; beyond it is taken for dead
_LINE_BYTES = 1000  # Asterisk drops a message with a line above 1,024 (manager.c, inbuf)
_ODD = re.compile(r"[\x00-\x1f\x7f]")

Fields = Mapping[str, str]
Lines = Sequence[tuple[str, str]]


def checked(lines: Lines) -> Lines:
    """Return the headers of an action if they can be sent as they are.

    Raises:
        ValueError: If a name or value holds CR, LF or NUL, a name is none, a line is longer than
            Asterisk takes, or a text cannot be encoded. The value is not repeated in it.
    """
    for name, value in lines:
        if not name or not name.isascii() or not name.isprintable() or ":" in name or " " in name:
            raise ValueError("an AMI header's name must be printable ASCII without colon or space")
        if any(character in value for character in "\r\n\0"):
            raise ValueError(f"{name}: a value for AMI must not hold CR, LF or NUL")
        try:
            size = len(f"{name}: {value}".encode())
        except UnicodeEncodeError:
            raise ValueError(f"{name}: a value for AMI must be encodable as UTF-8") from None
        if size > _LINE_BYTES:
            raise ValueError(f"{name}: {size} bytes, AMI takes {_LINE_BYTES} a line")
    return lines


def read_message(data: bytes) -> Fields | None:
    """Read one message, without the empty line that ends it.

    Bytes that are no UTF-8 and control characters become U+FFFD. The values of a header that
    comes several times are joined by line feeds, which no single value can hold: a header somebody
    smuggled in spoils the real one's value, it does not replace it.

    Returns:
        The fields by the names Asterisk gave them; None if it is neither event nor response.
    """
    message: Any = _Read.from_line(data.decode("utf-8", "replace").strip("\r\n"))
    if message is None:
        return None
    fields = {}
    for name, value in message.headers.items():
        values = value if isinstance(value, list) else [value]
        fields[name] = "\n".join(_ODD.sub("\ufffd", one) for one in values)
    return MappingProxyType(fields)


class _Read(Message):  # type: ignore[misc]  # panoramisk has no types
    """A message that keeps its headers as they came."""

    def __init__(self, headers: dict[str, Any], content: str = "") -> None:
        super().__init__(headers, content)
        self.headers = headers


class AmiWire(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One connection.

    Args:
        on_message: Called with every whole message; must not raise.

    Attributes:
        greeted: Done, with Asterisk's banner, when that has come.
        lost: Done, with the reason, when the connection is over.
    """

    def __init__(self, on_message: Callable[[Fields], None]) -> None:
        loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[str] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.transport: asyncio.Transport | None = None
        self._on_message = on_message
        self._held = b""

    def data_received(self, data: bytes) -> None:
        """Take in bytes, split anywhere."""
        if self.lost.done():
            return  # what was still in the socket of a connection given up
        self._held += data
        if not self.greeted.done() and not self._read_banner():
            return
        *whole, self._held = self._held.split(b"\r\n\r\n")
        for part in whole:
            message = read_message(part)
            if message is not None:
                self._on_message(message)
        if len(self._held) > _MESSAGE_BYTES:
            self.drop("it sent a message without end")

    def _read_banner(self) -> bool:
        banner, end, rest = self._held.partition(b"\r\n")
        wrong = not banner.startswith(_BANNER[: len(banner)]) or len(banner) > _BANNER_BYTES
        if wrong or (end and not banner.startswith(_BANNER)):
            self.drop("what answers there is not AMI")
        elif end:
            self._held = rest
            self.greeted.set_result(banner.decode("ascii", "replace"))
        return bool(end) and not self.lost.done()

    def send_action(self, lines: Lines) -> None:
        """Write an action once; a lost connection takes it without a word.

        Args:
            lines: Headers that are `checked`; a name may come several times.
        """
        if self.lost.done() or self.transport is None:
            return
        if self.transport.get_write_buffer_size() > _UNSENT_BYTES:
            self.drop("it does not read")
            return
        headers: dict[str, list[str]] = {}
        for name, value in lines:
            headers.setdefault(name, []).append(value)
        self.transport.write(str(Action(headers)).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that the connection is over; called by the loop."""
        if not self.lost.done():
            said = getattr(exc, "strerror", None)
            self.lost.set_result(said or "the connection was closed")

    def drop(self, why: str) -> None:
        """Give the connection up at once, whatever is still in it."""
        if not self.lost.done():
            self.lost.set_result(why)
        if self.transport is not None:
            self.transport.abort()
