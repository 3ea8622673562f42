"""Numbers in a caller's words, written as figures for the readers of dates and times. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from audiosocket_agent.spelled import TENS, UNITS

_TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
CARDINALS = {word: int(figure) for word, figure in UNITS.items() if word not in ("o",)} | {
    word: n for n, word in enumerate(_TEENS, start=10)
}
_FIRST = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
ORDINALS = {word: n for n, word in enumerate(_FIRST, start=1)} | {"twentieth": 20, "thirtieth": 30}
_ENDS = ("st", "nd", "rd", "th")
SCALES = {"hundred": 100, "thousand": 1000}
ORDINAL = "o"  # written after the figures of an ordinal: "twenty third" is 23o


def numbered(words: Sequence[str]) -> list[str]:
    """Return the words with numbers below a hundred as figures: "twenty third" is ``23o``.

    "oh five" is ``05``: nobody says it but for minutes and figures.
    """
    out: list[str] = []
    position = 0
    while position < len(words):
        written, used = _number(words, position)
        out.append(written)
        position += used
    return out


def _number(words: Sequence[str], position: int) -> tuple[str, int]:
    word = words[position]
    following = words[position + 1] if position + 1 < len(words) else ""
    if word in ("oh", "zero", "nought") and 0 < CARDINALS.get(following, 0) < 10:
        return f"0{CARDINALS[following]}", 2
    if word in TENS:
        tens = int(TENS[word])
        if 0 < CARDINALS.get(following, 0) < 10:
            return str(tens + CARDINALS[following]), 2
        if 0 < ORDINALS.get(following, 0) < 10:
            return f"{tens + ORDINALS[following]}{ORDINAL}", 2
        return str(tens), 1
    if word in CARDINALS:
        return str(CARDINALS[word]), 1
    if word in ORDINALS:
        return f"{ORDINALS[word]}{ORDINAL}", 1
    if word[:-2].isdecimal() and word.endswith(_ENDS):
        return f"{word[:-2]}{ORDINAL}", 1
    return word, 1


def cardinal(words: Sequence[str]) -> int | None:
    """Return the number that words say as a whole: "one hundred and five", "4 2"; else None."""
    said = [word for word in numbered(words) if word != "and"]
    if not said:
        return None
    if all(word.isdecimal() and len(word) <= 9 for word in said):
        return int("".join(said)) if len("".join(said)) <= 9 else None
    total = current = 0
    for word in said:
        if word in SCALES:
            current = (current or 1) * SCALES[word]
            if word == "thousand":
                total, current = total + current, 0
        elif word.isdecimal() and len(word) <= 6:
            current += int(word)
        elif word != "a":
            return None
    return total + current if any(word in SCALES for word in said) else None
