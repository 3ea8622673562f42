"""What a caller says only to refuse it, or not wholly: "not the boiler", "yes, if it's free". Pure.

A name that stands in such words is no answer. What is taken out differs by what is asked: "my
boiler isn't working" is how a boiler is asked for, "Wednesday isn't good" is no Wednesday.
"""

from __future__ import annotations

import re

from audiosocket_agent.spelled import is_number_word

_CLAUSES = re.compile(r"[,;!?]+|\.(?=\s|$)|(?<!anything )(?<!any day )(?<!any time )\bbut\b|\bso\b")
# Clauses that hold a "not" and refuse nothing.
_HARMLESS = re.compile(
    r"\b(?:why (?:not|don't (?:we|you|i))"
    r"|(?:don't|doesn't|wouldn't|do not|does not) (?:mind|matter)"
    r"|can't (?:wait|complain)|not (?:a problem|bad|at all|sure)"
    r"|if not|whether or not|i don't know)\b"
)
_NO_SUCH_TIME = re.compile(
    r"\b(?:not|cannot|except|unable|(?:ca|do|does|wo|is|are|would|could|was|have|has)n't"
    r"|(?:any (?:day|time)|anything) (?:but|other than|except)|no good|bar|avoid)\b"
)
_NO_SUCH_THING = re.compile(
    r"\b(?:(?:don't|do not|didn't|did not|doesn't|won't|no longer|never) "
    r"(?:want|need|mean|mention|require|ask|asked|wanted|say|said)"
    r"|no need|not (?:the|a|an|in|my|for|at|about)|instead of|rather than|other than)\b.*"
)
# A yes with one of these beside it may be the opposite.
_TURNED = re.compile(
    r"\b(?:wrong|incorrect|not|cannot|never|cancel|stop|wait|mistake"
    r"|(?:ca|do|does|wo|is|are|would|was|did)n't)\b"
)
# Beside a yes: a condition, a contrast, a doubt, or something else that is wanted or meant.
_HEDGE = re.compile(
    r"\b(?:if|unless|except|apart from|as long as|provided|providing|depends|depending|once|until"
    r"|but|instead|though|although|however|rather|only"
    r"|maybe|perhaps|possibly|might|probably|whatever|not sure|unsure|suppose|guess|hopefully"
    r"|think about|think it over|think first|let me|i'll (?:ask|check|see|think|call|ring|let)"
    r"|ask|check with|have to (?:ask|check|see|think)|need to (?:ask|check|see|think)"
    r"|get back|later on"
    r"|change|changed|different|another|other|make it|move it|want to|wanted|meant|mean"
    r"|less|cheaper|discount|half price|for free)\b"
    r"|\bfirst$"
)
_COURTEOUS_IF = re.compile(
    r"\bif (?:you (?:can|could|would|will|like|please|don't mind|wouldn't mind)|possible|i may"
    r"|(?:that's|that is|it's|it is) (?:ok|okay|all right|alright|fine|possible|no trouble))\b"
)
_NEW_NUMBER = 3  # digits in a row, or in words, from which a yes comes with a number of its own


def wanted_time(text: str) -> str:
    """Return the words without the clauses that refuse a day, a time or a part of the day."""
    clauses = _clauses(text)
    kept = [c for c in clauses if _HARMLESS.search(c) or not _NO_SUCH_TIME.search(c)]
    return text if len(kept) == len(clauses) else ", ".join(kept)


def wanted_thing(text: str) -> str:
    """Return the words without what is named only to say that it is not wanted."""
    clauses = _clauses(text)
    kept = [c if _HARMLESS.search(c) else _NO_SUCH_THING.sub("", c).strip() for c in clauses]
    return text if kept == clauses else ", ".join(clause for clause in kept if clause)


def turns_a_yes(text: str) -> bool:
    """Whether a yes among these words may mean no: "yes, that's wrong"."""
    return any(
        _TURNED.search(c) is not None and _HARMLESS.search(c) is None for c in _clauses(text)
    )


def hedges_a_yes(text: str) -> bool:
    """Whether a yes among these words is none to act on: "yes, if it's free", "sure, but Monday".

    For questions whose yes does something that is not undone by the next sentence. One that is
    refused too many costs a question.
    """
    plain = _COURTEOUS_IF.sub(" ", text.lower().replace("’", "'"))
    words = re.findall(r"[\w']+", plain)
    numbers = sum(len(word) if word.isdigit() else is_number_word(word) for word in words)
    return _HEDGE.search(" ".join(words)) is not None or numbers >= _NEW_NUMBER


def _clauses(text: str) -> list[str]:
    plain = text.lower().replace("’", "'")
    return [clause.strip() for clause in _CLAUSES.split(plain) if clause.strip()]
