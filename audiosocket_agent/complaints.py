"""What is wrong with a file, in lines that say where and how to mend it. Pure.

All that pydantic finds becomes one of our own sentences here, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from audiosocket_agent.known_fields import names_at, nearest
from audiosocket_agent.written_numbers import as_number

if TYPE_CHECKING:
    from audiosocket_agent.errors import CompanyError

Where = tuple[str | int, ...]
KIND, ELSEWHERE = "found", "elsewhere"  # of the errors that `refusal` and `elsewhere` make
SHOWN = 40  # characters of a wrong value that an error repeats
NAME_RULE = "a name is a-z, digits and _, at most 32, a letter first"
_COMPANY_PAGE, _WORKFLOW_PAGE = "docs/companies.md", "docs/workflows.md"
_LIKE = "like"  # a field of workflow files that the workflow itself has not
_NO_NUMBER = re.compile(r"(?:decimal|float|int)_(?:parsing|parsing_size|type)|finite_number")
_NO_LIST = frozenset(("tuple_type", "list_type", "set_type", "frozen_set_type", "iterable_type"))
_NO_FIELDS = frozenset(("model_type", "model_attributes_type", "dict_type", "mapping_type"))
_LIMITS = {
    "greater_than": ("gt", "is too little; write more than"),
    "greater_than_equal": ("ge", "is too little; the least is"),
    "less_than": ("lt", "is too much; write less than"),
    "less_than_equal": ("le", "is too much; the most is"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong.

    Attributes:
        where: The way to it through the file; () for the file itself.
        what: What is wrong, and how to mend it.
        elsewhere: What is wrong with another file that is named there, and is told instead.
    """

    where: Where
    what: str
    elsewhere: tuple[CompanyError, ...] = ()

    def __str__(self) -> str:
        place = ".".join(str(part)[:SHOWN] for part in self.where) or "the file"
        return f"{place}: {self.what}".replace("\n", " ")


def shown(value: object) -> str:
    """Return a wrong value for an error, as YAML names it, in one line and not too long."""
    if value is None:
        return "an empty value"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def refusal(*found: Complaint) -> PydanticCustomError:
    """Return complaints as an error for a pydantic validator to raise: they keep their places.

    Args:
        found: At least one; its place begins at what is validated.
    """
    return PydanticCustomError(KIND, "{what}", {"what": found[0].what, "found": found})


def elsewhere(error: CompanyError) -> PydanticCustomError:
    """Return what is wrong with another file as an error for a pydantic validator to raise."""
    return PydanticCustomError(ELSEWHERE, "{what}", {"what": str(error), "errors": error.all})


def complaints(
    error: ValidationError, model: type[BaseModel], page: str = _COMPANY_PAGE
) -> list[Complaint]:
    """Return all that pydantic found, in the order of the fields.

    Args:
        error: It.
        model: What the file is read as.
        page: Where the fields are listed; those of a workflow always are on its own page.
    """
    errors = error.errors(include_url=False)
    told = _choices_joined([found for found in errors if not _follows(found)])
    made = [it for found in told or errors for it in _complaints(found, model, page)]
    return list({str(it): it for it in made}.values())


def _follows(found: ErrorDetails) -> bool:
    """Whether an error comes of another one, which is told itself."""
    short = found["type"] == "too_short"  # what is wrong itself is not counted
    enough = short and len(found["input"]) >= found["ctx"]["min_length"]
    return enough or found["type"] == "default_factory_not_called"


