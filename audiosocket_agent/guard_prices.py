"""Which service an amount is said of: a listed price is right for its own service only. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from audiosocket_agent.company import Company
from audiosocket_agent.guard_numbers import begins_number

Services = Mapping[tuple[str, ...], frozenset[Decimal]]
MOST_AHEAD = 6  # words after "75 pounds for" in which the service is named
_ANY_SERVICE = frozenset(
    "a an the my our your is are was has need needs want new full visit repair service appointment "
    "booking check job work and or of for in on to with up please me i it's".split()
)
_SAME_NAME = 3  # words apart that may still be of one name: "cut and colour"


def singular(word: str) -> str:
    """Return a word as it is for one: "taps" is about a tap."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def services_of(company: Company) -> Services:
    """Return what is paid for what words name, for words that name a service."""
    prices: dict[tuple[str, ...], set[Decimal]] = {}
    for service in company.services:
        if service.price_pounds is None:
            continue
        name = [singular(word) for word in service.name.lower().replace("-", " ").split()]
        named: set[tuple[str, ...]] = {(word,) for word in name if word not in _ANY_SERVICE}
        named |= {tuple(name)} | {
            tuple(singular(word) for word in phrase.split()) for phrase in service.phrases
        }
        for words in named:
            prices.setdefault(words, set()).add(service.price_pounds)
    return {words: frozenset(amounts) for words, amounts in prices.items()}


def named(texts: Sequence[str], services: Services) -> list[tuple[int, frozenset[Decimal]]]:
    """Return where services are named, and what each may cost."""
    words = [singular(text) for text in texts]
    found: list[tuple[int, frozenset[Decimal]]] = []
    for end in range(1, len(words) + 1):
        for name, prices in services.items():
            if end >= len(name) and tuple(words[end - len(name) : end]) == name:
                found.append((end, prices))
    return found


def said_of(texts: Sequence[str], services: Services, *, first: bool = False) -> frozenset[Decimal]:
    """Return what the service named last (or first) may cost; empty if none is named."""
    found = named(texts, services)
    if not found:
        return frozenset()
    at, prices = found[0] if first else found[-1]
    for end, others in found:
        if abs(end - at) <= _SAME_NAME and prices & others:
            prices &= others
    return prices


def fits(
    texts: Sequence[str],
    breaks: Sequence[bool],
    at: int,
    end: int,
    value: Decimal,
    over: bool,
    services: Services,
    asked: frozenset[Decimal],
) -> bool | None:
    """Whether an amount is that of the service it is said of; None: more words are needed.

    Args:
        texts: The sentence.
        breaks: Whether a comma or the like follows each word.
        at: Where the amount begins.
        end: Where it ends, after its currency.
        value: The amount, in pounds.
        over: Whether the sentence is whole.
        services: What is paid for what.
        asked: Prices of the services the turn is about.
    """
    if not any(value in prices for prices in services.values()):
        return True
    before = said_of(texts[:at], services)
    if value in before:
        return True
    if not breaks[end - 1]:
        after = texts[end : end + 1 + MOST_AHEAD]
        if not after and not over:
            return None
        if after[:1] in (["for"], ["per"]):
            stop = next((n for n, word in enumerate(after) if begins_number(word)), len(after))
            stop = next((n + 1 for n in range(stop) if breaks[end + n]), stop)
            ahead = said_of(after[:stop], services, first=True)
            if ahead:
                return value in ahead
            if stop == len(after) <= MOST_AHEAD and not over and not breaks[end + stop - 1]:
                return None
    if before:
        return False
    return not asked or value in asked
