"""What the Cartesia wire accepts, and how it says no. Pure.

Fields, values and the shape of ``voice`` by version: cartesia 4.2 (`GenerationRequestParam`) and
the vendor's documentation. Only ``pcm_s16le`` is synthesised: the other encodings, and phoneme
timestamps, are refused by this simulator, and say so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

VERSIONS = ("2024-06-10", "2024-11-13", "2025-04-16", "2025-11-04", "2026-03-01", "2026-08-14")
STRUCTURED_SINCE = "2026-03-01"  # errors with a code, instead of one text
PLAIN_VOICE_SINCE = "2026-08-14"  # a voice is its id, without a mode
MODELS = (
    "sonic-3", "sonic-3-2025-10-27", "sonic-3-2026-01-12", "sonic-3.5", "sonic-3.5-2026-05-04",
    "sonic-3.6", "sonic-latest",
)  # fmt: skip
LOCALE_MODELS = ("sonic-3.6", "sonic-latest")
WRONG = ("", "wrong")  # as a key: refused; as a voice: there is none
RATES_HZ = (8000, 16000, 22050, 24000, 44100, 48000)
ENCODINGS = ("pcm_s16le", "pcm_mulaw", "pcm_alaw", "pcm_f32le")
MOST_BUFFER_MS = 5000
DEFAULT_BUFFER_MS = 3000
SPEED, VOLUME = (0.6, 1.5), (0.5, 2.0)
REQUIRED = ("context_id", "model_id", "transcript", "voice", "output_format")
FIELDS = frozenset((
    *REQUIRED, "continue", "add_phoneme_timestamps", "add_timestamps", "flush", "generation_config",
    "language", "locale", "normalization", "max_buffer_delay_ms", "pronunciation_dict_id", "speed",
    "use_normalized_timestamps",
))  # fmt: skip
CHANGING = ("transcript", "continue", "flush")


class Refusal(Exception):
    """A request that is not taken.

    Attributes:
        status: Like an HTTP status.
        code: For programs.
        title: In a few words.
        message: For people.
        context_id: The context it concerns, or "" for the connection.
    """

    def __init__(
        self, status: int, code: str, title: str, message: str, context_id: str = ""
    ) -> None:
        super().__init__(status, code, title, message, context_id)
        self.status = status
        self.code = code
        self.title = title
        self.message = message
        self.context_id = context_id


@dataclass(frozen=True, slots=True)
class Cancel:
    """The client wants no more of a context."""

    context_id: str


@dataclass(frozen=True, slots=True)
class Say:
    """Text for a context.

    Attributes:
        context_id: Which.
        transcript: The text, verbatim.
        more: Whether more may follow.
        flush: Whether to speak what is buffered now.
        buffer_ms: How long text may be kept for the sake of prosody; 0 not at all.
        timestamps: Whether word times are wanted.
        rate_hz: Of the audio.
        fixed: Every field that must stay the same on a context.
        voice: Id of the voice.
    """

    context_id: str
    transcript: str
    more: bool
    flush: bool
    buffer_ms: int
    timestamps: bool
    rate_hz: int
    fixed: Mapping[str, object]
    voice: str


def read_message(text: str, version: str) -> Say | Cancel:
    """Read one message of a client.

    Args:
        text: The text frame.
        version: The date the client pinned.

    Raises:
        Refusal: As the vendor says it.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise bad("", "the message is not JSON") from None
    if not isinstance(found, dict):
        raise bad("", "the message is not a JSON object")
    context_id = found.get("context_id")
    if not isinstance(context_id, str) or not context_id:
        raise bad("", "context_id is required")
    if "cancel" in found:
        if found["cancel"] is not True or len(found) != 2:
            raise bad(context_id, "a cancel has context_id and cancel: true, nothing else")
        return Cancel(context_id)
    return _read_say(found, context_id, version)


def bad(context_id: str, message: str) -> Refusal:
    """Return the refusal of a request that is written wrongly."""
    return Refusal(400, "invalid_request", "Invalid request", message, context_id)


def model_not_found(context_id: str) -> Refusal:
    """Return the refusal of a model there is not."""
    message = "The requested model does not exist."
    return Refusal(404, "model_not_found", "Model not found", message, context_id)


def context_expired(context_id: str) -> Refusal:
    """Return the refusal of text for a context that has ended."""
    message = "The context has expired or was closed."
    return Refusal(400, "context_expired", "Context expired", message, context_id)


