"""How much of a call's talk a language model is shown. Pure.

What was agreed is in the state, which the model is always told; the words it came in are only shown
while they fit. When they no longer do, half of them go at once, and a summary stands for them, made
by rule: what was asked and answered, and what the caller was told. What is left stays the same for
many turns, and so does the beginning of the prompt, which vendors cache.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import Message, Role
from audiosocket_agent.tokens import tokens_of_text

MOST_TURNS = 28
ANSWER_TOKENS = 800  # kept free for the answer, its tool calls and their results
LEAST_TOKENS = 200  # of talk, however small the model: the last question and its answer

SUMMARY_TOKENS = 250  # of what is not shown; a third of the budget where that is less
MOST_CHARS = 120  # of one thing said in it

_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_HARD = re.compile(  # prices, times, days, references
    r"\d|\b(?:pounds?|pence|o'clock|half past|quarter (?:past|to)|(?:mon|tues|wednes|thurs|fri|"
    r"satur|sun)day|today|tomorrow|morning|afternoon|evening|reference|booked|cancelled|moved)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(?:afraid|unfortunately|can't|cannot|couldn't|could not|unable|don't|do not|won't|isn't|"
    r"aren't|nobody|nothing|no longer)\b",
    re.IGNORECASE,
)

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


def shown_from(history: Turns, tokens: int) -> int:
    """Return the index of the first turn that is shown, with room for a summary of the others.

    Args:
        history: All turns, oldest first.
        tokens: What all of it may come to.
    """
    if not begins_at(history, tokens):
        return 0
    return begins_at(history, tokens - summary_tokens(tokens))


def summary_tokens(tokens: int) -> int:
    """Return how much of the budget a summary may take."""
    return min(SUMMARY_TOKENS, tokens // 3)


def left_out(turns: Turns, tokens: int, data: str) -> tuple[Message, ...]:
    """Return what a model is told instead of the turns that it is not shown; nothing for none.

    Args:
        turns: These, oldest first.
        tokens: What the budget is.
        data: Begins a message that is no speech: what was said is in none of the system's.
    """
    if not turns:
        return ()
    told = (
        f"The first {len(turns)} turns of the call are not shown; the next message sums them up. "
        'What came of them is under "known" where the call stands; ask again for nothing known.'
    )
    summed = json.dumps({"earlier": summary(turns, summary_tokens(tokens))}, separators=(",", ":"))
    return Message(Role.SYSTEM, told), Message(Role.USER, f"{data} {summed}")


def summary(turns: Turns, tokens: int) -> list[str]:
    """Sum turns up: what was asked and answered, and what the caller was told, in order.

    Where that is too long, the oldest questions and answers go before anything that was told: a
    price, a time, a refusal, what a tool found.

    Args:
        turns: The turns, oldest first.
        tokens: What the summary may come to, about.
    """
    entries = list(dict.fromkeys(entry for turn in turns for entry in _entries(*turn)))
    left = tokens - sum(map(_tokens_of, entries))
    for entry in sorted(entries, key=_is_told):  # a stable order: the oldest first in each half
        if left >= 0:
            break
        entries.remove(entry)
        left += _tokens_of(entry)
    return entries


def _is_told(entry: str) -> bool:
    return entry.startswith("told")


def _tokens_of(entry: str) -> int:
    return tokens_of_text(json.dumps(entry)) + 1


def _entries(who: Speaker, text: str) -> list[str]:
    """Return what a turn comes to in a summary."""
    if who is Speaker.CALLER:
        return [f"answered: {text[:MOST_CHARS]}"] if text else []
    entries = []
    for sentence in _SENTENCE.split(text):
        if sentence.endswith("?"):
            entries.append(f"asked: {sentence[:MOST_CHARS]}")
        elif _HARD.search(sentence) or _REFUSED.search(sentence):
            entries.append(f"told: {sentence[:MOST_CHARS]}")
    return entries
