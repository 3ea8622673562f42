"""What the rules answer to who asks what something costs, in the middle of another question. Pure.

Only what is in the list is told; about what is not, and to who bargains, the list is all there is.
"""

from __future__ import annotations

import re

from audiosocket_agent import wording
from audiosocket_agent.company import Service
from audiosocket_agent.conversation_state import Facts, State
from audiosocket_agent.roles import service_slot
from audiosocket_agent.understanding import plain_words, value_in

MOST_ASIDES = 5  # in one call: after so many the question must be answered

_ASKS = re.compile(
    r"\b(?:how much (?:is|are|was|does|do|will|would|for)|what (?:do you|would you|you) charge"
    r"|(?:what|how) .{0,40}\b(?:costs?|prices?|fees?|rates?)\b"
    r"|what's .{0,20}\b(?:price|cost|charge|fee|rate)|(?:price|cost) (?:of|for|again))"
)
_BARGAINS = re.compile(
    r"\b(?:(?:do|have|get) it for|cheaper|discount|knock .{0,30}off|(?:better|best) price"
    r"|too (?:expensive|dear|much)|lower the price|bit of money off)\b"
)
_OF_IT = re.compile(r"\b(?:(?:is|was|does|would|will) (?:it|that|this)|again|the (?:price|cost))\b")


def answer(text: str, state: State, facts: Facts) -> tuple[str, ...]:
    """Return what is said to a question about prices; nothing if the words are none.

    Args:
        text: The caller's words.
        state: Where the conversation stands.
        facts: Facts.
    """
    words = plain_words(text)
    bargains = _BARGAINS.search(words) is not None
    if not bargains and _ASKS.search(words) is None:
        return ()
    priced = [
        (s.name, s.price_pounds) for s in facts.company.services if s.price_pounds is not None
    ]
    if not priced:
        return (wording.NO_PRICES,)
    service = _meant(text, words, state, facts, bargains=bargains)
    if service is None or service.price_pounds is None:
        return (wording.price_list(priced),)
    told = wording.costs(service.name, service.price_pounds)
    return (told, wording.FIXED_PRICES) if bargains else (told,)


def _meant(text: str, words: str, state: State, facts: Facts, *, bargains: bool) -> Service | None:
    """Return the service that is asked about: the one named, else the one under way."""
    slot = service_slot(facts.company.workflow)
    if slot is None:
        return None
    key = value_in(slot, text, facts.company, facts.today)
    if key is None and (bargains or _OF_IT.search(words)):
        key = state.slots.get(slot)
    return next((s for s in facts.company.services if s.key == key), None)
