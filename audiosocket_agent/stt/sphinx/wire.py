"""What the media process and a recogniser process say to each other over pipes.

A message is two big-endian 32-bit lengths, a JSON object of the first length, raw bytes of the
second. The worker says ``Ready`` once; then every request is answered by one reply with its number.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

PREFIX = struct.Struct(">II")
MAX_JSON_BYTES = 64 * 1024
MAX_PCM_BYTES = 12 * 16_000  # 12 s at 8000 Hz * 2 bytes; an utterance is cut before this


class WireError(Exception):
    """The other side sent something that is no message."""


@dataclass(frozen=True, slots=True)
class Request:
    """Recognise one utterance.

    Attributes:
        number: Repeated in the reply.
        phrases: What may have been said; normalised.
        pcm: The utterance.
    """

    number: int
    phrases: tuple[str, ...]
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What was recognised; number 0 is the worker saying that it is ready.

    Attributes:
        number: The request's.
        text: One of its phrases, or empty.
        confidence: 0.0 to 1.0.
    """

    number: int
    text: str = ""
    confidence: float = 0.0


def encode_request(request: Request) -> bytes:
    """Write a request."""
    return _encode({"number": request.number, "phrases": request.phrases}, request.pcm)


def encode_reply(reply: Reply) -> bytes:
    """Write a reply."""
    return _encode(
        {"number": reply.number, "text": reply.text, "confidence": reply.confidence}, b""
    )


def lengths(prefix: bytes) -> tuple[int, int]:
    """Read the two lengths at the start of a message.

    Raises:
        WireError: If they are longer than any message.
    """
    json_bytes, pcm_bytes = PREFIX.unpack(prefix)
    if json_bytes > MAX_JSON_BYTES or pcm_bytes > MAX_PCM_BYTES:
        raise WireError(f"lengths {json_bytes} and {pcm_bytes}")
    return json_bytes, pcm_bytes


def decode_request(head: bytes, pcm: bytes) -> Request:
    """Read a request.

    Raises:
        WireError: If it is none.
    """
    try:
        fields = json.loads(head)
        return Request(int(fields["number"]), tuple(map(str, fields["phrases"])), pcm)
    except (ValueError, KeyError, TypeError) as error:
        raise WireError("not a request") from error


def decode_reply(head: bytes) -> Reply:
    """Read a reply.

    Raises:
        WireError: If it is none.
    """
    try:
        fields = json.loads(head)
        return Reply(int(fields["number"]), str(fields["text"]), float(fields["confidence"]))
    except (ValueError, KeyError, TypeError) as error:
        raise WireError("not a reply") from error


def _encode(fields: dict[str, object], pcm: bytes) -> bytes:
    head = json.dumps(fields, separators=(",", ":")).encode()
    return PREFIX.pack(len(head), len(pcm)) + head + pcm
