"""The guard's verdict on numbers: prices, times, telephone numbers, or mere counts. Pure."""

from __future__ import annotations

from decimal import Decimal

from audiosocket_agent.guard_claims import wrong_at
from audiosocket_agent.guard_facts import Known, halved_clock, twelve
from audiosocket_agent.guard_numbers import Number, run_at
from audiosocket_agent.guard_prices import fits, named
from audiosocket_agent.guard_verdicts import MORE, OK, Sentence, Verdict, promises
from audiosocket_agent.guard_words import (
    BEFORE_TIME,
    COMES_TO,
    COUNTED,
    DURATIONS,
    HALVES,
    MONEY,
    PERCENT,
    PRICE_WORDS,
    Kind,
)

MOST_COUNTED = 12  # "three options", "two minutes": nobody is misled by a small number
LEAST_REFERENCE = 4  # digits of one that is read back in part
LEAST_ROW = 5  # digits: a telephone number or a reference, or a part of one
_MINUTES_TO_WAIT = 3
_MINUTES = {"minute": 1, "hour": 60}
_PENCE = frozenset(("pence", "p", "penny", "pennies"))
_OURS = _PENCE | {"pound", "pounds", "quid", "gbp", "sterling", "grand"}
_TWO = frozenset(("per", "in", "past", "to"))  # which mean something with the word after them


def figure(sentence: Sentence, at: int, over: bool, known: Known) -> Verdict:
    """Judge the number that begins at a word."""
    texts = [word.text for word in sentence]
    breaks = [word.breaks for word in sentence]
    if texts[at] in HALVES:
        return _halved(texts, breaks, at, over, known)
    number, open_ended = run_at(texts, breaks, at)
    if number is None:
        return OK
    after = texts[at + number.words :]
    bounded = breaks[at + number.words - 1]
    unit = "" if bounded or not after else after[0]
    if not over and (open_ended or not (bounded or after) or (unit in _TWO and len(after) < 3)):
        return MORE
    ranged = texts[at - 1 : at] == ["from"]  # "from nine to six"
    if unit in ("past", "to") and _is_minutes(number) and not ranged:
        return _past(texts, breaks, at, number, over, known)
    if number.currency or number.suffix in ("p", "k") or unit in MONEY or unit in _PENCE:
        return _amount(texts, breaks, at, number, over, known)
    if number.suffix == "%" or unit in PERCENT or (not bounded and after[:2] == ["per", "cent"]):
        fine = number.value in known.percents
        return Verdict(number.words) if fine else Verdict(kind=Kind.PRICE)
    if number.value in known.prices and _is_of_a_service(texts[:at], unit, number, known):
        return _listed(texts, breaks, at, number.words, number.value, over, known)
    kind = _other(sentence, at, number, unit, after, known)
    return Verdict(number.words) if kind is None else Verdict(kind=kind)


def _amount(
    texts: list[str], breaks: list[bool], at: int, number: Number, over: bool, known: Known
) -> Verdict:
    """Judge a sum of money: "£75.50", "75 pounds 50", "fifty pence"."""
    named = at + number.words
    spelt = not (number.currency or number.suffix in ("p", "k"))
    taken = number.words + spelt
    value = number.value
    if value is None:
        return Verdict(kind=Kind.PRICE)
    if number.suffix == "k" or texts[named : named + 1] == ["grand"]:
        value *= 1000
    if number.suffix == "p" or (spelt and texts[named] in _PENCE):
        value /= 100
    elif spelt and not breaks[named]:
        begins = named + 1 + (texts[named + 1 : named + 2] == ["and"])
        pence, more = run_at(texts, breaks, begins) if begins < len(texts) else (None, not over)
        if not over and more:
            return MORE
        if pence is not None and pence.value is not None and pence.value < 100:
            words, value = begins - at + pence.words, value + pence.value / 100
            return _listed(texts, breaks, at, words, value, over, known)
    ours = number.currency in ("", "£") and (not spelt or texts[named] in _OURS)
    if not ours:
        return Verdict(kind=Kind.PRICE)
    return _listed(texts, breaks, at, taken, value, over, known)


