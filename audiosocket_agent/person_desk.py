"""Looking for people, and leaving the call towards them, beside the talk.

What it starts belongs to the process, not to the call: it ends by its own deadlines.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from audiosocket_agent.company import Company
from audiosocket_agent.company_calls import is_open
from audiosocket_agent.company_voice import OWN, Voices
from audiosocket_agent.control import CallControl, ControlError
from audiosocket_agent.conversation_state import CallbackRequest, Noted, NotNoted, Seek, Sought
from audiosocket_agent.errors import BookingError, ProviderError
from audiosocket_agent.journal import Callbacks
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.sounds import Sounds, whisper_name

log = logging.getLogger(__name__)

NOTE_DEADLINE_S = 5.0
WHISPER_DEADLINE_S = 5.0
_T = TypeVar("_T")


class PersonDesk:
    """Everything around a hand-over that waits for somebody.

    Args:
        control: The control side.
        callbacks: Keeps wishes to be called back.
        sounds: Makes what the person who answers is told.
    """

    def __init__(self, control: CallControl, callbacks: Callbacks, sounds: Sounds) -> None:
        self.control = control
        self.sounds = sounds
        self._callbacks = callbacks
        self._under_way: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Wait for what is under way; its deadlines bound the wait."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def seek(self, company: Company, seek: Seek) -> asyncio.Task[Sought]:
        """Look whether people are there; the task never raises."""
        return self._begin(self._seek(company, seek))

    def note(
        self, info: CallInfo, company: Company, wish: CallbackRequest
    ) -> asyncio.Task[Noted | NotNoted]:
        """Write a wish to be called back down; the task never raises."""
        return self._begin(self._note(info, company, wish))

    def whisper(self, info: CallInfo, text: str, voices: Voices = OWN) -> asyncio.Task[str]:
        """Make what the person is told; the task returns its path or "", and never raises."""
        return self._begin(self._whisper(info, text, voices))

    async def leave(self, info: CallInfo, variables: Mapping[str, str]) -> bool:
        """Tell the dialplan where the call goes; False if it has to ask for it."""
        try:
            await self.control.prepare_exit(info, variables)
        except ControlError as error:
            log.warning("the dialplan will ask: %s", error, extra={"call_id": str(info.call_id)})
            return False
        return True

    def _begin(self, work: Coroutine[None, None, _T]) -> asyncio.Task[_T]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _seek(self, company: Company, seek: Seek) -> Sought:
        now = datetime.now(ZoneInfo(company.timezone))
        there = is_open(company.hours, company.holidays, now.date(), now.time())
        if seek.place:
            return Sought(None, there)
        try:
            return Sought(await self.control.outlook(company.queue or ""), there)
        except ControlError as error:
            log.warning("nobody tells what waits in the queue: %s", error)
            return Sought(None, there)

    async def _note(
        self, info: CallInfo, company: Company, wish: CallbackRequest
    ) -> Noted | NotNoted:
        try:
            async with asyncio.timeout(NOTE_DEADLINE_S):
                await self._callbacks.note(info.record_id, company, wish)
        except (BookingError, TimeoutError) as error:
            log.error("a wish is lost: %s", error, extra={"call_id": str(info.call_id)})
            return NotNoted()
        return Noted()

    async def _whisper(self, info: CallInfo, text: str, voices: Voices) -> str:
        try:
            async with asyncio.timeout(WHISPER_DEADLINE_S):
                return await self.sounds.make(text, whisper_name(info.record_id), voices)
        except (ProviderError, OSError, TimeoutError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            log.error("the person will not be told: %s", why, extra={"call_id": str(info.call_id)})
            return ""


def setup_variables(
    company: Company, info: CallInfo, sounds: Sounds, recordings: PurePosixPath
) -> dict[str, str]:
    """Return what the dialplan is told when a call begins: how people and recorder are reached.

    A company that wants consent asked for is not recorded when nothing can be said.
    """
    recording, people = company.recording, company.people
    consent = sounds.path(recording.consent, company.voice) if recording.consent else ""
    recorded = recording.on and bool(consent or not recording.consent)
    if recording.on and not recorded:
        extra = {"call_id": str(info.call_id)}
        log.warning("not recorded: there is no sound that asks for consent", extra=extra)
    given = {
        "VA_QUEUE": company.queue or "",
        "VA_RING_S": str(people.ring_s or ""),
        "VA_MAILBOX": company.mailbox or "",
        "VA_MOST_RETURNS": str(people.returns),
    }
    if recorded and not info.back:
        given |= {"VA_RECORD": str(recordings / f"{info.record_id}.wav"), "VA_CONSENT": consent}
    return {name: value for name, value in given.items() if value}
