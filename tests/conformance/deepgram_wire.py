"""Every frame of a Deepgram connection, and the connection itself, held against deepgram-sdk."""

import inspect

from deepgram import DeepgramClientEnvironment
from deepgram.listen.v1.client import AsyncV1Client
from deepgram.listen.v1.types import (
    ListenV1CloseStream,
    ListenV1Configure,
    ListenV1ConfigureFailure,
    ListenV1ConfigureSuccess,
    ListenV1Error,
    ListenV1Finalize,
    ListenV1KeepAlive,
    ListenV1Metadata,
    ListenV1Results,
    ListenV1SpeechStarted,
    ListenV1UtteranceEnd,
)
from deepgram.listen.v1.types.listen_v1configure_failure_code import ListenV1ConfigureFailureCode
from deepgram.listen.v2.client import AsyncV2Client
from deepgram.listen.v2.types import (
    ListenV2CloseStream,
    ListenV2Configure,
    ListenV2ConfigureFailure,
    ListenV2ConfigureSuccess,
    ListenV2Connected,
    ListenV2FatalError,
    ListenV2ForceEndTurn,
    ListenV2TurnInfo,
    ListenV2Warning,
)
from deepgram.listen.v2.types.listen_v2turn_info_event import ListenV2TurnInfoEvent
from deepgram.types.error_response_legacy_error import ErrorResponseLegacyError
from deepgram.types.listen_v1encoding import ListenV1Encoding
from deepgram.types.listen_v1model import ListenV1Model
from deepgram.types.listen_v2encoding import ListenV2Encoding

from tests.conformance import strict
from tests.conformance.strict import Unfaithful

OUT = {
    "/v1/listen": {
        "KeepAlive": ListenV1KeepAlive,
        "Finalize": ListenV1Finalize,
        "CloseStream": ListenV1CloseStream,
        "Configure": ListenV1Configure,
    },
    "/v2/listen": {
        "CloseStream": ListenV2CloseStream,
        "ForceEndTurn": ListenV2ForceEndTurn,
        "Configure": ListenV2Configure,
    },
}
IN = {
    "/v1/listen": {
        "Results": ListenV1Results,
        "Metadata": ListenV1Metadata,
        "SpeechStarted": ListenV1SpeechStarted,
        "UtteranceEnd": ListenV1UtteranceEnd,
        "ConfigureSuccess": ListenV1ConfigureSuccess,
        "ConfigureFailure": ListenV1ConfigureFailure,
        "Error": ListenV1Error,
    },
    "/v2/listen": {
        "Connected": ListenV2Connected,
        "TurnInfo": ListenV2TurnInfo,
        "ConfigureSuccess": ListenV2ConfigureSuccess,
        "ConfigureFailure": ListenV2ConfigureFailure,
        "Warning": ListenV2Warning,
        "Error": ListenV2FatalError,
    },
}
NOT_QUERY = {"self", "authorization", "request_options"}
PARAMETERS = {
    "/v1/listen": set(inspect.signature(AsyncV1Client.connect).parameters) - NOT_QUERY,
    "/v2/listen": set(inspect.signature(AsyncV2Client.connect).parameters) - NOT_QUERY,
}
ENCODINGS = {
    "/v1/listen": strict.literals(ListenV1Encoding),
    "/v2/listen": strict.literals(ListenV2Encoding),
}
MODELS = {
    "/v1/listen": strict.literals(ListenV1Model),
    "/v2/listen": {"flux-general-en", "flux-general-multi"},  # the SDK leaves it to a text
}
FLAGS = set(
    "interim_results vad_events smart_format punctuate numerals profanity_filter dictation "
    "multichannel mip_opt_out diarize detect_entities".split()
)
REPEATED = {"keyterm", "keywords", "language_hint", "redact", "replace", "search", "tag", "extra"}
THRESHOLDS = {  # the SDK types them as anything
    "eot_threshold": (0.5, 1.0),
    "eager_eot_threshold": (0.3, 0.9),
    "eot_timeout_ms": (500, 60_000),
}
TRIGGERS = {"model", "manual", "timeout"}
SCHEMES = ("Token", "Bearer")


def environment(tap):
    """Return what points the SDK at a wiretap."""
    return DeepgramClientEnvironment(
        base=tap.http, production=tap.ws, agent=tap.ws, agent_rest=tap.http
    )


def wire(path):
    """Return the name under which frames of a path are counted."""
    return f"deepgram {path[1:3]}"


def sent(path, frame):
    """Validate a frame of a client.

    Raises:
        Unfaithful: If the vendor's SDK would not send it.
    """
    if isinstance(frame, bytes):
        if not frame:
            raise Unfaithful("an empty binary frame, which closes the stream")
        return None
    found = _of_type(OUT[path], frame)
    if isinstance(found, ListenV2Configure) and found.thresholds is not None:
        _thresholds(found.thresholds)
    return found


