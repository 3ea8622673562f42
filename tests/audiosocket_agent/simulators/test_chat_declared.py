"""How the simulated model uses a tool of which it has only the declaration."""

from datetime import date

import pytest

from audiosocket_agent.simulators.chat_declared import Declared, means, told, using
from audiosocket_agent.simulators.chat_errands import ANYTHING_ELSE

TODAY = date(2026, 11, 22)


def tool(required=("number",), **properties):
    description = "Look up the state of an order. Use it when the caller asks where an order is."
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return Declared("order_state", description, parameters)


NUMBER = {"type": "string", "description": "The order's number, 6 signs",
          "pattern": "[A-Z]{2}[0-9]{4}"}  # fmt: skip
ORDERS = tool(number=NUMBER)
ASKED = "What is the order's number?"


def talk(*texts):
    return [("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "used"),
    [
        (["a leaking tap in Truro"], None),
        (["where is my order"], ASKED),
        (["where is my order AB1234"], {"number": "AB1234"}),
        (["where is my order", ASKED, "it's A B one two three four"], {"number": "AB1234"}),
        (["where is my order", ASKED, "I don't know"], ASKED),
        (["where is my order ab1234", f"The state is sent. {ANYTHING_ELSE}", "no"], None),
        (["where is my order ab1234", "How can I help?", "a leaking tap"], None),
    ],
)
def test_a_tool_is_used_once_its_arguments_are_known(texts, used):
    found = using(talk(*texts), [ORDERS], TODAY)
    assert found == (None if used is None else ("order_state", used))


@pytest.mark.parametrize(
    ("described", "said", "value"),
    [
        ({"type": "integer", "description": "How many"}, "where is my order of twelve", 12),
        ({"type": "string", "format": "date", "description": "The day"},
         "the order of Thursday", "2026-11-26"),
        ({"enum": ["big", "small"], "description": "Size. big: large; small: little"},
         "my large order", "big"),
    ],
)  # fmt: skip
def test_arguments_are_found_by_their_types(described, said, value):
    assert using(talk(said), [tool(number=described)], TODAY) == ("order_state", {"number": value})


def test_free_words_are_only_taken_where_they_were_asked_for():
    note = {"type": "string", "description": "The reason"}
    asking = tool(required=("reason",), reason=note)
    assert using(talk("cancel my order"), [asking], TODAY) == ("order_state", "What is the reason?")
    found = using(talk("cancel my order", "What is the reason?", "It came late."), [asking], TODAY)
    assert found == ("order_state", {"reason": "It came late."})


def test_what_came_of_it_is_told_in_sentences():
    assert told({"state": "on its way", "days_left": 2, "late": True}) == (
        "The state is on its way. The days left is 2."
    )
    assert told({}) == "That is done."


def test_words_in_common_must_weigh_something():
    assert not means("can you tell me when you are open", ORDERS)
