"""A process that stands still, or a network that does, for less than a second costs no word.

What the caller said meanwhile is on its way: it is no silence, and no reason to give an engine up.
"""

import asyncio
import time

import pytest
import uvloop

from audiosocket_agent.journal import Speaker
from audiosocket_agent.simulators.faults import FaultKind
from tests.audiosocket_agent.faulty_calls import ASKED, VOICE_MS, WORDS, Case, rig
from tests.audiosocket_agent.handset import Handset

SPOKEN_S = 0.4
STANDS_S = 0.8
# A machine that is only busy must not be taken for a slow vendor here.
LIMITS = {
    f"VOICEAGENT_{name}_MS": "1500"
    for name in ("CARTESIA_FIRST_BYTE", "CARTESIA_STALL", "GROQ_FIRST_TOKEN", "GROQ_STALL")
}
LONGER_S = 2.2


@pytest.mark.parametrize("ear", ["deepgram_flux", "deepgram"])
@pytest.mark.parametrize("what", ["process", "network"])
def test_words_are_not_torn_where_something_stood_still(tmp_path, ear, what):
    (tmp_path / "speech").mkdir()

    async def main():
        rigged = rig(Case(ear, FaultKind.SLOW), tmp_path / "call", tmp_path / "speech")
        async with rigged as (it, _, _, spare):
            leg = await it.call()
            async with Handset(leg) as phone:
                await phone.answered()
                saying = asyncio.create_task(phone.say(VOICE_MS))
                await asyncio.sleep(SPOKEN_S)
                phone.held = what == "network"
                if phone.held:
                    await asyncio.sleep(STANDS_S)
                else:
                    time.sleep(STANDS_S)  # noqa: ASYNC251 - the process must stand still
                phone.held = False
                await saying
                await phone.answered()
                await it.notes.until(lambda: len(it.notes.turns) > 2)
            await it.ended(leg.call_id)
        turns = it.notes.turns.values()
        return [turn.text for turn in turns if turn.speaker is Speaker.CALLER], spare.sessions

    heard, spares = uvloop.run(main())
    said = WORDS[ASKED[0]]
    assert heard == [said[0].upper() + said[1:] + "."]
    assert not spares


@pytest.mark.parametrize("after_s", [0.2, 0.35])
def test_no_engine_is_given_up_where_the_process_stood_still(tmp_path, after_s, caplog):
    """While the model thinks and the voice speaks."""
    (tmp_path / "speech").mkdir()

    async def main():
        case = Case("groq", FaultKind.SLOW)
        async with rig(case, tmp_path / "call", tmp_path / "speech", LIMITS) as (it, _, _, _):
            leg = await it.call()
            async with Handset(leg) as phone:
                await phone.answered()
                await phone.say(VOICE_MS)
                await asyncio.sleep(after_s)
                caplog.clear()  # what the machine did before
                time.sleep(LONGER_S)  # noqa: ASYNC251 - the process must stand still
                await it.notes.until(lambda: answers(it)[1:] and answers(it)[-1].done)
            await it.ended(leg.call_id)

    uvloop.run(main())
    assert [record.getMessage() for record in caplog.records] == []


def answers(it):
    return [turn for turn in it.notes.turns.values() if turn.speaker is Speaker.AGENT]
