"""How a number is written that people write in other ways: prices, times it takes. Pure."""

from __future__ import annotations

import re

# By the first letter of the unit.
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNITS = {
    "s": "seconds",
    "min": "minutes",
    "minutes": "minutes",
    "days": "days",
    "ms": "milliseconds",
}
_UNIT_S = {"seconds": 1, "minutes": 60, "days": 86_400, "milliseconds": 0.001}
_WORDS = r"ms|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?|d(?:ays?)?|w(?:eeks?)?"
_PART = re.compile(rf"(\d+(?:\.\d+)?)\s*({_WORDS})\s*", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
_MONEY = re.compile(
    r"(?:[£$€]|GBP|EUR|USD)?\s*(\d[\d,.]*)\s*(?:[£$€]|GBP|EUR|USD|pounds?|quid|euros?|dollars?)?",
    re.IGNORECASE,
)


def as_number(value: object, shown: str, name: str) -> str:
    """Say that something is no number, and how the number that is meant is written.

    Args:
        value: As it stands in the file.
        shown: It, fit to be shown.
        name: The field's; its ending tells the unit: ``_s``, ``_ms``, ``_min``, ``minutes``.
    """
    if value is None:
        return "is empty; write a number"
    if not isinstance(value, str):
        return f"{shown} is no number; write digits only, like 90"
    text = value.strip()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        plain = text.replace(",", "")
        return f"{shown} has a comma; a number is written without: {plain}"
    if re.fullmatch(r"\d+,\d{1,2}", text):
        return f"{shown} has a comma; decimals stand after a point: {text.replace(',', '.')}"
    unit = _UNITS.get(name if name in _UNITS else name.rpartition("_")[2])
    if unit is not None:
        return f"{shown} is no number; {_in_unit(text, unit)}"
    if pence := re.fullmatch(r"(\d{1,2})\s*p(?:ence)?", text, re.IGNORECASE):
        return f"{shown} is no number; write it in pounds: 0.{int(pence[1]):02}"
    amount = _amount(text)
    if amount:
        return f"{shown} is no number; write it without the currency: {amount}"
    return f"{shown} is no number; write digits only, like 90"


def _in_unit(text: str, unit: str) -> str:
    seconds = _duration_s(text)
    if seconds is None:
        return f"write how many {unit}, in digits only, like 90"
    return f"write it in {unit}: {seconds / _UNIT_S[unit]:.6g}"


def _duration_s(text: str) -> float | None:
    """Read what people write for how long something takes, in seconds; None if it is none."""
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1]) * 3600.0 + int(clock[2]) * 60
    if short := re.fullmatch(r"(\d+)\s*h\s*([0-5]?\d)", text, re.IGNORECASE):
        return int(short[1]) * 3600.0 + int(short[2]) * 60
    if not text or _PART.sub("", text).replace("and", "").strip():
        return None
    return sum(
        float(number) * (0.001 if unit.lower() == "ms" else _SECONDS[unit[0].lower()])
        for number, unit in _PART.findall(text)
    )


def _amount(text: str) -> str:
    """Return the plain number of a price with its currency; "" if it is none."""
    found = _MONEY.fullmatch(text)
    if found is None:
        return ""
    digits = found[1]
    if re.fullmatch(r"\d+,\d{1,2}", digits):
        digits = digits.replace(",", ".")
    plain = re.fullmatch(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?\.?", digits)
    return digits.replace(",", "").rstrip(".") if plain else ""
