"""Recordings of calls: deleted when their company's days are over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from sqlalchemy.exc import DBAPIError

from ari_app.store import LONGEST_CALL, Store
from audiosocket_agent.company import Company
from audiosocket_agent.company_calls import Recording
from audiosocket_agent.sounds import forget_whispers

log = logging.getLogger(__name__)

SWEEP_S = 3600.0


async def sweep_recordings(
    store: Store,
    folder: Path,
    sounds: Path,
    companies: Callable[[], Mapping[str, Company]],
    stop: asyncio.Event,
) -> None:
    """Delete recordings that are too old, now and every hour, until told to stop.

    What persons were told about a call goes with the call; what was left over, by a controller that
    was away when it ended, goes here.

    Args:
        store: The records.
        folder: Where the recordings are, as we see it.
        sounds: Where the sounds are that are made for Asterisk.
        companies: The companies by key, as they are now.
        stop: Ends it.
    """
    while not stop.is_set():
        old = (datetime.now(UTC) - LONGEST_CALL).timestamp()
        await asyncio.to_thread(forget_whispers, sounds, old)
        try:
            await delete_old(store, folder, companies(), datetime.now(UTC))
        except DBAPIError as error:
            log.error("old recordings could not be looked for: %s", type(error.orig).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), SWEEP_S)


async def delete_old(
    store: Store, folder: Path, companies: Mapping[str, Company], now: datetime
) -> int:
    """Delete the recordings whose days are over; returns how many calls lost theirs.

    A company that is no longer there keeps its recordings for the usual number of days. A file that
    cannot be deleted stays on the record, and is tried again.
    """
    deleted = 0
    for call_id, company, registered_at, recording in await store.recordings():
        known = companies.get(company)
        rule = known.recording if known is not None else Recording()
        if datetime.fromisoformat(registered_at) + timedelta(days=rule.keep_days) > now:
            continue
        path = folder / PurePosixPath(recording).name  # only ever a file of this folder
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            log.error("recording %s is not deleted: %s", path, error.strerror)
            continue
        await store.forget_recording(call_id)
        deleted += 1
    return deleted
