"""Words in which callers want an earlier booking cancelled or moved. Pure.

A wish about a booking names one ("my appointment"), or a service as one's own ("cancel my boiler
service"), or holds nothing but the verb ("could I reschedule, please?"). Things are moved too: "can
you move my radiator" is work, and "move my boiler service to Wednesday" is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from audiosocket_agent.caller_words import FILLERS, words_of
from audiosocket_agent.spelled import is_number_word

CANCELS, MOVES = "cancel", "move"
_AGAIN = "reschedule|rebook|rearrange|postpone"  # said of nothing but bookings
_BOOKING = "booking|appointment|visit|reservation|slot"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)  # fmt: skip
_WHEN = (
    r"(?:(?:the|a|an|another|next|this|on|some|any|other|different|later|earlier|early|late) )*"
    rf"(?:{_DAYS}|today|tomorrow|noon|midday|half past|quarter (?:past|to)|\d+(?:st|nd|rd|th)"
    r"|(?:day|date|time|week|month|morning|afternoon|evening)"
    rf"|[\w']+(?: \d\d)? (?:am|pm|o'clock)|[\w']+ (?:of )?(?:{_MONTHS}))\b"
)
TO_WHEN = re.compile(rf"\b(?:to|till|until) {_WHEN}")
_NOT_WANTED = re.compile(
    r"\b(?:not|never|without|\w+n't) (?:(?:want|wanted|need|going|wish|have|like|to|be|asking) )*"
    rf"(?:cancel|cancelling|move|change|{_AGAIN})\b"
)
_NO_BOOKING = r"(?! (?:cover|insurance|plan|contract|subscription|policy|direct debit)\b)"
# What may stand around a verb that is the whole wish.
_BESIDE = FILLERS | frozenset(
    "hi hello hey there good morning afternoon evening well so oh ok okay yes yeah sorry actually "
    "please just thanks thank you very much i we i'd we'd i'll we'll i'm we're i've we've would "
    "should must can could may might be able is it possible for me us to like love want wanted "
    "need have got going will wish hoping calling ringing phoning afraid reference number".split()
)
# A booking that there is, and nothing of what is to become of it.
_HAS = re.compile(
    r"(?<!\bcan )(?<!\bcould )(?<!\bmay )(?<!\bmight )(?<!\bshould )(?<!\bdo )(?<!\bif )"
    r"(?<!\bwhen )\b(?:(?:i|we) (?:already |still )?(?:have|had|made)|i've|we've)"
    r"(?: already| got| had| made){0,2} (?:a|an|my|our|this) (?:[\w']+ ){0,3}?"
    r"(?:booking|appointment|reservation)\b"
)
_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|with"
    r"|(?:can't|cannot|can not|unable to|able to) (?:make|keep|come to|get to|attend))"
    r" (?:my|our) (?:[\w']+ ){0,2}?(?:booking|appointment|reservation|visit)\b"
)
_EXISTING = re.compile(
    r"\b(?:(?:existing|current|previous) (?:[\w']+ )?(?:booking|appointment|reservation|visit)"
    r"|earlier booking|already (?:been )?booked)\b"
)
_HAS_NONE = re.compile(
    r"\b(?:haven't|hasn't|don't|not|never|no)(?: (?:got|have|had|made|yet|already"
    r"|any|an|a|existing))* (?:booking|appointment)\b"
)
# What the question whether to move or to cancel is answered with.
_TO_CANCEL = re.compile(r"\b(?:cancel|cancelled|cancelling|call it off)\b")
_TO_MOVE = re.compile(
    rf"\b(?:move|moved|moving|change|changed|changing|{_AGAIN}|rescheduled|rescheduling|rearranging"
    r"|(?:another|a different|a later|an earlier) (?:day|date|time)|later|earlier)\b"
)
_REFUSED = re.compile(
    r"\b(?:not|don't|without)(?: (?:want|wanting|need|to|like|be))* "
    rf"(?:cancel|cancelling|move|moving|change|changing|{_AGAIN})\b"
)
_ONLY = re.compile(rf"\b(?:(?P<cancel>cancel)|{_AGAIN})\b(?P<rest>.*)")


def errands(text: str, services: Iterable[str]) -> frozenset[str]:
    """Return what the words want of an earlier booking: `CANCELS`, `MOVES`, both, or nothing.

    Args:
        text: The words, however an ear writes them.
        services: The ways to say the services of the company.
    """
    words = " ".join(words_of(text))
    if _NOT_WANTED.search(words):
        return frozenset()
    named = sorted({_bare(service) for service in services} - {""}, key=len, reverse=True)
    service = "|".join(map(re.escape, named)) or r"(?!)"
    found = set()
    if _of_booking("cancel", 2, service).search(words) or _of_own("cancel", service, words):
        found.add(CANCELS)
    if _of_booking(f"move|change|{_AGAIN}", 1, service).search(words):
        found.add(MOVES)
    if _of_own(_AGAIN, service, words) or _to_another_time(service, words):
        found.add(MOVES)
    return frozenset(found) or _whole_wish(words)


def names_earlier(text: str) -> bool:
    """Whether the words are of a booking that there is: "I've already got an appointment"."""
    words = " ".join(words_of(text))
    if _HAS_NONE.search(words):
        return False
    return any(pattern.search(words) for pattern in (_HAS, _ABOUT, _EXISTING))


def errand_chosen(text: str) -> str:
    """Return which of both is wanted by who is asked: `CANCELS` or `MOVES`; "" for neither."""
    words = _REFUSED.sub(" ", " ".join(words_of(text)))
    cancels, moves = _TO_CANCEL.search(words), _TO_MOVE.search(words)
    if (cancels is None) == (moves is None):
        return ""
    return CANCELS if cancels else MOVES


def _bare(service: str) -> str:
    """Return a way to say a service without "my" or "a" before it."""
    return re.sub(r"^(?:my|our|the|a|an) ", "", " ".join(words_of(service)))


def _of_booking(verbs: str, most: int, service: str) -> re.Pattern[str]:
    between = rf"(?:(?:[\w']+ ){{0,{most}}}|(?:{service}) (?:[\w']+ )?)"
    return re.compile(rf"\b(?:{verbs}) (?:my|our|the|a|an) {between}(?:{_BOOKING})\b")


def _of_own(verbs: str, service: str, words: str) -> bool:
    own = rf"\b(?:{verbs}) (?:my|our|the) (?:[\w']+ ){{0,2}}?(?:{service})\b{_NO_BOOKING}"
    return re.search(own, words) is not None


def _to_another_time(service: str, words: str) -> bool:
    own = rf"\b(?:move|change) (?:my|our) (?:[\w']+ )?(?:{service})\b(?: [\w']+){{0,5}}? "
    return re.search(own + TO_WHEN.pattern.removeprefix(r"\b"), words) is not None


def _whole_wish(words: str) -> frozenset[str]:
    """Return what a verb wants that stands alone; for a move the new time may follow it."""
    only = _ONLY.search(words)
    if only is None:
        return frozenset()
    rest = only["rest"]
    if not only["cancel"]:
        rest = re.split(r" (?:to|for|until|till|from|on) ", f"{rest} ", maxsplit=1)[0]
    beside = (words[: only.start()] + rest).split()
    if not all(word in _BESIDE or is_number_word(word) for word in beside):
        return frozenset()
    return frozenset((CANCELS if only["cancel"] else MOVES,))