def _choices_joined(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return a field's choices as one, which pydantic tells kind by kind."""
    joined: list[ErrorDetails] = []
    for found in errors:
        where = found["loc"]
        if where and re.match(r"(?:enum|literal)\[", str(where[-1])):
            found = found.copy()
            found["loc"] = where[:-1]
            if joined and joined[-1]["loc"] == found["loc"]:
                before = joined.pop()["ctx"]["expected"]
                found["ctx"] = {"expected": f"{before} or {found['ctx']['expected']}"}
        joined.append(found)
    return joined


def _complaints(found: ErrorDetails, model: type[BaseModel], page: str) -> Sequence[Complaint]:
    context: dict[str, Any] = found.get("ctx", {})
    where: Where = found["loc"]
    if found["type"] == KIND:
        return [Complaint((*where, *it.where), it.what) for it in context["found"]]
    if found["type"] == ELSEWHERE:
        return [Complaint(where, context["what"], context["errors"])]
    if where[-1:] == ("[key]",):  # a name of a mapping
        what = NAME_RULE if "pattern" in context else _what(found, where, context)
        return [Complaint(where[:-1], what)]
    if found["type"] == "extra_forbidden":
        page = _WORKFLOW_PAGE if where[:1] == ("workflow",) else page
        return [Complaint(where, _no_field(where, model, page))]
    return [Complaint(where, _what(found, where, context))]


def _no_field(where: Where, model: type[BaseModel], page: str) -> str:
    known = names_at(model, where[:-1])
    if page == _WORKFLOW_PAGE and len(where) == (2 if where[0] == "workflow" else 1):
        known = (*known, _LIKE)
    meant = nearest(str(where[-1]), known)
    guess = "" if meant is None else f"did you mean {meant}? "
    return f"there is no such field; {guess}{page} lists them all"


def _what(found: ErrorDetails, where: Where, context: dict[str, Any]) -> str:
    kind, value = found["type"], found["input"]
    name = next((part for part in reversed(where) if isinstance(part, str)), "")
    if _NO_NUMBER.fullmatch(kind):
        return as_number(value, shown(value), name)
    if kind in _LIMITS:
        limit, says = _LIMITS[kind]
        return f"{shown(value)} {says} {_plain(context[limit])}"
    if kind in _NO_LIST:
        return _no_list(value)
    if kind in _NO_FIELDS:
        return _no_fields(value)
    return _of_kind(found, kind, name, context)


def _of_kind(found: ErrorDetails, kind: str, name: str, context: dict[str, Any]) -> str:
    value = found["input"]
    match kind:
        case "missing":
            return f"is missing; add {name}: VALUE"
        case "invalid_key":
            return f"{name or 'a name'} is no text; put the name in quotes"
        case "enum" | "literal_error":
            return _no_choice(value, context["expected"])
        case "bool_parsing" | "bool_type" if value is None:
            return "is empty; write true or false"
        case "bool_parsing" | "bool_type":
            return f"{shown(value)} is neither true nor false; write one of the two"
        case "int_from_float":
            return f"{shown(value)} is no whole number; write {round(float(value))}"
        case "string_type":
            return _no_text(value)
        case "string_too_short":
            return "is empty; write a text" if not value else f"{shown(value)} is too short"
        case "string_too_long":
            most = context["max_length"]
            return f"has {len(value)} characters; shorten it to {most} or fewer"
        case "string_pattern_mismatch":
            return f"{shown(value)} cannot be used: {NAME_RULE}"
        case "too_short":
            return f"holds {len(value) or 'nothing'}; write {context['min_length']} or more"
        case "too_long":
            return f"holds {len(value)}; leave {context['max_length']} or fewer"
        case "decimal_max_places":
            places = context["decimal_places"]
            return f"{shown(value)} has more than {places} digits after the point; round it"
        case "decimal_max_digits" | "decimal_whole_digits":
            return f"{shown(value)} has too many digits"
        case _:
            return found["msg"].removeprefix("Value error, ")


def _plain(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


def _no_list(value: object) -> str:
    if isinstance(value, dict):
        return "holds names and values where a list is wanted; begin each part with - "
    if value is None:
        return "is empty; write a list, each part on a line of its own after - "
    return f"{shown(value)} is no list; write it in brackets: [{_short(value)}]"


def _short(value: object) -> str:
    return f'"{value}"' if isinstance(value, str | int) and len(str(value)) <= SHOWN else "A, B"


def _no_fields(value: object) -> str:
    if value is None:
        return "is empty and holds no fields; write NAME: VALUE"
    if isinstance(value, list):
        return "is a list and holds no fields; write NAME: VALUE, without - before it"
    return f"{shown(value)} holds no fields; write NAME: VALUE"


def _no_text(value: object) -> str:
    if value is None:
        return "is empty; write a text; one that begins with # or & goes in quotes"
    if isinstance(value, dict):
        return "holds names and values, not a text; a text with : or braces in it goes in quotes"
    if isinstance(value, list):
        return "is a list, not a text; a text that begins with [ or - goes in quotes"
    return f"{shown(value)} is no text; put it in quotes"


def _no_choice(value: object, expected: str) -> str:
    meant = nearest(value, re.findall(r"'([^']*)'", expected)) if isinstance(value, str) else None
    guess = "" if meant is None else f"; did you mean {meant}?"
    if value is None:
        return f"is empty; write one of these: {expected}"
    return f"{shown(value)} is none of these: {expected}{guess}"
