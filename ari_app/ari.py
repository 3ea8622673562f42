"""Asterisk's REST interface (ARI), typed: a link that is either known to work or dropped.

Theory of operation. `Ari.run` holds one link at a time: open the WebSocket (which registers our
Stasis application), tell the owner (`on_up`), then ask every second whether the application is
still registered, while the WebSocket has a heartbeat of its own: the two are different
connections. When either stands still, both are dropped and made anew. Requests end within their
deadline, and at once when the link is dropped; none is ever sent again.

Each event is handled in a task of its own, so that one slow call holds up no other. Tasks begin in
the order of the events. At most `_IN_HAND` run at once: beyond that no more is read, the heartbeat
fails, and after the reconnect `on_up` finds what was missed.

AriError
 +-- AriDown      no link, or it went down before the answer
 +-- AriRefused   Asterisk said no: the HTTP status
 +-- AriTimeout   no answer within the deadline
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from ari_app.ari_wire import AriWire, checked_path, checked_value
from ari_app.backoff import Backoff
from ari_app.links import LinkLostError, cancelled, guarded, keep_linked, reason_of

log = logging.getLogger(__name__)

_CONNECT_S = 2.0
_CLOSE_S = 1.0
_BEAT_S = 1.0
_BEAT_DEADLINE_S = 1.0
_REFUSED_HOLD_S = 5.0  # a wrong password stays wrong until someone corrects it
_IN_HAND = 500
_NOTHING: Mapping[str, str] = {}


class AriError(Exception):
    """Asterisk did not do what was asked, or nobody knows whether it did."""


class AriDown(AriError):
    """There is no link, or it went down before the answer came."""


class AriTimeout(AriError):
    """No answer came within the deadline."""


class AriRefused(AriError):
    """Asterisk said no.

    Attributes:
        status: The HTTP status: 404 for a channel that is gone, 409 for one that is elsewhere.
        message: Why, in its words.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"ARI answered {status}: {message}")
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class AriLogin:
    """Where ARI is, and who we are there.

    Attributes:
        url: Asterisk's HTTP server, its prefix included, with or without the final `/ari`.
        user: Our section of ari.conf.
        password: Its password.
    """

    url: str
    user: str
    password: str = field(repr=False)


