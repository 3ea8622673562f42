"""Whatever breaks, on the real Asterisk: the caller reaches a person or a polite end.

What the caller hears is judged at the phone: the person's stand-in is a steady 1,000 Hz tone.
"""

import asyncio
import os
import re
import signal

import pytest

from tests.calls.ring import (
    KEYPAD,
    book,
    key_through,
    line,
    newest_record,
    reaches_person,
    record_of,
)
from tests.phone import Caller, voice

pytestmark = pytest.mark.pbx


def on_the_line(sandbox, scenario):
    async def main():
        async with line(sandbox) as it:
            return await scenario(it)

    return asyncio.run(main())


def test_agent_not_running(sandbox):
    sandbox.stop_agent()

    async def scenario(it):
        call = await it.phone.call(it.did)
        await call.answered()
        await reaches_person(call, within_s=15)

    on_the_line(sandbox, scenario)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_media_process_dies_or_freezes_in_mid_sentence(sandbox, how):
    async def scenario(it):
        call, live = await it.greeted()
        os.kill(sandbox.agent.pids()["media"], how)
        await reaches_person(call, within_s=25)
        await record_of(live, end_reason="agent_died", next="sorry")
        await call.hangup()
        # And the agent is back for the next caller.
        async with asyncio.timeout(20):
            while not sandbox.agent.is_healthy(sandbox.ports()):
                await asyncio.sleep(0.1)
        second, live = await it.greeted()
        await second.hangup()
        await record_of(live, end_reason="caller_hung_up")

    on_the_line(sandbox, scenario)


def test_controller_dies_in_mid_call_and_the_call_goes_on_to_its_booking(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        os.kill(sandbox.agent.pids()["controller"], signal.SIGKILL)
        booking = await book(call, live)
        assert booking["service"] == "leaking_tap"
        await record_of(live, end_reason="completed", next="hangup")

    on_the_line(sandbox, scenario)


def test_controller_dies_just_before_the_end_and_the_goodbye_stays_a_goodbye(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        declining = {**KEYPAD, "wanted": "2"}
        talking = asyncio.create_task(key_through(call, live, declining))
        while not any("Goodbye" in turn["text"] for turn in await live.turns()):
            await asyncio.sleep(0.05)
        os.kill(sandbox.agent.pids()["controller"], signal.SIGKILL)
        await talking
        assert (await call.ended()).q850 == 16 and not call.tone_heard()
        await record_of(live, end_reason="completed", next="hangup")

    on_the_line(sandbox, scenario)


def test_hangup_in_mid_sentence_and_the_agent_serves_others(sandbox):
    async def scenario(it):
        (first, one), (second, two) = await it.greeted(), await it.greeted()
        await first.hangup()
        record = await record_of(one, end_reason="caller_hung_up")
        assert record["ended_at"]
        (greeting,) = await one.turns()
        assert greeting["interrupted"] and greeting["text"].startswith(greeting["heard"])
        assert 0 < len(greeting["heard"]) < len(greeting["text"])
        assert (await book(second, two))["day"]

    on_the_line(sandbox, scenario)


def test_hangup_in_mid_booking_keeps_the_booking(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        talking = asyncio.create_task(key_through(call, live))
        while not any("booking that" in turn["text"] for turn in await live.turns()):
            await asyncio.sleep(0.02)
        await call.hangup()
        await talking
        await record_of(live, end_reason="caller_hung_up")
        assert await live.booking()

    on_the_line(sandbox, scenario)


def test_hangup_halfway_through_the_questions_books_nothing(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        await key_through(call, live, until="day")
        await call.hangup()
        await record_of(live, end_reason="caller_hung_up")
        assert await live.booking() is None

    on_the_line(sandbox, scenario)


def test_hangup_before_the_greeting(sandbox):
    async def scenario(it):
        for wait_s in (0.0, 0.01, 0.02, 0.04, 0.08):
            call = await it.phone.call(it.did, Caller("07700900999"))
            await asyncio.sleep(wait_s)
            await call.hangup()
        call, live = await it.greeted()  # nobody is stuck
        await call.hangup()
        await record_of(live, end_reason="caller_hung_up")

    on_the_line(sandbox, scenario)


@pytest.mark.parametrize(
    "caller",
    [
        Caller('07700900001"', name='say "hi", ${SHELL(touch /tmp/hostile)}'),
        Caller("${SHELL(touch /tmp/hostile)}", name="a,b,c|d&e(f)"),
        # Asterisk drops a message with a line break in a name; in a number it is %0A.
        Caller("0770'900;001\r\nVia: broken", name="a; b"),
        Caller("07700900001", name='\\\\" ${EVAL(${CHANNEL})} \x01\x7f é ü 你'),
        Caller(withheld=True),
    ],
    ids=["quotes", "variable", "separators", "controls", "withheld"],
)
def test_hostile_or_withheld_caller_id_is_answered_and_executes_nothing(sandbox, caller):
    async def scenario(it):
        call = await it.phone.call(it.did, caller)
        await call.answered()
        await call.agent_sounds()
        # It is the agent that is heard, not the people's queue: this call is on its record.
        record = await newest_record(sandbox)
        assert record["connected_at"] and re.fullmatch(r"[0-9+*#]{0,32}", record["caller"])
        await call.hangup()

    on_the_line(sandbox, scenario)
    assert not (sandbox.root / "tmp" / "hostile").exists()


def test_a_withheld_number_is_asked_for_and_booked(sandbox):
    async def scenario(it):
        call, live = await it.call(caller=Caller("", withheld=True))
        return await book(call, live)

    assert on_the_line(sandbox, scenario)["phone"] == "07700900123"


def test_an_unknown_number_goes_to_people(sandbox):
    async def scenario(it):
        call = await it.phone.call("441632960999")
        await call.answered()
        await reaches_person(call, within_s=15)

    on_the_line(sandbox, scenario)


def test_zero_reaches_a_person(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        await call.send_digits("0")
        await reaches_person(call, within_s=20)
        await record_of(live, end_reason="handed_over", next="queue")

    on_the_line(sandbox, scenario)


def test_a_silent_caller_is_asked_again_and_reaches_a_person(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        await reaches_person(call, within_s=60)
        await record_of(live, end_reason="handed_over", next="queue")
        said = [t["heard"] for t in await live.turns() if t["speaker"] == "agent"]
        assert len(said) == 4 and len(set(said)) == 4

    on_the_line(sandbox, scenario)


def test_a_caller_who_never_makes_sense_reaches_a_person(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        nonsense = await voice.spoken("the sky was purple and seven horses sang opera")
        talking = asyncio.create_task(_keep_saying(call, nonsense))
        await reaches_person(call, within_s=90)
        talking.cancel()
        await record_of(live, end_reason="handed_over", next="queue")
        assert await live.booking() is None

    on_the_line(sandbox, scenario)


async def _keep_saying(call, pcm):
    while True:
        await call.agent_quiet(0.6, timeout_s=60)
        await call.say(pcm)
        await asyncio.sleep(1.5)


def test_speaking_over_the_greeting_silences_it_and_history_keeps_what_was_heard(sandbox):
    async def scenario(it):
        call, live = await it.greeted()
        await call.say(await voice.spoken("leaking tap"))
        turns = await live.turns()
        greeting = turns[0]
        assert greeting["interrupted"]
        assert greeting["text"].startswith(greeting["heard"]) and greeting["heard"]
        assert len(greeting["heard"].split()) < len(greeting["text"].split())
        await call.hangup()

    on_the_line(sandbox, scenario)
