"""Callers who want to be called back and hang up before it is agreed: calls in virtual time."""

import asyncio
import uuid
from datetime import date
from pathlib import Path, PurePosixPath
from random import Random
from types import SimpleNamespace

import pytest

from audiosocket_agent import person
from audiosocket_agent.call import Call, CallConfig, Engines
from audiosocket_agent.company import load_companies
from audiosocket_agent.company_calls import People
from audiosocket_agent.control import NoControl, Outlook
from audiosocket_agent.conversation import Facts
from audiosocket_agent.conversation_state import CallbackRequest, Why
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.journal import EndReason
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.sounds import Sounds
from audiosocket_agent.turns import TurnConfig
from audiosocket_agent.vad import VadConfig
from audiosocket_agent.wording import CALL_BACK_NOTED
from audiosocket_agent.workflow import Outcome
from tests import virtual_time
from tests.audiosocket_agent.test_history import NOVA, Ear, Handset, Voice, judge, stock
from tests.fake_asterisk import SHIPPED, Notes

CALL = uuid.UUID(int=7)
OFFER, OWN_NUMBER, NUMBER = "Shall we call you back", "Can we reach you", "your phone number"
LEFT = CallbackRequest("01632960123", Why.ASKED, person.HUNG_UP, hung_up=True)
AGREED = CallbackRequest("01632960123", Why.ASKED, "")
GONE = (EndReason.CALLER_HUNG_UP, None)


class NobodyThere(NoControl):
    async def outlook(self, queue):
        return Outlook()


def hold(keys, last, caller="01632960123", end=GONE):
    """Press keys, each when the agent is done, until it says the last thing.

    The call ends then, or by itself where no end is given; returns what was noted.
    """
    company = load_companies(SHIPPED)["441632960001"]
    company = company.model_copy(update={"people": People(whisper=False)})

    async def main():
        ear, notes = Ear(NOVA), Notes()
        phone = Handset(ear, None, SimpleNamespace(writing=0))
        info = CallInfo(CALL, "441632960001", caller, "PJSIP/a-1", "1.1", CALL)
        sounds = Sounds(Path("/nowhere"), PurePosixPath("/"), Voice(Random(1)))
        people = PersonDesk(NobodyThere(), notes, sounds)
        phone.call = call = Call(
            info,
            Facts(company, caller, date(2026, 11, 23)),
            Engines(ear, Mind(), Voice(Random(1)), stock, judge()),
            CallConfig(VadConfig(), TurnConfig(), 20_000),
            Pacer(asyncio.get_running_loop()),
            phone,
            Minutes(CALL, notes),
            BookingDesk(notes),
            people,
        )
        holding = asyncio.ensure_future(call.run())
        speaking = asyncio.ensure_future(phone.speak())
        for key in keys:
            await phone.wait(1)
            await phone.agent_quiet()
            call.key(key)
        async with asyncio.timeout(60):
            await notes.until(lambda: any(last in it.text for it in notes.turns.values()))
            if end is not None:
                call.end(*end)
            await holding
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        await people.close()
        await ear.close()
        return notes.callbacks

    return virtual_time.run(main())


@pytest.mark.parametrize(
    ("keys", "last", "caller", "noted"),
    [
        ("01", OWN_NUMBER, "01632960123", [LEFT]),
        ("01", NUMBER, "", []),  # withheld: nobody knows where to call
        ("0", OFFER, "01632960123", []),  # not wanted yet
        ("012", NUMBER, "01632960123", []),  # not on that number
    ],
)
def test_a_wish_is_noted_once_if_it_is_known_where_to_call(keys, last, caller, noted):
    assert hold(keys, last, caller) == [(CALL, wish) for wish in noted]


@pytest.mark.parametrize("end", [None, GONE])
def test_what_was_agreed_is_not_noted_again(end):
    assert hold("011", CALL_BACK_NOTED, end=end) == [(CALL, AGREED)]


def test_a_call_that_breaks_is_no_hang_up():
    broken = (EndReason.ENGINE_FAILED, Outcome.SORRY)  # its caller goes to people
    assert hold("01", OWN_NUMBER, end=broken) == []