def _listed(
    texts: list[str], breaks: list[bool], at: int, words: int, value: Decimal, over: bool,
    known: Known,
) -> Verdict:  # fmt: skip
    """Judge an amount by the list: it must be there, for the service that it is said of."""
    if value not in known.prices:
        return Verdict(kind=Kind.PRICE)
    if value in known.ours:
        return Verdict(words)
    fine = fits(texts, breaks, at, at + words, value, over, known.services, known.asked)
    if fine is None:
        return MORE
    return Verdict(words) if fine else Verdict(kind=Kind.PRICE)


def _halved(texts: list[str], breaks: list[bool], at: int, over: bool, known: Known) -> Verdict:
    """Judge "half past two"; "half an hour" is left alone."""
    if len(texts) == at + 1:
        return OK if over else MORE
    way = texts[at + 1]
    if way not in ("past", "to"):
        return OK
    if len(texts) == at + 2:
        return OK if over else MORE
    number, more = run_at(texts, breaks, at + 2)
    if number is None or number.value is None or not 0 < number.value <= 12:
        return OK
    if more and not over:
        return MORE
    clock = halved_clock(texts[at], way, int(number.value))
    fine = clock in known.clocks or number.value in known.echoes
    return Verdict(2 + number.words) if fine else Verdict(kind=Kind.TIME)


def _is_minutes(number: Number) -> bool:
    return number.value is not None and 0 < number.value < 30 and not number.suffix


def _past(
    texts: list[str], breaks: list[bool], at: int, number: Number, over: bool, known: Known
) -> Verdict:
    """Judge "ten past nine"."""
    begins = at + number.words + 1
    hour, more = run_at(texts, breaks, begins) if begins < len(texts) else (None, False)
    if more and not over:
        return MORE
    if hour is None or hour.value is None or not 0 < hour.value <= 12:
        return Verdict(number.words)
    minutes, past = int(number.value or 0), texts[begins - 1] == "past"
    clock = twelve(int(hour.value), minutes) if past else twelve(int(hour.value) - 1, 60 - minutes)
    fine = clock in known.clocks
    return Verdict(number.words + 1 + hour.words) if fine else Verdict(kind=Kind.TIME)


def _other(
    sentence: Sentence, at: int, number: Number, unit: str, after: list[str], known: Known
) -> Kind | None:
    """Judge a number without a currency; None if it may be said."""
    before = [word.text for word in sentence[:at]]
    value = number.value
    if len(number.digits) >= LEAST_ROW or (value is None and len(number.digits) > 2):
        if "reference" in before and not _is_ours(number, known):
            return Kind.NUMBER
        if _is_row(number, known) or (number.clock is None and value in known.numbers):
            return None
        return Kind.NUMBER
    if "reference" in before:
        long = len(number.digits) >= LEAST_REFERENCE
        return None if long and _is_ours(number, known) else Kind.NUMBER
    if _is_clock(number, before, unit, after):
        return _clock(sentence, at, number, known)
    if value is None:
        return None if _is_row(number, known) else Kind.NUMBER
    if unit in DURATIONS:
        return _duration(sentence, at, value, unit, known)
    one = value == 1 and unit not in MONEY
    if not one and not number.suffix and _names_price(before, unit):
        return None if value in known.prices else Kind.PRICE
    if value in known.numbers or (value in known.echoes and not promises(sentence, at)):
        return None
    if number.suffix in ("st", "nd", "rd", "th"):
        return Kind.TIME if promises(sentence, at) else None
    if value <= MOST_COUNTED or (before and before[-1] in COUNTED and value <= 99):
        return None
    # Two digits are somewhere in any telephone number: only its end is told so.
    part = len(number.digits) > 2 or _ENDING & set(before)
    return None if part and _is_row(number, known) else Kind.NUMBER


_ENDING = frozenset("ending ends end digits digit".split())


