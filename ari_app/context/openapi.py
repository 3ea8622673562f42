"""The description of the context API, made from the same table as its routes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from ari_app.context.answers import Problem
from ari_app.context.endpoint import Endpoint, Param

COMMON = (400, 401, 403, 500, 503)  # problems any operation may have
_REF = "#/components/schemas/{model}"


def describe(endpoints: Iterable[Endpoint], base: str) -> dict[str, Any]:
    """Return the description, OpenAPI 3.1.

    Args:
        endpoints: All operations.
        base: What their paths stand below.
    """
    schemas: dict[str, Any] = {}
    _add(Problem, schemas)
    paths: dict[str, Any] = {}
    for it in endpoints:
        paths.setdefault(it.path, {})[it.method.lower()] = _operation(it, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "voiceagent context API",
            "version": "1",
            "description": "Companies, their numbers, calls and bookings of the voice agent.",
        },
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "made by `voiceagent tokens add`",
                }
            },
        },
    }


def _operation(it: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": it.summary}
    if it.answer is not None:
        answer["content"] = {"application/json": {"schema": _add(it.answer, schemas)}}
    responses = {str(it.status): answer}
    if it.method == "PUT":
        responses["201"] = {**answer, "description": "It was not there before"}
    if it.method == "GET":
        responses["304"] = {"description": "It is as in the answer whose ETag was sent"}
    for status in sorted({*COMMON, *it.problems}):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": _add(Problem, schemas)}},
        }
    described: dict[str, Any] = {
        "operationId": it.name,
        "summary": it.summary,
        "description": f"Needs a token that may {it.scope.value}.",
        "parameters": [
            *(_parameter(param, "path") for param in it.path_params),
            *(_parameter(param, "query") for param in it.query),
        ],
        "responses": responses,
    }
    if it.body is not None:
        content = {"application/json": {"schema": _add(it.body, schemas)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameter(param: Param, where: str) -> dict[str, Any]:
    return {
        "name": param.name,
        "in": where,
        "required": where == "path",
        "description": param.meaning,
        "schema": _schema_of(param),
        "example": param.example,
    }


def _schema_of(param: Param) -> dict[str, Any]:
    if param.values:
        return {"type": "string", "enum": list(param.values)}
    more = {"format": param.format} if param.format else {}
    return {"type": "string", "pattern": param.pattern, **more}


def _add(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    """Add a model and all it is made of; returns how it is referred to."""
    if model.__name__ not in schemas:
        for name, part in _schemas_of(model).items():
            schemas.setdefault(name, part)
    return {"$ref": _REF.format(model=model.__name__)}


@cache
def _schemas_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the schemas of a model and all it is made of, by name; a tenth of a second for all."""
    schema = model.model_json_schema(ref_template=_REF)
    parts = {**schema.pop("$defs", {}), model.__name__: schema}
    return {name: _plain(part) for name, part in parts.items()}


def _plain(schema: Any) -> Any:
    """Return a schema whose descriptions are their first line: the rest is for programmers."""
    if isinstance(schema, dict):
        return {
            name: _first_line(part)
            if name == "description" and isinstance(part, str)
            else _plain(part)
            for name, part in schema.items()
        }
    return [_plain(part) for part in schema] if isinstance(schema, list) else schema


def _first_line(text: str) -> str:
    return re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].replace("\n", " ")
