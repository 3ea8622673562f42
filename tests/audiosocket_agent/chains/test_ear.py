"""One call, several ears: what the caller said is heard whoever fails, and answered once."""

import asyncio
import logging

import pytest
import uvloop

from audiosocket_agent.chains import ear as chain_ear
from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.ear import EarChain
from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    NotConfigured,
    SessionExpired,
    StreamBroken,
    Unreachable,
    VendorDown,
)
from audiosocket_agent.seams import Expectation, Expects, Hearing
from tests.audiosocket_agent.chains.ears import Ear

WAIT_S = 10
FRAME = b"\1" * 320
QUESTION = Expectation(Expects.YES_NO, ("yes", "no"))
LATE = DeadlineMissed("one", "no final transcript")


async def soon(awaitable):
    async with asyncio.timeout(WAIT_S):
        return await awaitable


class Bench:
    """A chain of ears and one call on it, whose transcripts a task reads as the call does."""

    def __init__(self, *ears):
        self.ears = ears
        self.breakers = {ear.name: Breaker() for ear in ears}
        now = asyncio.get_running_loop().time
        self.chain = EarChain([(ear.name, ear) for ear in ears], self.breakers, now)
        self.heard = asyncio.Queue()

    async def __aenter__(self):
        self.call = await self.chain.session("call", ["boiler"])
        self.reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        await self.call.close()
        await self.call.close()
        if not self.reader.done():
            await soon(asyncio.wait({self.reader}))
        await self.chain.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def _read(self):
        async for transcript in self.call.transcripts():
            self.heard.put_nowait(transcript)

    async def next(self):
        return await soon(self.heard.get())

    def say(self, frames=50):
        self.call.speech_started()
        for _ in range(frames):
            self.call.feed(FRAME)


def run(scenario, *ears_of):
    """Run a scenario(bench, *ears); ears are made inside the loop."""

    async def main():
        ears = [make() for make in ears_of]
        async with Bench(*ears) as bench:
            await scenario(bench, *ears)

    uvloop.run(main())


def one():
    return Ear("one")


def two():
    return Ear("two")


def offline():
    return Ear("offline", True)


def test_the_first_ear_hears_everything_while_it_works():
    async def scenario(bench, first, second):
        bench.call.expect(QUESTION)
        bench.say()
        bench.call.finalize()
        assert (await bench.next()).text == "one heard 16000"
        bench.call.discard()
        assert first.sessions[0].done[-1] == "discard"
        assert second.asked == 0
        assert first.vocabulary == ("boiler",)
        assert not bench.call.traits.closed_vocabulary

    run(scenario, one, offline)


@pytest.mark.parametrize(
    "error", [LATE, VendorDown("one", "down"), KeyRefused("one", "no"), Unreachable("one", "no")]
)
def test_a_failure_after_the_finalize_is_heard_again_by_the_next(error):
    async def scenario(bench, first, second):
        dead = first.sessions[0]
        dead.answers = False
        bench.call.expect(QUESTION)
        for _ in range(30):
            bench.call.feed(b"\0" * 320)
        bench.say()
        bench.call.finalize()
        dead.fail(error)
        assert (await bench.next()).text == "offline heard 20800"  # with 300 ms before the voice
        assert bench.heard.empty()
        assert second.sessions[0].done == [
            QUESTION,
            b"\0" * 4800,
            "started",
            FRAME * 50,
            "finalize",
        ]
        assert bench.call.traits.closed_vocabulary
        assert first.asked == 1
        assert dead.closed
        bench.say()
        bench.call.finalize()
        assert (await bench.next()).text == "offline heard 16000"

    run(scenario, one, offline)


def test_a_failure_in_mid_utterance_goes_on_in_the_next():
    async def scenario(bench, first, second):
        bench.say(20)
        first.sessions[0].fail(LATE)
        await soon(second.opened.get())
        bench.say(30)
        bench.call.finalize()
        assert (await bench.next()).text == "two heard 16000"

    run(scenario, one, two)


def test_audio_and_a_finalize_during_the_switch_are_not_lost():
    async def scenario(bench, first, second):
        second.gate = asyncio.Event()
        bench.say(10)
        first.sessions[0].fail(LATE)
        while not second.asked:
            await asyncio.sleep(0)
        for _ in range(5):
            bench.call.feed(FRAME)
        bench.call.finalize()
        second.gate.set()
        assert (await bench.next()).text == "two heard 4800"
        assert bench.heard.empty()

    run(scenario, one, two)


