"""What the agent knows about the company it answers for, and how that is read from YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic.functional_validators import BeforeValidator

from audiosocket_agent.company_calendar import Calendar, Webhook
from audiosocket_agent.company_calls import (
    Closed,
    Holidays,
    Hours,
    Mailbox,
    Name,
    Number,
    People,
    QueueName,
    Recording,
    Said,
    Secret,
    Words,
)
from audiosocket_agent.company_fields import (
    KEPT,
    NUMBER,
    FieldsModel,
    as_text,
    plain_number,
    refuse_twice,
    refuse_twice_at,
    spelt,
)
from audiosocket_agent.company_messages import Messages
from audiosocket_agent.company_tools import Tools
from audiosocket_agent.company_voice import CompanyVoices
from audiosocket_agent.company_yaml import YamlError, read_yaml_lines
from audiosocket_agent.complaints import Complaint, complaints, elsewhere, refusal
from audiosocket_agent.errors import CompanyError, together
from audiosocket_agent.roles import visit_slot
from audiosocket_agent.workflow.load import (
    DEFAULT,
    FOLDER,
    WORKFLOW_FILE,
    WorkflowError,
    is_shipped,
    placed,
    read_text,
    read_workflow,
    refuse_unproved,
    trade,
)
from audiosocket_agent.workflow.model import Kind, Workflow
from audiosocket_agent.workflow.prove import unknown_tools

Did = Annotated[Number, spelt(r"[0-9]{3,15}", "a number has 3-15 digits")]
Outward = Annotated[
    str, spelt(r"[A-Z]{1,2}[0-9][0-9A-Z]?", "write the half before the space, like TR1")
]


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}; write it like Europe/London") from None
    return name


def _read_workflow(value: object, info: ValidationInfo) -> object:
    try:
        return read_workflow(value, (info.context or {}).get(FOLDER))
    except WorkflowError as error:  # its own lines, beside what else is wrong with the company
        raise elsewhere(error) from None


Timezone = Annotated[str, AfterValidator(_known_timezone)]


class Service(FieldsModel):
    """Something that can be booked.

    Attributes:
        key: Stable name in bookings.
        name: As spoken after "a" or "your", e.g. "blocked drain visit".
        price_pounds: The fixed price quoted; unset only where the workflow says no prices.
        minutes: How long it takes.
        phrases: Ways a caller names it: lower-case words only.
    """

    key: Name
    name: Said
    price_pounds: (
        Annotated[Decimal, Field(gt=0, le=100_000, max_digits=8, decimal_places=2)] | None
    ) = None
    minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    phrases: Annotated[tuple[Words, ...], Field(min_length=1)]


class Area(FieldsModel):
    """A town the company serves.

    Attributes:
        key: Stable name in bookings.
        name: As spoken.
        outward: Outward postcodes (the half before the space) that belong to it.
        phrases: Ways a caller names it.
    """

    key: Name
    name: Said
    outward: tuple[Outward, ...] = ()
    phrases: Annotated[tuple[Words, ...], Field(min_length=1)]


def _told_apart(choices: Sequence[Service | Area]) -> None:
    """Check that no key and no phrase means two of them.

    Raises:
        ValueError: Naming what does.
    """
    refuse_twice_at(((at, "key"), it.key) for at, it in enumerate(choices))
    refuse_twice_at(
        ((at, "phrases", place), words)
        for at, it in enumerate(choices)
        for place, words in enumerate(it.phrases)
    )


# A limit below the usual threshold moves the threshold, so that the limit can be set alone. A value
# that failed its own check is not among the known ones.
def _offer_after(known: dict[str, int]) -> int:
    return min(2, known.get("max_misses", 2))


def _warn_before(known: dict[str, int]) -> int:
    return min(60, known.get("max_call_s", 600) // 2)


class Company(FieldsModel):
    """One company: everything the conversation may say as fact.

    Attributes:
        key: Stable name of the company.
        name: As spoken.
        dids: Numbers it is reached on, digits only with the country code.
        greeting: First sentence of every call.
        workflow: How its calls go: a shipped workflow by name, or one of its own.
        services: What can be booked.
        areas: Where it works; none only where the workflow asks for none.
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
        blocked: Callers who are turned away; digits as `dids`.
        queue: The queue of people; unset: the one the installer was told.
        mailbox: Asterisk's voicemail box, ``100@default``; unset: our own recording.
        person_key: The key for a person, at any time; empty: none.
        people: How callers reach people.
        recording: Whether calls are recorded.
        secrets: Digits that only their receiver may see, by name.
        calendar: When it can be booked; unset: whatever the caller wants.
        webhooks: Who is told of its bookings, besides those of its `calendar`.
        voice: Which voice each engine uses for it; an engine that is not named speaks as it is set.
        tools: The company's own HTTP interfaces that the language model may use, by name.
        messages: The texts and emails that may be sent to callers.
    """

    key: Name
    name: Said
    dids: Annotated[tuple[Did, ...], Field(min_length=1)]
    greeting: Said
    workflow: Annotated[
        Workflow, BeforeValidator(_read_workflow), AfterValidator(refuse_unproved)
    ] = Field(default_factory=lambda: trade(DEFAULT))
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=12)]
    areas: Annotated[tuple[Area, ...], Field(max_length=60, validate_default=True)] = ()
    timezone: Timezone = "Europe/London"
    no_input_s: Annotated[float, Field(ge=1, le=60)] = 6.0
    max_misses: Annotated[int, Field(ge=1, le=10)] = 3
    misses_before_offer: Annotated[int, Field(ge=1, le=10)] = Field(default_factory=_offer_after)
    max_call_s: Annotated[int, Field(ge=30, le=3600)] = 600
    warn_before_s: Annotated[int, Field(ge=0, le=3599)] = Field(default_factory=_warn_before)
    comfort_after_s: Annotated[float, Field(ge=0.5, le=10)] = 1.2
    ai: bool = True
    hours: Hours | None = None
    holidays: Holidays = frozenset()
    closed: Closed = Closed()
    max_calls: Annotated[int, Field(ge=1, le=500)] | None = None
    blocked: frozenset[Number] = frozenset()
    queue: QueueName | None = None
    mailbox: Mailbox | None = None
    person_key: Annotated[
        str, BeforeValidator(as_text), spelt(r"[0-9*]?", "one key: 0-9 or *, or nothing")
    ] = "0"
    people: People = People()
    recording: Recording = Recording()
    secrets: dict[Name, Secret] = Field(default_factory=dict)
    calendar: Calendar | None = None
    webhooks: Annotated[tuple[Webhook, ...], Field(max_length=8)] = ()
    voice: CompanyVoices = Field(default_factory=dict)
    tools: Annotated[Tools, Field(validate_default=True)] = Field(default_factory=dict)
    messages: Messages = Messages()

    @field_serializer("workflow", mode="wrap")
    def _shipped_by_name(self, workflow: Workflow, fields: SerializerFunctionWrapHandler) -> Any:
        return workflow.name if is_shipped(workflow) else fields(workflow)

    @field_validator("tools")
    @classmethod
    def _tools_of_the_workflow_there(cls, tools: Tools, info: ValidationInfo) -> Tools:
        workflow: Workflow | None = info.data.get("workflow")
        wrong = unknown_tools(workflow, tools) if workflow is not None else ()
        if wrong:
            raise ValueError(f"the workflow's {wrong[0]}")
        return tools

    @field_validator("dids")
    @classmethod
    def _each_number_once(cls, dids: tuple[str, ...]) -> tuple[str, ...]:
        refuse_twice(dids)
        return dids

    @field_validator("services")
    @classmethod
    def _services_told_apart(
        cls, services: tuple[Service, ...], info: ValidationInfo
    ) -> tuple[Service, ...]:
        workflow: Workflow | None = info.data.get("workflow")
        unpriced = [
            Complaint(
                (at,),
                f"{service.key} has no price_pounds, which the workflow {workflow.name} says",
            )
            for at, service in enumerate(services)
            if service.price_pounds is None and workflow is not None and workflow.quotes
        ]
        if unpriced:
            raise refusal(*unpriced)
        _told_apart(services)
        return services

    @field_validator("areas")
    @classmethod
    def _areas_told_apart(cls, areas: tuple[Area, ...], info: ValidationInfo) -> tuple[Area, ...]:
        workflow: Workflow | None = info.data.get("workflow")
        if not areas and workflow is not None and workflow.places_asked:
            raise ValueError(f"is empty, and the workflow {workflow.name} asks for one")
        _told_apart(areas)
        refuse_twice_at(
            ((at, "outward", place), outward)
            for at, area in enumerate(areas)
            for place, outward in enumerate(area.outward)
        )
        return areas

    @field_validator("webhooks")
    @classmethod
    def _each_told_once(
        cls, webhooks: tuple[Webhook, ...], info: ValidationInfo
    ) -> tuple[Webhook, ...]:
        calendar: Calendar | None = info.data.get("calendar")
        refuse_twice(hook.url for hook in (*webhooks, *(calendar.webhooks if calendar else ())))
        return webhooks

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

    @model_validator(mode="after")
    def _time_for_each_service(self, info: ValidationInfo) -> Company:
        if self.calendar is None or (info.context or {}).get(KEPT):
            return self
        asked = [visit_slot(self.workflow, kind) for kind in (Kind.PART, Kind.TIME)]
        in_part = asked[0] is not None and asked[1] is None
        most, where = self.calendar.longest_visit(self.hours, in_part=in_part)
        wrong = []
        for index, service in enumerate(self.services):
            if service.minutes > most:
                longest = f"the longest part of a day, {where}, has {most} minutes"
                if not most:
                    longest = "no part of a day lies in the opening hours"
                what = f"{service.key} takes {service.minutes} minutes and could never be booked"
                wrong.append(Complaint(("services", index, "minutes"), f"{what}: {longest}"))
        if wrong:
            raise refusal(*wrong)
        return self

    @property
    def listeners(self) -> tuple[Webhook, ...]:
        """Everybody who is told of its bookings, and of messages that its callers left."""
        return (*self.webhooks, *(() if self.calendar is None else self.calendar.webhooks))


def did_digits(did: str) -> str:
    """Reduce a dialled number to the digits companies are looked up by."""
    return "".join(c for c in did if c.isdigit())


def load_company(path: Path, read_number: Callable[[str], str | None] = plain_number) -> Company:
    """Read one company file.

    Args:
        path: The file.
        read_number: Turns a telephone number as written into digits with the country code.

    Raises:
        CompanyError: One line that says what is wrong, in which file and where, with the others.
    """
    text = read_text(path)
    try:
        data, lines = read_yaml_lines(text)
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except YamlError as error:
        raise CompanyError(path, error.what, error.line) from None
    except UnicodeEncodeError:  # half of a surrogate pair, written as an escape
        what = "a text holds half a character (\\ud800 to \\udfff)"
        raise CompanyError(path, what) from None
    try:
        return Company.model_validate(data, context={NUMBER: read_number, FOLDER: path.parent})
    except ValidationError as error:
        raise together(placed(path, lines, complaints(error, Company), CompanyError)) from None


def complaint(error: ValidationError) -> str:
    """Say in one line what is wrong with a company: the first thing that is."""
    return str(complaints(error, Company)[0])


def load_companies(folder: Path) -> dict[str, Company]:
    """Read every ``*.yaml`` in a folder, but for the workflows beside them.

    Returns:
        Companies by DID digits.

    Raises:
        CompanyError: If a file is bad, the folder holds none, or two companies share a DID.
    """
    if not folder.is_dir():
        raise CompanyError(folder, "there is no such folder; see VOICEAGENT_COMPANIES")
    by_did: dict[str, Company] = {}
    for path in sorted(p for p in folder.glob("*.yaml") if not p.name.endswith(WORKFLOW_FILE)):
        company = load_company(path)
        for did in company.dids:
            if did in by_did:
                raise CompanyError(path, f"dids: {did} already belongs to {by_did[did].key}")
            by_did[did] = company
    if not by_did:
        raise CompanyError(folder, "holds no company: put at least one NAME.yaml there")
    return by_did
