"""Say a stretch of text that holds figures, signs or abbreviations, by the rules. Pure."""

from __future__ import annotations

import re

from audiosocket_agent.spoken import (
    abbreviations,
    addresses,
    dates,
    money,
    numbers,
    phones,
    postcodes,
    times,
    units,
)
from audiosocket_agent.spoken.rules import Around

# The first rule that speaks wins: constructs that could be taken for a plainer one come before it.
RULES = (
    *addresses.RULES,
    *phones.RULES,
    *postcodes.RULES,
    *numbers.FRACTION_RULES,
    *dates.RULES,
    *money.RULES,
    *times.RULES,
    *units.RULES,
    *numbers.RULES,
    *abbreviations.RULES,
)
_VERBATIM = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_UNSAID = frozenset("<>[]{}|`*\\^_")
_NO_SPACE_BEFORE = frozenset(".,;:!?)'")


def render(text: str, around: Around) -> str:
    """Return the text as it is spoken.

    Args:
        text: Plain text of under 100 characters, without markdown.
        around: What stands before and after it.
    """
    pieces: list[str] = []
    position = 0
    while position < len(text):
        said, position = _next(text, position, around)
        pieces.append(said)
    return _joined(pieces)


def _next(text: str, position: int, around: Around) -> tuple[str, int]:
    """Say one construct, word or sign; return it and the position behind it."""
    character = text[position]
    if character == " ":
        return " ", position + 1
    before = _before(text, position, around)
    if position == 0 or not text[position - 1].isalnum():
        for rule in RULES:
            match = rule.pattern.match(text, position)
            if match is None or match.end() == position:
                continue
            said = rule.say(match, Around(before, _after(text, match.end(), around)))
            if said is not None:
                return said, match.end()
    if match := _VERBATIM.match(text, position):
        return match[0], match.end()
    return _sign(text, position), position + 1


def _before(text: str, position: int, around: Around) -> str:
    words = text[:position].split()
    if not words:
        return around.before
    return words[-1] if words[-1][-1].isalnum() else ""


def _after(text: str, position: int, around: Around) -> str:
    rest = text[position:].lstrip(" ")
    return rest[0] if rest else around.after


def _sign(text: str, position: int) -> str:
    """Say a character that belongs to no construct."""
    character = text[position]
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    alone = before in ("", " ") and after in ("", " ")
    if character == "-" and alone:
        return ","
    if character == "/":
        words = before.isalpha() and after.isalpha() and not (before + after).isupper()
        return " or " if words else " "
    if character == "," and after:
        return ", "
    if character in _UNSAID or character == "#":
        return " " if before.isalnum() and after.isalnum() else ""
    if character in abbreviations.SIGNS:
        return f" {abbreviations.sign(character)} "
    return character


def _joined(pieces: list[str]) -> str:
    """Join what was said with single spaces, none before a comma, a space between two words."""
    said = ""
    for piece in pieces:
        if said.endswith(" ") or not said:
            piece = piece.lstrip(" ")
        if piece[:1] in _NO_SPACE_BEFORE and piece != "'":
            said = said.rstrip(" ")
        said += piece
    return said.strip(" ")