def test_a_final_just_before_the_failure_is_not_asked_for_again():
    async def scenario(bench, first, second):
        bench.say()
        bench.call.finalize()
        first.sessions[0].fail(LATE)
        assert (await bench.next()).text == "one heard 16000"
        session = await soon(second.opened.get())
        bench.say(10)
        bench.call.finalize()
        assert (await bench.next()).text == "two heard 3200"
        assert session.done.count("finalize") == 1

    run(scenario, one, two)


def test_a_final_of_its_own_and_then_a_failure_leave_the_finalize_its_answer():
    async def scenario(bench, first, second):
        dead = first.sessions[0]
        dead.answers = False
        bench.say()
        dead.say("yes")
        assert (await bench.next()).text == "yes"
        bench.call.finalize()
        dead.fail(LATE)
        assert (await bench.next()).text == "two heard 4800"
        assert bench.heard.empty()

    run(scenario, one, two)


def test_two_finalizes_are_both_answered():
    async def scenario(bench, first, second):
        first.sessions[0].answers = False
        for frames in (10, 20):
            bench.say(frames)
            bench.call.finalize()
        first.sessions[0].fail(LATE)
        texts = [(await bench.next()).text, (await bench.next()).text]
        assert texts == ["two heard 3200", "two heard 6400"]

    run(scenario, one, two)


def test_partials_pass_through():
    async def scenario(bench, first):
        first.sessions[0].say("ye", Hearing.PARTIAL)
        assert (await bench.next()).hearing is Hearing.PARTIAL

    run(scenario, one)


def test_ears_that_refuse_are_passed_over_at_once():
    def refusing():
        return Ear("one", False, NotConfigured("one", "no key"))

    async def scenario(bench, first, second):
        bench.call.finalize()
        assert (await bench.next()).text == "offline heard 0"
        assert bench.breakers["one"].is_open
        again = await bench.chain.session("next call")
        assert again.traits.closed_vocabulary
        assert first.asked == 1
        await again.close()

    run(scenario, refusing, offline)


def test_an_ear_that_never_opens_is_given_up(monkeypatch):
    monkeypatch.setattr(chain_ear, "OPEN_S", 0.05)

    def hanging():
        ear = one()
        ear.hangs = True
        return ear

    async def scenario(bench, first, second):
        bench.call.finalize()
        assert (await bench.next()).text == "two heard 0"

    run(scenario, hanging, two)


def test_a_switch_passes_over_an_ear_that_does_not_open(monkeypatch):
    monkeypatch.setattr(chain_ear, "SWITCH_S", 0.05)

    async def scenario(bench, first, second, third):
        second.hangs = True
        bench.say()
        first.sessions[0].fail(LATE)
        await soon(third.opened.get())
        bench.call.finalize()
        assert (await bench.next()).text == "offline heard 16000"
        assert bench.call.traits.closed_vocabulary

    run(scenario, one, two, offline)


def test_without_another_ear_the_last_error_reaches_the_call():
    async def scenario(bench, first, second):
        bench.say()
        first.sessions[0].fail(LATE)
        session = await soon(second.opened.get())
        session.fail(VendorDown("two", "down"))
        with pytest.raises(VendorDown, match="two: down"):
            await soon(bench.reader)
        bench.call.feed(FRAME)
        bench.call.finalize()

    run(scenario, one, two)


def test_when_no_ear_opens_the_last_error_is_raised():
    async def main():
        first, second = (
            Ear("one", False, Unreachable("one", "no")),
            Ear("two", False, KeyRefused("two", "no")),
        )
        bench = Bench(first, second)
        with pytest.raises(KeyRefused):
            await bench.chain.session("call")

    uvloop.run(main())


def test_when_every_ear_rests_that_is_said_and_none_is_asked():
    async def main():
        ear = Ear("one", False, KeyRefused("one", "change DEEPGRAM_API_KEY"))
        bench = Bench(ear)
        with pytest.raises(KeyRefused):
            await bench.chain.session("call")
        with pytest.raises(VendorDown, match="DEEPGRAM_API_KEY"):
            await bench.chain.session("call")
        assert ear.asked == 1

    uvloop.run(main())


