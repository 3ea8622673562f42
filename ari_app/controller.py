"""The controller role: the gate, the health page, and records that survive a dead media process."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from agi import gate
from agi.fastagi import FastAgiServer
from ari_app.media_link import MediaLink
from ari_app.media_role import open_database
from ari_app.roles import StartError
from ari_app.settings import Settings
from ari_app.store import Store
from audiosocket_agent.company import load_companies
from audiosocket_agent.errors import CompanyError
from audiosocket_agent.journal import EndReason
from audiosocket_agent.workflow import Outcome

log = logging.getLogger(__name__)

RECONCILE_S = 1.0
# A call is on record a moment before or after the media process lists it; younger ones are left be.
SETTLED = timedelta(seconds=3)


class Controller:
    """What the controller answers and what it keeps true.

    Args:
        link: The way to the media process.
        store: The records.
    """

    def __init__(self, link: MediaLink, store: Store) -> None:
        self._link = link
        self._store = store

    async def ask(self, request: Mapping[str, str]) -> dict[str, object]:
        """Answer the gate: from the media process, or about a dead one from the records."""
        if request["op"] != "outcome":
            return await self._link.ask(request)
        try:
            reply = await self._link.ask(request)
        except TimeoutError:
            raise  # it may be only slow, or about to be killed: the dialplan asks again
        except OSError:
            reply = {"ok": False}
        return reply if reply.get("ok") is True else await self._from_records(request)

    async def _from_records(self, request: Mapping[str, str]) -> dict[str, object]:
        """Tell how a call ended whose media process does not know it (any more)."""
        call_id = uuid.UUID(request["uuid"])
        try:
            planned = await self._store.planned_next(call_id)
            if planned is None:
                planned = Outcome.SORRY.value
                await self._store.end_call(call_id, EndReason.AGENT_DIED.value, planned)
        except DBAPIError as error:
            log.error("the record of a call cannot be read: %s", error.orig)
            planned = Outcome.SORRY.value
        return {"ok": True, "next": planned}

    async def healthy(self) -> bool:
        """Whether calls can be taken: the media process answers."""
        try:
            return (await self._link.ask({"op": "status"})).get("ok") is True
        except (OSError, TimeoutError, gate.GateError):
            return False

    async def reconcile(self, stop: asyncio.Event) -> None:
        """Close the records of calls that no process holds any more, until told to stop.

        It is told, not cancelled: a query cancelled half-way would keep its connection.
        """
        while not stop.is_set():
            try:
                await self._close_orphans()
            except DBAPIError as error:
                log.error("records could not be checked: %s", error.orig)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONCILE_S)

    async def _close_orphans(self) -> None:
        open_calls = await self._store.open_calls()
        if not open_calls:
            return
        try:
            reply = await self._link.ask({"op": "status"})
        except (OSError, TimeoutError, gate.GateError):
            return  # a process that is just starting; asked again in a second
        held = reply.get("calls")
        if not isinstance(held, list):
            return
        settled_before = (datetime.now(UTC) - SETTLED).isoformat(timespec="milliseconds")
        for call_id, registered_at in open_calls:
            if str(call_id) not in held and registered_at < settled_before:
                log.warning("a call died with its process", extra={"call_id": str(call_id)})
                await self._store.end_call(call_id, EndReason.AGENT_DIED.value, None)


async def serve_controller(
    settings: Settings, stop: asyncio.Event, on_ready: Callable[[], None]
) -> None:
    """Serve the gate and the health page until told to stop.

    Raises:
        StartError: If a setting makes it impossible.
    """
    try:
        dids = sorted(load_companies(settings.companies))
    except CompanyError as error:
        raise StartError(str(error)) from None
    store = await open_database(settings)
    controller = Controller(MediaLink(settings.media_socket), store)
    agi = FastAgiServer(controller.ask)
    runner = web.AppRunner(_http(controller, dids), access_log=None)
    await runner.setup()
    reconciling = asyncio.create_task(controller.reconcile(stop))
    try:
        await _listen(
            agi.start(settings.agi_host, settings.agi_port),
            f"{settings.agi_host}:{settings.agi_port}; see VOICEAGENT_AGI_PORT",
        )
        await _listen(
            web.TCPSite(runner, settings.http_host, settings.http_port).start(),
            f"{settings.http_host}:{settings.http_port}; see VOICEAGENT_HTTP_PORT",
        )
        log.info("controller ready")
        on_ready()
        await stop.wait()
    finally:
        stop.set()
        await reconciling
        await agi.close()
        await runner.cleanup()
        await store.close()


async def _listen(starting: Awaitable[object], where: str) -> None:
    try:
        await starting
    except OSError as error:
        raise StartError(f"cannot listen on {where}: {error.strerror}") from None


def _http(controller: Controller, dids: list[str]) -> web.Application:
    async def health(_request: web.Request) -> web.Response:
        ok = await controller.healthy()
        return web.json_response({"ok": ok, "dids": dids}, status=200 if ok else 503)

    app = web.Application()
    app.router.add_get("/health", health)
    return app
