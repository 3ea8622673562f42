"""Text on a telephone's keys, each character as two of them. Pure.

A letter is its key and its place on it (A is 21, S is 74), a figure itself and 0 (7 is 70). So
anything that can be said can be keyed too, and keys mean one text only.
"""

from __future__ import annotations

_ON_KEYS = {"2": "abc", "3": "def", "4": "ghi", "5": "jkl", "6": "mno", "7": "pqrs", "8": "tuv",
            "9": "wxyz"}  # fmt: skip
_MARKS = {"01": " ", "11": "@", "12": ".", "13": "-", "14": "'", "15": "_", "16": "/", "17": ",",
          "18": "+"}  # fmt: skip
PAIRS = (
    {f"{key}{place}": letter for key, letters in _ON_KEYS.items()
     for place, letter in enumerate(letters, start=1)}
    | {f"{figure}0": figure for figure in "0123456789"}
    | _MARKS
)  # fmt: skip
KEYS_OF = {character: keys for keys, character in PAIRS.items()}
HINT = (
    "Or key it in, two keys for each letter, the letter's key and its place on it, so that A is 2 "
    "1; for a figure, the figure and 0. Then press hash."
)


def text_of_keys(keys: str) -> str | None:
    """Return the text that pairs of keys stand for, lower-case; None if they stand for none."""
    if not keys or len(keys) % 2:
        return None
    characters = [PAIRS.get(keys[at : at + 2]) for at in range(0, len(keys), 2)]
    return None if None in characters else "".join(c for c in characters if c)


def keys_of_text(text: str) -> str:
    """Return the keys for a text.

    Raises:
        KeyError: If it has a character that no keys stand for.
    """
    return "".join(KEYS_OF[character] for character in text.lower())
