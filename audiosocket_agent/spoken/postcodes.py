"""Say postcodes: TR1 2AB is "T R one, two A B". Pure.

A whole postcode is recognised in any case, with or without its space: its shape is strict enough.
An outward half alone ("TR1") looks like a road, a vitamin or a part number, so it is said as one
only after "postcode", "in" or "area", or before "area" or "postcode"; elsewhere it is left alone.
"""

from __future__ import annotations

import re

from audiosocket_agent.spoken.numbers import digits
from audiosocket_agent.spoken.rules import Around, rule

_BEFORE = frozenset("postcode postcodes area in".split())
OUTWARD = r"(?:[A-Za-z]{1,2}[0-9][A-Za-z0-9]?)"
INWARD = r"(?:[0-9][A-Za-z]{2})"
_PLACE = r"(?P<outward>[A-Za-z]{1,2}[0-9](?:[0-9]|[A-Za-z](?= ?[0-9][A-Za-z]{2}\b))?)"


def spelled(text: str) -> str:
    """Say letters and figures one by one."""
    return " ".join(c.upper() if c.isalpha() else digits(c) for c in text if c.isalnum())


def _whole(match: re.Match[str], around: Around) -> str:
    return f"{spelled(match['outward'])}, {spelled(match['inward'])}"


def _outward(match: re.Match[str], around: Around) -> str | None:
    if match["next"] is None and around.before.lower() not in _BEFORE:
        return None
    return spelled(match["outward"]) + (match["next"] or "")


RULES = (
    rule(rf"{_PLACE} ?(?P<inward>{INWARD})(?!\w)", _whole),
    rule(
        r"(?P<outward>[A-Z]{1,2}[0-9][A-Z0-9]?)(?!\w)(?P<next> (?:area|postcode)s?\b)?", _outward
    ),
)  # fmt: skip
