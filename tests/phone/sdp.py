"""Session descriptions of one audio stream: offer, answer, what was agreed.

Sans-I/O. Source: RFC 4566, RFC 3264, RFC 3551 table 4, RFC 4733.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EVENT_PAYLOAD_TYPE = 101  # what everybody uses; the peer's answer decides
_STATIC = {0: "PCMU", 8: "PCMA", 9: "G722"}  # RFC 3551: no rtpmap needed
CODECS = {"PCMU": 0, "PCMA": 8, "G722": 9}
_MIRROR = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


class MalformedDescription(ValueError):
    """An SDP body without a usable audio stream."""


@dataclass(frozen=True, slots=True)
class Media:
    """One audio stream as its describer wants it.

    Attributes:
        host: Where to send to.
        port: Where to send to; 0 means the stream is refused.
        names: Payload type to upper-case encoding name, in order of preference.
        direction: `sendrecv`, `sendonly`, `recvonly` or `inactive`.
    """

    host: str
    port: int
    names: dict[int, str]
    direction: str = "sendrecv"

    def codec(self, ours: Sequence[str]) -> tuple[str, int] | None:
        """The first encoding of theirs that we have too, with its payload type."""
        for payload_type, name in self.names.items():
            if name in ours:
                return name, payload_type
        return None

    def event_payload_type(self) -> int | None:
        """The payload type for telephone events, None if they take none."""
        return next((pt for pt, name in self.names.items() if name == "TELEPHONE-EVENT"), None)


def parse(text: str) -> Media:
    """Read the first audio stream of a description.

    Raises:
        MalformedDescription: If there is none, or it has no address.
    """
    host, direction, port = "", "sendrecv", -1
    names: dict[int, str] = {}
    in_audio = False
    for line in text.splitlines():
        kind, _, value = line.partition("=")
        words = value.split()
        if kind == "m":
            in_audio = port < 0 and words[0] == "audio"
            if in_audio:
                port = int(words[1])
                names = {int(pt): _STATIC.get(int(pt), "") for pt in words[3:]}
        elif port >= 0 and not in_audio:
            continue  # another stream's attributes
        elif kind == "c":
            host = words[2].split("/")[0]
        elif kind == "a" and value.startswith("rtpmap:"):
            names[int(words[0][7:])] = words[1].split("/")[0].upper()
        elif kind == "a" and value in ("sendrecv", "sendonly", "recvonly", "inactive"):
            direction = value
    if port < 0 or not host:
        raise MalformedDescription("no audio stream with an address")
    return Media(host, port, names, direction)


def describe(
    host: str,
    port: int,
    names: dict[int, str],
    *,
    session: int = 1,
    version: int = 1,
    direction: str = "sendrecv",
) -> bytes:
    """Write a description of one stream of 20 ms packets.

    Args:
        host: Our address.
        port: Our RTP port.
        names: Payload types to encoding names, preferred first.
        session: The origin line's id: one for the life of the call.
        version: One more for each description that differs.
        direction: As in `Media`.
    """
    types = " ".join(str(pt) for pt in names)
    lines = [
        "v=0",
        f"o=phone {session} {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
    ]
    lines.append(f"m=audio {port} RTP/AVP {types}")
    lines += [
        f"a=rtpmap:{pt} {name.lower() if pt > 95 else name}/8000" for pt, name in names.items()
    ]
    lines += [f"a=fmtp:{pt} 0-16" for pt, name in names.items() if name == "TELEPHONE-EVENT"]
    lines += ["a=ptime:20", f"a={direction}", ""]
    return "\r\n".join(lines).encode()


def offered(codecs: Sequence[str]) -> dict[int, str]:
    """Payload types of an offer with these encodings and telephone events."""
    return {**{CODECS[name]: name for name in codecs}, EVENT_PAYLOAD_TYPE: "TELEPHONE-EVENT"}


def accepted(offer: Media, codecs: Sequence[str]) -> tuple[dict[int, str], str]:
    """What an answer to this offer holds: payload types in its numbering, and our direction.

    Raises:
        MalformedDescription: If we have none of its encodings.
    """
    names = {pt: n for pt, n in offer.names.items() if n in codecs}
    if not names:
        raise MalformedDescription("no encoding in common")
    event = offer.event_payload_type()
    if event is not None:
        names[event] = "TELEPHONE-EVENT"
    return names, _MIRROR.get(offer.direction, "sendrecv")
