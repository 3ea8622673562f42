"""ARI on the wire: what aioari is used for, and where it is kept from doing harm.

The only module that imports aioari; of it are used the session and its closing
(`AsynchronousHttpClient`), and the handing out of events (`Client`). Replaced by ours, each because
it was seen to lose calls (aioari 0.10.2):

- its swagger client: it fetches a dozen documents before the first request, and every request has
  300 s. Here requests are plain REST, with a deadline each.
- `connect`: it leaks its session when it fails, and puts the password into the WebSocket's URL,
  where logs keep it. Here it goes into the Authorization header.
- `run`: it has no heartbeat, and awaits each handler before the next event is looked at.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import aioari
import aiohttp

_WS_HEARTBEAT_S = 2.0  # aiohttp pings so often and allows half of it for the answer
_FAREWELL_S = 0.2
_BODY_BYTES = 1 << 22
_MESSAGE_CHARS = 200
# What ARI's paths consist of: resource names and ids of channels, bridges, playbacks, recordings.
_PATH = re.compile(r"[A-Za-z0-9_.@:;~+-]+(/[A-Za-z0-9_.@:;~+-]+)*", re.ASCII)


class AriWire:
    """One HTTP session with Asterisk, and the WebSocket its events come by.

    Must be made inside a running loop, and closed.

    Args:
        url: Asterisk's HTTP server.
        user: The ARI user.
        password: Its password.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._base = f"{url.rstrip('/').removesuffix('/ari')}/ari/"
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        http = aioari.AsynchronousHttpClient()
        self._session: aiohttp.ClientSession = http.session
        self._client: Any = aioari.Client(self._base, http)
        # What its `init` sets, which would fetch all of swagger.
        self._client.event_listeners, self._client.websockets = {}, set()
        self._client.repositories, self._client.exception_handler = {}, _raise
        self._events: aiohttp.ClientWebSocketResponse | None = None

    async def close(self) -> None:
        """Close everything; requests under way fail, after a short farewell to a sound link."""
        try:
            if self._events is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_FAREWELL_S):
                        await self._events.close()
        finally:
            await self._client.close()

    async def request(
        self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> tuple[int, Any]:
        """Send a request; returns the status and what the JSON body holds, None without one.

        Raises:
            aiohttp.ClientError: If the connection fails.
            ValueError: If what came back is no JSON.
        """
        async with self._session.request(
            method,
            self._base + path,
            params=dict(params),
            json=body,
            headers=self._headers,
            allow_redirects=False,
        ) as response:
            data = await response.content.read(_BODY_BYTES)
        if response.status >= 300:
            return response.status, _message_of(data)
        return response.status, json.loads(data) if data else None

    async def subscribe(self, app: str) -> None:
        """Open the WebSocket, which registers the application.

        Raises:
            aiohttp.ClientError: If Asterisk refuses, or the connection fails.
        """
        self._events = await self._session.ws_connect(
            self._base + "events",
            params={"app": app, "subscribeAll": "false"},
            headers=self._headers,
            heartbeat=_WS_HEARTBEAT_S,
        )

    async def read(self, on_event: Callable[[Mapping[str, Any]], Any]) -> str:
        """Hand out events until the WebSocket ends; returns how it ended.

        Args:
            on_event: Awaited with each event before the next is read.
        """
        assert self._events is not None
        self._client.on_event("*", on_event)
        async for message in self._events:
            event = _event_of(message)
            if event is not None:
                await self._client.process_ws(event)
        fault = self._events.exception()
        return "it went silent" if isinstance(fault, TimeoutError) else "it was closed"


def _raise(error: Exception) -> None:
    """Take the place of aioari's handler, which would log what an event holds."""
    raise error


def checked_path(path: str) -> str:
    """Return a path below `/ari/` if it is one.

    Raises:
        ValueError: If it holds anything but plain segments.
    """
    plain = path.removeprefix("/")
    if not _PATH.fullmatch(plain) or any(part in (".", "..") for part in plain.split("/")):
        raise ValueError("an ARI path must consist of plain segments")
    return plain


def checked_value(value: object) -> None:
    """Look through what goes to Asterisk.

    Raises:
        ValueError: If a text in it holds CR, LF or NUL: it would end up in AMI's events and in the
            dialplan. The text is not repeated.
    """
    if isinstance(value, str) and any(character in value for character in "\r\n\0"):
        raise ValueError("a value for ARI must not hold CR, LF or NUL")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            checked_value(name)
            checked_value(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            checked_value(inner)


def _message_of(data: bytes) -> str:
    """Return Asterisk's words for a refusal: `{"message": ...}`."""
    try:
        said = json.loads(data)
    except ValueError:
        return "no reason given"
    message = said.get("message") if isinstance(said, dict) else None
    return message[:_MESSAGE_CHARS] if isinstance(message, str) else "no reason given"


def _event_of(message: aiohttp.WSMessage) -> dict[str, Any] | None:
    """Return the event of a message, None for what is none."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return None
    try:
        event = json.loads(message.data)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("type"), str) else None
