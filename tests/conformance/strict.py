"""Validation stricter than the SDKs' own: their models let every extra field and odd value pass.

The SDKs parse what comes without looking (a frame of nothing but its type is "parsed"), so that a
conversation with one proves little. Here every frame is validated by the SDK's model in pydantic's
strict mode, and then searched for fields that the model does not have.
"""

import collections.abc
import json
import types
import typing
from collections import Counter

import pydantic
import typing_extensions

TALLY = Counter()  # frames validated, by wire and sender


class Unfaithful(AssertionError):
    """A frame is not one of the vendor's."""


def model(kind, text):
    """Validate JSON text with a pydantic model of an SDK; returns the model's object.

    Raises:
        Unfaithful: If it does not validate, or has a field that the model does not have.
    """
    try:
        found = pydantic.TypeAdapter(kind).validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        raise Unfaithful(f"not a {kind.__name__}: {error}") from None
    if extra := list(_extra(found, "$")):
        raise Unfaithful(f"{kind.__name__} has no {', '.join(extra)}")
    return found


def _extra(value, path):
    """Yield the paths of what a model accepted without knowing it."""
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _extra(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _extra(item, f"{path}.{name}")
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _extra(item, f"{path}[{n}]")


def typed(kind, value, path="$"):
    """Validate a JSON value with the TypedDict of an SDK's request.

    Pydantic alone would ignore unknown keys here, and not look into an `Iterable`.

    Raises:
        Unfaithful: At the first thing that is wrong.
    """
    kind = _plain(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if typing_extensions.is_typeddict(kind):
        _typed_dict(kind, value, path)
    elif origin in (typing.Union, types.UnionType):
        _union(arguments, value, path)
    elif _is_array(origin, kind):
        if not isinstance(value, list):
            raise Unfaithful(f"{path} is not an array")
        for n, item in enumerate(value):
            typed(arguments[0] if arguments else str, item, f"{path}[{n}]")
    else:
        try:
            pydantic.TypeAdapter(kind).validate_python(value, strict=True)
        except pydantic.ValidationError as error:
            raise Unfaithful(f"{path}: {error}") from None


def _typed_dict(kind, value, path):
    if not isinstance(value, dict):
        raise Unfaithful(f"{path} is not an object")
    hints = typing_extensions.get_type_hints(kind, include_extras=True)
    if extra := value.keys() - hints.keys():
        raise Unfaithful(
            f"{kind.__name__} has no {', '.join(f'{path}.{n}' for n in sorted(extra))}"
        )
    required = {n for n in kind.__required_keys__ if n in hints}
    required |= {n for n, h in hints.items() if typing.get_origin(h) is typing_extensions.Required}
    if missing := required - value.keys():
        raise Unfaithful(f"{path} lacks {', '.join(sorted(missing))}")
    for name, item in value.items():
        typed(hints[name], item, f"{path}.{name}")


def _union(members, value, path):
    complaints = []
    for member in members:
        try:
            return typed(member, value, path)
        except Unfaithful as complaint:
            complaints.append(str(complaint))
    raise Unfaithful(f"{path} is none of {len(members)} shapes: " + "; ".join(complaints))


def _plain(kind):
    """Strip what surrounds a type: Required[], NotRequired[], Annotated[], aliases."""
    wrappers = (typing_extensions.Required, typing_extensions.NotRequired, typing.Annotated)
    while True:
        if typing.get_origin(kind) in wrappers:
            kind = typing.get_args(kind)[0]
        elif isinstance(kind, typing_extensions.TypeAliasType):
            kind = kind.__value__
        else:
            return kind


def _is_array(origin, kind):
    if origin in (list, collections.abc.Iterable, collections.abc.Sequence):
        return True
    return getattr(origin or kind, "__name__", "") == "SequenceNotStr"  # the SDKs' own


def literals(kind):
    """Return the words of an SDK's `Literal | Any`, which lets everything else pass too."""
    found = typing.get_args(kind)
    words = {
        w for arm in found if typing.get_origin(arm) is typing.Literal for w in typing.get_args(arm)
    }
    return words or set(found)


def one_of(words, value, what):
    """Check a word that the SDK's type leaves open.

    Raises:
        Unfaithful: If it is not among the words known.
    """
    if value not in words:
        raise Unfaithful(f"{what} is {value!r}, which is none of {sorted(words)}")


def obj(text):
    """Read a JSON object; a key given twice is refused, as every parser keeps another one."""

    def pairs(found):
        names = [name for name, _ in found]
        if len(names) != len(set(names)):
            raise Unfaithful(f"a key is given twice: {names}")
        return dict(found)

    if not isinstance(text, str):
        raise Unfaithful("a binary frame where text is due")
    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except ValueError as error:
        raise Unfaithful(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unfaithful("not a JSON object")
    return value


def count(wire, sender):
    """Count a frame that was validated."""
    TALLY[wire, sender] += 1
