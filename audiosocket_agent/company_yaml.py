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

MOST_CHARACTERS = 200_000  # a company with every field full has a tenth of it
MOST_PARTS = 50_000  # likewise


class _Loader(yaml.SafeLoader):
    """The plain reader with our own idea of what is a number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; refuses a name that stands twice.

        Raises:
            yaml.constructor.ConstructorError: Naming it.
        """
        names: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value} stands there twice", key.start_mark
                    )
                names.add(key.value)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


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

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def of(self, where: Iterable[str | int]) -> int | None:
        """Return the line of a part, from 1, or of the nearest part around it that is there.

        Args:
            where: Names and places in lists, from the outside in.
        """
        node, line = self._root, None
        for part in where:
            found = _part(node, part)
            if found is None:
                break
            line, node = found
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
        raise YamlError(f"is longer than {MOST_CHARACTERS} characters")
    try:
        return _read(text)
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlError(error.problem or "not YAML", line) from None
    except yaml.YAMLError:
        raise YamlError("has characters that YAML does not allow") from None
    except RecursionError:
        raise YamlError("is nested too deeply") from None
    except ValueError as error:  # an explicit tag, such as !!int on a word
        raise YamlError(f"not YAML: {error}".splitlines()[0]) from None


def _read(text: str) -> tuple[Any, Lines]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, Lines(None)
        _refuse_bomb(root)
        return loader.construct_document(root), Lines(root)
    finally:
        loader.dispose()


def _refuse_bomb(root: yaml.Node) -> None:
    """Refuse a document that is far larger than its text, by names for parts (&a, *a).

    Raises:
        YamlError: Also if a part is within itself.
    """
    sizes: dict[int, int] = {}  # by node; 0 while its own parts are counted

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known == 0:
            raise YamlError("a part is within itself", node.start_mark.line + 1)
        if known is None:
            sizes[id(node)] = 0
            known = sizes[id(node)] = 1 + sum(size(part) for part in _parts(node))
        return known

    if size(root) > MOST_PARTS:
        raise YamlError(f"has more than {MOST_PARTS} parts, aliases counted as what they stand for")


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _part(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    """Return the line and the node of a part; None if it is not there."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        found: yaml.Node = node.value[part]
        return found.start_mark.line + 1, found
    return None
