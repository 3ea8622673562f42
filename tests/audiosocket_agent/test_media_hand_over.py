"""Callers who leave the agent for people, and those who come back, over real sockets."""

import uuid

import pytest

from audiosocket_agent.company_calls import People
from audiosocket_agent.control import ControlError, NoControl, Outlook
from audiosocket_agent.journal import EndReason, Speaker
from audiosocket_agent.workflow import Outcome
from tests.audiosocket_agent.test_media import _company, run
from tests.engines import ScriptedEar
from tests.fake_asterisk import Notes

FREE = Outlook(members=2, free=1)
BUSY = Outlook(members=2, waiting=2, longest_wait_s=60)
EMPTY = Outlook()
LONG = Outlook(members=2, waiting=9, longest_wait_s=900)


class Control(NoControl):
    """The control side: a queue that looks like this, and a dialplan that is told or not.

    Attributes:
        exits: What the dialplan was told, as it was told.
    """

    def __init__(self, outlook, tells=True):
        self.outlook_, self.tells, self.exits = outlook, tells, []

    async def outlook(self, queue):
        return self.outlook_

    async def prepare_exit(self, call, variables):
        if not self.tells:
            raise ControlError("no answer")
        self.exits.append((call.record_id, dict(variables)))


async def press_for_a_person(it, **registration):
    leg = await it.call(**registration)
    await leg.until(voiced=True)
    leg.send(0x03, b"0")
    return leg


def said(it, record_id):
    turns = [turn for (call_id, _), turn in it.notes.turns.items() if call_id == record_id]
    return [turn.text for turn in turns if turn.speaker is Speaker.AGENT]


@pytest.mark.parametrize("tells", [True, False])
def test_a_free_person_gets_the_caller_by_one_way_or_the_other(tmp_path, tells):
    control = Control(FREE, tells)

    async def scenario(it):
        leg = await press_for_a_person(it)
        await leg.drain()
        assert leg.hung_up
        assert await it.ended(leg.call_id) == (EndReason.HANDED_OVER, Outcome.QUEUE)
        return leg.call_id, await it.outcome(leg.call_id), said(it, leg.call_id)

    call_id, answer, words = run(scenario, tmp_path, control=control)
    assert answer["next"] == "queue"
    told = answer["variables"]
    assert told["VA_WHISPER"] == f"/sounds/call-{call_id}" and "asked" in told["VA_SUMMARY"]
    decided = {"VA_FOR": str(call_id), "VA_NEXT": "queue"}
    assert control.exits == ([(call_id, {**told, **decided})] if tells else [])
    assert len(words) == 2  # the greeting, and that a person is coming: no more than that


def test_a_caller_who_has_to_wait_is_told_what_to_expect(tmp_path):
    async def scenario(it):
        leg = await press_for_a_person(it)
        await leg.drain()
        assert (await it.ended(leg.call_id))[1] is Outcome.QUEUE
        return said(it, leg.call_id)[-1]

    assert "2 callers" in run(scenario, tmp_path, control=Control(BUSY)).lower()


@pytest.mark.parametrize("outlook", [EMPTY, LONG])
def test_where_nobody_is_free_soon_a_call_back_is_offered_and_noted(tmp_path, outlook):
    async def scenario(it):
        leg = await press_for_a_person(it)
        assert await leg.until(voiced=False, frames=15)
        for _ in range(2):  # yes, call me back; yes, on this number
            await leg.answer()
        await leg.drain()
        assert await it.ended(leg.call_id) == (EndReason.COMPLETED, Outcome.HANGUP)
        ((call_id, wish),) = it.notes.callbacks
        assert (call_id, wish.phone) == (leg.call_id, "01632960123")

    run(scenario, tmp_path, control=Control(outlook), ear=ScriptedEar("yes", "yes"))


def test_a_caller_nobody_answered_goes_on_with_the_same_talk_and_record(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        await leg.answer()  # a boiler service
        leg.send(0x03, b"0")
        await leg.drain()
        record_id = leg.call_id
        await it.ended(record_id)
        turns = len(it.notes.turns)
        back = await it.call(call=record_id, back="no_answer")
        assert back.call_id != record_id
        await back.until(voiced=True)
        assert "nobody could take your call" in said(it, record_id)[-1].lower()
        await back.answer()  # no, not called back
        await back.answer()  # in Truro, as was asked before
        asked = [t.asks for _, t in sorted(it.notes.turns.items(), key=lambda item: item[0][1])]
        back.close()
        assert await it.ended(record_id) == (EndReason.CALLER_HUNG_UP, None)
        assert {call_id for call_id, _ in it.notes.turns} == {record_id}
        assert it.notes.events.count(("returned", record_id)) == 1
        return asked[turns:]

    ear = ScriptedEar("boiler service", "no", "truro")
    asked = run(scenario, tmp_path, control=Control(FREE), ear=ear)
    assert "area" in asked and asked[-1] == "wanted"


@pytest.mark.parametrize("call", [uuid.uuid4(), ""])
def test_nobody_comes_back_to_a_talk_that_is_not_remembered(tmp_path, call):
    async def scenario(it):
        _, reply = await it.register(call=call, back="no_answer")
        assert reply == {"ok": False, "error": "forgotten"}

    run(scenario, tmp_path)


def test_a_talk_is_gone_on_with_once(tmp_path):
    async def scenario(it):
        leg = await press_for_a_person(it)
        await leg.drain()
        await it.ended(leg.call_id)
        await it.call(call=leg.call_id, back="busy")
        _, reply = await it.register(call=leg.call_id, back="busy")
        assert reply["error"] == "forgotten"

    run(scenario, tmp_path, control=Control(FREE))


def test_without_a_whisper_nothing_is_made(tmp_path):
    async def scenario(it):
        leg = await press_for_a_person(it)
        await leg.drain()
        return (await it.outcome(leg.call_id))["variables"]

    quiet = _company(people=People(whisper=False))
    told = run(scenario, tmp_path, control=Control(FREE), companies=quiet)
    assert not told["VA_WHISPER"] and not list(tmp_path.glob("call-*"))


def test_a_call_can_be_ended_from_the_control_side(tmp_path):
    async def scenario(it):
        leg = await it.call()
        await leg.until(voiced=True)
        assert await it.ask({"op": "hang_up", "call": str(leg.call_id)}) == {"ok": True}
        await leg.drain()
        assert await it.ended(leg.call_id) == (EndReason.CALLER_HUNG_UP, None)
        unknown = await it.ask({"op": "hang_up", "call": str(uuid.uuid4())})
        assert unknown == {"ok": False, "error": "unknown"}

    run(scenario, tmp_path, notes=Notes())