@pytest.mark.parametrize("error", [SessionExpired("one", "idle"), StreamBroken("one", "broken")])
def test_a_broken_connection_is_tried_again_once_at_the_same_vendor(error):
    async def scenario(bench, first, second):
        await soon(first.opened.get())
        bench.say(10)
        first.sessions[0].fail(error)
        session = await soon(first.opened.get())
        assert second.asked == 0
        session.fail(error)
        await soon(second.opened.get())
        bench.call.finalize()
        assert (await bench.next()).text == "two heard 3200"

    run(scenario, one, two)


def test_after_an_utterance_was_heard_it_may_be_tried_again():
    async def scenario(bench, first, second):
        for _ in range(3):
            session = await soon(first.opened.get())
            bench.say(10)
            bench.call.finalize()
            assert (await bench.next()).text == "one heard 3200"
            session.fail(SessionExpired("one", "too old"))
        await soon(first.opened.get())
        assert second.asked == 0
        assert not bench.breakers["one"].is_open

    run(scenario, one, two)


def test_sessions_that_grew_too_old_do_not_open_the_breaker():
    async def scenario(bench, first, second):
        await soon(first.opened.get())
        for _ in range(2):
            bench.chain.failed(0, SessionExpired("one", "too old"))
        assert not bench.breakers["one"].is_open
        for _ in range(2):
            bench.chain.failed(0, StreamBroken("one", "broken"))
        assert bench.breakers["one"].is_open

    run(scenario, one, two)


def test_a_vendor_that_refuses_to_reconnect_is_left():
    async def scenario(bench, first, second):
        first.refuses = [Unreachable("one", "gone")]
        bench.say(10)
        first.sessions[0].fail(StreamBroken("one", "broken"))
        await soon(second.opened.get())
        assert first.asked == 2
        assert bench.breakers["one"].is_open  # two failures in a row

    run(scenario, one, two)


def test_a_trial_that_hears_something_closes_the_breaker():
    async def scenario(bench, first):
        bench.breakers["one"].failed(-1000.0, VendorDown("one", "down"))
        bench.breakers["one"].failed(-1000.0, VendorDown("one", "down"))
        trial = await bench.chain.session("trial")
        assert bench.breakers["one"].is_open
        trial.speech_started()
        trial.feed(FRAME)
        trial.finalize()
        assert (await soon(anext(trial.transcripts()))).final
        assert not bench.breakers["one"].is_open
        await trial.close()

    run(scenario, one)


def test_closing_during_a_switch_leaves_nothing_open():
    async def scenario(bench, first, second):
        second.gate = asyncio.Event()
        first.sessions[0].fail(LATE)
        while not second.asked:
            await asyncio.sleep(0)
        await bench.call.close()
        second.gate.set()
        await soon(bench.reader)
        assert second.sessions[0].closed

    run(scenario, one, two)


def test_an_ear_that_fails_again_while_closing_harms_nobody():
    async def scenario(bench, first, second):
        first.sessions[0].close_error = StreamBroken("one", "again")
        first.sessions[0].fail(LATE)
        bench.call.finalize()
        assert (await bench.next()).text == "two heard 0"

    run(scenario, one, two)


def test_each_switch_is_logged_with_its_reason_and_without_words(caplog):
    async def scenario(bench, first, second):
        bench.say()
        first.sessions[0].say("my secret postcode", Hearing.PARTIAL)
        await bench.next()
        first.sessions[0].fail(LATE)
        await soon(second.opened.get())

    with caplog.at_level(logging.DEBUG):
        run(scenario, one, two)
    (record,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert record.getMessage() == (
        "the call changes its ear: DeadlineMissed, one: no final transcript"
    )
    assert record.call_id == "call"
    assert "secret" not in caplog.text


def test_checking_and_closing_reach_every_ear():
    async def main():
        first, second = one(), Ear("two", False, KeyRefused("two", "no"))
        bench = Bench(first, second)
        with pytest.raises(KeyRefused):
            await bench.chain.check()
        assert (first.checked, second.checked) == (1, 1)
        await bench.chain.close()
        assert first.closed and second.closed
        assert bench.chain.traits is first.traits

    uvloop.run(main())
