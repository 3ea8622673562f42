"""What may be said in a call as fact: what the guard knows, and where it has it from. Pure."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from audiosocket_agent.company import Company
from audiosocket_agent.guard_hours import Hours, hours_of
from audiosocket_agent.guard_numbers import Number, run_at
from audiosocket_agent.guard_prices import Services, named, services_of
from audiosocket_agent.guard_words import DAYS, HALVES, MONEY, PERCENT, SOON

_EDGES = ".,;:!?()[]\"“”‘’'«»*_…"
_SPLIT = re.compile(r"(?<=[a-z])[-–—/](?=[a-z])|[–—]", re.IGNORECASE)
_NUMBER_HYPHEN = re.compile(r"(?<=\d)-(?=\d)")
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_DIGITS = re.compile(r"\d[\d ,.()-]{2,}\d")
_MAILBOX = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SPOKEN = {"@": "at", ".": "dot", "_": "underscore", "+": "plus"}


@dataclass(frozen=True, slots=True)
class Texts:
    """Where a call's facts come from, by how far each may be trusted.

    Attributes:
        told: What tools and the code's own sentences have told in this call.
        done: What the code's own tools have told of bookings; it is among `told` as well.
        noted: What is written down of the caller's details: slots, the caller's number.
        said: The caller's words: they may be said back, and promised never.
    """

    told: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a model's words are held against.

    Attributes:
        prices: Amounts that may be named, in pounds.
        percents: Percentages that may be named.
        numbers: Other numbers of the company, of tools and of the caller's details.
        echoes: Numbers of the caller's words.
        digits: Rows of digits that may be read out: telephone numbers, references.
        echoed: Rows of digits of the caller's words: no reference of ours.
        clocks: Times of day, hours of twelve and minutes.
        days: Weekdays, ``today``, ``tomorrow``.
        open_days: Weekdays on which the company is open.
        hours: When it opens and closes on each of them.
        lasts: How long its services take, in minutes.
        services: What each service costs, by the words it is known by.
        ours: Amounts that belong to no service: of tools, of the company's own texts.
        asked: Prices of the services the turn is about; none: of any.
        text: The company's words and the tools', lower case, for words that are its own trade.
        told: The tools' alone.
        done: What the code's own tools have told: what a company's tells books nothing.
        booked: Whether the call has a booking.
        mailboxes: Those the caller has given, and what each begins with, by `as_spoken`.
        price: The sentence that tells the price; "" while none is known.
        free_time: Whether the caller has just asked whether a time is free, and it is.
    """

    prices: frozenset[Decimal] = frozenset()
    percents: frozenset[Decimal] = frozenset()
    numbers: frozenset[Decimal] = frozenset()
    echoes: frozenset[Decimal] = frozenset()
    digits: tuple[str, ...] = ()
    echoed: tuple[str, ...] = ()
    clocks: frozenset[tuple[int, int]] = frozenset()
    days: frozenset[str] = frozenset()
    open_days: frozenset[str] = frozenset()
    hours: Hours = field(default_factory=dict)
    lasts: frozenset[int] = frozenset()
    services: Services = field(default_factory=dict)
    ours: frozenset[Decimal] = frozenset()
    asked: frozenset[Decimal] = frozenset()
    text: str = ""
    told: str = ""
    done: str = ""
    booked: bool = False
    mailboxes: tuple[str, ...] = ()
    price: str = ""
    free_time: bool = False


@dataclass
class _Found:
    """Numbers of texts."""

    amounts: set[Decimal] = field(default_factory=set)
    percents: set[Decimal] = field(default_factory=set)
    numbers: set[Decimal] = field(default_factory=set)
    digits: list[str] = field(default_factory=list)
    clocks: set[tuple[int, int]] = field(default_factory=set)
    days: set[str] = field(default_factory=set)


