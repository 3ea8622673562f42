"""Whether days and times of opening are the company's. Pure.

A sentence may name the day before the hour or after it, so both words are looked at: what is said
of opening and closing must fit the days that are named, and no time may be of a day that is shut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from audiosocket_agent.company import Company
from audiosocket_agent.company_calls import minutes_of
from audiosocket_agent.guard_numbers import begins_number, run_at
from audiosocket_agent.guard_shapes import ASKED, NO
from audiosocket_agent.guard_words import DAYS

Clock = tuple[int, int]
Hours = Mapping[str, tuple[frozenset[Clock], frozenset[Clock]]]  # by day: when it opens, closes

_ROUND_THE_CLOCK = frozenset(("clock", "24/7", "anytime", "holiday", "holidays"))
_GROUPS = {
    "weekend": DAYS[5:], "weekends": DAYS[5:], "weekday": DAYS[:5], "weekdays": DAYS[:5],
}  # fmt: skip
_DAYS_OF = {
    **{day: (day,) for day in DAYS}, **{f"{day}s": (day,) for day in DAYS}, **_GROUPS,
}  # fmt: skip
_WELCOME = frozenset(("open", "fine", "available", "works"))
HOUR_WORDS = frozenset((*_DAYS_OF, *_WELCOME, *_ROUND_THE_CLOCK))
_OPEN = re.compile(
    r"\b(?:we're|we are|office is|shop is|salon is|garage is|we) (?:\S+ )?"
    r"(?:open|available|work|here|come|visit)\b|\byou can (?:come|bring|pop|drop|call)\b|"
    r"^(?:\w+days?|weekends?)(?: is|'s| would be)? (?:absolutely |perfectly )?(?:fine|works)\b"
)
_CLOSED = re.compile(r"\b(?:we're|we are|office is|shop is) (?:\S+ )?(?:closed|shut)\b")
_ENDS = frozenset("until till close closes closing shut shuts".split())
_HALVES = {"half": 30, "quarter": 15}
_EXCEPT = frozenset(("but", "except", "excluding", "apart"))  # days after it are others
_BEGINS = frozenset("open opens opening from".split())


def hours_of(company: Company) -> Hours:
    """Return when a company opens and closes on each day, as it is said; {}: nobody knows.

    Args:
        company: The company.
    """
    if company.hours is None:
        return {}
    found = {}
    for day in DAYS:
        spans = [minutes_of(span) for span in company.hours.get(day[:3], ())]
        begins, ends = ([span[n] for span in spans] for n in (0, 1))
        found[day] = (frozenset(map(_said, begins)), frozenset(map(_said, ends)))
    return found


def _said(minutes: int) -> Clock:
    return minutes // 60 % 12, minutes % 60


def wrong_hours(
    texts: Sequence[str], breaks: Sequence[bool], open_days: frozenset[str], hours: Hours
) -> bool:
    """Whether the words say that the company is open or closed when it is not.

    Args:
        texts: The words of the sentence so far.
        breaks: Whether a comma or the like follows each.
        open_days: The days on which it is open.
        hours: See `hours_of`.
    """
    begins = next((n + 1 for n in reversed(range(len(texts) - 1)) if breaks[n]), 0)
    said = " ".join(texts[begins:])
    if re.search(ASKED, said) or re.search(r"\b(?:if|shall|would|could)\b", said):
        return False
    but = (n for n in range(begins + 1, len(texts)) if texts[n] in _EXCEPT)
    days = _named(texts[begins : next(but, len(texts))])
    if _CLOSED.search(said):
        return bool(days & open_days)
    if not _OPEN.search(said) or re.search(NO, said):
        return False
    before = " ".join(texts[:begins])
    if not days and not _CLOSED.search(before) and not re.search(NO, before):
        days = _named(texts[:begins])
    if texts[-1] in _ROUND_THE_CLOCK or not days <= open_days:
        return True
    clocks = _clocks(texts[begins:], breaks[begins:]) if days and hours else ()
    return not all(any(clock in hours[day][ends] for day in days) for ends, clock in clocks)


def _named(texts: Sequence[str]) -> set[str]:
    return {day for text in texts for day in _DAYS_OF.get(text, ())}


def _clocks(texts: Sequence[str], breaks: Sequence[bool]) -> Iterator[tuple[bool, Clock]]:
    """Yield the hours that are told of opening (False) and of closing (True)."""
    ends: bool | None = None  # which of the two the next hour is of
    before: bool | None = None  # which the last one was of
    minutes, at = 0, 0
    while at < len(texts):
        word, taken = texts[at], 1
        if word in _HALVES and texts[at + 1 : at + 2] == ["past"]:
            minutes, taken = _HALVES[word], 2
        elif word == "to":
            ends = True if before is False else None
        elif word in _ENDS or word in _BEGINS:
            ends = word in _ENDS
        elif begins_number(word):
            number, _ = run_at(texts, breaks, at)
            if number is not None:
                hour, past = number.clock or (int(number.value or 0), minutes)
                if ends is not None and 0 < hour <= 24:
                    yield ends, (hour % 12, past)
                ends, before, minutes, taken = None, ends, 0, number.words
        at += taken
