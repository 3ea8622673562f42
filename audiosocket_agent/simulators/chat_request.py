"""What the chat wire accepts: a request is read, or refused as the vendor refuses it. Pure.

Groq's manners are strict: a property it does not know is an error, and so is a model that is gone.
The generic manners (vLLM, Ollama and the like) take any model and ignore what they do not know.
Where Groq's own behaviour is not documented (tool messages that answer no call) OpenAI's stricter
rule holds for both: a client that satisfies it is safe everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MODELS = ("openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.6-27b", "qwen/qwen3.8-27b")
DECOMMISSIONED = frozenset((
    "llama-3.3-70b-specdec", "llama3-70b-8192", "llama3-8b-8192", "mixtral-8x7b-32768",
    "gemma2-9b-it", "qwen/qwen3-32b", "meta-llama/llama-4-scout-17b-16e-instruct",
))  # fmt: skip
EFFORTS = {
    "openai/gpt-oss-120b": ("low", "medium", "high"),
    "openai/gpt-oss-20b": ("low", "medium", "high"),
    "qwen/qwen3.6-27b": ("none", "default"),
    "qwen/qwen3.8-27b": ("none", "default", "low", "medium", "high"),
}
CONTEXT_TOKENS = 131_072
COMPLETION_TOKENS = 65_536
# groq 1.7.0, CompletionCreateParams, less logit_bias, logprobs and top_logprobs, which are in the
# SDK and refused by the service; stream_options is not in the SDK and taken by the service.
PROPERTIES = frozenset((
    "messages", "model", "citation_options", "compound_custom", "disable_tool_validation",
    "documents", "exclude_domains", "frequency_penalty", "function_call", "functions",
    "include_domains", "include_reasoning", "max_completion_tokens", "max_tokens", "metadata", "n",
    "parallel_tool_calls", "presence_penalty", "reasoning_effort", "reasoning_format",
    "response_format", "search_settings", "seed", "service_tier", "stop", "store", "stream",
    "stream_options", "temperature", "tool_choice", "tools", "top_p", "user",
))  # fmt: skip
MESSAGE_PROPERTIES = {
    "system": frozenset(("role", "content")),
    "developer": frozenset(("role", "content")),
    "user": frozenset(("role", "content")),
    "assistant": frozenset(("role", "content", "tool_calls", "reasoning")),
    "tool": frozenset(("role", "content", "tool_call_id")),
}
TOOL_PROPERTIES = frozenset(("type", "function"))
FUNCTION_PROPERTIES = frozenset(("name", "description", "parameters", "strict"))
CHOICES = ("none", "auto", "required")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was accepted.

    Attributes:
        model: The model's id.
        messages: The conversation.
        tools: What may be called; none when the request forbids calls.
        stream: Whether the answer is wanted token by token.
        usage: Whether a stream is to end with a usage chunk.
        reasoning: Whether the model's reasoning is shown.
        most_tokens: Where the answer is cut off.
        prompt_tokens: What the request weighs, estimated at four characters a token.
    """

    model: str
    messages: tuple[Mapping[str, object], ...]
    tools: tuple[object, ...]
    stream: bool
    usage: bool
    reasoning: bool
    most_tokens: int
    prompt_tokens: int


class Refusal(Exception):
    """The vendor does not take the request.

    Attributes:
        status: The HTTP status.
        message: For people.
        code: For programs, or "".
        type: The vendor's class of errors.
    """

    def __init__(
        self, status: int, message: str, code: str = "", type: str = "invalid_request_error"
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.code = code
        self.type = type

    @property
    def body(self) -> dict[str, object]:
        """The JSON of the answer."""
        error: dict[str, object] = {"message": self.message, "type": self.type}
        return {"error": {**error, "code": self.code} if self.code else error}


def read_request(body: object, *, strict: bool) -> Asked:
    """Read the JSON of a request.

    Args:
        body: The JSON.
        strict: Groq's manners; else the generic ones.

    Raises:
        Refusal: As the vendor says it.
    """
    if not isinstance(body, dict):
        raise Refusal(400, "request body must be a JSON object")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refusal(400, "property 'model' is missing")
    if strict:
        _only(body, PROPERTIES)
        check_model(model)
        _check_options(body, model)
    messages = _messages(body.get("messages"), strict)
    tools = _tools(body.get("tools"), strict)
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refusal(400, "'stream_options' is only allowed when 'stream' is enabled")
    tokens = sum(_length(message) for message in messages) // 4 + 1
    if tokens > CONTEXT_TOKENS:
        what = "Please reduce the length of the messages or completion."
        raise Refusal(400, what, "context_length_exceeded")
    options = body.get("stream_options")
    most = body.get("max_completion_tokens") or body.get("max_tokens") or COMPLETION_TOKENS
    return Asked(
        model=model,
        messages=messages,
        tools=() if body.get("tool_choice") == "none" else tools,
        stream=bool(body.get("stream")),
        usage=isinstance(options, dict) and bool(options.get("include_usage")),
        reasoning=strict
        and model.startswith("openai/gpt-oss")
        and body.get("include_reasoning") is not False
        and body.get("reasoning_format") != "hidden",
        most_tokens=most if isinstance(most, int) else COMPLETION_TOKENS,
        prompt_tokens=tokens,
    )


def check_model(model: str) -> None:
    """Refuse a model that is gone or never was.

    Raises:
        Refusal: 400 for one that is gone, 404 for one there is not.
    """
    if model in DECOMMISSIONED:
        raise Refusal(
            400,
            f"The model `{model}` has been decommissioned and is no longer supported.",
            "model_decommissioned",
        )
    if model not in MODELS:
        raise model_not_found(model)


def model_not_found(model: str) -> Refusal:
    """Return the refusal of a model there is not."""
    what = f"The model `{model}` does not exist or you do not have access to it."
    return Refusal(404, what, "model_not_found")


def _only(given: Mapping[str, object], known: frozenset[str], where: str = "") -> None:
    for name in given:
        if name not in known:
            raise Refusal(400, f"{where}property '{name}' is unsupported")


def _check_options(body: Mapping[str, object], model: str) -> None:
    if body.get("n") not in (None, 1):
        raise Refusal(400, "'n' : number must be at most 1")
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in EFFORTS[model]:
        listed = ", ".join(EFFORTS[model])
        raise Refusal(400, f"`reasoning_effort` must be one of {listed}", "invalid_reasoning")
    if body.get("reasoning_format") is not None and body.get("include_reasoning") is not None:
        raise Refusal(400, "cannot specify both `include_reasoning` and `reasoning_format`")
    _check_number(body, "temperature", 0, 2)
    _check_number(body, "top_p", 0, 1)
    for name in ("max_completion_tokens", "max_tokens"):
        _check_number(body, name, 1, COMPLETION_TOKENS, whole=True)
    for name in ("stream", "include_reasoning", "parallel_tool_calls"):
        if not isinstance(body.get(name), bool | None):
            raise Refusal(400, f"'{name}' : value must be a boolean")
    options = body.get("stream_options")
    if options is not None:
        if not isinstance(options, dict):
            raise Refusal(400, "'stream_options' : value must be an object")
        _only(options, frozenset(("include_usage",)), "'stream_options' : ")
    choice = body.get("tool_choice")
    if choice is not None and not (choice in CHOICES if isinstance(choice, str) else choice):
        raise Refusal(400, f"'tool_choice' : value must be one of {', '.join(CHOICES)}")


def _check_number(
    body: Mapping[str, object], name: str, least: float, most: float, *, whole: bool = False
) -> None:
    value = body.get(name)
    if value is None:
        return
    right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not (right and isinstance(value, int | float) and least <= value <= most):
        raise Refusal(400, f"'{name}' : number must be from {least} to {most}")


def _messages(given: object, strict: bool) -> tuple[Mapping[str, object], ...]:
    if not isinstance(given, list) or not given:
        raise Refusal(400, "'messages' : minimum number of items is 1")
    open_calls: set[str] = set()
    for n, message in enumerate(given):
        where = f"'messages.{n}' : "
        if not isinstance(message, dict):
            raise Refusal(400, f"{where}value must be an object")
        role = message.get("role")
        if role not in MESSAGE_PROPERTIES:
            raise Refusal(400, f"{where}discriminator property 'role' has an unknown value")
        if strict:
            _only(message, MESSAGE_PROPERTIES[role], where)
        _check_content(message, where)
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Refusal(400, f"{where}a 'tool' message must answer a call in 'tool_calls'")
            open_calls.discard(str(message["tool_call_id"]))
            continue
        if open_calls:
            raise Refusal(400, f"{where}'tool_calls' must be followed by messages answering each")
        open_calls = _call_ids(message, where)
    if open_calls:
        raise Refusal(400, "'messages' : 'tool_calls' must be followed by messages answering each")
    return tuple(given)


def _check_content(message: Mapping[str, object], where: str) -> None:
    content = message.get("content")
    if isinstance(content, str | list):
        return
    if not (message["role"] == "assistant" and message.get("tool_calls") and content is None):
        raise Refusal(400, f"{where}property 'content' is missing")


def _call_ids(message: Mapping[str, object], where: str) -> set[str]:
    calls = message.get("tool_calls")
    if calls is None:
        return set()
    if not isinstance(calls, list) or not calls:
        raise Refusal(400, f"{where}'tool_calls' : minimum number of items is 1")
    ids = set()
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if (
            not isinstance(function, dict)
            or call.get("type") != "function"
            or not isinstance(call.get("id"), str)
            or not isinstance(function.get("name"), str)
            or not isinstance(function.get("arguments"), str)
        ):
            raise Refusal(400, f"{where}'tool_calls' : id, type, function.name and .arguments")
        ids.add(call["id"])
    return ids


def _tools(given: object, strict: bool) -> tuple[object, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise Refusal(400, "'tools' : value must be an array")
    for n, tool in enumerate(given):
        where = f"'tools.{n}' : "
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type") != "function":
            raise Refusal(400, f"{where}'type' must be 'function', with a 'function'")
        if strict:
            _only(tool, TOOL_PROPERTIES, where)
            _only(function, FUNCTION_PROPERTIES, where)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(function.get("name", ""))):
            raise Refusal(400, f"{where}'name' : 1 to 64 letters, digits, underscores, dashes")
        parameters = function.get("parameters")
        if parameters is not None and not (
            isinstance(parameters, dict) and parameters.get("type") == "object"
        ):
            raise Refusal(400, f"{where}'parameters' : JSON Schema of type object")
    return tuple(given)


def _length(message: Mapping[str, object]) -> int:
    content = message.get("content")
    parts: Sequence[object] = content if isinstance(content, list) else [content or ""]
    return sum(len(str(part)) for part in parts)
