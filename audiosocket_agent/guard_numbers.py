"""Numbers in running speech, however a model writes them: "£75.50", "seventy five", "9.30". Pure.

`run_at` finds the longest run of words that is one number, or one row of digits. What the number
is (a price, a time, a house number) is for `guard` to tell, from the words around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

UNITS = {
    "zero": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000}
REPEATS = {"double": 2, "treble": 3, "triple": 3}
NUMBER_WORDS = frozenset((*UNITS, *TEENS, *TENS, *SCALES, *REPEATS))
CURRENCIES = "£€$"
_FIGURES = re.compile(
    r"([£€$]?)(\d{1,3}(?:,\d{3})+|\d+)((?:[.:]\d+)*)(p|k|%|am|pm|st|nd|rd|th|[a-z])?"
)
MOST_WORDS = 24  # of one number: a telephone number said digit by digit, and some to spare


@dataclass(frozen=True, slots=True)
class Number:
    """A number found.

    Attributes:
        words: How many words it takes up.
        value: It, as a cardinal; None for a row of digits that is none, such as "oh one six".
        digits: Its digits in a row; "" where it was said as a cardinal of several words.
        currency: ``£``, ``€`` or ``$`` before it, else "".
        suffix: What is joined to it: ``p``, ``k``, ``%``, ``am``, ``pm``, ``th``..., else "".
        clock: Hours and minutes, where it is written as a time: "9:30".
    """

    words: int
    value: Decimal | None
    digits: str
    currency: str = ""
    suffix: str = ""
    clock: tuple[int, int] | None = None


def begins_number(word: str) -> bool:
    """Whether a lower-case word begins a number."""
    return word in NUMBER_WORDS or bool(word and (word[0].isdigit() or word[0] in CURRENCIES))


def run_at(words: Sequence[str], breaks: Sequence[bool], at: int) -> tuple[Number | None, bool]:
    """Find the number that begins at a word.

    Args:
        words: Lower-case words without punctuation.
        breaks: Whether a comma or the like follows each.
        at: Where.

    Returns:
        The number, None if the word begins none; and whether it reaches to the last word, so that
        more words might belong to it.
    """
    if not begins_number(words[at]):
        return None, False
    end = at
    while end < len(words) and end - at < MOST_WORDS and _goes_on(words, breaks, at, end):
        end += 1
    if end - 1 > at and words[end - 1] in ("and", "a", "point"):
        more = end >= len(words)
        while end - 1 > at and words[end - 1] in ("and", "a", "point"):
            end -= 1
        return _number(words[at:end]), more
    settled = breaks[end - 1] and not all(map(_is_digits, words[at:end]))
    return _number(words[at:end]), end >= len(words) and not settled


def _goes_on(words: Sequence[str], breaks: Sequence[bool], at: int, end: int) -> bool:
    """Whether the word at `end` belongs to the number that began at `at`."""
    word = words[end]
    if end == at:
        return True
    before = words[end - 1]
    if breaks[end - 1]:  # digits are told apart with commas, other numbers end there
        return _is_digits(word) and all(_is_digits(w) for w in words[at:end])
    if word == "and":
        return before in ("hundred", "thousand", "million")
    if word == "point":
        return begins_number(before)
    if word in ("oh", "o"):
        return all(_is_digits(w) for w in words[at:end])
    if before in ("oh", "o", "and", "point", *REPEATS):
        return begins_number(word)
    if word[:1].isdigit():
        return all(_is_digits(w) for w in words[at:end]) and word.isdigit()
    return word in NUMBER_WORDS


def _is_digits(word: str) -> bool:
    return word in UNITS or word in REPEATS or word in ("oh", "o") or word.isdigit()


def _number(words: Sequence[str]) -> Number:
    if len(words) == 1 and not words[0].isalpha():
        return _figures(words[0])
    count = len(words)
    if all(_is_digits(word) for word in words):
        digits = _row(words)
        value = Decimal(digits) if digits and len(digits) <= 9 else None
        return Number(count, value, digits)
    value = _cardinal(words)
    plain = "" if value is None else (str(value) if value == int(value) else "")
    return Number(count, value, plain or _mixed(words))


def _mixed(words: Sequence[str]) -> str:
    """Return the digits of "seventy nine sixty": numbers said two digits at a time."""
    return "".join(str(UNITS.get(w, TEENS.get(w, TENS.get(w, "")))) for w in words)


def _row(words: Sequence[str]) -> str:
    digits, times = "", 1
    for word in words:
        if word in REPEATS:
            times = REPEATS[word]
            continue
        one = "0" if word in ("oh", "o") else str(UNITS[word]) if word in UNITS else word
        digits += one * times
        times = 1
    return digits


def _cardinal(words: Sequence[str]) -> Decimal | None:
    """Return the value of a number in words; None if they are no single number."""
    whole, _, part = " ".join(words).partition(" point ")
    total, current, last = 0, 0, 10**9
    for word in whole.split():
        if word == "and":
            continue
        if word in SCALES:
            current = max(current, 1) * SCALES[word]
            if SCALES[word] >= 1000:
                total, current = total + current, 0
            last = SCALES[word]
            continue
        value = int(word) if word.isdigit() else UNITS.get(word, TEENS.get(word, TENS.get(word)))
        if value is None or value >= last or (last < 20 and last != 12):
            return None
        if current % 100 and not (current % 10 == 0 and value < 10):
            return None
        current, last = current + value, value
    decimals = _row(part.split()) if all(map(_is_digits, part.split())) else ""
    return Decimal(f"{total + current}.{decimals}") if decimals else Decimal(total + current)


def _figures(word: str) -> Number:
    """Read a number in figures."""
    found = _FIGURES.fullmatch(word)
    if found is None:
        digits = "".join(c for c in word if c.isdigit())
        return Number(1, None, digits, word[0] if word[0] in CURRENCIES else "")
    currency, whole, rest, suffix = found.groups()
    clock = None
    if not currency and re.fullmatch(r"[.:]\d\d", rest) and int(whole.replace(",", "")) < 25:
        clock = (int(whole), int(rest[1:]))
    try:
        value = Decimal(whole.replace(",", "") + ("" if ":" in rest else rest))
    except InvalidOperation:
        value = None
    digits = "".join(c for c in whole + rest if c.isdigit())
    return Number(1, value, digits, currency, suffix or "", clock)
