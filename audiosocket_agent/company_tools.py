"""A company's own tools: HTTP interfaces that the language model may use in its calls. Pure.

A tool is data in the company's file: where it is, what goes in, what of the answer comes out, and
how it behaves in a talk. docs/tools.md tells every field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from string import Formatter
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic.functional_validators import AfterValidator

from audiosocket_agent.company_calls import Name, Said
from audiosocket_agent.company_fields import FieldsModel, spelt
from audiosocket_agent.complaints import shown
from audiosocket_agent.errors import ToolError
from audiosocket_agent.tools import RunningTool
from audiosocket_agent.tools.json_schema import check_schema, check_value, plain

BUILT_IN = frozenset(
    (
        "record_details", "check_availability", "create_booking", "book", "change_booking",
        "cancel_booking", "find_price", "take_message", "transfer_to_person", "end_call",
        "collect_secret", "send_sms", "send_email",
    )
)  # fmt: skip
KNOWN_OF_CALL = ("caller_number", "call_id", "company")  # places the model cannot fill
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_TOOLS = 12
MOST_ARGUMENT_CHARS = 4000
_OUR_SETTINGS = re.compile(r"VOICEAGENT_.*|PATH|HOME|(?:DEEPGRAM|GROQ|CARTESIA|OPENAI)_API_KEY")

_Header = Annotated[
    str, spelt(r"[A-Za-z][A-Za-z0-9-]{0,63}", "a header's name has letters, digits and - only")
]


def _nobody_elses(name: str) -> str:
    if _OUR_SETTINGS.fullmatch(name):
        raise ValueError(f"{name} is a setting of the agent; no company's tool may send it")
    return name


SecretName = Annotated[
    str,
    spelt(r"[A-Z][A-Z0-9_]{0,63}", "name an environment variable: A-Z, digits and _"),
    AfterValidator(_nobody_elses),
]


def checked_url(url: str) -> str:
    """Return an address that a tool or a webhook may have.

    Raises:
        ValueError: If it is not encrypted (but on this machine), or holds a password.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises if it is no number
    except ValueError:
        raise ValueError("write an address like https://api.example.com/jobs/{number}") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or re.search(r"[\s\\]", url):
        raise ValueError("write an address like https://api.example.com/jobs/{number}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user and password in the address; use auth with a secret's name")
    if "{" in parts.netloc or parts.fragment:
        raise ValueError("{places} stand in the path or the query only, and nothing after #")
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError("needs https, but on this machine (127.0.0.1)")
    return url


class Method(Enum):
    """How a tool asks."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class AuthHow(Enum):
    """Where a tool's secret goes."""

    BEARER = "bearer"
    HEADER = "header"
    QUERY = "query"


class BargeIn(Enum):
    """What becomes of a tool under way when the caller interrupts."""

    KEEP = "keep"
    CANCEL = "cancel"


class Auth(FieldsModel):
    """How a tool shows who asks.

    Attributes:
        how: ``bearer`` (the Authorization header), ``header`` or ``query``.
        name: Of that header or query field.
        secret: Environment variable of the agent that holds the secret.
    """

    how: AuthHow = AuthHow.BEARER
    secret: SecretName
    name: _Header | None = None

    @model_validator(mode="after")
    def _named_where_needed(self) -> Auth:
        if (self.name is None) != (self.how is AuthHow.BEARER):
            raise ValueError("name goes with how: header or how: query, and only there")
        return self


