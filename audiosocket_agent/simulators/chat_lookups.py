"""What the simulated model looks up for a caller who asks: a price, a free time. Pure.

It goes by the words of the question and by what it is shown of the tools: the services that
`find_price` knows. A caller who bargains is told the list price again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from audiosocket_agent.simulators import chat_words as words_in
from audiosocket_agent.simulators.chat_words import Words

PRICE, AVAILABLE = "find_price", "check_availability"
FIXED = "Our prices are fixed."
ONLY_LISTED = "I can only tell you the prices on our list."
NO_PRICES = "I have no prices to tell you."
NOT_THAT_DAY = "I'm sorry, we can't do that day."

_ASKS_PRICE = re.compile(
    r"\b(?:how much (?!longer|time)|(?:do|would|will) you charge"
    r"|what (?:does|would|will|is|are) .{0,40}\b(?:cost|price|fee|charge)s?\b"
    r"|whats .{0,20}\b(?:price|cost|charge|fee)\b|(?:price|cost) (?:of|for|again)\b)"
)
_BARGAINS = re.compile(
    r"\b(?:(?:do|have|get) it for (?!me\b|us\b|you\b)|cheaper|discount|knock .{0,30}\boff"
    r"|(?:better|best) price|too (?:expensive|dear|much)|bit of money off)\b"
)
_OF_IT = re.compile(r"\b(?:it|that|this|again|(?:the|your) (?:price|cost|charge|fee))\b")
_ASKS_FREE = re.compile(
    r"\b(?:(?:are|is) (?:you|he|she|it|there|that|anybody|anyone|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|tomorrow|today)\b.{0,40}\b(?:free(?! of)|available|slots?"
    r"|appointments?)"
    r"|(?:do you have|have you(?: got)?|is there|are there) (?:any|anything|an? (?:slot|space))"
    r"|when (?:are|is) .{0,20}\b(?:free|available)|what times? (?:do|are|have|is)"
    r"|when (?:can|could|would) (?:you|he|she) (?:come|do|see|fit)|what(?:s| is| have you) free)\b"
)
_REFUSES = ("no", "no thanks", "no thank you", "nope", "leave it", "not today", "rather not",
            "dont book", "forget it")  # fmt: skip


def bargains(said: Words) -> bool:
    """Whether the caller wants it for less, and has not said no."""
    return _BARGAINS.search(" ".join(said)) is not None and not words_in.says(said, _REFUSES)


def asks_price(said: Words) -> bool:
    """Whether the caller asks what something costs."""
    return _ASKS_PRICE.search(f"{' '.join(said)} ") is not None


def asks_free(said: Words) -> bool:
    """Whether the caller asks which times are free."""
    return _ASKS_FREE.search(" ".join(said)) is not None


def price_of(
    said: Words, schema: object, known: Mapping[str, object]
) -> Mapping[str, object] | None:
    """Return what to ask `find_price`; None where the words mean nothing that it knows.

    Args:
        said: The question.
        schema: The tool's.
        known: What is written down: who asks what "it" costs means that.
    """
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for slot, described in (properties or {}).items():
        named = words_in.choice(said, described)
        if not named and (bargains(said) or _OF_IT.search(" ".join(said))):
            named = str(known.get(slot, ""))
        return {slot: named} if named else None
    return None


def day_of(said: Words, text: str) -> Mapping[str, object]:
    """Return what to ask `check_availability`: about the day in the words, or about the next."""
    return {"day": text} if words_in.says(said, words_in.DAYS) else {}
