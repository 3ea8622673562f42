"""Say units after a number: "10 km" is "ten kilometres", "1 km" is "one kilometre". Pure."""

from __future__ import annotations

import re

from audiosocket_agent.spoken.numbers import NUMBER, quantity
from audiosocket_agent.spoken.rules import Around, rule

_PLURALS = {
    "mm": "millimetres", "cm": "centimetres", "m": "metres", "km": "kilometres",
    "m²": "square metres", "m2": "square metres", "m³": "cubic metres", "m3": "cubic metres",
    "sqm": "square metres", "sq m": "square metres", "sq ft": "square feet", "ft²": "square feet",
    "ft": "feet", "yd": "yards", "yds": "yards", "g": "grams", "kg": "kilograms",
    "l": "litres", "L": "litres", "ml": "millilitres",
    "kW": "kilowatts", "kw": "kilowatts", "kWh": "kilowatt hours", "kwh": "kilowatt hours",
    "W": "watts", "V": "volts", "A": "amps", "amp": "amps", "mA": "milliamps",
    "°C": "degrees Celsius", "°F": "degrees Fahrenheit", "°": "degrees",
    "min": "minutes", "mins": "minutes", "hr": "hours", "hrs": "hours", "sec": "seconds",
    "secs": "seconds", "wk": "weeks", "wks": "weeks", "yr": "years", "yrs": "years",
    "mi": "miles", "MB": "megabytes", "GB": "gigabytes", "Hz": "hertz", "kHz": "kilohertz",
    "psi": "P S I", "mph": "miles an hour", "BTU": "B T U", "lb": "pounds weight",
    "lbs": "pounds weight",
}  # fmt: skip
_SINGULARS = {"feet": "foot", "hertz": "hertz", "kilohertz": "kilohertz", "P S I": "P S I"}
UNITS = frozenset(_PLURALS)
SPELLED = (
    "minutes minute hours hour days day weeks week months month years year miles mile metres metre "
    "people jobs visits engineers litres bar"
).split()
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_RATES = {"hour": "an hour", "hr": "an hour", "h": "an hour", "s": "a second", "min": "a minute",
          "day": "a day", "week": "a week", "year": "a year"}  # fmt: skip


def _one(plural: str) -> str:
    if plural in _SINGULARS:
        return _SINGULARS[plural]
    first, space, rest = plural.partition(" ")
    if first in ("square", "cubic", "kilowatt"):
        return f"{first} {_one(rest)}"
    return first.removesuffix("s") + space + rest


def _measure(match: re.Match[str], around: Around) -> str:
    low, high, unit = match["low"], match["high"], match["unit"]
    plural = _PLURALS[unit]
    one = low == "1" and high is None
    said = quantity(low)
    if high is not None:
        said += f" to {quantity(high)}"
    sign = {"-": "minus ", "~": "about ", "+": "plus "}.get(match["sign"], "")
    rate = f" {_RATES[match['rate']]}" if match["rate"] else ""
    return f"{sign}{said} {_one(plural) if one else plural}{rate}"


def _spelled(match: re.Match[str], around: Around) -> str:
    said = quantity(match["low"])
    return f"{said} {match['unit']}"


RULES = (
    rule(
        rf"(?P<sign>[-+~]?)(?P<low>{NUMBER})(?: ?- ?(?P<high>{NUMBER}))? ?-?(?P<unit>{_UNIT})"
        r"(?![\w²³])(?:/(?P<rate>hour|hr|h|s|min|day|week|year)(?!\w))?",
        _measure,
    ),
    # A count of something spelled out is a number even where it looks like a year.
    rule(rf"(?P<low>{NUMBER}) (?P<unit>{'|'.join(SPELLED)})(?!\w)", _spelled),
)
