"""Decide whether what is held may still grow: "24" into "24 Nov", "TR1" into "TR1 2AB". Pure.

Every question is answered from the text so far only, so that the way it was cut into tokens cannot
matter. When a word has ended `growths` tells how it may go on; `may_continue`, asked at every
character of the next word, lets the stretch go as soon as that word cannot belong to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiosocket_agent.spoken import abbreviations, dates, money, units

LONGEST_NEXT = 14  # characters; "September," and a half of a phone number are shorter
_CLOSERS = ".,;:!?)\"'"


@dataclass(frozen=True, slots=True)
class Growth:
    """One way to grow.

    Attributes:
        tail: Matches the end of held text that may grow so.
        begun: Matches every beginning of a next word that belongs; None when `words` lists them.
        whole: Matches the whole of such a word.
        words: The next words that belong.
        beginnings: All their beginnings.
    """

    tail: re.Pattern[str]
    begun: re.Pattern[str] | None = None
    whole: re.Pattern[str] | None = None
    words: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()


def _tail(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s(\"'])(?:{pattern})$", re.ASCII)


def _figures(tail: str, begun: str, whole: str | None = None) -> Growth:
    """Make a growth by a word with figures; any beginning may be the whole unless that is given."""
    begun_pattern = re.compile(begun, re.ASCII)
    whole_pattern = begun_pattern if whole is None else re.compile(whole, re.ASCII)
    return Growth(_tail(tail), begun_pattern, whole_pattern)


def _words(tail: str, words: frozenset[str]) -> Growth:
    beginnings = frozenset(word[:length] for word in words for length in range(1, len(word) + 1))
    return Growth(_tail(tail), words=words, beginnings=beginnings)


_END = r"[.,;:!?)\"']*"
_MONTHS = frozenset({*dates.MONTHS, *(name[:3] for name in dates.MONTHS), "Sept"})
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_COUNT = r"[-+~]?[£€$]?[0-9][0-9,.]*(?<=[0-9])"  # a comma or full stop behind it closes it
_VALUE = r"[-+~]?[£€$]?[0-9][0-9,.:/]*(?<=[0-9])[A-Za-z%²°]{0,3}"
_AFTER_COUNT = frozenset(
    {
        *units.UNITS, *units.SPELLED, *money.NAMES, *_MONTHS, "am", "pm", "a.m.", "p.m.", "AM",
        "PM", "A.M.", "P.M.", "p", "million", "billion", "thousand", "bn", "sq", "hrs", "x", "×",
        "%",
    }
)  # fmt: skip
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_YEAR_BEGUN = rf"(?:[12]|19|20|(?:19|20)[0-9]|(?:19|20)[0-9]{{2}}{_END})"
_WEEKDAYS = frozenset(dates.DAY_NAMES)

_GROWTHS = (
    _words(_COUNT, _AFTER_COUNT),
    _words(rf"{_COUNT} sq", frozenset({"m", "ft"})),
    _words(rf"{_VALUE}|{_DAY}", frozenset({"-"})),
    _figures(rf"{_VALUE} -", rf"[£€$]?(?:[0-9][0-9,.:]*[A-Za-z%²°]{{0,3}}{_END})?"),
    _figures(rf"{_COUNT}[a-z]{{0,2}} [x×]", rf"[0-9][0-9,.]*[A-Za-z]{{0,2}}{_END}"),
    _words(r"[0-9][0-9,.]*[a-z]{1,2}", frozenset({"x", "×"})),
    _words(r"[0-9][0-9.,]*-[0-9][0-9.,]*(?<=[0-9])", _AFTER_COUNT),
    _words(_DAY, frozenset({"of", *_MONTHS})),
    _words(rf"{_DAY} of", _MONTHS),
    _figures(rf"{_DAY}(?: of)? {_MONTH}[.,]?", _YEAR_BEGUN),
    _figures(rf"{_MONTH}\.? {_DAY},?", _YEAR_BEGUN),
    _figures(rf"{_MONTH}[.,]?", rf"[0-9]{{1,4}}(?:s|st|n|nd|r|rd|t|th)?{_END}"),
    _figures(r"[0-9][0-9,]* (?:pounds?|euros?|dollars?)", rf"[0-9]{{1,2}}{_END}"),
    _figures(r"(?:\+[0-9]|\(?0[0-9]{2})[0-9 ()-]*", rf"[(0-9][0-9()-]*{_END}"),
    _figures(r"[A-Za-z]{1,2}[0-9][A-Za-z0-9]?", rf"[0-9](?:[A-Za-z](?:[A-Za-z]{_END})?)?",
             rf"[0-9][A-Za-z]{{2}}{_END}"),
    _words(r"[A-Z]{1,2}[0-9][A-Z0-9]?", frozenset({"area", "areas", "postcode", "postcodes"})),
    _figures(r"(?:Nos?|no)\.", rf"[0-9][0-9,.:]*[a-z]{{0,2}}{_END}"),
    _words(r"(?:Nos?|no)\. [0-9:.]+", frozenset({"am", "pm", "a.m.", "p.m."})),
    _figures(r"(?:GBP|EUR|USD|[£€$])", rf"[0-9][0-9,.]*[A-Za-z]{{0,2}}{_END}"),
    _figures(r"[0-9]{1,3}", rf"[1-9](?:/(?:[1-9](?:0?{_END})?)?)?",
             rf"[1-9]/[1-9]0?{_END}"),
    _words(r"[0-9][0-9.:]*(?<=[0-9])(?: ?[ap]\.?m\.?)?",
           frozenset({"-", "am", "pm", "a.m.", "p.m."})),
    _figures(r"[0-9][0-9.:]* [ap]\.?m\.? -", rf"[0-9][0-9.:]*(?:[ap](?:m{_END})?)?"),
    _words(r"[0-9][0-9.:]*(?: [ap]\.?m\.?)? - [0-9][0-9.:]*",
           frozenset({"am", "pm", "a.m.", "p.m.", *units.UNITS, *units.SPELLED})),
    _words(rf"(?:{'|'.join(_WEEKDAYS)})", frozenset({"-"})),
    _words(rf"(?:{'|'.join(_WEEKDAYS)}) -", _WEEKDAYS),
)  # fmt: skip

# These need the next character to be said, though they do not take it in.
_WAITING = re.compile(
    rf"(?:^|[\s(\"'])(?:(?:{'|'.join(sorted(abbreviations.WAITING | _WEEKDAYS))})\.?"
    r"|[0-9][0-9.:]* ?[ap]\.m\.)$"
)


def growths(held: str) -> tuple[Growth, ...]:
    """Return the ways in which held text, without a trailing space, may grow by its next word."""
    return tuple([growth for growth in _GROWTHS if growth.tail.search(held)])


def waits(held: str) -> bool:
    """Whether the next character is needed to say the held text, though it may not belong to it."""
    return bool(_WAITING.search(held))


def may_continue(ways: tuple[Growth, ...], begun: str) -> bool:
    """Whether the next word may still belong to the held text.

    Args:
        ways: What `growths` returned for the held text.
        begun: What is known of the next word, one character or more.
    """
    if len(begun) > LONGEST_NEXT:
        return False
    bare = begun.rstrip(_CLOSERS)
    for growth in ways:
        if growth.begun is not None:
            if growth.begun.fullmatch(begun):
                return True
        elif begun in growth.beginnings or bare in growth.words:
            return True
    return False


def belongs(ways: tuple[Growth, ...], word: str) -> bool:
    """Whether a word that has ended belongs to the held text; `ways` as in `may_continue`."""
    bare = word.rstrip(_CLOSERS)
    for growth in ways:
        if growth.whole is not None:
            if growth.whole.fullmatch(word):
                return True
        elif bare in growth.words or word in growth.words:
            return True
    return False
