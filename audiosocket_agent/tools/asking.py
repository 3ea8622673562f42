"""What a company's tool sends, and what is made of what comes back. Pure."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from urllib.parse import quote, urlencode

from audiosocket_agent.company_tools import AuthHow, DeclaredTool, Method
from audiosocket_agent.errors import ToolError
from audiosocket_agent.tools.json_schema import seen

MOST_ANSWER_BYTES = 65_536
DONE: Mapping[str, object] = {"done": True}

_IN_BODY = (Method.POST, Method.PUT, Method.PATCH)
_PASSES = (408, 425, 429, 500, 502, 503, 504)  # asking again may help


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes out.

    Attributes:
        method: Its method.
        url: Its address, encoded.
        headers: Its headers, the secret's among them.
        body: JSON, or None.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None


def asked(
    name: str,
    tool: DeclaredTool,
    arguments: Mapping[str, object],
    known: Mapping[str, str],
    secret: str,
) -> Asked:
    """Return the request a tool makes.

    Args:
        name: The tool's.
        tool: The tool.
        arguments: Checked against its schema.
        known: ``caller_number``, ``call_id`` and ``company``.
        secret: What it shows, "" where it shows nothing.

    Raises:
        ToolError: If an argument would change the address itself.
    """
    values = {**arguments, **known}
    parts, in_url = [], set[str]()
    for text, place, _, _ in Formatter().parse(tool.url):
        parts.append(text)
        if place is not None:
            in_url.add(place)
            parts.append(_encoded(place, values[place]))
    rest = {n: v for n, v in arguments.items() if n not in in_url}
    rest |= {n: known[n] for n in tool.adds if n not in in_url}
    headers = {"Accept": "application/json"}
    query: dict[str, str] = {}
    body = None
    if tool.method in _IN_BODY:
        headers["Content-Type"] = "application/json"
        body = json.dumps(rest).encode()
    else:
        query = {n: _text(v) for n, v in rest.items()}
    if tool.auth is not None and tool.auth.how is AuthHow.BEARER:
        headers["Authorization"] = f"Bearer {secret}"
    elif tool.auth is not None and tool.auth.how is AuthHow.HEADER:
        headers[tool.auth.name or ""] = secret
    elif tool.auth is not None:
        query[tool.auth.name or ""] = secret
    if tool.idempotency_header is not None:
        headers[tool.idempotency_header] = same_call_key(name, arguments, known["call_id"])
    url = "".join(parts)
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query, quote_via=quote)
    return Asked(tool.method.value, url, headers, body)


def same_call_key(name: str, arguments: Mapping[str, object], call_id: str) -> str:
    """Return what is the same for the same tool call in the same telephone call, and only then."""
    told = json.dumps([call_id, name, arguments], sort_keys=True)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, told))


def _encoded(place: str, value: object) -> str:
    text = _text(value)
    if not text.strip("."):  # "", "." and "..": another address
        raise ToolError(f"{place} is not something that can be looked up")
    return quote(text, safe="")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def passes(status: int) -> bool:
    """Whether asking again may help."""
    return status in _PASSES


def refused(status: int) -> str:
    """Say in words for the model what a status other than 2xx means."""
    if status in (404, 410):
        return "there is no such thing there"
    if status in (401, 403):
        return "the company's system does not let us in"
    if status in (400, 409, 422):
        return "the company's system does not take that"
    if 300 <= status < 400:
        return "the company's system is somewhere else now"
    return "the company's system does not work at the moment"


def answer_of(tool: DeclaredTool, content_type: str, body: bytes) -> Mapping[str, object]:
    """Return what the model may see of an answer.

    Args:
        tool: The tool.
        content_type: As the answer's header has it.
        body: The answer, at most one byte longer than may be.

    Raises:
        ToolError: If it is not what the tool's `output` says.
    """
    if tool.output is None:
        return DONE
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ToolError("the company's system answered something that cannot be read")
    if len(body) > MOST_ANSWER_BYTES:
        raise ToolError("the company's system answered far too much")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ToolError("the company's system answered something that cannot be read") from None
    try:
        shown = seen(tool.output, value)
    except ToolError:
        raise ToolError("the company's system answered something unexpected") from None
    if not isinstance(shown, Mapping):
        raise ToolError("the company's system answered something unexpected")
    return shown
