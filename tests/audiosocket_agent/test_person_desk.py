"""What waits for somebody around a hand-over."""

import asyncio
import uuid
from contextlib import asynccontextmanager
from pathlib import PurePosixPath

from audiosocket_agent.company import load_companies
from audiosocket_agent.company_calls import Recording
from audiosocket_agent.control import ControlError, NoControl, Outlook
from audiosocket_agent.conversation_state import (
    CallbackRequest,
    Noted,
    NotNoted,
    Seek,
    Sought,
    Why,
)
from audiosocket_agent.person_desk import PersonDesk, setup_variables
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.sounds import Sounds
from tests.engines import ToneVoice
from tests.fake_asterisk import DID, SHIPPED, Notes

CALL = uuid.UUID(int=7)
INFO = CallInfo(CALL, DID, "", "PJSIP/a-1", "1.1", CALL)
WISH = CallbackRequest("07700900123", Why.ASKED, "leaking tap repair in Truro")
RECORDINGS = PurePosixPath("/recordings")


class Control(NoControl):
    """A control side that has looked at some queues."""

    def __init__(self, **queues):
        self.queues = queues

    async def outlook(self, queue):
        if queue not in self.queues:
            raise ControlError("no answer")
        return self.queues[queue]


def company(**changes):
    return load_companies(SHIPPED)[DID].model_copy(update=changes)


@asynccontextmanager
async def desk(tmp_path, control=None, voice=None, **notes):
    kept = Notes(**notes)
    it = PersonDesk(
        control or NoControl(), kept, Sounds(tmp_path, RECORDINGS, voice or ToneVoice())
    )
    try:
        yield it, kept
    finally:
        await it.close()


def test_the_company_s_queue_is_looked_at(tmp_path):
    async def main():
        outlook = Outlook(members=3, waiting=2)
        async with desk(tmp_path, Control(sales=outlook)) as (it, _):
            asked = Seek(Why.ASKED)
            assert await it.seek(company(queue="sales"), asked) == Sought(outlook, True)
            assert await it.seek(company(queue="other"), asked) == Sought(None, True)
            closed = company(queue="sales", hours={})
            assert await it.seek(closed, asked) == Sought(outlook, False)
            assert await it.seek(closed, Seek(Why.ASKED, "accounts")) == Sought(None, False)

    asyncio.run(main())


def test_a_wish_to_be_called_back_is_kept_or_not(tmp_path):
    async def main():
        async with desk(tmp_path) as (it, notes):
            assert await it.note(INFO, company(), WISH) == Noted()
            assert notes.callbacks == [(CALL, WISH)]
        async with desk(tmp_path, booking_fails=True) as (it, _):
            assert await it.note(INFO, company(), WISH) == NotNoted()

    asyncio.run(main())


def test_the_person_is_told_unless_nobody_can_speak(tmp_path):
    async def main():
        async with desk(tmp_path) as (it, _):
            assert await it.whisper(INFO, "Call for Harbour.") == f"/recordings/call-{CALL}"
            assert (tmp_path / f"call-{CALL}.wav").exists()
        async with desk(tmp_path, voice=ToneVoice(fail_on="Harbour")) as (it, _):
            assert await it.whisper(INFO, "Call for Harbour.") == ""

    asyncio.run(main())


def test_a_call_is_recorded_only_after_the_consent_that_is_asked_for(tmp_path):
    sounds = Sounds(tmp_path, PurePosixPath("/sounds"), ToneVoice())

    def told(**recording):
        return setup_variables(company(recording=Recording(**recording)), INFO, sounds, RECORDINGS)

    assert "VA_RECORD" not in told()
    assert told(on=True)["VA_RECORD"] == f"/recordings/{CALL}.wav"
    assert "VA_RECORD" not in told(on=True, consent="This call is recorded.")
    asyncio.run(sounds.prepare(["This call is recorded."]))
    given = told(on=True, consent="This call is recorded.")
    assert given["VA_CONSENT"].startswith("/sounds/say-") and given["VA_RECORD"]


def test_a_caller_who_comes_back_is_not_recorded_twice(tmp_path):
    sounds = Sounds(tmp_path, PurePosixPath("/sounds"), ToneVoice())
    back = CallInfo(uuid.UUID(int=8), DID, "", "PJSIP/a-1", "1.1", CALL, "no_answer")
    recorded = company(recording=Recording(on=True), queue="sales", mailbox="100@default")
    assert setup_variables(recorded, back, sounds, RECORDINGS) == {
        "VA_QUEUE": "sales", "VA_MAILBOX": "100@default", "VA_MOST_RETURNS": "1",
    }  # fmt: skip