def received(path, frame):
    """Validate a frame of the simulator.

    Raises:
        Unfaithful: If the vendor's SDK does not know it.
    """
    found = _of_type(IN[path], frame)
    if isinstance(found, ListenV1Results):
        _results(found)
    elif isinstance(found, ListenV1ConfigureFailure):
        strict.one_of(strict.literals(ListenV1ConfigureFailureCode), found.code, "code")
    elif isinstance(found, ListenV1SpeechStarted | ListenV1UtteranceEnd):
        _channel(found.channel)
    elif isinstance(found, ListenV2TurnInfo):
        _turn_info(found)
    elif isinstance(found, ListenV2ConfigureSuccess):
        _thresholds(found.thresholds)
    return found


def refused(exchange):
    """Validate a refusal before the upgrade.

    Raises:
        Unfaithful: If its body or headers are not the vendor's.
    """
    body = refusal(exchange.answer.decode())
    if exchange.answer_headers.get("dg-request-id") != body.request_id:
        raise Unfaithful("a refusal without dg-request-id")
    if not exchange.answer_headers.get("dg-error"):
        raise Unfaithful("a refusal without dg-error")
    return body


def refusal(text):
    """Validate the body of a refusal.

    Raises:
        Unfaithful: If it is not the vendor's.
    """
    body = strict.model(ErrorResponseLegacyError, text)
    if not (body.err_code and body.err_msg and body.request_id):
        raise Unfaithful("a refusal without code, text or request id")
    return body


def asked(exchange):
    """Validate what a client connects with: address, query and key.

    Raises:
        Unfaithful: If the SDK has no such parameter, or the vendor no such value.
    """
    if exchange.path not in PARAMETERS:
        raise Unfaithful(f"no such path: {exchange.path}")
    names = [name for name, _ in exchange.query]
    if unknown := set(names) - PARAMETERS[exchange.path]:
        raise Unfaithful(f"no such parameters: {sorted(unknown)}")
    if twice := {name for name in names if names.count(name) > 1} - REPEATED:
        raise Unfaithful(f"given twice: {sorted(twice)}")
    query = dict(exchange.query)
    strict.one_of(MODELS[exchange.path], query.get("model"), "model")
    strict.one_of(ENCODINGS[exchange.path], query.get("encoding"), "encoding")
    for name in FLAGS & query.keys():
        strict.one_of({"true", "false"}, query[name], name)
    scheme, _, key = exchange.headers.get("authorization", "").partition(" ")
    strict.one_of(set(SCHEMES), scheme, "Authorization's scheme")
    if not key.strip() or any(key in value for value in query.values()):
        raise Unfaithful("no key, or the key in the address")


def all_of(exchange, sender):
    """Validate a whole connection and count its messages; returns the simulator's, as models."""
    asked(exchange)
    for frame in exchange.sent:
        if sent(exchange.path, frame) is not None:  # audio has no model
            strict.count(wire(exchange.path), sender)
    return [seen(exchange.path, frame) for frame in exchange.received]


def seen(path, frame):
    """Validate and count one frame of the simulator."""
    found = received(path, frame)
    strict.count(wire(path), "simulator")
    return found


def _of_type(kinds, frame):
    kind = strict.obj(frame).get("type")
    strict.one_of(set(kinds), kind, "type")
    return strict.model(kinds[kind], frame)


def _results(found):
    _channel(found.channel_index)
    if found.speech_final and not found.is_final:
        raise Unfaithful("speech_final without is_final")
    if not found.channel.alternatives:
        raise Unfaithful("no alternative")
    for alternative in found.channel.alternatives:
        _words(alternative.words)


def _turn_info(found):
    strict.one_of(strict.literals(ListenV2TurnInfoEvent), found.event, "event")
    if (found.event == "EndOfTurn") != (found.trigger is not None):
        raise Unfaithful(f"{found.event} with trigger {found.trigger}")
    if found.trigger is not None:
        strict.one_of(TRIGGERS, found.trigger, "trigger")
    if found.audio_window_end < found.audio_window_start:
        raise Unfaithful("the window ends before it starts")
    _words(found.words)


def _thresholds(found):
    for name, (least, most) in THRESHOLDS.items():
        value = getattr(found, name)
        if value is None:
            continue
        if not isinstance(value, int | float) or not least <= value <= most:
            raise Unfaithful(f"{name} is {value!r}, which is not from {least} to {most}")


def _channel(pair):
    if len(pair) != 2 or not 0 <= pair[0] < pair[1]:
        raise Unfaithful(f"not a channel of how many: {pair}")


def _words(words):
    at = 0.0
    for word in words:
        if not at <= word.start <= word.end:
            raise Unfaithful("words overlap or run backwards")
        if not 0 <= word.confidence <= 1:
            raise Unfaithful("confidence beyond 0 to 1")
        at = word.end
