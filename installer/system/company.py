"""The company file an installation begins with."""

from __future__ import annotations

import json

from asterisk_conf.template import substitute
from installer.system.package_data import text_of
from installer.system.params import NewCompany


def render(company: NewCompany) -> bytes:
    """Return a company's file: a working example with its name, number and queue."""
    greeting = f"Hello, you are through to {company.name}. I am the automatic booking assistant."
    values = {
        "KEY": company.key,
        "NAME": _text(company.name),
        "DIDS": f"[{_text(company.number)}]",
        "QUEUE": _text(company.queue),
        "GREETING": _text(greeting),
    }
    return substitute(text_of("company.yaml"), values).encode()


def _text(text: str) -> str:
    """Quote a text for YAML, which takes JSON's way of writing one."""
    return json.dumps(text, ensure_ascii=False)
