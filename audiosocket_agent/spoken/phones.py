"""Say telephone numbers figure by figure, zero as "oh", a comma between the groups. Pure.

No "double": a caller writing a number down follows single figures most surely. The groups are
those written; a number written in one piece is cut where the British write it (01632, 020, 0800).
"""

from __future__ import annotations

import re

from audiosocket_agent.spoken.numbers import digits
from audiosocket_agent.spoken.rules import Around, rule

_GROUP = re.compile(r"[0-9]+")
_SHORT_AREA = re.compile(r"02[0-9]")
_FREEPHONE = re.compile(r"0[38][0-9]{2}")


def _groups(text: str) -> list[str]:
    """Cut a British number written in one piece."""
    if len(text) < 9:
        return [text[i : i + 4] for i in range(0, len(text), 4)]
    if _SHORT_AREA.match(text):
        return [text[:3], text[3:7], text[7:]]
    if _FREEPHONE.match(text):
        return [text[:4], text[4:7], text[7:]]
    return [text[:5], text[5:8], text[8:]]


def _phone(match: re.Match[str], around: Around) -> str | None:
    text = match[0]
    figures = "".join(_GROUP.findall(text))
    if not 8 <= len(figures) <= 15:
        return None
    plus = text.startswith("+")
    if plus:
        text = text.replace("(0)", " ")
    groups = _GROUP.findall(text)
    if plus and len(groups) == 1 and groups[0].startswith("44"):
        groups = ["44", *_groups("0" + groups[0][2:])]
        groups[1] = groups[1][1:]
    elif len(groups) == 1:
        groups = _groups(groups[0])
    return ("plus " if plus else "") + ", ".join(digits(group) for group in groups)


RULES = (
    rule(r"(?:\+[0-9]|\(?0[0-9]{2})(?:[ -]?\(?[0-9]\)?){5,14}(?![\w/:]|[.,][0-9])", _phone),
)  # fmt: skip
