"""Whether a name is told of with "a" or "an": an MOT test, a unit, an eye test. Pure."""

from __future__ import annotations

import re

# Letters whose own names begin with a vowel: what is spelt out begins with one of them.
_SPELT_WITH_AN = frozenset("AEFHILMNORSX")
_SPELT_OUT = re.compile(r"[A-Z](?:[A-Z0-9]+s?|)\b")
_NO_VOWEL_HEARD = re.compile(r"(?:uni(?!n)|us[aeu]|uti|u[A-Z]|eu|ewe|one\b|one-|once\b)")
_SILENT_H = re.compile(r"(?:hour|honest|honour|heir)", re.IGNORECASE)
_VOWEL_NUMBER = re.compile(r"(?:8|1[18]\b)")


def article(name: str) -> str:
    """Return ``a`` or ``an``, whichever goes before a name as it is spoken."""
    if _SPELT_OUT.match(name):
        return "an" if name[0] in _SPELT_WITH_AN else "a"
    if _NO_VOWEL_HEARD.match(name[:1].lower() + name[1:]):
        return "a"
    heard = name[:1].lower() in set("aeiou") or _SILENT_H.match(name) or _VOWEL_NUMBER.match(name)
    return "an" if heard else "a"
