"""Say e-mail and web addresses: "joe dot b at example dot co dot uk". Pure.

The scheme and "www." are not said, nor is anything from "?" or "#" on.
"""

from __future__ import annotations

import re

from audiosocket_agent.spoken.numbers import digits
from audiosocket_agent.spoken.rules import Around, rule

_MARKS = {".": "dot", "@": "at", "-": "dash", "_": "underscore", "/": "slash", "+": "plus"}
_PARTS = re.compile(r"[A-Za-z]+|[0-9]+|[.@_/+-]", re.ASCII)
_TOP = r"(?:com|co|uk|org|net|gov|edu|info|biz|io|eu|ie|de|fr|app|dev|shop|online|cymru|wales|scot)"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"


def say_address(text: str) -> str:
    """Say an address part by part; figures one by one."""
    said = []
    for part in _PARTS.findall(text):
        said.append(_MARKS.get(part) or (digits(part) if part.isdigit() else part))
    return " ".join(said)


def _web(match: re.Match[str], around: Around) -> str:
    path = (match["path"] or "").rstrip("/.")
    return say_address(match["host"] + path)


def _mail(match: re.Match[str], around: Around) -> str:
    return say_address(match["address"])


RULES = (
    rule(rf"(?:mailto:)?(?P<address>[A-Za-z0-9._%+-]+@{_HOST})(?!\w)", _mail),
    rule(rf"(?:[Hh]ttps?://(?:www\.)?|[Ww]ww\.)(?P<host>{_HOST})(?::[0-9]+)?(?P<path>[/\w.%-]*)"
         r"(?<![.])(?:[?#][^\s]*(?<![.,!?;:]))?", _web),
    rule(rf"(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.{_TOP})(?![\w@-]|\.\w)"
         r"(?P<path>/[/\w.%-]*\w)?/?(?:[?#][^\s]*(?<![.,!?;:]))?", _web),
)  # fmt: skip
