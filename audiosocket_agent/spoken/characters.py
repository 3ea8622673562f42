"""Turn every character into one a voice can be given: no emoji, no controls, plain quotes. Pure."""

from __future__ import annotations

import unicodedata

EM_DASH = " - "  # a dash standing alone: between figures "to", between words a pause

_TABLE = {
    "\t": " ", "\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n",
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
    "–": "-", "‒": "-", "‐": "-", "‑": "-", "−": "-",
    "—": EM_DASH, "―": EM_DASH, "…": "...",
    "•": "* ", "‣": "* ", "▪": "* ", "●": "* ", "·": " ",
    "→": " to ", "½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3",
    "º": "°", "≈": "~", "№": "No. ", "℃": "°C", "㎡": "m²", "＜": "<", "＞": ">", "￡": "£",
}  # fmt: skip
_KEPT_SYMBOLS = frozenset("°²³×÷±")
# Controls, formats (zero width joiners), unassigned, private, surrogates; So and Sk hold the emoji.
_DROPPED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "So", "Sk", "Sm", "Me"})


def plain_characters(character: str) -> str:
    """Return what one character becomes: itself, a plainer spelling, a space, or nothing.

    A line break stays a line break.
    """
    if " " <= character < "\x7f" or character == "\n":
        return character
    if (known := _TABLE.get(character)) is not None:
        return known
    if character in _KEPT_SYMBOLS:
        return character
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category in _DROPPED or "\ufe00" <= character <= "\ufe0f":  # emoji style selectors
        return ""
    return character
