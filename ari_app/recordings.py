"""Recordings of calls: deleted when their company's days are over."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
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
MESSAGE = "-message.wav"  # what a caller left, recorded by the dialplan under the call's id


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
        except (DBAPIError, OSError) as error:
            log.error("old recordings could not be looked for: %s", type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), SWEEP_S)


def left_of(call_id: uuid.UUID, folder: Path, pbx_folder: PurePosixPath) -> dict[str, str | None]:
    """Return what a call that is over has left in the folder, for its record.

    A caller who hangs up during the consent line was not recorded, whatever was planned.

    Args:
        call_id: Which.
        folder: Where the recordings are, as we see it.
        pbx_folder: The same folder, as Asterisk sees it.
    """
    names = {"recording": f"{call_id}.wav", "message": f"{call_id}{MESSAGE}"}
    # A folder that we may not look into holds nothing for us: the record must not fail by it.
    there = {column: os.path.isfile(folder / name) for column, name in names.items()}
    return {
        column: str(pbx_folder / name) if there[column] else None for column, name in names.items()
    }


async def delete_old(
    store: Store, folder: Path, companies: Mapping[str, Company], now: datetime
) -> int:
    """Delete the recordings and messages whose days are over; returns how many.

    A company that is no longer there keeps its recordings for the usual number of days. A file that
    cannot be deleted stays on the record, and is tried again.
    """
    deleted = 0
    for call_id, company, registered_at, recording in await store.recordings():
        if _is_over(companies.get(company), datetime.fromisoformat(registered_at), now):
            # Only ever a file of this folder.
            if await _deleted(folder / PurePosixPath(recording).name):
                await store.forget_recording(call_id)
                deleted += 1
    for message in await asyncio.to_thread(lambda: sorted(folder.glob(f"*{MESSAGE}"))):
        company = await store.company_of(message.name.removesuffix(MESSAGE))
        left_at = datetime.fromtimestamp(message.stat().st_mtime, UTC)
        if _is_over(companies.get(company), left_at, now) and await _deleted(message):
            await store.forget_message(message.name.removesuffix(MESSAGE))
            deleted += 1
    return deleted


def _is_over(company: Company | None, since: datetime, now: datetime) -> bool:
    rule = company.recording if company is not None else Recording()
    return since + timedelta(days=rule.keep_days) <= now


async def _deleted(path: Path) -> bool:
    try:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    except OSError as error:
        log.error("recording %s is not deleted: %s", path, error.strerror)
        return False
    return True
