"""The frames Cartesia sends, read into events."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from audiosocket_agent.errors import ProviderError, WireViolation
from audiosocket_agent.seams import SpokenWord
from audiosocket_agent.tts.cartesia_wire.failures import PROVIDER, from_frame


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio of a context; may begin or end in the middle of a sample."""

    context_id: str
    audio: bytes


@dataclass(frozen=True, slots=True)
class Timestamps:
    """When words are heard, in milliseconds since the start of the context's audio."""

    context_id: str
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """A context has ended."""

    context_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A context, or with "" for it the whole connection, has failed."""

    context_id: str
    error: ProviderError


Event = Chunk | Timestamps | Done | Failed


def read(frame: str | bytes) -> Event | None:
    """Read one frame; None for those that say nothing of use, such as ``flush_done``.

    Raises:
        WireViolation: If it is not what the protocol allows.
    """
    try:
        found = json.loads(frame)
    except ValueError:
        raise WireViolation(PROVIDER, "a frame is not JSON") from None
    if not isinstance(found, dict):
        raise WireViolation(PROVIDER, "a frame is not an object")
    context_id = found.get("context_id")
    context_id = context_id if isinstance(context_id, str) else ""
    kind = found.get("type")
    if kind == "chunk":
        return Chunk(context_id, _audio(found.get("data")))
    if kind == "timestamps":
        return Timestamps(context_id, _words(found.get("word_timestamps")))
    if kind == "done":
        return Done(context_id)
    return Failed(context_id, from_frame(found)) if kind == "error" else None


def _audio(data: Any) -> bytes:
    try:
        return base64.b64decode(data or "", validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise WireViolation(PROVIDER, "audio is not base64") from None


def _words(found: Any) -> tuple[SpokenWord, ...]:
    try:
        times = zip(found["words"], found["start"], found["end"], strict=True)
        return tuple(SpokenWord(str(w), float(s) * 1000, float(e) * 1000) for w, s, e in times)
    except (KeyError, TypeError, ValueError):
        raise WireViolation(PROVIDER, "word times cannot be read") from None