def _is_row(number: Number, known: Known) -> bool:
    """Whether digits are, or are a part of, a row that may be read out."""
    rows = (*known.digits, *known.echoed)
    return bool(number.digits) and any(number.digits in row for row in rows)


def _is_ours(number: Number, known: Known) -> bool:
    return any(number.digits in row for row in known.digits)


def _names_price(before: list[str], unit: str) -> bool:
    """Whether the words before a number make it a price although no currency follows."""
    bare = before[:-1] if before and before[-1] in _ABOUT else before
    said = tuple(bare[-4:])
    if any(said[-len(words) :] == words for words in COMES_TO):
        return not unit or unit in _AFTER_PRICE
    return bool(PRICE_WORDS & set(bare[-5:])) and unit not in DURATIONS


def _is_of_a_service(before: list[str], unit: str, number: Number, known: Known) -> bool:
    """Whether a number of the list is its price: "the drain is ninety-five"."""
    if number.suffix or number.clock is not None or unit in DURATIONS or "reference" in before:
        return False
    states = _STATES & set(before[-2:]) and bool(named(before, known.services))
    return _names_price(before, unit) or bool(states) or unit in ("for", "each")


_STATES = frozenset(("is", "are", "it's", "that's", "be", "for", "at"))


def _is_clock(number: Number, before: list[str], unit: str, after: list[str]) -> bool:
    if number.clock is not None or number.suffix in ("am", "pm"):
        return True
    if number.value is None or not 0 < number.value <= 24 or number.value % 1:
        return False
    if _opens_or_closes(before, unit):
        return True
    if unit in ("o'clock", "oclock", "am", "pm", "a.m", "p.m") or _in_the_day(after):
        return True
    small = unit in DURATIONS or (unit and unit not in _AFTER_TIME)
    return bool(before) and before[-1] in BEFORE_TIME - {"to", "about", "from"} and not small


def _opens_or_closes(before: list[str], unit: str) -> bool:
    """Whether a number is an end of "open from nine to six"."""
    if not _OPENING & set(before) or unit in DURATIONS:
        return False
    begins = before[-1:] == ["from"] and unit in ("to", "till", "until")
    return begins or (before[-1:] == ["to"] and "from" in before)


_OPENING = frozenset("open here hours work available".split())


def _in_the_day(after: list[str]) -> bool:
    """Whether "in the morning" follows, not "in the kitchen"; what is not there yet counts."""
    return after[:2] == ["in", "the"] and after[2:3] in ([], *([part] for part in _PARTS))


_PARTS = ("morning", "afternoon", "evening", "night")
_ABOUT = frozenset(("a", "an", "about", "around", "roughly"))
_AFTER_PRICE = frozenset("all in for altogether total flat plus and".split())
_AFTER_TIME = frozenset(
    "and or on to in for sharp tomorrow today tonight then if is works would monday tuesday "
    "wednesday thursday friday saturday sunday with ok okay".split()
)


def _clock(sentence: Sentence, at: int, number: Number, known: Known) -> Kind | None:
    clock = twelve(*number.clock) if number.clock else twelve(int(number.value or 0), 0)
    if wrong_at(sentence, at + number.words, known):
        return Kind.TIME
    if clock in known.clocks:
        return None
    echoed = Decimal(clock[0] or 12) in known.echoes
    return None if echoed and not promises(sentence, at) else Kind.TIME


def _duration(sentence: Sentence, at: int, value: Decimal, unit: str, known: Known) -> Kind | None:
    """Judge "two minutes", "24 hours", "ten years old"."""
    if value in known.numbers or (value in known.echoes and not promises(sentence, at)):
        return None
    if value * _MINUTES.get(unit.removesuffix("s"), 0) in known.lasts:
        return Kind.TIME if promises(sentence, at) else None
    waits = unit.startswith(("second", "minute")) and value <= _MINUTES_TO_WAIT
    if waits and not promises(sentence, at):
        return None
    return Kind.TIME
