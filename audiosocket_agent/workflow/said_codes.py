"""What callers spell: postcodes, codes, addresses of e-mail, telephone numbers. Pure.

Sources: BS 7666 and Royal Mail, Programmers' Guide to the Postcode Address File (which letters a
postcode may have where).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from audiosocket_agent.caller_words import words_of
from audiosocket_agent.spelled import (
    POSTCODE_AREAS,
    TIMES,
    UNITS,
    figures,
    is_number_word,
    whole_telephone_number,
)

_AREAS = POSTCODE_AREAS | set("beglmnsw")
_DISTRICT = r"[0-9][0-9]?|[0-9][ABCDEFGHJKPSTUW]"
_POSTCODE = re.compile(
    rf"([A-PR-UWYZ](?:{_DISTRICT})|[A-PR-UWYZ][A-HK-Y](?:[0-9][0-9]?|[0-9][ABEHMNPRVWXY]))"
    r"([0-9][ABD-HJLNP-UW-Z]{2})"
)
_MOST_OF_POSTCODE = 7
_MOST_WORDS = 30  # of an answer; a longer story spells nothing
_NO_CODE = frozenset(
    "is it its it's the my on no of reg plate number for car van and so um uh yes ok i'm".split()
)
_MARKS = {
    "dot": ".", "point": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-",
    "plus": "+",
}  # fmt: skip
_EMAIL = re.compile(
    r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}"
    r"[a-z]{2,24}"
)
_BEFORE_EMAIL = frozenset(
    "it's its it is my the e email mail address yes sure ok okay um uh that's that would be so "
    "and".split()
)
_REGISTRATION = re.compile("[A-Z]{2}[0-9]{2}[A-Z]{3}")  # as issued in Britain since 2001
_REGISTRATION_CHARACTERS = 7
_GROUPS = {7: [4, 3], 11: [5, 3, 3]}
LEAST_DIGITS, MOST_DIGITS = 9, 15  # of a telephone number: with its area code; E.164


def postcode_in(text: str) -> str | None:
    """Return the one UK postcode that words spell, as ``TR1 1AA``; None if none or several."""
    words = words_of(text)[:_MOST_WORDS]
    found: list[tuple[int, int, str]] = []
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            spelled = figures(words[start:end])
            if len(spelled) > _MOST_OF_POSTCODE:
                break
            spells = (
                all(figures([words[at]]) for at in (start, end - 1)) or words[start] == "double"
            )
            if spells and (postcode := as_postcode(spelled)):
                found.append((start, end, postcode))
    # "B one one A A" is within "A B one one A A": the longer is meant.
    longest = {
        code
        for start, end, code in found
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e, _ in found)
    }
    return longest.pop() if len(longest) == 1 else None


def as_postcode(characters: str) -> str | None:
    """Return letters and figures as a postcode; None if they are none.

    "Oh" is a letter or a figure, whichever makes a postcode.
    """
    if not 5 <= len(characters) <= _MOST_OF_POSTCODE:
        return None
    spellings = product(*("0O" if c in "0O" else c for c in characters.upper()))
    found = {it for letters in spellings if (it := _postcode("".join(letters)))}
    return found.pop() if len(found) == 1 else None


def _postcode(characters: str) -> str | None:
    parts = _POSTCODE.fullmatch(characters)
    if parts is None:
        return None
    area = re.match("[A-Z]+", parts[1])
    known = area is not None and area[0].lower() in _AREAS
    return f"{parts[1]} {parts[2]}" if known else None


def code_in(text: str, least: int, most: int) -> str | None:
    """Return the one code that words spell: letters and figures, at least one figure.

    "Oh" is a figure, but where a British registration has a letter.

    Args:
        text: The caller's words.
        least: Fewest characters.
        most: Most.
    """
    runs: list[list[str]] = [[]]
    for word in words_of(text)[:_MOST_WORDS]:
        characters = _spelling(word)
        if characters:
            runs[-1] += characters
        elif runs[-1]:
            runs.append([])
    codes = {_by_place(figures(run).upper()) for run in runs}
    fits = {it for it in codes if least <= len(it) <= most and any(c.isdigit() for c in it)}
    return fits.pop() if len(fits) == 1 else None


def _by_place(code: str) -> str:
    """Tell O and 0 apart by their place in a code that is like a British registration, AA00 AAA."""
    if len(code) != _REGISTRATION_CHARACTERS:
        return code
    area, age, rest = code[:2], code[2:4], code[4:]
    told = area.replace("0", "O") + age.replace("O", "0") + rest.replace("0", "O")
    return told if _REGISTRATION.fullmatch(told) else code


def _spelling(word: str) -> list[str]:
    """Return what a word is when something is spelled; [] if it belongs to no code."""
    if word in _NO_CODE or not word.isascii() or not word.isalnum():
        return []
    if word == "o":
        return ["oscar"]  # the letter, as it is written; the figure is "oh"
    if figures([word]) or word in TIMES:
        return [word]
    # A group as it is written: the "CDE" of AB12 CDE.
    group = len(word) == 3 and word.isalpha()
    return [{"o": "oscar"}.get(letter, letter) for letter in word] if group else []


def email_in(text: str) -> str | None:
    """Return the one address of e-mail in words, "jane at example dot com"; None if none."""
    written = set(_EMAIL.findall(text.lower()))
    if written:
        return written.pop() if len(written) == 1 else None
    words = [_MARKS.get(word, word) for word in _whole_stops(words_of(text))[:_MOST_WORDS]]
    while words and words[0] in _BEFORE_EMAIL:
        words.pop(0)
    if words.count("at") != 1:
        return None
    said = "".join("@" if word == "at" else UNITS.get(word, word) for word in words)
    return said if _EMAIL.fullmatch(said) and ".." not in said else None


def _whole_stops(words: Sequence[str]) -> list[str]:
    return " ".join(words).replace("full stop", "dot").split()


def spoken_email(email: str) -> str:
    """Say an address of e-mail: "jane dot smith at example dot com"."""
    said = {"@": "at", ".": "dot", "_": "underscore", "-": "dash", "+": "plus"}
    return " ".join(said.get(part, part) for part in re.split(r"([@._+-])", email) if part)


def phone_in(text: str) -> str | None:
    """Return the telephone number in words or figures, with + if it has a country code."""
    words = words_of(text)
    digits = figures([word for word in words if is_number_word(word)])
    if any(c.isdigit() for c in text):
        plus = "+" if "+" in text or "plus" in words else ""
        written = "".join(c for c in text if c.isdigit())
        return plus + written if LEAST_DIGITS <= len(written) <= MOST_DIGITS else None
    if whole_telephone_number(digits) and len(digits) <= MOST_DIGITS:
        return digits
    return None


def spelled_out(characters: str) -> str:
    """Say characters one by one, each group by itself: "T R 1, 1 A A"."""
    return ", ".join(" ".join(group) for group in characters.split())


def in_groups(characters: str) -> str:
    """Return a long code in groups of three to five, which are easier to follow.

    A registration number is AB12 CDE, a British telephone number 01632 960 999.
    """
    sizes = _GROUPS.get(len(characters), [3] * (len(characters) // 3))
    groups, at = [], 0
    for size in sizes:
        groups.append(characters[at : at + size])
        at += size
    if at < len(characters):
        groups = [*groups[:-1], "".join(groups[-1:]) + characters[at:]]
    return " ".join(groups)
