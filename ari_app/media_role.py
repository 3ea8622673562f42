"""The media role put together: engines, storage and the process that holds the calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from sqlalchemy.exc import DBAPIError

from ari_app.context.remote import remote_of
from ari_app.diary.book import Book
from ari_app.diary.keeper import StoreDiary
from ari_app.diary.sending import Sender
from ari_app.directory import load
from ari_app.engines import open_engines
from ari_app.garbage import collect_between_calls
from ari_app.media_control import MediaControl
from ari_app.records import StoreCallbacks, StoreJournal
from ari_app.roles import PlaceTakenError, StartError
from ari_app.schema import SchemaError
from ari_app.settings import Settings
from ari_app.store import Store, open_store
from audiosocket_agent.errors import CompanyError, ProviderError
from audiosocket_agent.media import MediaProcess
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.sounds import Sounds
from audiosocket_agent.speech_judge import SpeechJudge, SpeechJudgeMissing


async def serve_media(
    settings: Settings, stop: asyncio.Event, on_ready: Callable[[], None]
) -> None:
    """Serve calls until told to stop.

    Raises:
        StartError: If a setting makes it impossible.
    """
    async with AsyncExitStack() as stack:
        store = await open_database(settings)
        stack.push_async_callback(store.close)
        try:
            elsewhere = remote_of(settings, store)
            if elsewhere is not None:
                stack.push_async_callback(elsewhere.close)
            directory = await load(store, settings, elsewhere)
            engines = await open_engines(settings, stack, SpeechJudge())
        except CompanyError as error:
            raise StartError(error.in_one_line) from None
        except (ProviderError, SpeechJudgeMissing) as error:
            raise StartError(str(error)) from None
        except DBAPIError as error:
            raise StartError(f"the companies cannot be read: {error.orig}") from None
        journal = StoreJournal(store)
        stack.push_async_callback(journal.close)
        sounds = Sounds(settings.sounds_dir, settings.pbx_sounds, engines.voice)
        control = MediaControl(settings.control_socket)
        people = PersonDesk(control, StoreCallbacks(store), sounds)
        book = Book(store, give_up=settings.give_up)
        diary = StoreDiary(book, Sender(book.now))
        stack.push_async_callback(diary.close)
        media = MediaProcess(
            settings.media(), directory.dids, engines, journal, diary, people,
            directory.lookup,
        )  # fmt: skip
        collecting = asyncio.create_task(collect_between_calls(lambda: media.load))
        stack.callback(collecting.cancel)
        watching = asyncio.create_task(
            directory.watch(stop, lambda: media.use_companies(directory.dids))
        )
        try:
            await _serve(media, settings, stop, on_ready)
        finally:
            stop.set()
            await watching


async def _serve(
    media: MediaProcess, settings: Settings, stop: asyncio.Event, on_ready: Callable[[], None]
) -> None:
    try:
        await media.serve(stop.wait(), on_ready)
    except OSError as error:
        raise PlaceTakenError(
            f"cannot listen on {settings.audiosocket_host}:{settings.audiosocket_port} or "
            f"{settings.media_socket}: {error.strerror}; see VOICEAGENT_AUDIOSOCKET_PORT and "
            f"VOICEAGENT_RUN_DIR"
        ) from None


async def open_database(settings: Settings) -> Store:
    """Open the database.

    Raises:
        StartError: If it cannot be opened.
    """
    try:
        return await open_store(settings.database)
    except SchemaError as error:
        raise StartError(str(error)) from None
    except DBAPIError as error:
        raise StartError(
            f"cannot open the database {settings.database}: {error.orig}; see VOICEAGENT_DATA_DIR"
        ) from None
