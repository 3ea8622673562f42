"""The media role put together: engines, storage and the process that holds the calls."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from ari_app.records import StoreBookings, StoreJournal
from ari_app.roles import StartError
from ari_app.settings import Settings
from ari_app.store import Store, open_store
from audiosocket_agent.company import load_companies
from audiosocket_agent.errors import CompanyError, ProviderError
from audiosocket_agent.media import MediaProcess
from audiosocket_agent.phrases import PhraseCache
from audiosocket_agent.stt import offline as offline_ear
from audiosocket_agent.tts import offline as offline_voice


async def serve_media(
    settings: Settings, stop: asyncio.Event, on_ready: Callable[[], None]
) -> None:
    """Serve calls until told to stop.

    Raises:
        StartError: If a setting makes it impossible.
    """
    try:
        companies = load_companies(settings.companies)
        ear = await offline_ear.open_engine(workers=settings.stt_workers)
        voice = PhraseCache(await offline_voice.open_engine(), settings.data_dir / "speech")
    except (CompanyError, ProviderError) as error:
        raise StartError(str(error)) from None
    store = await open_database(settings)
    journal = StoreJournal(store)
    media = MediaProcess(settings.media(), companies, ear, voice, journal, StoreBookings(store))
    try:
        _favour_frames()
        await media.serve(stop.wait(), on_ready)
    except ProviderError as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(
            f"cannot listen on {settings.audiosocket_host}:{settings.audiosocket_port} or "
            f"{settings.media_socket}: {error.strerror}; see VOICEAGENT_AUDIOSOCKET_PORT and "
            f"VOICEAGENT_RUN_DIR"
        ) from None
    finally:
        await ear.close()
        await voice.close()
        await journal.close()
        await store.close()


def _favour_frames() -> None:
    """Keep the interpreter from holding up a frame that is due.

    A database thread may hold it for the switch interval, whose default of 5 ms is a quarter of a
    frame, heard as jitter. A full garbage collection looks at every object there is; those made by
    now are here to stay, so they are taken out of its sight.
    """
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()


async def open_database(settings: Settings) -> Store:
    """Open the database.

    Raises:
        StartError: If it cannot be opened.
    """
    try:
        return await open_store(settings.database)
    except DBAPIError as error:
        raise StartError(
            f"cannot open the database {settings.database}: {error.orig}; see VOICEAGENT_DATA_DIR"
        ) from None
