"""What clients sent, kept for tests to look at."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from aiohttp import web

MOST = 5000
SECRET = frozenset(
    "authorization x-api-key api_key api-key access_token sec-websocket-protocol".split()
)


class Frames:
    """The last requests and control frames; the oldest give way when there are too many."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=MOST)

    def note(self, vendor: str, what: str, **fields: Any) -> None:
        """Keep one.

        Args:
            vendor: Who received it.
            what: ``request`` or ``frame``.
            fields: JSON values that describe it; no keys.
        """
        self._kept.append({"vendor": vendor, "what": what, **fields})

    def all(self) -> list[dict[str, Any]]:
        """Return them, oldest first."""
        return list(self._kept)


FRAMES = web.AppKey("frames", Frames)


def without_secrets(fields: Mapping[str, str]) -> dict[str, str]:
    """Return headers or a query with every key's value masked."""
    return {n: "(a key)" if n.lower() in SECRET else value for n, value in fields.items()}