def error_frame(refusal: Refusal, version: str, request_id: str) -> dict[str, object]:
    """Return the error message of a version."""
    frame: dict[str, object] = {"type": "error", "done": True, "status_code": refusal.status}
    if refusal.context_id:
        frame["context_id"] = refusal.context_id
    if version < STRUCTURED_SINCE:
        return {**frame, "error": f"{refusal.title}: {refusal.message}"}
    return {
        **frame,
        "error_code": refusal.code,
        "title": refusal.title,
        "message": refusal.message,
        "request_id": request_id,
    }


def check_version(version: str) -> None:
    """Check the date a client pins.

    Raises:
        Refusal: If it is missing or not one of the vendor's.
    """
    if version not in VERSIONS:
        raise bad("", f"Cartesia-Version must be one of {', '.join(VERSIONS)}")


def _read_say(found: dict[str, object], context_id: str, version: str) -> Say:
    def check(right: bool, message: str) -> None:
        if not right:
            raise bad(context_id, message)

    for name in found:
        check(name in FIELDS, f"unknown field {name!r}")
    for name in REQUIRED:
        check(name in found, f"{name} is required")
    transcript = found["transcript"]
    if not isinstance(transcript, str):
        raise bad(context_id, "transcript must be a string")
    if found["model_id"] not in MODELS:
        raise model_not_found(context_id)
    voice = _voice(found["voice"], context_id, version)
    rate_hz = _rate(found["output_format"], context_id)
    for name in ("continue", "flush", "add_timestamps", "use_normalized_timestamps"):
        check(isinstance(found.get(name), bool | None), f"{name} must be a boolean")
    check(not found.get("add_phoneme_timestamps"), "phoneme timestamps are not simulated")
    check(not ("language" in found and "locale" in found), "language and locale exclude each other")
    check("locale" not in found or found["model_id"] in LOCALE_MODELS, "locale needs sonic-3.6")
    buffer_ms = found.get("max_buffer_delay_ms")
    if buffer_ms is None:
        buffer_ms = DEFAULT_BUFFER_MS
    if not isinstance(buffer_ms, int) or not 0 <= buffer_ms <= MOST_BUFFER_MS:
        raise bad(context_id, f"max_buffer_delay_ms must be from 0 to {MOST_BUFFER_MS}")
    _check_generation(found.get("generation_config"), context_id)
    return Say(
        context_id=context_id,
        transcript=transcript,
        more=bool(found.get("continue")),
        flush=bool(found.get("flush")),
        buffer_ms=buffer_ms,
        timestamps=bool(found.get("add_timestamps")),
        rate_hz=rate_hz,
        fixed={name: value for name, value in found.items() if name not in CHANGING},
        voice=voice,
    )


def _voice(voice: object, context_id: str, version: str) -> str:
    if version >= PLAIN_VOICE_SINCE:
        chosen = voice.get("id") if isinstance(voice, dict) else voice
        shape = "voice must be the voice's id, or an object with the id"
    else:
        right = isinstance(voice, dict) and voice.keys() == {"mode", "id"}
        chosen = (
            voice["id"] if right and isinstance(voice, dict) and voice["mode"] == "id" else None
        )
        shape = 'voice must be {"mode": "id", "id": ...}'
    if not isinstance(chosen, str):
        raise bad(context_id, shape)
    if chosen in WRONG:
        message = "The requested voice does not exist."
        raise Refusal(404, "voice_not_found", "Voice not found", message, context_id)
    return chosen


def _rate(given: object, context_id: str) -> int:
    if not isinstance(given, dict) or given.keys() != {"container", "encoding", "sample_rate"}:
        raise bad(context_id, "output_format must have container, encoding and sample_rate")
    if given["container"] != "raw":
        raise bad(context_id, "output_format.container must be raw on the WebSocket")
    if given["encoding"] not in ENCODINGS:
        raise bad(context_id, f"output_format.encoding must be one of {', '.join(ENCODINGS)}")
    if given["encoding"] != "pcm_s16le":
        raise bad(context_id, "only pcm_s16le is simulated")
    rate_hz = given["sample_rate"]
    if not isinstance(rate_hz, int) or rate_hz not in RATES_HZ:
        listed = ", ".join(map(str, RATES_HZ))
        raise bad(context_id, f"output_format.sample_rate must be one of {listed}")
    return rate_hz


def _check_generation(config: object, context_id: str) -> None:
    if config is None:
        return
    if not isinstance(config, dict) or config.keys() - {"speed", "volume", "emotion"}:
        raise bad(context_id, "generation_config may have speed, volume and emotion")
    for name, (least, most) in (("speed", SPEED), ("volume", VOLUME)):
        value = config.get(name, 1.0)
        if not isinstance(value, int | float) or not least <= value <= most:
            raise bad(context_id, f"generation_config.{name} must be from {least} to {most}")
