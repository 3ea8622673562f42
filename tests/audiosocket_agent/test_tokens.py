"""Tokens are estimated by the length of what is sent."""

import json

from audiosocket_agent.seams import ChatRequest, Message, Role, Tool, ToolCall, Usage
from audiosocket_agent.tokens import sum_of, tokens_of_request, tokens_of_text


def test_a_text_counts_by_its_length():
    assert [tokens_of_text("x" * n) for n in (0, 1, 4, 5, 400)] == [0, 1, 1, 2, 100]


def test_a_request_counts_messages_calls_and_tools():
    schema = {"type": "object"}
    call = ToolCall("1", "book", "{}")
    messages = (Message(Role.SYSTEM, "x" * 40), Message(Role.ASSISTANT, tool_calls=(call,)))
    tool = Tool("book", "x" * 16, schema)
    in_tool = tokens_of_text("book" + "x" * 16 + json.dumps(schema))
    assert tokens_of_request(ChatRequest(messages)) == 10 + 2
    assert tokens_of_request(ChatRequest(messages, (tool,))) == 10 + 2 + in_tool


def test_two_answers_cost_their_sum():
    assert sum_of(Usage(1, 20), Usage(300, -4)) == Usage(301, 16)
