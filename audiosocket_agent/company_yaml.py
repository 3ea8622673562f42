"""Reading YAML so that a company file means what its writer sees. Pure.

YAML 1.1 has traps: ``no`` is false, ``9:30`` is 570, ``01632`` is octal 922 and ``2026-02-30``
stops the reader. Here only ``true``, ``false``, ``null`` and plain decimal numbers are more than
text, as in YAML 1.2, and a name that stands twice is refused instead of the last one winning.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

MOST_CHARACTERS = 200_000  # a company with every field full has a tenth of it


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


def read_yaml(text: str) -> Any:
    """Read a document.

    Raises:
        ValueError: One line that says what is wrong and where.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"is longer than {MOST_CHARACTERS} characters")
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{where}{error.problem or 'not YAML'}") from None
    except yaml.YAMLError:
        raise ValueError("has characters that YAML does not allow") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except ValueError as error:  # an explicit tag, such as !!int on a word
        raise ValueError(f"not YAML: {error}".splitlines()[0]) from None
