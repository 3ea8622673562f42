"""Ollama: models on a machine of one's own; vLLM and llama.cpp answer to the same requests.

Ollama reads ``max_tokens`` only, needs no key, and loads a model when it is first asked, which may
take longer than any caller waits: `check` at start does that, and ``OLLAMA_KEEP_ALIVE=-1`` in its
environment keeps the model loaded.

Source: https://docs.ollama.com/api/openai-compatibility.
"""

from __future__ import annotations

from audiosocket_agent.llm.chat_wire.client import ChatModel
from audiosocket_agent.llm.chat_wire.request import ChatOptions, Dialect
from audiosocket_agent.options import option

DIALECT = Dialect(
    "ollama", token_cap="max_tokens", needs_key=False, parallel_option=False, context_tokens=4096
)


class Options(ChatOptions):
    """What can be set about Ollama."""

    url: str = option(
        "http://127.0.0.1:11434/v1", "address of the server's API", pattern="^https?://"
    )
    model: str = option("qwen3:4b-instruct", "name of the model, as `ollama list` shows it")


async def open_engine(options: Options) -> ChatModel:
    """Return the model; nothing is connected yet."""
    return ChatModel(DIALECT, options)
