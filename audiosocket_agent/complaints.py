"""What is wrong with a file, in lines that say where and how to mend it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from audiosocket_agent.company_fields import shown

Where = tuple[str | int, ...]
KIND = "found"  # of the errors that `refusal` makes
_COMPANY_PAGE, _WORKFLOW_PAGE = "docs/companies.md", "docs/workflows.md"
_FOLLOWS = "default_factory_not_called"  # from another error, which is told itself
_NO_NUMBER = frozenset(
    ("decimal_parsing", "decimal_type", "float_parsing", "float_type", "int_parsing", "int_type")
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong.

    Attributes:
        where: The way to it through the file; () for the file itself.
        what: What is wrong, and how to mend it.
    """

    where: Where
    what: str

    def __str__(self) -> str:
        place = ".".join(str(part) for part in self.where) or "the file"
        return f"{place}: {self.what}".replace("\n", " ")


def refusal(complaint: Complaint) -> PydanticCustomError:
    """Return a complaint as an error for a pydantic validator to raise: it keeps its place."""
    return PydanticCustomError(KIND, "{what}", {"what": complaint.what, "where": complaint.where})


def complaints(error: ValidationError, page: str = _COMPANY_PAGE) -> list[Complaint]:
    """Return all that pydantic found, in the order of the fields.

    Args:
        error: It.
        page: Where the fields are listed; those of a workflow always are on its own page.
    """
    errors = error.errors(include_url=False)
    told = [found for found in errors if found["type"] != _FOLLOWS]
    return [_complaint(found, page) for found in told or errors]


def _complaint(found: ErrorDetails, page: str) -> Complaint:
    context: dict[str, Any] = found.get("ctx", {})
    where: Where = found["loc"]
    if found["type"] == KIND:
        return Complaint((*where, *context["where"]), context["what"])
    if where[-1:] == ("[key]",):  # a name of a mapping
        return Complaint(where[:-1], "a name is a-z, digits and _, at most 32, a letter first")
    page = _WORKFLOW_PAGE if where[:1] == ("workflow",) else page
    return Complaint(where, _what(found, context, page))


def _what(found: ErrorDetails, context: dict[str, Any], page: str) -> str:
    match found["type"]:
        case "extra_forbidden":
            return f"there is no such field; {page} lists them all"
        case "missing":
            return "is missing"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "holds no fields; write NAME: VALUE"
        case "enum" | "literal_error":
            return f"{shown(found['input'])} is none of these: {context['expected']}"
        case kind if kind in _NO_NUMBER and _has_commas(found["input"]):
            plain = str(found["input"]).replace(",", "")
            return f"{shown(found['input'])} has a comma; a number is written without: {plain}"
        case kind if kind in _NO_NUMBER:
            return f"{shown(found['input'])} is no number"
        case "string_type":
            return f"{shown(found['input'])} is no text; put it in quotes"
        case _:
            return found["msg"].removeprefix("Value error, ")


def _has_commas(value: object) -> bool:
    """Whether a text is a number but for the commas of its thousands."""
    written = value if isinstance(value, str) else ""
    return re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", written) is not None
