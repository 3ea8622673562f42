"""The vendors' keys an admin hands over: which there are, and how they are read. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from installer.system.env_file import UnclosedQuoteError, assignments
from installer.system.env_template import ENV_TEMPLATE

KEY_VARIABLES = tuple(re.findall(r"^#(\w+_API_KEY)=", ENV_TEMPLATE.decode(), re.MULTILINE))
"""Every variable that holds a vendor's key."""
_LINES = f"lines of NAME=value for {', '.join(KEY_VARIABLES)}"
_EXPORT = re.compile(r"^([ \t]*)export[ \t]+", re.MULTILINE)


class KeysError(ValueError):
    """There are no keys where they should be; the text is one line and repeats no value."""


def keys_of_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the keys an environment has.

    Raises:
        KeysError: If it has none.
    """
    found = {name: environ[name].strip() for name in KEY_VARIABLES if environ.get(name, "").strip()}
    if not found:
        raise KeysError(f"the environment has none of {', '.join(KEY_VARIABLES)}")
    return found


def keys_of_text(text: str, where: str) -> dict[str, str]:
    """Return the keys of ``NAME=value`` lines; ``export`` before a name is passed over.

    Args:
        text: The lines, quoted as in an environment file.
        where: Where they come from, for errors, which never repeat a value.

    Raises:
        KeysError: If there is no key, or a name that is none's.
    """
    try:
        found = {one.name: one.value for one in assignments(_EXPORT.sub(r"\1", text)) if one.value}
    except UnclosedQuoteError as error:
        raise KeysError(f"{where}: {error}") from None
    for name in found:
        if name not in KEY_VARIABLES:
            raise KeysError(f"{where}: {name} is no vendor's key; there should be {_LINES}")
    if not found:
        raise KeysError(f"{where}: there is no key; there should be {_LINES}")
    return found
