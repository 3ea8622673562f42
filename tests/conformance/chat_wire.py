"""Every request and every chunk of a chat, held against groq and openai."""

import json

import groq.types.chat
import openai.types.chat
from groq.types import Model as GroqModel
from groq.types.chat.completion_create_params import CompletionCreateParams as GroqParams
from groq.types.shared.error_object import ErrorObject as GroqError
from openai.types import Model as OpenAIModel
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from openai.types.shared.error_object import ErrorObject as OpenAIError

from tests.conformance import strict
from tests.conformance.strict import Unfaithful

PATHS = {"/openai/v1": "groq", "/v1": "openai"}
CHUNKS = {
    "groq": groq.types.chat.ChatCompletionChunk,
    "openai": openai.types.chat.ChatCompletionChunk,
}
WHOLE = {"groq": groq.types.chat.ChatCompletion, "openai": openai.types.chat.ChatCompletion}
ERRORS = {"groq": GroqError, "openai": OpenAIError}
MODELS = {"groq": GroqModel, "openai": OpenAIModel}
REQUESTS = {
    "groq": {True: GroqParams, False: GroqParams},
    "openai": {True: CompletionCreateParamsStreaming, False: CompletionCreateParamsNonStreaming},
}
# In the SDK and refused by Groq's service.
GROQ_REFUSES = {"logprobs", "logit_bias", "top_logprobs"}
CHAT, LIST = "/chat/completions", "/models"
# An error in the middle of Groq's stream says besides what HTTP would have said; neither is in its
# SDK's model, which raises it all the same.
IN_BAND = {"groq": {"status_code"}, "openai": set()}


def vendor(exchange):
    """Return whose wire an exchange is on.

    Raises:
        Unfaithful: If it is on a path that no vendor has.
    """
    base = exchange.path.removesuffix(CHAT).removesuffix(LIST)
    strict.one_of(set(PATHS), base, "path")
    return PATHS[base]


def asked(exchange):
    """Validate a client's request.

    Raises:
        Unfaithful: If the SDK would not send it, or the vendor not take it.
    """
    name = vendor(exchange)
    scheme, _, key = exchange.headers.get("authorization", "").partition(" ")
    strict.one_of({"Bearer"}, scheme, "Authorization's scheme")
    if not key or exchange.query:
        raise Unfaithful("no key, or a query")
    if exchange.path.endswith(LIST):
        strict.one_of({"GET"}, exchange.method, "method")
        return
    strict.one_of({"POST"}, exchange.method, "method")
    strict.one_of({"application/json"}, exchange.headers.get("content-type"), "Content-Type")
    request(name, exchange.body.decode())


def request(name, text):
    """Validate the JSON of a request for an answer.

    Raises:
        Unfaithful: See `asked`.
    """
    body = strict.obj(text)
    for tool in body.get("tools") or ():  # the SDKs let other words pass
        strict.one_of({"function"}, tool.get("type"), "a tool's type")
    if name == "groq":
        if refused := GROQ_REFUSES & body.keys():
            raise Unfaithful(f"refused by the service: {sorted(refused)}")
        # Taken by the service; the SDK has it in `extra_body` only.
        options = body.pop("stream_options", None)
        if options not in (None, {"include_usage": True}, {"include_usage": False}):
            raise Unfaithful(f"stream_options is {options}")
        if body.get("include_reasoning") is not None and body.get("reasoning_format") is not None:
            raise Unfaithful("include_reasoning and reasoning_format exclude each other")
    strict.typed(REQUESTS[name][body.get("stream") is True], body)


def answered(exchange, *, broken=False):
    """Validate an answer: a list of models, an error, a whole answer or a stream.

    Args:
        exchange: The exchange.
        broken: Whether it may stop anywhere, in the middle of a line too.

    Returns:
        The SDK's objects.
    """
    name = vendor(exchange)
    kind = exchange.answer_headers.get("content-type", "").partition(";")[0]
    text = exchange.answer.decode()
    if exchange.status != 200:
        strict.one_of({"application/json"}, kind, "Content-Type")
        return [error(name, strict.obj(text))]
    if exchange.path.endswith(LIST):
        listing = strict.obj(text)
        if listing.keys() != {"object", "data"} or listing["object"] != "list":
            raise Unfaithful("not a list")
        return [_model(MODELS[name], each) for each in listing["data"]]
    if kind == "application/json":
        return [strict.model(WHOLE[name], text)]
    strict.one_of({"text/event-stream"}, kind, "Content-Type")
    return stream(name, text, broken=broken)


def stream(name, text, *, broken=False):
    """Validate the events of a stream; see `answered`."""
    *events, rest = text.split("\n\n")
    if rest and not broken:
        raise Unfaithful("the stream ends in the middle of an event")
    found, ended = [], False
    for event in events:
        if ended:
            raise Unfaithful("an event after the end")
        named, data = _event(event)
        if data == "[DONE]":
            ended = True
            continue
        value = strict.obj(data)
        if named == "error" or "error" in value:
            found.append(error(name, value, in_band=True))
            ended = True
        else:
            found.append(chunk(name, data))
    if not ended and not broken:
        raise Unfaithful("no end")
    return found


def chunk(name, text):
    """Validate one chunk.

    Raises:
        Unfaithful: If the SDK has no such chunk.
    """
    found = strict.model(CHUNKS[name], text)
    if name == "openai" and '"x_groq"' in text:
        raise Unfaithful("x_groq on the generic wire")
    for choice in found.choices:
        for call in choice.delta.tool_calls or ():
            if (call.id is None) != (call.type is None):
                raise Unfaithful("a tool call's id and type come together")
    return found


def error(name, value, *, in_band=False):
    """Validate an error's JSON.

    Raises:
        Unfaithful: If the SDK has no such error.
    """
    if value.keys() != {"error"} or not isinstance(value["error"], dict):
        raise Unfaithful(f"not an error: {sorted(value)}")
    fields = value["error"]
    if in_band:
        fields = {n: v for n, v in fields.items() if n not in IN_BAND[name]}
    return _model(ERRORS[name], fields)


def all_of(exchange, sender, *, broken=False):
    """Validate a request and its answer and count them; returns the SDK's objects."""
    asked(exchange)
    name = vendor(exchange)
    strict.count(name, sender)
    found = answered(exchange, broken=broken)
    for _ in found:
        strict.count(name, "simulator")
    return found


def _event(text):
    fields = dict(line.split(": ", 1) for line in text.split("\n"))
    if extra := fields.keys() - {"event", "data"}:
        raise Unfaithful(f"an event with {sorted(extra)}")
    return fields.get("event", ""), fields.get("data", "")


def _model(kind, value):
    return strict.model(kind, json.dumps(value))
