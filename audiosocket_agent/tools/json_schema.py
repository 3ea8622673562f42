"""The JSON Schema that a company's tool may be declared with, and values held against it. Pure.

A schema comes out of a company file, so it is checked like one: only the keywords listed here,
nothing that points elsewhere, nothing deep, no pattern that could take for ever to match. What an
answer holds beyond its schema is left out, not refused: interfaces grow fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import fastjsonschema

from audiosocket_agent.errors import ToolError

MOST_SCHEMA_CHARS = 8000
MOST_DEPTH = 6
MOST_PROPERTIES = 40
MOST_TEXT = 300  # characters of one text in an answer
MOST_ITEMS = 20  # of one list in an answer
MOST_SEEN_CHARS = 4096  # of an answer as the model is shown it

_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_FORMATS = ("date", "time", "date-time", "email")
_KEYWORDS = {
    "type", "description", "title", "properties", "required", "additionalProperties", "items",
    "enum", "const", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
    "pattern", "format",
}  # fmt: skip
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")
_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
_ENDLESS = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\})")
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")

Schema = Mapping[str, Any]


def check_schema(schema: object, *, of_object: bool) -> dict[str, Any]:
    """Return a schema if it is one that a tool may have.

    Args:
        schema: What a company file holds.
        of_object: Whether it must describe an object.

    Raises:
        ValueError: Saying what is wrong, and where in it.
    """
    if not isinstance(schema, Mapping):
        raise ValueError("a JSON Schema is expected: {type: object, properties: {...}}")
    try:
        length = len(json.dumps(schema))
    except (TypeError, ValueError, RecursionError):
        raise ValueError("holds something that JSON has no form for; put words in quotes") from None
    if length > MOST_SCHEMA_CHARS:
        raise ValueError(f"is longer than {MOST_SCHEMA_CHARS} characters")
    _check(schema, "", 1)
    if of_object and schema.get("type") != "object":
        raise ValueError("type: it must be object, with the arguments as properties")
    return dict(schema)


def _check(schema: object, where: str, depth: int) -> None:
    at = f"{where}: " if where else ""
    if not isinstance(schema, Mapping):
        raise ValueError(f"{at}a JSON Schema is expected, like {{type: string}}")
    if depth > MOST_DEPTH:
        raise ValueError(f"{at}is nested more than {MOST_DEPTH} deep")
    if "$ref" in schema:
        raise ValueError(f"{at}$ref is not followed; write out what it points to")
    for keyword in schema:
        if keyword not in _KEYWORDS:
            raise ValueError(f"{at}{str(keyword)[:40]!r} is not used here; docs/tools.md lists all")
    if schema.get("type") not in _TYPES:
        raise ValueError(f"{at}type must be one of {', '.join(_TYPES)}")
    _check_limits(schema, at)
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping) or len(properties) > MOST_PROPERTIES:
        raise ValueError(f"{at}properties must be a mapping of at most {MOST_PROPERTIES}")
    for name, inner in properties.items():
        if not isinstance(name, str) or not _PROPERTY.fullmatch(name):
            raise ValueError(f"{at}a property's name has letters, digits and _ only")
        _check(inner, f"{where}.{name}".lstrip("."), depth + 1)
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(
        isinstance(name, str) and name in properties for name in required
    ):
        raise ValueError(f"{at}required must list names that stand under properties")
    if not isinstance(schema.get("additionalProperties", False), bool):
        raise ValueError(f"{at}additionalProperties must be true or false")
    if schema["type"] == "array":
        if "items" not in schema:
            raise ValueError(f"{at}items is missing: what the list is made of")
        _check(schema["items"], f"{where}[]", depth + 1)


def _check_limits(schema: Schema, at: str) -> None:
    for keyword in _COUNTS:
        count = schema.get(keyword, 0)
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= 10_000:
            raise ValueError(f"{at}{keyword} must be a number from 0 to 10000")
    for keyword in ("minimum", "maximum"):
        limit = schema.get(keyword, 0)
        if not isinstance(limit, int | float) or isinstance(limit, bool):
            raise ValueError(f"{at}{keyword} must be a number")
    values = schema.get("enum", [""])
    if not isinstance(values, list) or not values or len(values) > 100:
        raise ValueError(f"{at}enum must list 1 to 100 values")
    for value in (*values, schema.get("const", "")):
        if not isinstance(value, str | int | float | None):
            raise ValueError(f"{at}enum and const hold texts and numbers only")
    if schema.get("format", "date") not in _FORMATS:
        raise ValueError(f"{at}format must be one of {', '.join(_FORMATS)}")
    for keyword in ("title", "description"):
        if not isinstance(schema.get(keyword, ""), str):
            raise ValueError(f"{at}{keyword} must be a text")
    _check_pattern(schema.get("pattern", ""), at)


def _check_pattern(pattern: object, at: str) -> None:
    """Refuse a pattern that is none, or that could go back and forth over a text for ever."""
    if not isinstance(pattern, str) or len(pattern) > 200:
        raise ValueError(f"{at}pattern must be a regular expression of at most 200 characters")
    if re.search(r"(?<!\\)\(", pattern) or len(_ENDLESS.findall(pattern)) > 2:
        raise ValueError(f"{at}pattern: no groups, and at most two of * + and {{n,}}")
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        raise ValueError(f"{at}pattern is no regular expression") from None


def check_value(schema: Schema, value: object) -> None:
    """Hold a value against a schema.

    Raises:
        ToolError: Naming the first place that does not fit; it repeats nothing of the value.
    """
    try:
        _validator(json.dumps(schema, sort_keys=True))(value)
    except fastjsonschema.JsonSchemaValueException as error:
        where = ".".join(str(part) for part in error.path[1:]) or "it"
        wanted = f"{error.rule} {json.dumps(error.rule_definition)}"[:200]
        raise ToolError(f"{where} does not fit its schema: {wanted}") from None
    except RecursionError:
        raise ToolError("it is nested too deeply") from None


@lru_cache(maxsize=512)
def _validator(schema_text: str) -> Callable[[object], object]:
    """Make a schema into code, which takes milliseconds; once for each schema."""
    schema = json.loads(schema_text)
    made: Callable[[object], object] = fastjsonschema.compile(schema, use_default=False)
    return made


def seen(schema: Schema, answer: object) -> object:
    """Return what the model may see of an answer: the schema's fields, in plain short text.

    Raises:
        ToolError: If the answer is not what its schema says, or is too long for all that.
    """
    shown = _pruned(schema, answer)
    check_value(schema, shown)
    if len(json.dumps(shown)) > MOST_SEEN_CHARS:
        raise ToolError("its answer is too long to be used")
    return shown


def _pruned(schema: Schema, value: object) -> object:
    if isinstance(value, Mapping):
        properties = schema.get("properties", {})
        return {
            name: _pruned(inner, value[name]) for name, inner in properties.items() if name in value
        }
    if isinstance(value, list):
        return [_pruned(schema.get("items", {}), item) for item in value[:MOST_ITEMS]]
    if isinstance(value, str):
        return plain(value, min(MOST_TEXT, schema.get("maxLength", MOST_TEXT)))
    if isinstance(value, float) and value not in (float("inf"), float("-inf")) and value == value:
        return value
    return value if isinstance(value, int | None) else None


def plain(text: str, most: int = MOST_TEXT) -> str:
    """Return a foreign text on one line, without what cannot be seen, and not too long."""
    shown = " ".join(_UNSPEAKABLE.sub(" ", text).split())
    return shown.encode("utf-8", "replace").decode()[:most]