class Ari:
    """The REST interface, and one Stasis application.

    Args:
        login: Where it is, and who we are there.
        app: The application registered.
        on_event: Awaited with each event, in a task of its own; what it raises is logged.
        on_up: Called after each connect, when `up` is already true, to compare what is believed
            with what Asterisk says: events of the meantime are lost. Cancelled when the link goes
            down meanwhile.
        chance: Numbers from 0 to 1, for delays.
    """

    def __init__(
        self,
        login: AriLogin,
        app: str,
        on_event: Callable[[Mapping[str, Any]], Awaitable[None]],
        on_up: Callable[[], Awaitable[None]] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._login = login
        self._app = app
        self._on_event = on_event
        self._on_up = on_up
        self._delays = Backoff(chance)
        self._wire: AriWire | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_IN_HAND)

    @property
    def up(self) -> bool:
        """Whether the application is registered and ARI said so within a second."""
        return self._wire is not None

    async def run(self, stop: asyncio.Event) -> None:
        """Hold the link until told to stop; handlers still at work then are cancelled."""
        try:
            await keep_linked(stop, self._hold_once, self._delays)
        finally:
            for task in list(self._handlers):
                await cancelled(task)

    async def get(
        self, path: str, params: Mapping[str, str] = _NOTHING, deadline_s: float = 1.0
    ) -> Any:
        """GET below `/ari/`; returns the JSON, None without any.

        Raises:
            ValueError: If the path is no plain path, or a value holds CR, LF or NUL.
            AriDown: If there is no link, or it goes down.
            AriRefused: If Asterisk says no.
            AriTimeout: If it does not answer in time.
        """
        return await self._ask("GET", path, params, None, deadline_s)

    async def post(
        self,
        path: str,
        params: Mapping[str, str] = _NOTHING,
        deadline_s: float = 1.0,
        *,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """POST, with a JSON body if there is one; otherwise as `get`."""
        return await self._ask("POST", path, params, body, deadline_s)

    async def put(self, path: str, body: Mapping[str, Any], deadline_s: float = 1.0) -> Any:
        """PUT with a JSON body; otherwise as `get`."""
        return await self._ask("PUT", path, _NOTHING, body, deadline_s)

    async def delete(
        self, path: str, params: Mapping[str, str] = _NOTHING, deadline_s: float = 1.0
    ) -> Any:
        """DELETE; otherwise as `get`."""
        return await self._ask("DELETE", path, params, None, deadline_s)

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None,
        deadline_s: float,
    ) -> Any:
        plain = checked_path(path)
        checked_value(params)
        checked_value(body)
        if self._wire is None:
            raise AriDown(f"there is no link to ARI at {self._login.url}")
        return await _answer(self._wire, method, plain, params, body, deadline_s)

    async def _hold_once(self) -> None:
        wire = AriWire(self._login.url, self._login.user, self._login.password)
        try:
            await self._connect(wire)
            self._wire = wire
            log.info("ARI link up at %s", self._login.url)
            await self._hold(wire)
        finally:
            self._wire = None
            closing = asyncio.create_task(wire.close())
            await asyncio.wait({closing}, timeout=_CLOSE_S)
            await cancelled(closing)

    async def _connect(self, wire: AriWire) -> None:
        url = self._login.url
        fix = "is Asterisk running? see VOICEAGENT_ARI_URL"
        try:
            async with asyncio.timeout(_CONNECT_S):
                await wire.subscribe(self._app)
            await self._ask_well(wire)
        except aiohttp.WSServerHandshakeError as error:
            raise LinkLostError(*self._refusal(error.status)) from None
        except AriRefused as error:
            raise LinkLostError(*self._refusal(error.status)) from None
        except (TimeoutError, AriTimeout):
            raise LinkLostError(f"ARI at {url} does not answer; {fix}") from None
        except (aiohttp.ClientError, OSError, AriError, ValueError) as error:
            why = reason_of(error)
            raise LinkLostError(f"ARI at {url} cannot be reached: {why}; {fix}") from None

    async def _ask_well(self, wire: AriWire) -> None:
        """Ask whether our application is registered.

        A mere ping would not do: an older, half-open link whose end Asterisk finds only now takes
        the registration with it (seen on 22.10.1), while this link seems well.
        """
        try:
            path = f"applications/{self._app}"
            await _answer(wire, "GET", path, {}, None, _BEAT_DEADLINE_S)
        except AriRefused as error:
            if error.status != 404:
                raise
            raise LinkLostError(
                f"ARI at {self._login.url} lost the Stasis application {self._app}; it is "
                "registered again"
            ) from None

    def _refusal(self, status: int) -> tuple[str, float]:
        """Say why a login failed, and how long to wait: a wrong word will not mend itself."""
        url = self._login.url
        if status in (401, 403):
            return (
                f"ARI at {url} refuses user {self._login.user}: check VOICEAGENT_ARI_USER and "
                "VOICEAGENT_ARI_PASSWORD against Asterisk's ari.conf"
            ), _REFUSED_HOLD_S
        # While Asterisk starts, its HTTP server answers 404 or 503 before ARI is loaded.
        return f"ARI at {url} answers {status}: is it enabled in ari.conf and http.conf?", 0.0

    async def _hold(self, wire: AriWire) -> None:
        """Read events and beat until one of them ends, which is told by an exception."""
        tasks = [
            asyncio.create_task(self._read(wire)),
            asyncio.create_task(self._beat(wire)),
        ]
        reconciling = asyncio.create_task(self._reconcile())
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await done.pop()
        finally:
            self._wire = None
            for task in (*tasks, reconciling):
                await cancelled(task)

    async def _reconcile(self) -> None:
        if self._on_up is not None:
            await guarded("reconciling with ARI", self._on_up())

    async def _read(self, wire: AriWire) -> None:
        why = await wire.read(self._take)
        raise LinkLostError(f"ARI events from {self._login.url} ended: {why}")

    async def _take(self, event: Mapping[str, Any]) -> None:
        if event["type"] == "ApplicationReplaced":
            # Nothing comes this way any more. When the other is gone ours must be registered again.
            raise LinkLostError(
                f"another program registered the Stasis application {self._app} at "
                f"{self._login.url}: stop one of the two",
                _REFUSED_HOLD_S,
            )
        await self._room.acquire()
        task = asyncio.create_task(guarded("handling an ARI event", self._on_event(event)))
        self._handlers.add(task)
        task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._handlers.discard(task)
        self._room.release()

    async def _beat(self, wire: AriWire) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            try:
                await self._ask_well(wire)
            except AriError as error:
                raise LinkLostError(f"ARI link to {self._login.url} lost: {error}") from None
            self._delays.reset()


async def _answer(
    wire: AriWire,
    method: str,
    path: str,
    params: Mapping[str, str],
    body: Mapping[str, Any] | None,
    deadline_s: float,
) -> Any:
    """Send one request, with every failure as an `AriError`."""
    try:
        async with asyncio.timeout(deadline_s):
            status, answer = await wire.request(method, path, params, body)
    except TimeoutError:
        raise AriTimeout(f"no answer from ARI within {deadline_s:g} s") from None
    except (aiohttp.ClientError, OSError, RuntimeError) as error:
        # RuntimeError: the session was closed between two awaits.
        raise AriDown(f"ARI went down during a {method}: {reason_of(error)}") from None
    except ValueError:
        raise AriRefused(502, "the answer is no JSON") from None
    if status >= 300:
        raise AriRefused(status, str(answer))
    return answer
