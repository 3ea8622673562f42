"""Every frame of a Cartesia connection, and the connection itself, held against cartesia."""

import base64
import json

from cartesia.types import websocket_response as answers
from cartesia.types.generation_request import GenerationRequest
from cartesia.types.generation_request_param import GenerationRequestParam
from cartesia.types.supported_language import SupportedLanguage
from cartesia.types.tts_model import TTSModel
from cartesia.types.websocket_client_event import CancelContextRequest

from tests.conformance import strict
from tests.conformance.strict import Unfaithful

PATH = "/tts/websocket"
VERSIONS = {
    "2024-06-10", "2024-11-13", "2025-04-16", "2025-11-04", "2026-03-01", "2026-08-14",
}  # fmt: skip
BARE_VOICE_SINCE = "2026-08-14"
STRUCTURED_ERRORS_SINCE = "2026-03-01"
LANGUAGES = strict.literals(SupportedLanguage)
MODELS = strict.literals(TTSModel) | {"sonic-3.6"}  # which the SDK does not list yet
IN = {
    "chunk": answers.Chunk,
    "flush_done": answers.FlushDone,
    "done": answers.Done,
    "timestamps": answers.Timestamps,
    "phoneme_timestamps": answers.PhonemeTimestamps,
    "error": answers.Error,
}
BUFFER_MS = range(5001)


def asked(exchange):
    """Validate what a client connects with.

    Raises:
        Unfaithful: If address, version or key is not the vendor's.
    """
    strict.one_of({PATH}, exchange.path, "path")
    if exchange.query:
        raise Unfaithful("a query, where headers do")
    strict.one_of(VERSIONS, exchange.headers.get("cartesia-version"), "Cartesia-Version")
    scheme, _, key = exchange.headers.get("authorization", "").partition(" ")
    strict.one_of({"Bearer"}, scheme, "Authorization's scheme")
    if not key.strip():
        raise Unfaithful("no key")


def sent(version, frame):
    """Validate a frame of a client; returns its JSON.

    Raises:
        Unfaithful: If the vendor's SDK would not send it.
    """
    fields = strict.obj(frame)
    if "cancel" in fields:
        strict.model(CancelContextRequest, frame)
        return fields
    checked = dict(fields)
    if "locale" in checked:  # in the SDK with the HTTP requests only
        if "language" in checked:
            raise Unfaithful("language and locale exclude each other")
        checked["language"] = checked.pop("locale").partition("-")[0]
    if version < BARE_VOICE_SINCE:
        strict.model(GenerationRequest, json.dumps(checked))
    else:
        strict.typed(GenerationRequestParam, checked)
    strict.one_of(MODELS, fields["model_id"], "model_id")
    strict.one_of(LANGUAGES, checked.get("language", "en"), "language")
    if fields.get("max_buffer_delay_ms", 0) not in BUFFER_MS:
        raise Unfaithful("max_buffer_delay_ms is beyond 0 to 5000")
    return fields


def received(version, frame):
    """Validate a frame of the simulator; returns the SDK's object.

    Raises:
        Unfaithful: If the vendor's SDK does not know it.
    """
    fields = strict.obj(frame)
    strict.one_of(set(IN), fields.get("type"), "type")
    if fields["type"] == "error" and version < STRUCTURED_ERRORS_SINCE:
        if not isinstance(fields.pop("error", None), str):
            raise Unfaithful("an error of the old shape without its text")
        frame = json.dumps(fields)
    found = strict.model(IN[fields["type"]], frame)
    if isinstance(found, answers.Chunk):
        base64.b64decode(found.data, validate=True)
        strict.one_of({206}, found.status_code, "status_code")
    elif isinstance(found, answers.Timestamps):
        _timestamps(found)
    elif isinstance(found, answers.Error) and version >= STRUCTURED_ERRORS_SINCE:
        if not (found.title and found.message and found.status_code and found.request_id):
            raise Unfaithful("an error without title, message, status_code or request_id")
    return found


def _timestamps(found):
    times = found.word_timestamps
    if times is None or not len(times.words) == len(times.start) == len(times.end):
        raise Unfaithful("as many words as starts and ends are due")
    if any(s > e for s, e in zip(times.start, times.end, strict=True)):
        raise Unfaithful("a word ends before it starts")


def conversation(exchange):
    """Check what belongs together: one context's frames differ in text and its end only.

    Raises:
        Unfaithful: If a client changes its mind in the middle, or a simulator speaks of a context
            that nobody opened.
    """
    fixed, version = {}, exchange.headers["cartesia-version"]
    for frame in exchange.sent:
        fields = sent(version, frame)
        if "cancel" in fields:
            continue
        kept = {n: v for n, v in fields.items() if n not in ("transcript", "continue", "flush")}
        if fixed.setdefault(fields["context_id"], kept) != kept:
            raise Unfaithful("frames of one context differ in more than their text")
    for frame in exchange.received:
        context = strict.obj(frame).get("context_id")
        if context is not None and context not in fixed:
            raise Unfaithful("a frame of a context that nobody opened")


def refused(exchange):
    """Validate a refusal before the upgrade, as far as that can be: its body is not documented.

    The SDK has no model of it but that of an error on the socket.

    Raises:
        Unfaithful: If its body is not such an error with the same status.
    """
    found = received(exchange.headers["cartesia-version"], exchange.answer.decode())
    strict.one_of({"error"}, found.type, "type")
    strict.one_of({exchange.status}, found.status_code, "status_code")


def all_of(exchange, sender):
    """Validate a whole connection and count its frames; returns the simulator's, as models."""
    asked(exchange)
    version = exchange.headers["cartesia-version"]
    for frame in exchange.sent:
        sent(version, frame)
        strict.count("cartesia", sender)
    conversation(exchange)
    return [seen(version, frame) for frame in exchange.received]


def seen(version, frame):
    """Validate and count one frame of the simulator."""
    found = received(version, frame)
    strict.count("cartesia", "simulator")
    return found
