"""OpenAI's own models on the chat wire; also for any service that copies it and wants a key.

Source: https://developers.openai.com/api/reference (chat completions); the model is a snapshot of
that reference's list.
"""

from __future__ import annotations

from pydantic import SecretStr

from audiosocket_agent.llm.chat_wire.client import ChatModel
from audiosocket_agent.llm.chat_wire.request import EFFORTS, ChatOptions, Dialect
from audiosocket_agent.options import key, option

DIALECT = Dialect("openai")


class Options(ChatOptions):
    """What can be set about OpenAI."""

    api_key: SecretStr = key("OPENAI_API_KEY")
    url: str = option(
        "https://api.openai.com/v1",
        "address of the API; any service with OpenAI's chat wire will do",
        pattern="^https?://",
    )
    model: str = option("gpt-5.4-mini-2026-03-17", "id of the model")
    reasoning_effort: str = option(
        "none",
        "how long the model thinks before it answers; more is heard as silence; empty for models "
        "that do not reason",
        pattern=EFFORTS,
    )


async def open_engine(options: Options) -> ChatModel:
    """Return the model; nothing is connected yet."""
    return ChatModel(DIALECT, options)
