"""Groq: open models on fast hardware, behind the chat wire.

Source: https://console.groq.com/docs/api-reference.
"""

from __future__ import annotations

from pydantic import SecretStr

from audiosocket_agent.llm.chat_wire.client import ChatModel
from audiosocket_agent.llm.chat_wire.request import EFFORTS, ChatOptions, Dialect
from audiosocket_agent.options import key, option

DIALECT = Dialect("groq", reasoning_switch=True)


class Options(ChatOptions):
    """What can be set about Groq."""

    api_key: SecretStr = key("GROQ_API_KEY")
    url: str = option("https://api.groq.com/openai/v1", "address of the API", pattern="^https?://")
    model: str = option(
        "openai/gpt-oss-20b",
        "id of the model; openai/gpt-oss-120b knows more and starts later",
    )
    reasoning_effort: str = option(
        "low",
        "how long the model thinks before it answers; more is heard as silence; empty for models "
        "that do not reason",
        pattern=EFFORTS,
    )


async def open_engine(options: Options) -> ChatModel:
    """Return the model; nothing is connected yet."""
    return ChatModel(DIALECT, options)
