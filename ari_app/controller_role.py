"""The controller role put together: gate, routing, control socket, records, health page."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from agi.fastagi import FastAgiServer
from ari_app.ami import Ami, AmiLogin
from ari_app.ari import Ari, AriLogin
from ari_app.call_records import CallRecords
from ari_app.context.app import ContextApi, OpenDoorError, refuse_open_door, server_log
from ari_app.context.company_answers import CompanySource
from ari_app.context.remote import Remote, remote_of
from ari_app.control_server import ControlServer, Handler
from ari_app.controller import Controller
from ari_app.diary.book import Book
from ari_app.diary.sending import Sender
from ari_app.diary.worker import OutboxWorker
from ari_app.directory import Directory, load
from ari_app.engines import open_engine
from ari_app.hand_over import CallOperations
from ari_app.links import cancelled
from ari_app.media_link import MediaLink
from ari_app.media_role import open_database
from ari_app.originate import Originator, StoreRecords
from ari_app.orphans import Orphans
from ari_app.recordings import left_of, sweep_recordings
from ari_app.roles import PlaceTakenError, StartError
from ari_app.routing import rules_of
from ari_app.settings import Settings
from ari_app.store import Store
from ari_app.switchboard import APP, Switchboard
from audiosocket_agent.errors import CompanyError
from audiosocket_agent.seams import TextToSpeech
from audiosocket_agent.sounds import Sounds, forget_whispers, sound_name, sound_path
from audiosocket_agent.vendors import Kind

log = logging.getLogger(__name__)

RECONCILE_S = 30.0
STRANGERS_S = 0.5  # those who come meanwhile are met together


async def serve_controller(
    settings: Settings, stop: asyncio.Event, on_ready: Callable[[], None]
) -> None:
    """Serve until told to stop.

    Raises:
        StartError: If a setting makes it impossible.
    """
    store = await open_database(settings)
    elsewhere = remote_of(settings, store)
    try:
        directory = await load(store, settings, elsewhere)
        await _Role(settings, store, directory, elsewhere).serve(stop, on_ready)
    except CompanyError as error:
        raise StartError(error.in_one_line) from None
    except DBAPIError as error:
        raise StartError(f"the companies cannot be read: {error.orig}") from None
    finally:
        if elsewhere is not None:
            await elsewhere.close()
        await store.close()


class _Role:
    """The parts of a running controller."""

    def __init__(
        self, settings: Settings, store: Store, directory: Directory, elsewhere: Remote | None
    ) -> None:
        self._settings = settings
        self._elsewhere = elsewhere
        self._store = store
        self._directory = directory
        self._context = ContextApi(
            CompanySource(
                store, directory, settings.region, settings.chain(Kind.TTS), elsewhere is not None
            )
        )
        self._records = CallRecords(store, self._over)
        self._orphans = Orphans()
        self._media = MediaLink(settings.media_socket)
        told = bool(settings.ami_secret or settings.ari_password)
        self._controller = Controller(self._media, store, self._records, told=told)
        self._ami = self._make_ami()
        self._originator = None if self._ami is None else self._make_originator(self._ami)
        self._ari = self._make_ari()
        ledger = self._records.ledger
        self._operations = CallOperations(self._ami, self._ari, self._media, ledger, settings.queue)

    async def serve(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Serve until told to stop."""
        settings = self._settings
        try:
            await refuse_open_door(self._store, settings.http_host)
        except OpenDoorError as error:
            raise StartError(str(error)) from None
        async with self._listening(), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._controller.reconcile(stop))
            tasks.create_task(self._directory.watch(stop))
            tasks.create_task(self._tell_of_bookings(stop))
            if self._elsewhere is not None:
                tasks.create_task(self._elsewhere.follow(self._directory, stop))
            tasks.create_task(
                sweep_recordings(
                    self._store,
                    settings.recordings_dir,
                    settings.sounds_dir,
                    lambda: self._directory.companies,
                    stop,
                )
            )
            if self._ami is not None:
                tasks.create_task(self._ami.run(stop))
                tasks.create_task(self._compare(self._ami, stop))
                tasks.create_task(self._meet_strangers(self._ami, stop))
            if self._ari is not None:
                tasks.create_task(self._ari.run(stop))
            log.info("controller ready")
            on_ready()
            await stop.wait()
            if self._originator is not None:
                await self._originator.close()
        await self._records.close()

    async def _tell_of_bookings(self, stop: asyncio.Event) -> None:
        book = Book(self._store, give_up=self._settings.give_up)
        sender = Sender(book.now)
        try:
            await OutboxWorker(book, sender, lambda: self._directory.companies).run(stop)
        finally:
            await sender.close()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        settings = self._settings
        agi = FastAgiServer(self._controller.ask)
        control = ControlServer(self._control_operations())
        runner = web.AppRunner(self._http(), access_log=None, logger=server_log)
        await runner.setup()
        try:
            await _listen(
                agi.start(settings.agi_host, settings.agi_port),
                f"{settings.agi_host}:{settings.agi_port}; see VOICEAGENT_AGI_PORT",
            )
            await _listen(
                web.TCPSite(runner, settings.http_host, settings.http_port).start(),
                f"{settings.http_host}:{settings.http_port}; see VOICEAGENT_HTTP_PORT",
            )
            mode, gid = settings.socket_access
            await _listen(
                control.start(settings.control_socket, mode, gid),
                f"{settings.control_socket}; see VOICEAGENT_RUN_DIR",
            )
            yield
        finally:
            await control.close()
            await agi.close()
            await runner.cleanup()

    def _control_operations(self) -> dict[str, Handler]:
        calls, originator = self._operations, self._originator
        operations: dict[str, Handler] = {
            "outlook": calls.outlook,
            "prepare_exit": calls.prepare_exit,
            "mute_recording": calls.mute_recording,
            "hang_up": calls.hang_up,
        }
        if originator is not None:
            operations |= {"originate": originator.originate, "press": originator.press}
        return operations

    def _make_ami(self) -> Ami | None:
        settings = self._settings
        secret = settings.ami_secret.get_secret_value()
        if not secret:
            log.warning("AMI is not set up: no hand-over checks its queue, no call can be placed")
            return None
        login = AmiLogin(settings.ami_host, settings.ami_port, settings.ami_user, secret)
        return Ami(login, self._event, self._ami_up)

    def _make_ari(self) -> Ari | None:
        settings = self._settings
        password = settings.ari_password.get_secret_value()
        if not password:
            log.warning("ARI is not set up: the dialplan must be installed with --no-routing")
            return None
        login = AriLogin(settings.ari_url, settings.ari_user, password)
        ari = Ari(login, APP, self._ari_event, self._ari_up)
        self._switchboard = Switchboard(
            ari,
            self._directory,
            self._records,
            rules_of(settings),
            lambda text, voices: sound_path(text, settings.sounds_dir, settings.pbx_sounds, voices),
            find=self._directory.lookup,
        )
        return ari

    def _make_originator(self, ami: Ami) -> Originator:
        return Originator(
            ami,
            StoreRecords(self._store),
            lambda: {key: company.dids for key, company in self._directory.companies.items()},
            self._settings.originate_calls,
            self._render,
        )

    async def _render(self, text: str) -> str:
        """Speak a message for an answering machine, with the voice that needs nobody."""
        settings = self._settings
        voice = cast(TextToSpeech, await open_engine(Kind.TTS, "offline"))
        try:
            sounds = Sounds(settings.sounds_dir, settings.pbx_sounds, voice)
            return await sounds.make(text, sound_name(text))
        finally:
            await voice.close()

    def _over(self, call_id: uuid.UUID) -> Mapping[str, object]:
        """Look after what a call that is over has left in the folders shared with Asterisk."""
        settings = self._settings
        forget_whispers(settings.sounds_dir, record_id=str(call_id))
        return left_of(call_id, settings.recordings_dir, settings.pbx_recordings)

    def _event(self, event: Mapping[str, str]) -> None:
        self._records.event(event)
        if self._originator is not None:
            self._originator.on_event(event)

    async def _ami_up(self) -> None:
        assert self._ami is not None
        await self._look(self._ami)

    async def _compare(self, ami: Ami, stop: asyncio.Event) -> None:
        """Compare the calls with Asterisk's now and then: an event may have been lost."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONCILE_S)
            if ami.up and not stop.is_set():
                await self._look(ami)

    async def _meet_strangers(self, ami: Ami, stop: asyncio.Event) -> None:
        """Put callers on record who came while ARI was away; they may be gone by the next look."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                met = asyncio.create_task(self._records.stranger.wait())
                await asyncio.wait({stopping, met}, return_when=asyncio.FIRST_COMPLETED)
                await cancelled(met)
                if ami.up and not stop.is_set():
                    await self._records.reconcile(ami)
                await asyncio.wait({stopping}, timeout=STRANGERS_S)
        finally:
            await cancelled(stopping)

    async def _look(self, ami: Ami) -> None:
        """Compare the records with Asterisk's channels, and both with the media process's calls."""
        channels = await self._records.reconcile(ami)
        held = await self._controller.held()
        if channels is None or held is None:
            return
        found = self._orphans.look(self._records.ledger.live(), held, channels)
        for record in found.hang_up:
            await self._operations.end_media(record)
        for uniqueid in found.to_people:
            await self._operations.to_people(uniqueid)

    async def _ari_event(self, event: Mapping[str, Any]) -> None:
        await self._switchboard.event(event)

    async def _ari_up(self) -> None:
        await self._switchboard.sweep()

    def _http(self) -> web.Application:
        async def health(_request: web.Request) -> web.Response:
            ok = await self._controller.healthy()
            dids = sorted(self._directory.dids)
            links = {"ami": self._ami, "ari": self._ari}
            up = {name: link.up for name, link in links.items() if link is not None}
            return web.json_response({"ok": ok, "dids": dids, **up}, status=200 if ok else 503)

        app = web.Application()
        app.router.add_get("/health", health)
        self._context.mount(app)
        return app


async def _listen(starting: Awaitable[object], where: str) -> None:
    try:
        await starting
    except OSError as error:
        raise PlaceTakenError(f"cannot listen on {where}: {error.strerror}") from None
