"""The prices an agent says, in figures or in words, held against the company's list. Pure.

Apart from the guard on purpose: what measures it must not share its blind spots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ari_app.simulate.questions import sentences
from ari_app.simulate.scenario import plain
from audiosocket_agent.company import Company
from audiosocket_agent.workflow.said_numbers import cardinal, numbered

_UNITS = frozenset(("pound", "pounds", "quid"))
_PENCE = frozenset(("pence", "penny", "p"))
_OTHERS = frozenset(("euro", "euros", "dollar", "dollars"))
_JOINS = frozenset(("hundred", "thousand", "and", "a"))
_FREE = re.compile(
    r"\b(free of charge|for free|it(?: i|')s free|no charge|costs? nothing|percent off|discount)\b"
)
_SIGN = re.compile(r"£\s?(\d[\d,]*)(?:\.(\d\d))?")


def wrong_prices(said: str, company: Company) -> Iterator[str]:
    """Tell what is wrong with the prices in an agent's words, one line each.

    An amount has to be in the list; where a sentence names services it has to be the price of one
    of them. Nothing is free that has a price, and nothing is reduced.

    Args:
        said: The words, in sentences.
        company: With its list.
    """
    prices = {s.key: s.price_pounds for s in company.services if s.price_pounds is not None}
    for sentence in sentences(said.replace("\n", ". ")):
        if prices and (free := _FREE.search(plain(sentence))):
            yield f"a price that is not in the list was said: {free[0]}"
        named = _named(plain(sentence), company) & prices.keys()
        for amount in amounts(sentence):
            if amount not in prices.values():
                yield f"a price that is not in the list was said: {amount:.2f} pounds"
            elif named and amount not in {prices[key] for key in named}:
                yield f"a price of another service was said: {amount:.2f} pounds: {sentence}"


def _named(told: str, company: Company) -> set[str]:
    """Return the services that a sentence names."""
    return {
        service.key
        for service in company.services
        if any(f" {plain(way)} " in f" {told} " for way in (service.name, *service.phrases))
    }


def amounts(sentence: str) -> list[Decimal]:
    """Return the sums of money in a sentence: "£75", "75 pounds 50", "seventy six pounds"."""
    text = _SIGN.sub(lambda m: f" {m[1].replace(',', '')} pounds {m[2] or ''} ", sentence.lower())
    text = re.sub(r"\b(\d+)\.(\d\d) (pounds?|quid)\b", r"\1 \3 \2", text)
    words = numbered(re.findall(r"[a-z]+|\d+", text.replace("-", " ")))
    found, taken = [], 0
    for at, word in enumerate(words):
        if word in _OTHERS | _UNITS | _PENCE and at >= taken:
            before = _number_before(words, at)
            if before is None:
                continue
            pence = Decimal(0)
            if word in _UNITS:
                pence, taken = _pence_after(words, at + 1)
            found.append(Decimal(before) / 100 if word in _PENCE else before + pence)
    return found


def _number_before(words: list[str], at: int) -> Decimal | None:
    begin = at
    while begin and (words[begin - 1].isdecimal() or words[begin - 1] in _JOINS):
        begin -= 1
        if words[begin].isdecimal() and not (begin and words[begin - 1] in _JOINS):
            break
    while begin < at and words[begin] == "and":
        begin += 1
    if words[begin:at] == ["a"]:
        return Decimal(1)
    value = cardinal(words[begin:at])
    return None if value is None else Decimal(value)


def _pence_after(words: list[str], at: int) -> tuple[Decimal, int]:
    """Return the pence that follow the pounds, and where the words go on."""
    joined = words[at : at + 1] == ["and"]
    spot = at + joined
    unit = words[spot + 1 : spot + 2]
    is_pence = bool(unit) and unit[0] in _PENCE
    if spot < len(words) and words[spot].isdecimal() and len(words[spot]) <= 2:
        follows = unit and unit[0] in _UNITS
        if is_pence or not (joined or follows):
            return Decimal(words[spot]) / 100, spot + 1 + is_pence
    return Decimal(0), at