class CompanyFacts:
    """What may be said in every call of a company; made once, for it takes milliseconds.

    Args:
        company: The company.
        today: The date there.
    """

    def __init__(self, company: Company, today: date) -> None:
        texts = tuple(_texts(company))
        self._today = today
        self._prices = frozenset(
            service.price_pounds for service in company.services if service.price_pounds is not None
        )
        self._services = services_of(company)
        self._open = frozenset(DAYS[:5])
        if company.hours is not None:
            self._open = frozenset(day for day in DAYS if company.hours.get(day[:3]))
        self._hours = hours_of(company)
        self._lasts = frozenset(service.minutes for service in company.services)
        self._found = _found(texts, today)
        self._text = " ".join(texts).lower()

    def known(
        self, texts: Texts, *, booked: bool, price: str, about: str = "", free_time: bool = False
    ) -> Known:
        """Return what may be said in a call, as it stands.

        Args:
            texts: Where the call's own facts come from.
            booked: Whether the call has a booking.
            price: The sentence that tells the price; "" while none is known.
            about: What the turn is about, in words: prices are those of services it names.
            free_time: Whether the caller has just asked whether a time is free, and it is.
        """
        asked = named(words_of(about)[0], self._services)
        ours, told = self._found, _found(texts.told, self._today)
        noted, said = _found(texts.noted, self._today), _found(texts.said, self._today)
        digits = (*ours.digits, *told.digits, *noted.digits)
        return Known(
            prices=self._prices | ours.amounts | told.amounts | told.numbers,
            percents=frozenset(ours.percents | told.percents),
            numbers=frozenset(ours.numbers | told.numbers | noted.numbers),
            echoes=frozenset(said.numbers | said.amounts),
            digits=tuple(dict.fromkeys(digits)),
            echoed=tuple(dict.fromkeys(said.digits)),
            clocks=frozenset(ours.clocks | told.clocks | noted.clocks),
            days=frozenset(told.days | noted.days),
            open_days=self._open,
            hours=self._hours,
            lasts=self._lasts,
            services=self._services,
            ours=frozenset(ours.amounts | told.amounts | told.numbers),
            asked=frozenset(amount for _, amounts in asked for amount in amounts),
            text=" ".join((self._text, *texts.told)).lower(),
            told=" ".join(texts.told).lower(),
            done=" ".join(texts.done).lower(),
            booked=booked,
            mailboxes=tuple(
                part
                for text in texts.noted
                for box in _MAILBOX.findall(text)
                for part in _parts(box)
            ),
            price=price,
            free_time=free_time,
        )


_MADE: OrderedDict[tuple[int, date], tuple[Company, CompanyFacts]] = OrderedDict()
_MOST_MADE = 64


def company_facts(company: Company, today: date) -> CompanyFacts:
    """Return what may be said in every call of a company, made once a day for each.

    Args:
        company: The company.
        today: The date there.
    """
    key = (id(company), today)
    if key in _MADE:  # with the company itself beside it, no other object can have its id
        _MADE.move_to_end(key)
        return _MADE[key][1]
    made = CompanyFacts(company, today)
    _MADE[key] = (company, made)
    if len(_MADE) > _MOST_MADE:
        _MADE.popitem(last=False)
    return made


def _texts(company: Company) -> Iterable[str]:
    """Yield every text of a company's that is said, or that says what it is about."""
    yield from (company.name, company.greeting, *(f"+{did}" for did in company.dids))
    for service in company.services:
        yield from (service.name, *service.phrases)
    for area in company.areas:
        yield from (area.name, *area.phrases, *area.outward)
    for place in company.people.places.values():
        yield from (place.name, *place.phrases)
    yield from (span for spans in (company.hours or {}).values() for span in spans)
    yield from (secret.name for secret in company.secrets.values())
    yield from (text for text in (company.closed.say, company.recording.consent) if text)
    yield from _strings(company.workflow.model_dump(mode="json"))


def _strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def words_of(text: str) -> tuple[list[str], list[bool]]:
    """Return a text's lower-case words without punctuation, and whether a break follows each."""
    words, breaks = [], []
    for chunk in text.split():
        for word, ends in split_chunk(chunk):
            words.append(word)
            breaks.append(ends)
    return words, breaks


