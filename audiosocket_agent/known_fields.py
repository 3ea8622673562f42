"""Which fields a part of a file may have, and which one a misspelt name means. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def names_at(model: type[BaseModel], where: Iterable[str | int]) -> tuple[str, ...]:
    """Return the names of the fields of a part; () if it holds none, or is not known.

    Args:
        model: What the whole file is read as.
        where: The way to the part from the outside in.
    """
    kinds: list[Any] = [model]
    for part in where:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    return tuple(name for kind in kinds if _is_model(kind) for name in kind.model_fields)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a misspelt one most likely means; None if none is near.

    One with a word in common is near: ``price`` means ``price_pounds``.
    """
    names = list(known)
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    if close := get_close_matches(plain, names, n=1, cutoff=0.7):
        return close[0]
    words = set(plain.split("_"))
    sharing = [it for it in names if words & set(it.split("_"))]
    if len(sharing) == 1:
        return sharing[0]
    close = get_close_matches(plain, names, n=1, cutoff=0.6)
    return close[0] if close else None


def _inside(kind: Any, part: str | int) -> list[Any]:
    """Return what a part of something may be; a choice is every one of it."""
    if _is_model(kind):
        field = kind.model_fields.get(part)
        return [] if field is None else _choices(field.annotation)
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _choices(arguments[1])
    if origin in (tuple, list, set, frozenset):
        return _choices(arguments[0])
    return []


def _choices(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _choices(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [kind for choice in get_args(annotation) for kind in _choices(choice)]
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
