"""How much of a call's talk a language model is shown. Pure.

What was agreed is in the state, which the model is always told; the words it came in are only shown
while they fit. When they no longer do, half of them go at once: what is left stays the same for
many turns, and so does the beginning of the prompt, which vendors cache.
"""

from __future__ import annotations

from collections.abc import Sequence

from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import Message, Role
from audiosocket_agent.tokens import tokens_of_text

MOST_TURNS = 28
ANSWER_TOKENS = 800  # kept free for the answer, its tool calls and their results
LEAST_TOKENS = 200  # of talk, however small the model: the last question and its answer

Turns = Sequence[tuple[Speaker, str]]


def budget(context_tokens: int, fixed_tokens: int, most: int) -> int:
    """Return how many tokens of talk fit.

    Args:
        context_tokens: What the model takes in all.
        fixed_tokens: What the prompt comes to without the talk, tools included.
        most: What the setting allows.
    """
    return max(LEAST_TOKENS, min(most, context_tokens - fixed_tokens - ANSWER_TOKENS))


def begins_at(history: Turns, tokens: int) -> int:
    """Return the index of the first turn that is shown; a caller's, unless it is the first of all.

    Args:
        history: All turns, oldest first.
        tokens: What they may come to.
    """
    start = total = 0
    for end, (_, text) in enumerate(history, start=1):
        total += tokens_of_text(text)
        if total <= tokens and end - start <= MOST_TURNS:
            continue
        while start < end - 1 and (
            total > tokens // 2
            or end - start > MOST_TURNS // 2
            or history[start][0] is not Speaker.CALLER
        ):
            total -= tokens_of_text(history[start][1])
            start += 1
    return start


def left_out(turns: int) -> tuple[Message, ...]:
    """Return what a model is told instead of the turns that it is not shown; nothing for none."""
    if not turns:
        return ()
    told = (
        f"The first {turns} turns of the call are not shown. What came of them is under "
        '"known" where the call stands; ask again for nothing that is known.'
    )
    return (Message(Role.SYSTEM, told),)
