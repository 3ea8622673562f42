"""The options of one engine: declared in its file, read from the environment, never in the code.

A vendor's file declares a class ``Options(VendorOptions)`` whose fields are made by `option` and
`key`. The field ``model`` of ``stt/deepgram.py`` is the variable ``VOICEAGENT_DEEPGRAM_MODEL``; a
field with an ``env`` of its own is that variable, so that two files may share one (a key, a host).
An empty variable counts as not set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import annotated_types
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo

PREFIX = "VOICEAGENT_"


class VendorOptions(BaseModel):
    """Base of every engine's ``Options``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def _can_be_sent(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            if not (secret.isascii() and secret.isprintable()):
                raise ValueError("has characters that no key has; was it copied with its quotes?")
        elif info.field_name == "url":
            _check_address(str(value))
        return value


def option(
    default: Any,
    description: str,
    *,
    unit: str = "",
    env: str = "",
    ge: float | None = None,
    le: float | None = None,
    pattern: str | None = None,
) -> Any:
    """Declare one option.

    Args:
        default: Its value when the environment has none.
        description: What it does, and what moving it changes.
        unit: Of the number.
        env: The variable, when it is not the file's and the field's name.
        ge: Least value.
        le: Greatest value.
        pattern: Regular expression that a text must match.
    """
    return Field(
        default,
        description=description,
        ge=ge,
        le=le,
        pattern=pattern,
        json_schema_extra={"unit": unit, "env": env},
    )


def key(env: str) -> Any:
    """Declare the vendor's key; the field's type is `SecretStr`, its default empty."""
    return Field(
        SecretStr(""),
        description="key of the account; without it the engine cannot be used",
        json_schema_extra={"unit": "", "env": env},
    )


_T = TypeVar("_T", bound=VendorOptions)


class OptionsError(Exception):
    """Options are wrong.

    Attributes:
        lines: One line for each: variable, value, and what it may be.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as ``voiceagent settings`` lists it.

    Attributes:
        variable: The environment variable.
        value: What it is now; a key is masked.
        default: Its value when it is not set.
        unit: Of a number, or "".
        range: What it may be, or "".
        source: ``environment`` or ``default``.
        meaning: What it does.
    """

    variable: str
    value: str
    default: str
    unit: str
    range: str
    source: str
    meaning: str


def variable_of(name: str, field: FieldInfo, owner: str = "") -> str:
    """Return the environment variable of a field.

    Args:
        name: The field.
        field: Its declaration.
        owner: The engine's name; "" for a setting of the agent itself.
    """
    extra = field.json_schema_extra
    own = extra.get("env") if isinstance(extra, dict) else None
    return str(own) if own else PREFIX + "_".join(p for p in (owner, name) if p).upper()


def read_options(cls: type[_T], owner: str, environ: Mapping[str, str]) -> _T:
    """Read an engine's options.

    Raises:
        OptionsError: One line for each option that is wrong.
    """
    variables = {name: variable_of(name, field, owner) for name, field in cls.model_fields.items()}
    given = {
        n: environ[var].strip() for n, var in variables.items() if environ.get(var, "").strip()
    }
    try:
        return cls.model_validate(given)
    except ValidationError as error:
        raise OptionsError(
            [
                complaint(variables[str(e["loc"][0])], e["msg"], e["input"], cls, str(e["loc"][0]))
                for e in error.errors(include_url=False)
            ]
        ) from None


def complaint(variable: str, message: str, value: object, cls: type[BaseModel], name: str) -> str:
    """Say in one line what is wrong with a setting; a secret's value is left out."""
    field = cls.model_fields.get(name)
    shown = "(a key)" if field is not None and field.annotation is SecretStr else str(value)
    return f"{variable}={shown}: {message.removeprefix('Value error, ')}"


def describe(cls: type[BaseModel], environ: Mapping[str, str], owner: str = "") -> list[Described]:
    """List the settings a class declares, with what they are now."""
    rows = []
    for name, field in cls.model_fields.items():
        variable = variable_of(name, field, owner)
        given = environ.get(variable, "")
        secret = field.annotation is SecretStr
        default = "" if secret else _plain(field.default)
        extra = field.json_schema_extra
        rows.append(
            Described(
                variable=variable,
                value=("(set)" if given else "") if secret else given or default,
                default=default,
                unit=str(extra.get("unit") or "") if isinstance(extra, dict) else "",
                range=_range(field),
                source="environment" if given else "default",
                meaning=field.description or "",
            )
        )
    return rows


def _check_address(url: str) -> None:
    """Refuse an address that no connection can be tried with.

    Raises:
        ValueError: Saying what is wrong with it.
    """
    parts = urlsplit(url)
    if not parts.hostname or not all(0 < len(p) <= 63 for p in parts.hostname.split(".")):
        raise ValueError("has no host, or one that cannot be")
    if parts.port == 0:  # a port out of range raises by itself
        raise ValueError("port 0 is no address")


def _plain(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _range(field: FieldInfo) -> str:
    least = next((m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)), None)
    most = next((m.le for m in field.metadata if isinstance(m, annotated_types.Le)), None)
    choices = getattr(field.annotation, "__args__", ())
    if least is not None or most is not None:
        return f"{'' if least is None else least}..{'' if most is None else most}"
    if choices and all(isinstance(choice, str) for choice in choices):
        return " | ".join(choices)
    return "true | false" if field.annotation is bool else ""
