"""How a company's calls are handled around the conversation: when, by whom, and what is kept."""

from __future__ import annotations

from datetime import date, time
from enum import Enum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic.functional_validators import BeforeValidator

from audiosocket_agent.company_fields import (
    FieldsModel,
    as_text,
    read_holidays,
    read_hours,
    read_number,
    read_outside,
    refuse_twice_at,
    spelt,
)
from audiosocket_agent.complaints import NAME_RULE, Complaint, refusal
from audiosocket_agent.written_times import DAYS

QueueName = Annotated[
    str,
    BeforeValidator(as_text),
    spelt(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,78}", "a queue's name has letters, digits, - and _ only"),
]
Mailbox = Annotated[
    str,
    BeforeValidator(as_text),
    spelt(r"[0-9]{1,20}(@[A-Za-z0-9_-]{1,40})?", "write a voicemail box like 100@default"),
]
Extension = Annotated[
    str, BeforeValidator(as_text), spelt(r"[0-9*#]{1,16}", "an extension is 1-16 digits")
]
Outside = Annotated[str, BeforeValidator(read_outside)]
Number = Annotated[str, BeforeValidator(read_number)]
Words = Annotated[str, spelt(r"[a-z' ]{1,60}", "lower-case words only, at most 60 characters")]
Said = Annotated[str, spelt(r"(?!\s)[^\x00-\x1f\x7f]{1,400}(?<!\s)", "1-400 characters, one line")]
Name = Annotated[str, spelt(r"[a-z][a-z0-9_]{0,31}", NAME_RULE)]
Hours = Annotated[dict[str, tuple[str, ...]], BeforeValidator(read_hours)]
"""Opening hours by day: ``{"mon": ("08:00-12:30", "13:30-17:00")}``; on a day that is not named it
is closed."""
Holidays = Annotated[frozenset[date], BeforeValidator(read_holidays)]


class ClosedTo(Enum):
    """Where a call goes outside the opening hours."""

    MESSAGE = "message"  # a sentence, then the end
    VOICEMAIL = "voicemail"
    QUEUE = "queue"
    AGENT = "agent"  # the agent answers round the clock; only people keep hours


class Instead(Enum):
    """What a caller is offered when people are not free for long, or not there."""

    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    NOTHING = "nothing"


class Closed(FieldsModel):
    """What happens outside the opening hours.

    Attributes:
        to: Where a call goes.
        say: What is said first, with `message`; unset: the recorded sentence.
    """

    to: ClosedTo = ClosedTo.MESSAGE
    say: Said | None = None

    @field_validator("say")
    @classmethod
    def _heard_by_somebody(cls, say: str | None, info: ValidationInfo) -> str | None:
        to = info.data.get("to", ClosedTo.MESSAGE)
        if say is not None and to is not ClosedTo.MESSAGE:
            raise ValueError(f"nobody would hear it: it goes with to: message, not {to.value}")
        return say


class Place(FieldsModel):
    """Somewhere a caller may be put through to besides the queue; exactly one of the two numbers.

    Attributes:
        name: As spoken, e.g. "the accounts department".
        phrases: Ways a caller names it, lower-case words only.
        extension: An extension of the PBX.
        outside: A number outside, with + and country code: being here is being allowed.
        ring_s: How long it rings before the caller is brought back.
    """

    name: Said
    phrases: Annotated[tuple[Words, ...], Field(min_length=1)]
    extension: Extension | None = None
    outside: Outside | None = None
    ring_s: Annotated[int, Field(ge=5, le=300)] = 25


class People(FieldsModel):
    """How callers reach people.

    Attributes:
        ring_s: How long a caller waits in the queue before being brought back to the agent; unset:
            what the installer was told.
        longest_wait_s: A wait from which something else is offered.
        instead: What is offered.
        returns: How often a caller whom nobody answered is brought back to the agent.
        whisper: Whether the person who answers is told first what the call is about.
        places: Other destinations, by name.
    """

    ring_s: Annotated[int, Field(ge=5, le=3600)] | None = None
    longest_wait_s: Annotated[int, Field(ge=0, le=3600)] = 180
    instead: Instead = Instead.CALLBACK
    returns: Annotated[int, Field(ge=0, le=5)] = 1
    whisper: bool = True
    places: dict[Name, Place] = Field(default_factory=dict)

    @field_validator("places")
    @classmethod
    def _one_number_each(cls, places: dict[str, Place]) -> dict[str, Place]:
        wrong = [
            Complaint((name,), "needs either extension or outside")
            for name, place in places.items()
            if (place.extension is None) == (place.outside is None)
        ]
        if wrong:
            raise refusal(*wrong)
        refuse_twice_at(
            ((name, "phrases", at), words)
            for name, place in places.items()
            for at, words in enumerate(place.phrases)
        )
        return places


class Recording(FieldsModel):
    """Whether calls are recorded.

    Attributes:
        on: Whether they are.
        consent: What is said first; recording starts when it has been said. Unset: nothing is.
        keep_days: After how many days a recording is deleted.
    """

    on: bool = False
    consent: Said | None = None
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 30


class Secret(FieldsModel):
    """Digits the caller keys that nobody but their receiver may see.

    Attributes:
        name: As spoken, e.g. "your customer number".
        least: Fewest digits.
        most: Most digits; as many end the entry without a hash.
        luhn: Whether they carry a card's check digit.
        url: Where they are sent, as JSON ``{"call_id", "name", "digits"}``: encrypted, or to this
            machine.
        token: Environment variable that holds the bearer token for it.
    """

    name: Said
    least: Annotated[int, Field(ge=1, le=32)] = 4
    most: Annotated[int, Field(ge=1, le=32)] = 16
    luhn: bool = False
    url: Annotated[str, spelt(r"https?://[^\s]{1,400}", "write an address like https://host/path")]
    token: (
        Annotated[
            str, spelt(r"[A-Z][A-Z0-9_]{0,63}", "name an environment variable: A-Z, digits and _")
        ]
        | None
    ) = None

    @field_validator("most")
    @classmethod
    def _not_fewer_than_least(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("least", most)
        if most < least:
            raise ValueError(f"{most} is less than least, {least}")
        return most

    @field_validator("url")
    @classmethod
    def _nobody_listens_in(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("secret digits need https, but on this machine (127.0.0.1)")
        return url


def minutes_of(span: str) -> tuple[int, int]:
    """Return a span's begin and end, in minutes since midnight."""
    begin, end = (part.split(":") for part in span.split("-"))
    return int(begin[0]) * 60 + int(begin[1]), int(end[0]) * 60 + int(end[1])


def is_open(hours: Hours | None, holidays: frozenset[date], on: date, at: time) -> bool:
    """Whether a company is open.

    Args:
        hours: Its hours; None: always open, but on holidays.
        holidays: Days on which it is closed.
        on: The date there.
        at: The time there.
    """
    if on in holidays:
        return False
    if hours is None:
        return True
    minute = at.hour * 60 + at.minute
    spans = hours.get(DAYS[on.weekday()], ())
    return any(begin <= minute < end for begin, end in map(minutes_of, spans))
