"""How many tokens something comes to, where a vendor has not told yet. Pure."""

from __future__ import annotations

import json

from audiosocket_agent.seams import ChatRequest, Usage

CHARS_PER_TOKEN = 4  # of English, about


def tokens_of_text(text: str) -> int:
    """Estimate what a text comes to; 1 at least unless it is empty."""
    return -(-len(text) // CHARS_PER_TOKEN)


def tokens_of_request(request: ChatRequest) -> int:
    """Estimate what a request's prompt comes to, its tools included."""
    texts = [message.content for message in request.messages]
    texts += [c.name + c.arguments for message in request.messages for c in message.tool_calls]
    texts += [t.name + t.description + json.dumps(t.parameters) for t in request.tools]
    return sum(map(tokens_of_text, texts))


def sum_of(one: Usage, other: Usage) -> Usage:
    """Return what two answers cost together."""
    return Usage(
        one.prompt_tokens + other.prompt_tokens, one.completion_tokens + other.completion_tokens
    )
