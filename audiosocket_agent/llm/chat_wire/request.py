"""What is asked of a chat vendor: its options, its dialect, and the body of the request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from audiosocket_agent.options import VendorOptions, option, variable_of
from audiosocket_agent.seams import ChatRequest, Message, Role, Tool

EFFORTS = "^(|none|minimal|low|medium|high|default)$"


class ChatOptions(VendorOptions):
    """Options that every chat vendor has; a vendor's file gives its own key, host and model."""

    api_key: SecretStr = option(SecretStr(""), "key, for a server that wants one")
    url: str = option("", "address of the API, without /chat/completions", pattern="^https?://")
    model: str = option("", "id of the model; vendors retire them, check now and then")
    temperature: float = option(
        0.3, "how freely the model words its answers; higher is livelier and less to rely on",
        ge=0, le=2,
    )  # fmt: skip
    max_tokens: int = option(
        400,
        "most tokens of one answer, reasoning included; too few cut the answer short",
        unit="tokens",
        ge=1,
        le=65536,
    )
    reasoning_effort: str = option(
        "",
        "how long the model may think first; empty for models that do not reason",
        pattern=EFFORTS,
    )
    first_token_ms: int = option(
        500,
        "longest wait for the first word or tool call, connecting included; then the next model",
        unit="ms",
        ge=50,
        le=60_000,
    )
    stall_ms: int = option(
        500, "longest wait between two tokens; then the next model", unit="ms", ge=50, le=60_000
    )
    connect_ms: int = option(
        400, "longest wait for a connection; then the next model", unit="ms", ge=50, le=60_000
    )


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a vendor's wire differs from its neighbours'.

    Attributes:
        provider: The engine's name.
        token_cap: The field that limits the answer.
        needs_key: Whether it answers nobody without a key.
        usage_option: Whether it takes ``stream_options``.
        parallel_option: Whether it takes ``parallel_tool_calls``.
        reasoning_switch: Whether it takes ``include_reasoning``.
        context_tokens: Most tokens of its usual models, prompt and answer together.
    """

    provider: str
    token_cap: str = "max_completion_tokens"
    needs_key: bool = True
    usage_option: bool = True
    parallel_option: bool = True
    reasoning_switch: bool = False
    context_tokens: int = 131_072


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that an error may blame, by their variables' names."""

    key: str
    url: str
    model: str
    max_tokens: str


def settings_of(provider: str, options: type[ChatOptions]) -> Settings:
    """Return how the settings of a vendor's options are called."""
    fields = options.model_fields

    def name(field: str) -> str:
        return variable_of(field, fields[field], provider)

    return Settings(name("api_key"), name("url"), name("model"), name("max_tokens"))


def body(
    dialect: Dialect, options: ChatOptions, request: ChatRequest, max_tokens: int | None = None
) -> bytes:
    """Build the JSON body; nothing in it that the vendor does not know, as Groq refuses that.

    Args:
        dialect: The vendor's.
        options: The vendor's.
        request: What is asked.
        max_tokens: Instead of the option's.
    """
    fields: dict[str, Any] = {
        "model": options.model,
        "stream": True,
        "messages": [_message(message) for message in request.messages],
        "temperature": options.temperature,
        dialect.token_cap: max_tokens or options.max_tokens,
    }
    if dialect.usage_option:
        fields["stream_options"] = {"include_usage": True}
    if options.reasoning_effort:
        fields["reasoning_effort"] = options.reasoning_effort
        if dialect.reasoning_switch:
            fields["include_reasoning"] = False
    if request.tools:
        fields["tools"] = [_tool(tool) for tool in request.tools]
        fields["tool_choice"] = "auto"
        if dialect.parallel_option:
            fields["parallel_tool_calls"] = False
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _message(message: Message) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": message.role.value, "content": message.content}
    if message.tool_calls:
        fields["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.role is Role.TOOL:
        fields["tool_call_id"] = message.tool_call_id
    return fields


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }
