"""SIP messages as text: reading, writing, and what may stand in a From header.

Sans-I/O. Only what a telephone needs: UDP, one message per datagram, no multipart bodies.
Source: RFC 3261 sections 7, 19.1, 20 and 25.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_COMPACT = {  # RFC 3261 7.3.3
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
    "c": "content-type", "s": "subject", "k": "supported", "e": "content-encoding",
}  # fmt: skip
_FOLD = re.compile(rb"\r\n[ \t]+")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_USER_SAFE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()&=+$,;?/"
)


class MalformedMessage(ValueError):
    """A datagram that is no SIP message."""


@dataclass(slots=True)
class Message:
    """One SIP request or response.

    Attributes:
        first: The request or status line.
        headers: Names and values in the order of the wire, names as written.
        body: The body bytes.
    """

    first: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def status(self) -> int | None:
        """The status of a response, None for a request."""
        return int(self.first.split(" ", 2)[1]) if self.first.startswith("SIP/2.0 ") else None

    @property
    def reason(self) -> str:
        """The reason phrase of a response, which may be empty."""
        return (self.first.split(" ", 2) + ["", ""])[2]

    @property
    def method(self) -> str:
        """The method of a request, or the one a response answers (from CSeq)."""
        if self.status is None:
            return self.first.split(" ", 1)[0]
        return self.get("cseq").split()[-1]

    @property
    def cseq(self) -> int:
        """The sequence number of CSeq."""
        return int(self.get("cseq").split()[0])

    @property
    def branch(self) -> str:
        """The branch of the topmost Via, which names the transaction."""
        return parameter(self.get("via"), "branch")

    def get(self, name: str) -> str:
        """The first value of a header, an empty text when it is absent."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header in wire order; comma lists are left as they are."""
        wanted = name.lower()
        return [v for n, v in self.headers if _COMPACT.get(n.lower(), n.lower()) == wanted]

    def encode(self) -> bytes:
        """The datagram, with Content-Length."""
        lines = [self.first, *(f"{n}: {v}" for n, v in self.headers)]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body


def parse(data: bytes) -> Message:
    """Read one datagram.

    Raises:
        MalformedMessage: If it is not SIP, or lacks what every message must have.
    """
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise MalformedMessage("no end of headers")
    lines = _FOLD.sub(b" ", head).decode("utf-8", "replace").split("\r\n")
    message = Message(lines[0], body=body)
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise MalformedMessage("header line without a colon")
        message.headers.append((name.strip(), value.strip()))
    if " SIP/2.0" not in lines[0] and not re.match(r"SIP/2\.0 [1-6]\d\d", lines[0]):
        raise MalformedMessage("neither request nor status line")
    if not all(message.get(n) for n in ("via", "from", "to", "call-id")):
        raise MalformedMessage("a mandatory header is missing")
    if not re.fullmatch(r"\d+\s+[A-Z]+", message.get("cseq")):
        raise MalformedMessage("CSeq is not a number and a method")
    return message


def parameter(value: str, name: str) -> str:
    """A `;name=value` parameter of a header, empty when absent; URI parameters do not count."""
    tail = value.rpartition(">")[2]
    found = re.search(rf";\s*{name}\s*=\s*([^;,\s]+)", tail, re.IGNORECASE)
    return found.group(1) if found else ""


def uri_of(value: str) -> str:
    """The URI of a name-addr or addr-spec header value."""
    found = re.search(r"<([^>]*)>\s*(?:[;,]|$)", value)
    return found.group(1) if found else value.split(";", 1)[0].strip()


def reply(request: Message, status: int, reason: str, to_tag: str = "") -> Message:
    """A response carrying back what must be carried back (RFC 3261 8.2.6).

    Args:
        request: What is answered.
        status: Three digits.
        reason: The phrase beside them.
        to_tag: Our tag, added to To when it has none yet.
    """
    response = Message(f"SIP/2.0 {status} {reason}")
    response.headers += [("Via", via) for via in request.all("via")]
    response.headers += [("Record-Route", route) for route in request.all("record-route")]
    to = request.get("to")
    if to_tag and not parameter(to, "tag"):
        to = f"{to};tag={to_tag}"
    response.headers += [("From", request.get("from")), ("To", to)]
    response.headers += [("Call-ID", request.get("call-id")), ("CSeq", request.get("cseq"))]
    return response


def quoted(text: str) -> str:
    """A display name as a quoted-string.

    A line break cannot be escaped inside one (quoted-pair excludes CR and LF): the wire's only way
    to carry it is a folded line, which is what this writes.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\\\0")
    return '"' + _NEWLINE.sub("\r\n ", escaped) + '"'


def user_part(text: str) -> str:
    """A user part with everything outside the grammar percent-escaped, line breaks included."""
    return "".join(chr(b) if b in _USER_SAFE else f"%{b:02X}" for b in text.encode())


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as hostile as wanted.

    Attributes:
        number: The user part of the From URI, any text; escaped as the wire demands.
        name: The display name, any text; None leaves it out.
        withheld: Sends the anonymous From of RFC 3323 and `Privacy: id` instead.
        raw_from: The whole From value without its tag, sent as it is: for what is not even legal.
    """

    number: str = "07700900123"
    name: str | None = None
    withheld: bool = False
    raw_from: str | None = None

    def from_value(self, host: str) -> str:
        """The From header value without a tag."""
        if self.raw_from is not None:
            return self.raw_from
        if self.withheld:
            return '"Anonymous" <sip:anonymous@anonymous.invalid>'
        name = "" if self.name is None else quoted(self.name) + " "
        return f"{name}<sip:{user_part(self.number)}@{host}>"

    def privacy(self) -> Iterable[tuple[str, str]]:
        """The headers that ask for the number not to be shown."""
        return [("Privacy", "id")] if self.withheld else []
