"""What the agent knows about the company it answers for, and how that is read from YAML."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from audiosocket_agent.company_calls import (
    DAYS,
    Closed,
    Hours,
    Mailbox,
    Outside,
    People,
    QueueName,
    Recording,
    Secret,
    minutes_of,
)
from audiosocket_agent.errors import CompanyError

Phrase = Annotated[str, StringConstraints(pattern=r"^[a-z' ]{1,60}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Did = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,15}$")]
Outward = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}[0-9][0-9A-Z]?$")]


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"no time zone is called {name!r}") from None
    return name


Timezone = Annotated[str, AfterValidator(_known_timezone)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\n\r]*$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Service(_Model):
    """Something that can be booked.

    Attributes:
        key: Stable name in bookings.
        name: As spoken after "a" or "your", e.g. "blocked drain visit".
        price_pounds: The fixed price quoted.
        phrases: Ways a caller names it: lower-case words only.
    """

    key: Key
    name: Text
    price_pounds: Annotated[Decimal, Field(gt=0, le=100_000, max_digits=8, decimal_places=2)]
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]


class Area(_Model):
    """A town the company serves.

    Attributes:
        key: Stable name in bookings.
        name: As spoken.
        outward: Outward postcodes (the half before the space) that belong to it.
        phrases: Ways a caller names it.
    """

    key: Key
    name: Text
    outward: tuple[Outward, ...] = ()
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]


# A limit below the usual threshold moves the threshold, so that the limit can be set alone. A value
# that failed its own check is not among the known ones.
def _offer_after(known: dict[str, int]) -> int:
    return min(2, known.get("max_misses", 2))


def _warn_before(known: dict[str, int]) -> int:
    return min(60, known.get("max_call_s", 600) // 2)


class Company(_Model):
    """One company: everything the conversation may say as fact.

    Attributes:
        key: Stable name of the company.
        name: As spoken.
        dids: Numbers it is reached on, digits only with the country code.
        greeting: First sentence of every call.
        services: What can be booked.
        areas: Where it works.
        timezone: IANA name; "Tuesday" is counted from the date there.
        no_input_s: Silence in seconds after a question before it is asked again.
        max_misses: Answers in a row that make no sense before a person takes over.
        misses_before_offer: Answers in a row that make no sense before a person is offered; as many
            as `max_misses`: never offered. Unset: 2, or `max_misses` if that is less.
        max_call_s: Longest call in seconds before a person takes over.
        warn_before_s: Seconds before that when the caller is told; 0: never told. Unset: 60, or
            half of `max_call_s` if that is less.
        comfort_after_s: Silence in seconds while a tool works before a word of comfort is said.
        ai: Whether the agent answers; else people do.
        hours: When the company is open, in its time zone; unset: always.
        holidays: Dates on which it is closed.
        closed: What happens then.
        max_calls: Most calls of this company with the agent at once; unset: only the total counts.
        blocked: Callers who are turned away, with + and country code.
        queue: The queue of people; unset: the one the installer was told.
        mailbox: Asterisk's voicemail box, ``100@default``; unset: our own recording.
        person_key: The key for a person, at any time; empty: none.
        people: How callers reach people.
        recording: Whether calls are recorded.
        secrets: Digits that only their receiver may see, by name.
    """

    key: Key
    name: Text
    dids: Annotated[tuple[Did, ...], Field(min_length=1)]
    greeting: Text
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=12)]
    areas: Annotated[tuple[Area, ...], Field(min_length=1, max_length=60)]
    timezone: Timezone = "Europe/London"
    no_input_s: Annotated[float, Field(ge=1, le=60)] = 6.0
    max_misses: Annotated[int, Field(ge=1, le=10)] = 3
    misses_before_offer: Annotated[int, Field(ge=1, le=10)] = Field(default_factory=_offer_after)
    max_call_s: Annotated[int, Field(ge=30, le=3600)] = 600
    warn_before_s: Annotated[int, Field(ge=0, le=3599)] = Field(default_factory=_warn_before)
    comfort_after_s: Annotated[float, Field(ge=0.5, le=10)] = 1.2
    ai: bool = True
    hours: Hours | None = None
    holidays: frozenset[date] = frozenset()
    closed: Closed = Closed()
    max_calls: Annotated[int, Field(ge=1, le=500)] | None = None
    blocked: frozenset[Outside] = frozenset()
    queue: QueueName | None = None
    mailbox: Mailbox | None = None
    person_key: Annotated[str, StringConstraints(pattern=r"^[0-9*]?$")] = "0"
    people: People = People()
    recording: Recording = Recording()
    secrets: dict[Key, Secret] = Field(default_factory=dict)

    @field_validator("hours")
    @classmethod
    def _real_days_and_spans(cls, hours: Hours | None) -> Hours | None:
        for day, spans in (hours or {}).items():
            if day not in DAYS:
                raise ValueError(f"{day!r} is no day; use {', '.join(DAYS)}")
            for span in spans:
                begin, end = minutes_of(span)
                if begin >= end:
                    raise ValueError(f"{day}: {span} ends before it begins; name both days")
        return hours

    @field_validator("misses_before_offer")
    @classmethod
    def _offered_before_it_is_too_late(cls, misses: int, info: ValidationInfo) -> int:
        most = info.data.get("max_misses", misses)
        if misses > most:
            raise ValueError(f"{misses} is more than max_misses, {most}: nobody would hear it")
        return misses

    @field_validator("warn_before_s")
    @classmethod
    def _warned_during_the_call(cls, seconds: int, info: ValidationInfo) -> int:
        longest = info.data.get("max_call_s", seconds + 1)
        if seconds >= longest:
            raise ValueError(f"{seconds} is not less than max_call_s, {longest}")
        return seconds


def did_digits(did: str) -> str:
    """Reduce a dialled number to the digits companies are looked up by."""
    return "".join(c for c in did if c.isdigit())


def load_company(path: Path) -> Company:
    """Read one company file.

    Raises:
        CompanyError: One line that says what is wrong, in which file and where.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Company.model_validate(data)
    except OSError as error:
        raise CompanyError(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise CompanyError(path, "is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise CompanyError(path, f"{where}{getattr(error, 'problem', 'not YAML')}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        what = first["msg"].removeprefix("Value error, ")
        raise CompanyError(path, f"{where}: {what}") from None


def load_companies(folder: Path) -> dict[str, Company]:
    """Read every ``*.yaml`` in a folder.

    Returns:
        Companies by DID digits.

    Raises:
        CompanyError: If a file is bad, the folder holds none, or two companies share a DID.
    """
    if not folder.is_dir():
        raise CompanyError(folder, "there is no such folder; see VOICEAGENT_COMPANIES")
    by_did: dict[str, Company] = {}
    for path in sorted(folder.glob("*.yaml")):
        company = load_company(path)
        for did in company.dids:
            if did in by_did:
                raise CompanyError(path, f"dids: {did} already belongs to {by_did[did].key}")
            by_did[did] = company
    if not by_did:
        raise CompanyError(folder, "holds no company: put at least one NAME.yaml there")
    return by_did
