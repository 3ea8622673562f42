"""Say prices: "ninety-five pounds fifty", "seventy-five to ninety-five pounds". Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiosocket_agent.spoken.numbers import NUMBER, cardinal, quantity
from audiosocket_agent.spoken.rules import Around, rule


@dataclass(frozen=True, slots=True)
class _Currency:
    one: str
    many: str
    small_one: str
    small_many: str


_POUND = _Currency("pound", "pounds", "penny", "pence")
_EURO = _Currency("euro", "euros", "cent", "cents")
_DOLLAR = _Currency("dollar", "dollars", "cent", "cents")
_CURRENCIES = {
    "£": _POUND, "GBP": _POUND, "pound": _POUND, "pounds": _POUND,
    "€": _EURO, "EUR": _EURO, "euro": _EURO, "euros": _EURO,
    "$": _DOLLAR, "USD": _DOLLAR, "dollar": _DOLLAR, "dollars": _DOLLAR,
}  # fmt: skip
_SCALES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion"}
_PER = {
    "hour": "an hour", "hr": "an hour", "h": "an hour", "day": "a day", "week": "a week",
    "wk": "a week", "month": "a month", "mo": "a month", "year": "a year", "yr": "a year",
    "visit": "a visit", "job": "a job", "room": "a room", "person": "a person",
    "metre": "a metre", "m²": "a square metre", "sqm": "a square metre", "m": "a metre",
    "unit": "a unit",
    "pp": "per person", "ph": "an hour", "item": "an item", "head": "a head", "mile": "a mile",
}  # fmt: skip
CODES = ("GBP", "EUR", "USD")
NAMES = ("pound", "pounds", "euro", "euros", "dollar", "dollars", *CODES)
_SIGN = r"(?:[£€$]|(?:GBP|EUR|USD) ?)"
_SCALE = r"(?: ?(?P<scale{0}>million|billion|thousand|bn|[kKmM])(?!\w))?"
_PER_PATTERN = (
    rf"(?: ?(?:/|p/|(?=p[ph])) ?(?P<per>{'|'.join(sorted(_PER, key=len, reverse=True))})(?!\w))?"
)
_PRICE = rf"(?P<minus>-?)(?P<sign>{_SIGN}) ?(?P<low>{NUMBER}){_SCALE.format('1')}"


def _amount(currency: _Currency, number: str, scale: str | None) -> str:
    text = number.replace(",", "")
    whole, _, decimals = text.partition(".")
    if len(whole) > 12:
        return f"{quantity(text)} {currency.many}"
    if scale:
        return f"{_scaled(text, scale)} {currency.many}"
    if len(decimals) > 2:
        return f"{quantity(text)} {currency.many}"
    big, small = int(whole), int(decimals.ljust(2, "0")) if decimals else 0
    if not big and small:
        return f"{cardinal(small)} {currency.small_one if small == 1 else currency.small_many}"
    said = f"{cardinal(big)} {currency.one if big == 1 else currency.many}"
    if not small:
        return said
    if small < 10:  # "ninety-five pounds five" could be heard as 95.50
        name = currency.small_one if small == 1 else currency.small_many
        return f"{said} and {cardinal(small)} {name}"
    return f"{said} {cardinal(small)}"


def _scaled(text: str, scale: str) -> str:
    name = _SCALES.get(scale, scale)
    if name == "thousand" and "." in text and len(text.partition(".")[2]) <= 3:
        whole, _, decimals = text.partition(".")
        return cardinal(int(whole + decimals.ljust(3, "0")))
    return f"{quantity(text)} {name}"


def _per(match: re.Match[str]) -> str:
    return f" {_PER[match['per']]}" if match["per"] else ""


def _price(match: re.Match[str], around: Around) -> str:
    said = _amount(_CURRENCIES[match["sign"].strip()], match["low"], match["scale1"])
    return ("minus " if match["minus"] else "") + said + _per(match)


def _range(match: re.Match[str], around: Around) -> str:
    currency = _CURRENCIES[match["sign"].strip()]
    low, high = match["low"], match["high"]
    scale, scale2 = match["scale1"], match["scale2"]
    said_high = _amount(currency, high, scale2)
    if "." in low or scale:
        said_low = _amount(currency, low, scale)
        if scale == scale2 and scale is not None:
            said_low = quantity(low)
    else:
        said_low = quantity(low)
    return f"{said_low} to {said_high}{_per(match)}"


def _named(match: re.Match[str], around: Around) -> str:
    number = match["low"]
    if match["small"]:
        number = f"{number}.{match['small']}"
    return _amount(_CURRENCIES[match["name"]], number, match["scale1"]) + _per(match)


def _pence(match: re.Match[str], around: Around) -> str:
    count = int(match[1])
    return f"{cardinal(count)} {'penny' if count == 1 else 'pence'}"


RULES = (
    rule(
        rf"{_PRICE} ?- ?(?:{_SIGN})? ?(?P<high>{NUMBER}){_SCALE.format('2')}{_PER_PATTERN}"
        r"(?!\w|[-.,:/][0-9])",
        _range,
    ),
    rule(rf"{_PRICE}{_PER_PATTERN}(?![A-Za-z0-9])", _price),
    rule(
        rf"(?P<low>{NUMBER}){_SCALE.format('1')} ?(?P<name>{'|'.join(sorted(NAMES, reverse=True))})"
        rf"(?: (?P<small>[0-9]{{2}})(?![\w.,:/%]))?{_PER_PATTERN}(?!\w)",
        _named,
    ),
    rule(r"([0-9]{1,4}) ?p(?![\w/.]\w|\w)", _pence),
)
