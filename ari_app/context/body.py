"""What a request brings along, within limits of size and time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from ari_app.context.endpoint import Refused

MOST_BYTES = 400_000  # twice what a company file may have
DEADLINE_S = 5.0


async def read_object(request: web.Request) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        Refused: If it is none, too long, or too slow.
    """
    if request.content_type != "application/json":
        raise Refused(415, "send application/json")
    if (request.content_length or 0) > MOST_BYTES:
        raise Refused(413, f"at most {MOST_BYTES} bytes are read")
    body = bytearray()
    try:
        async with asyncio.timeout(DEADLINE_S):
            async for chunk in request.content.iter_chunked(65536):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Refused(413, f"at most {MOST_BYTES} bytes are read")
    except TimeoutError:
        raise Refused(408, f"the request did not come within {DEADLINE_S:g} seconds") from None
    try:
        fields = json.loads(body, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise Refused(400, "this is no JSON, or a name stands there twice") from None
    if not isinstance(fields, dict):
        raise Refused(400, "a JSON object is expected")
    return fields


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError
    return fields
