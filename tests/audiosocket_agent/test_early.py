"""A call that is faster than its vendors: nothing said or heard before they are there is lost."""

import asyncio

import pytest

from audiosocket_agent.early import MOST_WAITING, EarlyEar, EarlyVoice
from audiosocket_agent.errors import Unreachable
from audiosocket_agent.seams import EarTraits, Expectation
from tests.engines import ScriptedEar, ToneVoice

CLOSED = EarTraits("pcm_s16le", 8000, 20, closed_vocabulary=True)
OPEN = EarTraits("pcm_s16le", 8000, 20)


async def after(event, make):
    await event.wait()
    return await make()


async def failing():
    raise Unreachable("deepgram", "refused")


def run(scenario):
    async def main():
        async with asyncio.timeout(20):
            return await scenario()

    return asyncio.run(main())


def test_what_was_fed_before_the_ear_was_there_reaches_it_in_order():
    async def scenario():
        there = asyncio.Event()
        engine = ScriptedEar("truro", free=True)
        task = asyncio.create_task(after(there, lambda: engine.session("c")))
        ear = EarlyEar(task, CLOSED)
        assert ear.traits.closed_vocabulary
        ear.expect(Expectation(phrases=("truro",)))
        for _ in range(10):
            ear.feed(bytes(320))
        ear.speech_started()
        ear.finalize()
        transcripts = ear.transcripts()
        there.set()
        assert (await anext(transcripts)).text == "truro"
        (session,) = engine.sessions
        assert session.fed_bytes == 3200 and len(session.expected) == 1
        ear.feed(bytes(320))
        assert session.fed_bytes == 3520 and not ear.traits.closed_vocabulary
        await transcripts.aclose()
        await ear.close()
        assert session.closed

    run(scenario)


def test_a_vendor_that_takes_long_costs_the_oldest_audio_not_memory():
    async def scenario():
        there = asyncio.Event()
        engine = ScriptedEar("x")
        ear = EarlyEar(asyncio.create_task(after(there, lambda: engine.session("c"))), CLOSED)
        for _ in range(MOST_WAITING + 100):
            ear.feed(bytes(320))
        ear.finalize()
        there.set()
        await anext(ear.transcripts())
        assert engine.sessions[0].fed_bytes == 320 * (MOST_WAITING - 1)
        await ear.close()

    run(scenario)


def test_an_ear_that_does_not_open_fails_where_it_is_listened_to():
    async def scenario():
        ear = EarlyEar(asyncio.create_task(failing()), OPEN)
        ear.feed(bytes(320))
        with pytest.raises(Unreachable):
            await anext(ear.transcripts())
        await ear.close()

    run(scenario)


@pytest.mark.parametrize("kind", [EarlyVoice, lambda task: EarlyEar(task, CLOSED)])
def test_hanging_up_gives_up_what_is_still_being_opened(kind):
    async def scenario():
        opening = asyncio.create_task(after(asyncio.Event(), lambda: None))
        await kind(opening).close()
        assert opening.cancelled()

    run(scenario)


def test_a_reply_begun_before_the_voice_was_there_is_spoken_whole():
    async def scenario():
        there = asyncio.Event()
        voice = ToneVoice()
        early = EarlyVoice(asyncio.create_task(after(there, lambda: voice.session("c"))))
        speech = early.begin()
        speech.say("one ")
        speech.say("two")
        speech.finish()
        pieces = speech.pieces()
        there.set()
        assert len([piece async for piece in pieces]) == 2
        assert voice.said == ["one ", "two"]
        later = early.begin()  # no longer early
        later.say("three")
        later.finish()
        assert len([piece async for piece in later.pieces()]) == 1
        await early.close()

    run(scenario)


def test_a_reply_cancelled_before_the_voice_was_there_is_not_spoken():
    async def scenario():
        there = asyncio.Event()
        voice = ToneVoice()
        early = EarlyVoice(asyncio.create_task(after(there, lambda: voice.session("c"))))
        speech = early.begin()
        speech.say("one")
        speech.cancel()
        there.set()
        assert [piece async for piece in speech.pieces()] == [] and voice.said == []
        await early.close()

    run(scenario)


def test_a_voice_that_did_not_open_fails_when_it_is_to_speak():
    async def scenario():
        opening = asyncio.create_task(failing())
        early = EarlyVoice(opening)
        await asyncio.wait((opening,))
        with pytest.raises(Unreachable):
            early.begin()
        await early.close()

    run(scenario)
