"""Substitution that leaves Asterisk's own syntax alone.

``${NAME}``, ``$[...]`` and ``%`` all mean something in a dialplan: placeholders are ``@@NAME@@``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from asterisk_conf.errors import TemplateError

_PLACEHOLDER = re.compile(r"@@([A-Z][A-Z0-9_]*)@@")


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Replace every ``@@NAME@@`` of a template, once; a value is never looked into again.

    Args:
        text: The template.
        values: A value for each placeholder, no more and no less.

    Raises:
        TemplateError: If a placeholder has no value, a value no placeholder, or a value a line
            break or a placeholder's mark.
    """
    wanted = set(_PLACEHOLDER.findall(text))
    if wanted != set(values):
        odd = ", ".join(sorted(wanted ^ set(values)))
        raise TemplateError(f"placeholders and values differ: {odd}")
    for name, value in values.items():
        if not value.isprintable() or "@@" in value:
            raise TemplateError(f"the value of {name} is not plain text")
    result = _PLACEHOLDER.sub(lambda found: values[found[1]], text)
    if "@@" in result:
        raise TemplateError("a placeholder is misspelt")
    return result