class DeclaredTool(FieldsModel):
    """An HTTP interface of the company's, as the model may use it.

    Attributes:
        description: What it does and when to use it, for the model.
        method: The HTTP method.
        url: Its address; ``{name}`` is filled from the arguments, percent-encoded. Arguments
            without a place go into the query of a GET or DELETE, else into a JSON body.
        adds: What of the call is sent besides: ``caller_number``, ``call_id``, ``company``.
        auth: How it shows who asks.
        input: JSON Schema of the arguments.
        output: JSON Schema of what the model may see of the answer; unset: that it worked.
        timeout_s: The longest it may take, further tries included.
        retries: Further tries after a failure that may pass.
        idempotency_header: Header that is the same for the same call of it, so that a try that was
            taken after all does nothing twice.
        effects: Whether it changes anything. Unset: all but GET do.
        ask_first: A question that the caller must have heard and said yes to before it is run,
            with ``{name}`` for arguments; unset: none.
        on_barge_in: What becomes of it when the caller interrupts.
        comfort: Said when it takes long; unset: "One moment, please."
        failed: Said when it fails and the model says nothing; unset: a usual sentence.
    """

    description: Said
    method: Method = Method.GET
    url: Annotated[str, Field(max_length=400), AfterValidator(checked_url)]
    adds: tuple[str, ...] = ()
    auth: Auth | None = None
    input: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    output: dict[str, Any] | None = None
    timeout_s: Annotated[float, Field(ge=0.5, le=20)] = 5.0
    retries: Annotated[int, Field(ge=0, le=3)] = 0
    idempotency_header: _Header | None = None
    effects: bool | None = None
    ask_first: Said | None = None
    on_barge_in: BargeIn = BargeIn.KEEP
    comfort: Said | None = None
    failed: Said | None = None

    @field_validator("adds")
    @classmethod
    def _known_of_the_call(cls, adds: tuple[str, ...]) -> tuple[str, ...]:
        for name in adds:
            if name not in KNOWN_OF_CALL:
                raise ValueError(f"{shown(name)} is none of {', '.join(KNOWN_OF_CALL)}")
        return adds

    @field_validator("input")
    @classmethod
    def _describes_arguments(cls, schema: dict[str, Any]) -> dict[str, Any]:
        checked = check_schema(schema, of_object=True)
        for name in KNOWN_OF_CALL:
            if name in checked.get("properties", {}):
                raise ValueError(f"{name} is known of the call; put it under adds, or in the url")
        return {**checked, "additionalProperties": False}

    @field_validator("output")
    @classmethod
    def _describes_an_answer(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if schema is None else check_schema(schema, of_object=True)

    @model_validator(mode="after")
    def _hangs_together(self) -> DeclaredTool:
        required = (*self.input.get("required", ()), *KNOWN_OF_CALL)
        for field, text in (("url", self.url), ("ask_first", self.ask_first or "")):
            for place in _places(field, text):
                if field == "ask_first" and place in KNOWN_OF_CALL:
                    raise ValueError(f"{field}: {{{place}}} is not required by input")
                if place not in required:
                    raise ValueError(f"{field}: {{{place}}} is not required by input")
                if self._type_of(place) in ("object", "array", "null"):
                    raise ValueError(f"{field}: {{{place}}} is no text or number")
        if self.retries and not self.repeatable:
            raise ValueError(
                f"retries: a {self.method.value} that is sent twice may do it twice; give it an "
                "idempotency_header, or retries: 0"
            )
        return self

    def _type_of(self, place: str) -> str:
        schema = self.input.get("properties", {}).get(place, {})
        return str(schema.get("type", "string"))

    @property
    def repeatable(self) -> bool:
        """Whether asking a second time does nothing twice."""
        idempotent = self.method in (Method.GET, Method.PUT, Method.DELETE)
        return idempotent or self.idempotency_header is not None

    @property
    def has_effects(self) -> bool:
        """Whether it changes anything."""
        return self.method is not Method.GET if self.effects is None else self.effects


def _places(field: str, text: str) -> tuple[str, ...]:
    """Return the names in braces.

    Raises:
        ValueError: If the braces cannot be read.
    """
    try:
        parts = [(name, spec, how) for _, name, spec, how in Formatter().parse(text)]
    except ValueError:
        raise ValueError(f"{field}: a {{ or }} stands alone") from None
    for name, spec, how in parts:
        if name is not None and (spec or how or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)):
            raise ValueError(f"{field}: write a place as {{name}}")
    return tuple(name for name, _, _ in parts if name is not None)


def _told_apart(tools: dict[str, DeclaredTool]) -> dict[str, DeclaredTool]:
    for name in tools:
        if name in BUILT_IN:
            raise ValueError(f"{name} is built in; give the tool another name")
    return tools


Tools = Annotated[
    dict[Name, DeclaredTool], Field(max_length=MOST_TOOLS), AfterValidator(_told_apart)
]
"""A company's tools by name."""


def running(name: str, tool: DeclaredTool, arguments: str) -> RunningTool:
    """Return the tool as it is to be run.

    Args:
        name: Its name.
        tool: The tool.
        arguments: JSON text, as the model wrote it.

    Raises:
        ToolError: If the arguments do not fit the tool's schema.
    """
    given = arguments_in(tool.input, arguments)
    places = {
        place: plain(str(given.get(place, ""))) for place in _places("", tool.ask_first or "")
    }
    return RunningTool(
        name,
        given,
        effects=tool.has_effects,
        cancels=tool.on_barge_in is BargeIn.CANCEL,
        comfort=tool.comfort or "",
        failed=tool.failed or "",
        ask=(tool.ask_first or "").format_map(places),
    )


def arguments_in(schema: Mapping[str, Any], text: str) -> Mapping[str, object]:
    """Read a tool call's arguments; models send "" and "null" for none.

    Raises:
        ToolError: If they are no JSON object, or do not fit the schema.
    """
    if len(text) > MOST_ARGUMENT_CHARS:
        raise ToolError("the arguments are too long")
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise ToolError("the arguments are not a JSON object") from None
    value = {} if value is None else value
    if not isinstance(value, dict):
        raise ToolError("the arguments are not a JSON object")
    check_value(schema, value)
    return value
