"""The company file an installation begins with."""

from __future__ import annotations

import json
import re

from asterisk_conf.template import substitute
from installer.system.package_data import text_of
from installer.system.params import DID_FILL, NewCompany

# In both of YAML's ways to write a list: [number, number], or lines of - number.
_DIDS = re.compile(
    r"^dids:[ \t]*(?:\[([^\]]*)\]|((?:(?:[ \t]*\r?\n)+[ \t]*-[^\r\n]*)+))", re.MULTILINE
)
_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*$", re.MULTILINE)


def render(company: NewCompany) -> bytes:
    """Return a company's file: a working example with its name and number.

    Its people wait in the queue of the settings, so that a later run can name another.
    """
    greeting = f"Hello, you are through to {company.name}. I am the automatic booking assistant."
    values = {
        "KEY": company.key,
        "NAME": _text(company.name),
        "DIDS": f"[{_text(company.number)}]",
        "GREETING": _text(greeting),
    }
    return substitute(text_of("company.yaml"), values).encode()


def numbers_in(content: bytes) -> list[str]:
    """Return the numbers a company's file has, as they are dialled.

    Args:
        content: The file; of one that is not as a company's should be, what can be made out.
    """
    found = _DIDS.search(_COMMENT.sub("", content.decode("utf-8", "replace")))
    if found is None:
        return []
    return [DID_FILL.sub("", one) for one in _NUMBER.findall(found[1] or found[2])]


def _text(text: str) -> str:
    """Quote a text for YAML, which takes JSON's way of writing one."""
    return json.dumps(text, ensure_ascii=False)
