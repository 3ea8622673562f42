"""Whole calls over real sockets whose callers want a person."""

import asyncio

import pytest
import uvloop

from audiosocket_agent import wording
from audiosocket_agent.company import load_companies
from audiosocket_agent.company_calls import Instead, People, Place
from audiosocket_agent.control import ControlError, Outlook
from audiosocket_agent.conversation_state import CallbackRequest, Why
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.journal import EndReason, Speaker
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.workflow import Outcome
from tests.engines import ScriptedEar, ScriptedModel
from tests.fake_asterisk import SHIPPED, SILENCE, Notes, pbx

NOBODY = Outlook()
PLACES = {"accounts": Place(name="the accounts team", phrases=("accounts",), extension="201")}


class Control:
    """A PBX that tells what waits in its queue, after a while."""

    def __init__(self, outlook=NOBODY, after_s=0.0):
        self.outlook_now, self.after_s = outlook, after_s
        self.asked = []

    async def outlook(self, queue):
        self.asked.append(queue)
        await asyncio.sleep(self.after_s)
        if self.outlook_now is None:
            raise ControlError("no answer")
        return self.outlook_now

    async def prepare_exit(self, call, variables):
        pass

    async def mute_recording(self, call, *, muted):
        pass


def company(**changes):
    return {did: c.model_copy(update=changes) for did, c in load_companies(SHIPPED).items()}


async def answer_all(_, leg, says):
    for _ in says:
        if not await leg.answer():
            break


def call_of(tmp_path, control, *says, answers=None, act=None, **parts):
    """Hold a call; return its story: what the agent said in turn, and how it ended."""

    async def main():
        mind = Mind() if answers is None else Mind(ScriptedModel(*answers))
        ear = ScriptedEar(*says, free=answers is not None)
        async with pbx(tmp_path, ear=ear, control=control, mind=mind, **parts) as it:
            leg = await it.call()
            await leg.until(voiced=True)
            await (answer_all(it, leg, says) if act is None else act(it, leg))
            await leg.drain()
            end = await it.ended(leg.call_id)
            turns = [it.notes.turns[key] for key in sorted(it.notes.turns, key=lambda k: k[1])]
            return it, turns, end, await it.outcome(leg.call_id)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as in production
        return runner.run(main())


def spoken(turns):
    return [turn.text for turn in turns if turn.speaker is Speaker.AGENT]


@pytest.mark.parametrize(
    ("outlook", "told"),
    [
        (Outlook(members=2, free=2), []),
        (Outlook(members=2), [wording.NEXT_IN_LINE]),
        (None, []),
    ],
)
def test_a_caller_hears_what_to_expect_and_goes_to_the_queue(tmp_path, outlook, told):
    control = Control(outlook)
    _, turns, end, outcome = call_of(tmp_path, control, "a person please")
    assert spoken(turns)[1:] == [wording.TO_PERSON, *told]
    assert end == (EndReason.HANDED_OVER, Outcome.QUEUE) and len(control.asked) == 1
    assert outcome["next"] == "queue"
    assert all(turn.done and turn.heard == turn.text for turn in turns)


def test_where_nobody_is_a_call_back_is_written_down(tmp_path):
    says = ["boiler service", "operator", "yes please", "yes"]
    it, turns, end, _ = call_of(tmp_path, Control(), *says)
    told = " ".join(spoken(turns))
    for sentence in (wording.NOBODY_THERE, wording.NOTING_NOW, wording.CALL_BACK_NOTED):
        assert sentence in told
    ((_, request),) = it.notes.callbacks
    assert request == CallbackRequest("01632960123", Why.ASKED, "boiler service")
    assert end == (EndReason.COMPLETED, Outcome.HANGUP)


def test_a_wish_that_cannot_be_written_down_leads_to_the_queue(tmp_path):
    notes = Notes(booking_fails=True)
    _, turns, end, _ = call_of(tmp_path, Control(), "operator", "yes", "yes", notes=notes)
    assert spoken(turns)[-1] == wording.NOT_NOTED
    assert end == (EndReason.HANDED_OVER, Outcome.QUEUE)


def test_a_place_is_reached_by_its_number(tmp_path):
    there = company(people=People(places=PLACES))
    control = Control()
    _, turns, end, outcome = call_of(tmp_path, control, "accounts please", companies=there)
    assert spoken(turns)[-1] == wording.to_place("the accounts team")
    assert end == (EndReason.HANDED_OVER, Outcome.EXTENSION) and control.asked == []
    assert outcome["variables"]["VA_TARGET"] == "201"


def test_who_waits_for_a_slow_answer_is_comforted(tmp_path):
    hurried = company(comfort_after_s=0.5)
    control = Control(Outlook(members=1), after_s=1.5)
    _, turns, end, _ = call_of(tmp_path, control, "operator", companies=hurried)
    assert spoken(turns)[1:] == [wording.TO_PERSON, wording.COMFORT[0], wording.NEXT_IN_LINE]
    assert end == (EndReason.HANDED_OVER, Outcome.QUEUE)


def test_the_way_to_a_person_is_not_cut_short_by_a_voice(tmp_path):
    async def act(it, leg):
        await leg.answer()
        await leg.talk(800)  # over "I'll put you through"

    control = Control(Outlook(members=1), after_s=0.5)
    _, turns, end, _ = call_of(tmp_path, control, "operator", act=act)
    assert spoken(turns)[1:] == [wording.TO_PERSON, wording.NEXT_IN_LINE]
    assert not any(turn.interrupted for turn in turns)
    assert end == (EndReason.HANDED_OVER, Outcome.QUEUE)


def test_after_a_no_to_the_offer_the_model_goes_on(tmp_path):
    transfer = ToolCall("1", "transfer_to_person", '{"reason": "asked"}')
    goodbye = ToolCall("2", "end_call", "{}")
    answers = [["Of course. ", transfer], ["Which tap is it?"], ["Goodbye then.", goodbye]]
    says = ["can I talk to somebody", "no thanks", "the one upstairs", "bye"]
    voicemail = company(people=People(instead=Instead.VOICEMAIL))
    _, turns, end, _ = call_of(tmp_path, Control(), *says, answers=answers, companies=voicemail)
    first, offer, back, model, last = spoken(turns)[1:]
    assert first.strip() == "Of course."
    assert offer == f"{wording.NOBODY_THERE} Would you like to leave a message instead?"
    assert back.startswith(wording.GO_ON)
    assert model == "Which tap is it?" and last.startswith("Goodbye then.")
    assert end == (EndReason.COMPLETED, Outcome.HANGUP)


async def hear(it, leg, sentence):
    """Listen until the agent has said something."""
    while not any(sentence in turn.text and turn.done for turn in it.notes.turns.values()):
        assert await leg.read() is not None
        leg.send(0x10, SILENCE)


def test_a_call_that_took_too_long_may_still_end_with_a_call_back(tmp_path):
    async def act(it, leg):
        await hear(it, leg, "Shall we call you back")
        await leg.answer()
        await hear(it, leg, "Can we reach you")
        await leg.answer()

    short = company(max_call_s=5, warn_before_s=0)
    says = ["yes please", "yes"]
    it, turns, end, _ = call_of(tmp_path, Control(), *says, act=act, companies=short)
    assert wording.TO_PERSON_LONG in spoken(turns)
    assert it.notes.callbacks[0][1].why is Why.LONG
    assert end == (EndReason.COMPLETED, Outcome.HANGUP)
