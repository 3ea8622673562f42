"""The request's body, field by field."""

import json

import pytest

from audiosocket_agent.llm import groq, ollama, openai
from audiosocket_agent.llm.chat_wire.request import body, settings_of
from audiosocket_agent.options import OptionsError, describe, read_options
from audiosocket_agent.seams import ChatRequest, Message, Role, Tool, ToolCall

SCHEMA = {"type": "object", "properties": {"day": {"type": "string"}}}
ASK = ChatRequest(
    (
        Message(Role.SYSTEM, "Be brief."),
        Message(Role.USER, "caf\u00e9 \u00a33"),
        Message(Role.ASSISTANT, "", (ToolCall("c1", "book", '{"day":"mon"}'),)),
        Message(Role.TOOL, '{"ok":true}', tool_call_id="c1"),
    ),
    (Tool("book", "Book a visit.", SCHEMA),),
)


def test_the_whole_body_for_groq():
    assert json.loads(body(groq.DIALECT, groq.Options(), ASK)) == {
        "model": "openai/gpt-oss-20b",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.3,
        "max_completion_tokens": 400,
        "reasoning_effort": "low",
        "include_reasoning": False,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "caf\u00e9 \u00a33"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "book", "arguments": '{"day":"mon"}'},
                    }
                ],
            },
            {"role": "tool", "content": '{"ok":true}', "tool_call_id": "c1"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "book",
                    "description": "Book a visit.",
                    "parameters": SCHEMA,
                },
            }
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
    }


def keys(vendor, **options):
    ask = ChatRequest((Message(Role.USER, "hi"),))
    return set(json.loads(body(vendor.DIALECT, vendor.Options(**options), ask)))


def test_nothing_is_sent_that_a_vendor_does_not_know():
    common = {"model", "stream", "stream_options", "messages", "temperature"}
    assert keys(ollama) == common | {"max_tokens"}
    assert keys(openai) == common | {"max_completion_tokens", "reasoning_effort"}
    assert keys(groq, reasoning_effort="") == common | {"max_completion_tokens"}


def test_half_a_character_does_not_break_the_request():
    ask = ChatRequest((Message(Role.USER, "\ud83d"),))
    assert json.loads(body(groq.DIALECT, groq.Options(), ask))["messages"][0]["content"] == "?"


def test_settings_are_called_what_the_environment_calls_them():
    found = settings_of("groq", groq.Options)
    assert (found.key, found.url, found.model, found.max_tokens) == (
        "GROQ_API_KEY",
        "VOICEAGENT_GROQ_URL",
        "VOICEAGENT_GROQ_MODEL",
        "VOICEAGENT_GROQ_MAX_TOKENS",
    )
    assert settings_of("openai", openai.Options).key == "OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("vendor", "name"), [(groq, "groq"), (openai, "openai"), (ollama, "ollama")]
)
def test_options_come_from_the_environment(vendor, name):
    upper = name.upper()
    given = read_options(
        vendor.Options,
        name,
        {f"VOICEAGENT_{upper}_MODEL": "m", f"VOICEAGENT_{upper}_URL": "http://127.0.0.1:1/v1"},
    )
    assert (given.model, given.url) == ("m", "http://127.0.0.1:1/v1")
    for variable, value in [("URL", "ftp://x"), ("TEMPERATURE", "3"), ("REASONING_EFFORT", "!")]:
        with pytest.raises(OptionsError, match=f"VOICEAGENT_{upper}_{variable}"):
            read_options(vendor.Options, name, {f"VOICEAGENT_{upper}_{variable}": value})
    assert all(row.meaning for row in describe(vendor.Options, {}, name))


def test_a_key_is_never_shown():
    options = read_options(groq.Options, "groq", {"GROQ_API_KEY": "gsk_secret"})
    assert "gsk_secret" not in repr(options)
    assert b"gsk_secret" not in body(groq.DIALECT, options, ASK)
