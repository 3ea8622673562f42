"""Inline reasoning is swallowed, wherever the tokens split it."""

import pytest

from audiosocket_agent.llm.chat_wire.thinking import ThinkingFilter

ANSWERS = [
    ("Hello there.", "Hello there."),
    ("<think>They greet me.</think>Hello.", "Hello."),
    ("<think>They greet me.</think>\n\nHello.\n\nHow are you?", "Hello.\n\nHow are you?"),
    ("<think></think>\n\n", ""),
    ("<think>never ends", ""),
    ("thoughts without a beginning</think> Hello.", "thoughts without a beginningHello."),
    ("Hello<think>hm</think> there<think>hm</think>.", "Hellothere."),
    ("1 < 2 and 3 <4", "1 < 2 and 3 <4"),
    ("a <thin", "a <thin"),
    ("a <<think>x</think>b", "a <b"),
    ("a </b> c", "a </b> c"),
    ("<think>a <think> b</think>c", "c"),
]


@pytest.mark.parametrize(("answer", "spoken"), ANSWERS)
def test_only_the_answer_is_spoken_however_it_is_split(answer, spoken):
    for size in range(1, len(answer) + 1):
        thinking = ThinkingFilter()
        pieces = [thinking.feed(answer[at : at + size]) for at in range(0, len(answer), size)]
        assert "".join(pieces) + thinking.finish() == spoken, f"in pieces of {size}"


def test_plain_words_are_never_held_back():
    assert ThinkingFilter().feed("Hello") == "Hello"
