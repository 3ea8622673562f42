"""Reading YAML so that a company file means what its writer sees. Pure.

YAML 1.1 has traps: ``no`` is false, ``9:30`` is 570, ``01632`` is octal 922 and ``2026-02-30``
stops the reader. Here only ``true``, ``false``, ``null`` and plain decimal numbers are more than
text, as in YAML 1.2, and a name that stands twice is refused instead of the last one winning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from audiosocket_agent.yaml_mistakes import explained, line_at

MOST_CHARACTERS = 200_000  # a company with every field full has a tenth of it
MOST_PARTS = 50_000  # likewise
MOST_DIGITS = 100


class _Loader(yaml.SafeLoader):
    """The plain reader with our own idea of what is a number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_PLAIN = {
    "bool": re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    "int": re.compile(r"^-?(?:0|[1-9][0-9]*)$"),
    "float": re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"),
    "null": re.compile(r"^(?:~|null|Null|NULL|)$"),
    "merge": re.compile(r"^<<$"),
}
_KINDS = frozenset(("str", "map", "seq", *_PLAIN))
for _tag, _first in (
    ("bool", "tTfF"),
    ("int", "-0123456789"),
    ("float", "-0123456789"),
    ("null", ["~", "n", "N", ""]),
    ("merge", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _PLAIN[_tag], list(_first))


class YamlError(ValueError):
    """A text is no YAML, or not YAML that can be used.

    Attributes:
        what: What is wrong.
        line: Where, from 1; None: the text as a whole.
    """

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what, line)
        self.what = what
        self.line = line

    def __str__(self) -> str:
        return self.what if self.line is None else f"line {self.line}: {self.what}"


class Lines:
    """Where in a text the parts of a document stand."""

    def __init__(self, root: yaml.Node | None, text: str) -> None:
        self._root = root
        self._text = text

    def of(self, where: Iterable[str | int]) -> int | None:
        """Return the line of a part, from 1, or of the nearest part around it that is there.

        Of a text or a number that begins in a line below its name, it is that line.

        Args:
            where: Names and places in lists, from the outside in.
        """
        node, line = self._root, None
        for part in where:
            found = _part(node, part)
            if found is None:
                return line
            line, node = line_at(self._text, found[0].index), found[1]
        if isinstance(node, yaml.ScalarNode) and line is not None and node.value:
            return line_at(self._text, node.start_mark.index)
        return line


def read_yaml(text: str) -> Any:
    """Read a document.

    Raises:
        YamlError: One line that says what is wrong and where.
    """
    return read_yaml_lines(text)[0]


def read_yaml_lines(text: str) -> tuple[Any, Lines]:
    """Read a document, and where its parts stand.

    Raises:
        YamlError: One line that says what is wrong and where.
    """
    if len(text) > MOST_CHARACTERS:
        raise YamlError(f"is longer than {MOST_CHARACTERS} characters; is it the right file?")
    try:
        return _read(text)
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        raise YamlError(*explained(error, text)) from None
    except yaml.reader.ReaderError as error:
        what = f"the character U+{error.character:04X} cannot stand in a YAML file; delete it"
        raise YamlError(what, line_at(text, error.position)) from None
    except RecursionError:
        raise YamlError("is nested too deeply; is it the right file?") from None


def _read(text: str) -> tuple[Any, Lines]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, Lines(None, text)
        _refuse_bomb(root, text)
        _refuse_parts(root, text)
        return loader.construct_document(root), Lines(root, text)
    finally:
        loader.dispose()


def _refuse_bomb(root: yaml.Node, text: str) -> None:
    """Refuse a document that is far larger than its text, by names for parts (&a, *a).

    Raises:
        YamlError: Also if a part is within itself.
    """
    sizes: dict[int, int] = {}  # by node; 0 while its own parts are counted

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known == 0:
            raise YamlError(
                "a part is within itself, by its &name; write it out",
                line_at(text, node.start_mark.index),
            )
        if known is None:
            sizes[id(node)] = 0
            known = sizes[id(node)] = 1 + sum(size(part) for part in _parts(node))
        return known

    if size(root) > MOST_PARTS:
        raise YamlError(f"has more than {MOST_PARTS} parts, aliases counted as what they stand for")


def _refuse_parts(root: yaml.Node, text: str) -> None:
    """Refuse what the loader cannot build, or would build into something that nobody wrote.

    Raises:
        YamlError: The first of it.
    """
    parts, seen = [root], set[int]()
    while parts:
        node = parts.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        parts += reversed(_parts(node))
        if node.tag.partition("yaml.org,2002:")[2] not in _KINDS:
            line = line_at(text, node.start_mark.index)
            raise YamlError("a text that begins with ! goes in quotes", line)
        if isinstance(node, yaml.ScalarNode) and (what := _wrong_scalar(node)):
            raise YamlError(what, line_at(text, node.start_mark.index))
        if isinstance(node, yaml.MappingNode):
            _refuse_twins(node, text)


def _wrong_scalar(node: yaml.ScalarNode) -> str:
    kind = node.tag.rpartition(":")[2]
    if kind == "str":
        return ""
    if len(node.value) > MOST_DIGITS:
        return f"a number has more than {MOST_DIGITS} digits; a text goes in quotes"
    if not _PLAIN[kind].fullmatch(node.value):  # said to be one by !!int and the like
        return f"{node.value[:40]!r} is not what !!{kind} says; delete !!{kind}"
    return ""


def _refuse_twins(node: yaml.MappingNode, text: str) -> None:
    names: dict[str, yaml.Mark] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in names:
            first = line_at(text, names[key.value].index)
            raise YamlError(
                f"{key.value[:40]} stands there twice, first in line {first}; leave it once",
                line_at(text, key.start_mark.index),
            )
        names[key.value] = key.start_mark


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _part(node: yaml.Node | None, part: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    """Return where a part begins, and its node; None if it is not there."""
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):  # what it merges comes first, and counts less
            if isinstance(key, yaml.ScalarNode) and key.value == str(part):
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        found: yaml.Node = node.value[part]
        return found.start_mark, found
    return None