def split_chunk(chunk: str) -> list[tuple[str, bool]]:
    """Split what stands between two spaces into words, "seventy-five" into two.

    Returns:
        Lower-case words, and whether a break follows each; [("", True)] for punctuation alone.
    """
    chunk = _NUMBER_HYPHEN.sub(" ", chunk.replace("’", "'"))
    parts = [part for piece in chunk.split() for part in _SPLIT.split(piece) if part]
    found = []
    for part in parts or [""]:
        word = part.lstrip(_EDGES).rstrip(_EDGES.replace("%", ""))
        ends = bool(part) and part[-1] in ".,;:!?)…" or not word
        found.append((word.lower(), ends))
    return found


def as_spoken(text: str) -> str:
    """Return an address as it is said, without spaces: it may be spelt, and written in between.

    Hyphens are left out, and their names: a word that holds one comes as two.
    """
    if text in ("dash", "hyphen"):
        return ""
    return "".join(_SPOKEN.get(sign, sign) for sign in text if sign != "-")


def _parts(mailbox: str) -> Iterable[str]:
    """Yield a mailbox, and what it begins with before each mark: it is judged word by word."""
    for mark in re.finditer(r"(?!^)(?:[@.-]|$)", mailbox):
        yield as_spoken(mailbox[: mark.start()].lower())


def _found(texts: Iterable[str], today: date) -> _Found:
    found = _Found()
    for text in texts:
        _dates(found, text, today)
        words, breaks = words_of(re.sub(r'["{}\[\]:]', " ", text) if "{" in text else text)
        at = 0
        while at < len(words):
            number, _ = run_at(words, breaks, at)
            if number is None:
                if words[at] in (*DAYS, *SOON):
                    found.days.add(words[at])
                at += 1
                continue
            _number(found, number, words, at)
            at += number.words
    return found


def _number(found: _Found, number: Number, words: list[str], at: int) -> None:
    after = words[at + number.words : at + number.words + 2]
    if number.digits and len(number.digits) >= 2:
        found.digits.append(number.digits)
    if number.clock is not None:
        found.clocks.add(twelve(*number.clock))
    if number.value is None:
        return
    unit = after[0] if after else ""
    if unit in PERCENT or number.suffix == "%" or after == ["per", "cent"]:
        found.percents.add(number.value)
    elif number.currency or unit in MONEY or number.suffix == "p":
        pence = number.suffix == "p" or unit in ("pence", "p", "penny")
        found.amounts.add(number.value / 100 if pence else number.value)
    else:
        found.numbers.add(number.value)
    hour = number.value
    before = words[at - 1] if at else ""
    halved = words[at - 2] if at > 1 and before in ("past", "to") else ""
    if hour == int(hour) and 0 < hour <= 24:
        if halved in HALVES:
            found.clocks.add(halved_clock(halved, before, int(hour)))
        elif unit in ("o'clock", "am", "pm") or number.suffix in ("am", "pm") or before == "at":
            found.clocks.add(twelve(int(hour), 0))


def halved_clock(half: str, way: str, hour: int) -> tuple[int, int]:
    """Return the time of "half past two" or "quarter to three"."""
    minutes = 30 if half == "half" else 15
    return twelve(hour, minutes) if way == "past" else twelve(hour - 1, 60 - minutes)


def twelve(hour: int, minute: int) -> tuple[int, int]:
    """Return a time as it is said: nobody says which half of the day."""
    return hour % 12, minute


def _dates(found: _Found, text: str, today: date) -> None:
    """Take dates, times and rows of digits that are written as machines write them."""
    for year, month, day in _ISO.findall(text):
        try:
            on = date(int(year), int(month), int(day))
        except ValueError:
            continue
        found.days.add(DAYS[on.weekday()])
        found.numbers.add(Decimal(on.day))
        if (on - today).days in (0, 1):
            found.days.add(SOON[(on - today).days])
    for hour, minute in _CLOCK.findall(text):
        found.clocks.add(twelve(int(hour), int(minute)))
    for row in _DIGITS.findall(text):
        digits = "".join(c for c in row if c.isdigit())
        found.digits.append(digits)
        if digits.startswith("44"):  # a number abroad is said as at home
            found.digits.append("0" + digits[2:])
