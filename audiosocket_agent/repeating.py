"""Whether a language model gets nowhere: it puts the same question again and again. Pure.

The rules know which answer was a miss, because they judge it; a model judges by itself. What tells
is its own reply. Where the talk has not moved since, and all it says are questions it has put
before in nearly the same words, and that it has not understood, the answer before it was a miss. A
reply with anything else in it is talk: callers may chat with a model for as long as it has
something to say. Misses in a row lead where they lead with the rules (`answering`): to the offer of
a person, and by the step's `retries` out of it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from audiosocket_agent.answering import is_offered, most_misses
from audiosocket_agent.conversation_state import Facts, State
from audiosocket_agent.understanding import plain_words
from audiosocket_agent.walk import stands

ALIKE = 0.8  # of the words of two questions, from which one repeats the other
MOST_SAID = 40  # sentences that are remembered; a talk that does not move ends long before

_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_NOT_UNDERSTOOD = re.compile(
    r"\b(?:didn't|did not|don't|do not|couldn't|could not|can't|cannot) (?:quite |really )?"
    r"(?:catch|hear|get|understand|follow|make out)\b|"
    r"\b(?:say|repeat) (?:that|it|this)\b|\b(?:say|come) again\b|\bbeg your pardon\b|"
    r"\bwhat was that\b"
)
_COURTESY = frozenset(
    "sorry i'm i am so very pardon me my apologies please hello okay ok right well um erm".split()
)


def replied(state: State, text: str) -> State:
    """Return the state once a language model has replied, its repeats counted.

    Args:
        state: After its tools; `walk.attended` was there before it.
        text: All that it said.
    """
    moved = state.unmoved == 0 or stands(state) != state.stood
    before = () if moved else state.model_said
    sentences = tuple(s for s in _SENTENCE.split(text.strip()) if plain_words(s))
    repeats = state.repeats + 1 if _adds_nothing(sentences, before) else 0
    said = tuple(dict.fromkeys((*before, *sentences)))[-MOST_SAID:]
    if stands(state) != state.stood:
        state = replace(state, stood=stands(state), unmoved=0)
    return replace(state, model_said=said, repeats=repeats, misses=repeats)


def has_missed_enough(state: State, facts: Facts) -> bool:
    """Whether one more answer that fills nothing is what a person is offered for, or sought."""
    if not state.repeats or stands(state) != state.stood:
        return False
    misses = state.repeats + 1
    return misses >= most_misses(state, facts) or is_offered(state, misses, facts)


def _adds_nothing(sentences: tuple[str, ...], before: tuple[str, ...]) -> bool:
    """Whether a reply only asks what was asked before, or says that nothing was understood."""
    if not before or not any(_asks(one) or _is_lost(one) for one in sentences):
        return False
    return all(_is_lost(one) or _is_in(one, before) for one in sentences)


def _asks(sentence: str) -> bool:
    return sentence.endswith("?")


def _is_lost(sentence: str) -> bool:
    """Whether a sentence tells no more than that nothing was understood."""
    words = plain_words(sentence)
    return bool(_NOT_UNDERSTOOD.search(words)) or _COURTESY.issuperset(words.split())


def _is_in(sentence: str, before: tuple[str, ...]) -> bool:
    """Whether a sentence was said before: a question in nearly the same words, all else in them."""
    words = _words(sentence)
    if not _asks(sentence):
        return any(words == _words(other) for other in before)
    asked = (_words(other) for other in before if _asks(other))
    return any(2 * len(words & o) >= ALIKE * (len(words) + len(o)) for o in asked)


def _words(sentence: str) -> set[str]:
    return set(plain_words(sentence).split()) - _COURTESY
