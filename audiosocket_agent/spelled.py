"""Figures and letters as callers spell them out: telephone numbers, postcodes, amounts. Pure.

"oh one six, um, double three" and "01633" are the same to everything here. Source of the shapes:
Ofcom, National Telephone Numbering Plan (a national number has 11 figures with its 0; the few
shorter ones are prefixes of longer ones, so they are never taken for whole); BS 7666 (postcodes).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiosocket_agent.caller_words import FILLERS

_ONES = "zero one two three four five six seven eight nine".split()
_TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
UNITS = {name: str(n) for n, name in enumerate(_ONES)} | dict.fromkeys(
    ("oh", "o", "nought", "naught"), "0"
)
_TEEN_FIGURES = {name: str(n) for n, name in enumerate(_TEENS, start=10)}
TENS = {name: f"{n}0" for n, name in enumerate(_TENS, start=2)} | {"fourty": "40"}
_SCALES = {"hundred": "00", "thousand": "000"}
TIMES = {"double": 2, "treble": 3, "triple": 3}
NUMBER_WORDS = UNITS.keys() | _TEEN_FIGURES.keys() | TENS.keys() | _SCALES.keys() | TIMES.keys()
# Said between two groups of one number; they neither end nor add to it.
_BETWEEN = FILLERS | {"and", "then", "space", "dash", "hyphen", "gap"}

_NATO = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar "
    "papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
).split()
_LETTER_NAMES = {name: name[0] for name in _NATO} | {
    "alfa": "a", "juliett": "j", "whisky": "w", "bee": "b", "cee": "c", "dee": "d", "eff": "f",
    "gee": "g", "aitch": "h", "haitch": "h", "jay": "j", "kay": "k", "ell": "l", "el": "l",
    "em": "m", "en": "n", "pee": "p", "cue": "q", "ar": "r", "ess": "s", "tee": "t", "vee": "v",
    "ex": "x", "wye": "y", "zed": "z", "zee": "z",
}  # fmt: skip
# Everyday words that ears write for a letter's name; only inside something that is being spelled.
_LETTER_SOUNDS = {
    "see": "c", "sea": "c", "eye": "i", "pea": "p", "queue": "q", "are": "r", "tea": "t",
    "you": "u", "why": "y", "be": "b",
}  # fmt: skip
_NOT_LETTERS = frozenset("am an as at be by he me my pm so up us we no st nd rd th".split())

POSTCODE_AREAS = frozenset(
    "ab al ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy ec "
    "eh en ex fk fy gl gu gy ha hd hg hp hr hs hu hx ig im ip iv ka kt kw ky la ld le ll ln ls lu "
    "me mk ml ne ng nn np nr nw ol ox pa pe ph pl po pr rg rh rm sa se sg sk sl sm sn so sp sr ss "
    "st sw sy ta td tf tn tq tr ts tw ub wa wc wd wf wn wr ws wv yo ze".split()
)
_AREA = r"(?:[a-z0][a-z0]?)"  # "oh" may be the letter of OX, PO, YO
_OUTWARD = rf"{_AREA}[0-9][a-z0-9]?"
_POSTCODE_END = re.compile(rf"{_OUTWARD}[0-9][a-z]{{2}}$")
_POSTCODE_BEGUN = re.compile(r"^[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]$")
_SPELLED_OUTWARD = re.compile(r"([a-z]{2})(?:[0-9][a-z0-9]?)?[0-9]?")
_LETTERS_AND_FIGURES = re.compile(r"[a-z]{0,2}[0-9][a-z0-9]{0,6}")
_ORDINAL_OR_HALF = re.compile(r"[0-9]+(?:st|nd|rd|th|am|pm)")
_REPEATED_CHARACTERS = 15  # E.164 allows fifteen figures


def figures(words: Sequence[str]) -> str:
    """Write spelled words as characters: "t r twenty double oh" is ``tr2000``.

    Words that spell nothing are left out; see `number_tail` and `postcode_tail` for finding the
    ones that do.
    """
    said: list[str] = []
    position = 0
    while position < len(words):
        characters, used = _next(words, position, said)
        said.append(characters)
        position += used
    return "".join(said)


def _next(words: Sequence[str], position: int, said: list[str]) -> tuple[str, int]:
    """Return the characters of the next word or words, and how many words they took."""
    word = words[position]
    following = words[position + 1] if position + 1 < len(words) else ""
    if word in TIMES:
        if word == "double" and following in ("u", "you"):
            return "w", 2
        spelled = _character(following)
        return (spelled[:1] * TIMES[word] + spelled[1:], 2) if spelled else ("", 1)
    if word in TENS and UNITS.get(following, "0") != "0":
        return TENS[word][0] + UNITS[following], 2
    if word == "hundred" and following == "and" and position + 2 < len(words):
        rest, used = _next(words, position + 2, said)
        if words[position + 2] not in TIMES and rest.isdigit() and len(rest) <= 2:
            return rest.zfill(2), 2 + used
    if word in _SCALES:
        return _SCALES[word], 1
    return _character(word), 1


def _character(word: str) -> str:
    if known := UNITS.get(word) or _TEEN_FIGURES.get(word) or TENS.get(word):
        return known
    if word.lstrip("+").isdigit():
        return word.lstrip("+")
    if len(word) == 1 or _LETTERS_AND_FIGURES.fullmatch(word):
        return word
    if letter := _LETTER_NAMES.get(word) or _LETTER_SOUNDS.get(word):
        return letter
    return word if len(word) == 2 and word not in _NOT_LETTERS and word not in _BETWEEN else ""


def is_number_word(word: str) -> bool:
    """Whether a word is a figure, written or spoken."""
    return word in NUMBER_WORDS or word.lstrip("+").isdecimal()


def number_tail(words: Sequence[str]) -> int:
    """Return where the run of number words at the end begins; the length when there is none."""
    start = len(words)
    for position in range(len(words) - 1, -1, -1):
        if is_number_word(words[position]):
            start = position
        elif words[position] not in _BETWEEN:
            break
    return start


def postcode_tail(words: Sequence[str], *, expected: bool) -> int:
    """Return where the run of letters and figures at the end begins.

    Args:
        words: The caller's.
        expected: Whether a postcode was asked for or named: then everyday words that sound like
            letters, and pairs of letters, count inside the run.
    """
    start = len(words)
    for position in range(len(words) - 1, -1, -1):
        word = words[position]
        if _surely_spelled(word) and (expected or not _ORDINAL_OR_HALF.fullmatch(word)):
            start = position
        elif word in _BETWEEN or (expected and word in _LETTER_SOUNDS):
            continue
        elif len(word) == 2 and word.isalpha() and word not in _NOT_LETTERS:
            following = words[position + 1] if position + 1 < len(words) else ""
            before = words[position - 1] if position else ""
            area = expected and word in POSTCODE_AREAS and position == len(words) - 1
            if not (area or _figure_begins(following) or (expected and is_number_word(before))):
                break
            start = position
        else:
            break
    return start


def _figure_begins(word: str) -> bool:
    return word[:1].isdigit() or (is_number_word(word) and word not in _SCALES)


def _surely_spelled(word: str) -> bool:
    if len(word) == 1 or is_number_word(word) or word in _LETTER_NAMES:
        return True
    return _LETTERS_AND_FIGURES.fullmatch(word) is not None


def ends_postcode(characters: str) -> bool:
    """Whether characters end with a whole postcode: ``tr11aa``."""
    return _POSTCODE_END.search(characters) is not None


def begins_postcode(characters: str) -> bool:
    """Whether characters are a postcode that lacks its last letter, and hardly anything else."""
    return _POSTCODE_BEGUN.match(characters) is not None


def begins_spelling(words: Sequence[str]) -> bool:
    """Whether words spell, letter by letter, the first half of a postcode: "t r", "t r one".

    Areas of one letter do not count: a boiler's fault may be "E one one nine".
    """
    found = _SPELLED_OUTWARD.fullmatch(figures(words))
    if found is None or len(words[0]) > 1 or not words[0].isalpha():
        return False
    return found[1] in POSTCODE_AREAS


def whole_telephone_number(digits: str) -> bool:
    """Whether figures end with a whole British number, with its 0 or with 44."""
    national = _national(digits)
    if len(national) == 11:
        return True
    # Said twice, or begun again without a word: the last eleven figures count.
    return len(national) > _REPEATED_CHARACTERS and national[-11:][:1] == "0"


def local_telephone_number(digits: str) -> bool:
    """Whether figures may be a number without its area code or without its 0.

    Local numbers never begin with 0 or 1; a 7 or 44 is far more often the beginning of a mobile
    number or of a country code whose first figure the ear has lost.
    """
    if digits[:1] in "01" or digits.startswith("44"):
        return len(digits) == 10 and digits[0] == "1"
    if digits[0] == "7":
        return len(digits) == 10
    return len(digits) in (6, 7, 8, 10)


def _national(digits: str) -> str:
    for code in ("0044", "44"):
        if digits.startswith(code) and len(digits) > len(code):
            rest = digits[len(code) :]
            return rest if rest[0] == "0" else "0" + rest
    return digits
