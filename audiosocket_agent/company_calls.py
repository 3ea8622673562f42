"""How a company's calls are handled around the conversation: when, by whom, and what is kept."""

from __future__ import annotations

from datetime import date, time
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

QueueName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,78}$")]
Mailbox = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(@[A-Za-z0-9_-]{1,40})?$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,16}$")]
Outside = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Words = Annotated[str, StringConstraints(pattern=r"^[a-z' ]{1,60}$")]
Said = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\n\r]*$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Span = Annotated[
    str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")
]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Closed(_Model):
    """What happens outside the opening hours.

    Attributes:
        to: Where a call goes.
        say: What is said first, with `message`; unset: the recorded sentence.
    """

    to: ClosedTo = ClosedTo.MESSAGE
    say: Said | None = None


class Place(_Model):
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


class People(_Model):
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
        for name, place in places.items():
            if (place.extension is None) == (place.outside is None):
                raise ValueError(f"{name} needs either extension or outside")
        return places


class Recording(_Model):
    """Whether calls are recorded.

    Attributes:
        on: Whether they are.
        consent: What is said first; recording starts when it has been said. Unset: nothing is.
        keep_days: After how many days a recording is deleted.
    """

    on: bool = False
    consent: Said | None = None
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 30


class Secret(_Model):
    """Digits the caller keys that nobody but their receiver may see.

    Attributes:
        name: As spoken, e.g. "your customer number".
        least: Fewest digits.
        most: Most digits; as many end the entry without a hash.
        luhn: Whether they carry a card's check digit.
        url: Where they are sent, as JSON ``{"call_id", "name", "digits"}``.
        token: Environment variable that holds the bearer token for it.
    """

    name: Said
    least: Annotated[int, Field(ge=1, le=32)] = 4
    most: Annotated[int, Field(ge=1, le=32)] = 16
    luhn: bool = False
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]{1,400}$")]
    token: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")] | None = None


Hours = dict[str, tuple[Span, ...]]
"""Opening hours by day (`DAYS`): ``{"mon": ["08:00-12:30", "13:30-17:00"]}``; on a day that is not
named it is closed."""


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
