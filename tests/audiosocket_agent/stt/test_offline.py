"""The ear of a call: one transcript a turn, whatever happens to the workers behind it."""

import asyncio

import pytest
import uvloop

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.options import OptionsError, read_options
from audiosocket_agent.seams import Expectation, Expects
from audiosocket_agent.stt.offline import (
    MAX_UTTERANCE_BYTES,
    OfflineSession,
    Options,
    open_engine,
)
from audiosocket_agent.stt.sphinx.wire import Reply
from tests.audiosocket_agent.stt.callers import frames, spoken

PERSON = ("a person please", "operator", "speak to someone")
SERVICE = Expectation(Expects.CHOICE, ("blocked drain", "leaking tap", "boiler service", *PERSON))
YES_NO = Expectation(Expects.YES_NO, ("yes", "yes please", "no", "no thanks", *PERSON))


class Pool:
    """Stands in for the workers: keeps what it is given, says how much that was."""

    def __init__(self):
        self.heard = []
        self.go = asyncio.Event()
        self.go.set()
        self.broken = False

    async def recognise(self, pcm, phrases):
        self.heard.append((pcm, phrases))
        await self.go.wait()
        if self.broken:
            raise ProviderError("offline", "broken")
        return Reply(1, f"{len(pcm)} bytes", 0.5)


def say(session, pcm):
    """Have a caller say something: the VAD notices 200 ms into the audio."""
    for number, frame in enumerate(frames(pcm)):
        session.feed(frame)
        if number == 10:
            session.speech_started()
    session.finalize()


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_two_questions_of_a_call_are_answered(factory):
    async def main():
        ear = await open_engine(Options(workers=1))
        session = await ear.session("call")
        transcripts = session.transcripts()
        session.expect(SERVICE)
        say(session, spoken("leaking tap"))
        first = await anext(transcripts)
        session.expect(YES_NO)
        say(session, spoken("yes please"))
        second = await anext(transcripts)
        await session.close()
        assert [t async for t in transcripts] == []
        await ear.close()
        await ear.close()
        return first, second

    with asyncio.Runner(loop_factory=factory) as runner:
        first, second = runner.run(main())
    assert (first.text, second.text) == ("leaking tap", "yes please")
    assert first.final and second.final
    assert 0.0 < first.confidence <= 1.0


def test_ten_calls_at_once_share_two_workers():
    async def call(ear, number):
        session = await ear.session(str(number))
        session.expect(SERVICE)
        phrase = SERVICE.phrases[number % 3]
        say(session, spoken(phrase))
        heard = await anext(session.transcripts())
        await session.close()
        return heard.text == phrase

    async def main():
        ear = await open_engine(Options(workers=2))
        answers = await asyncio.gather(*(call(ear, number) for number in range(10)))
        await ear.close()
        return answers

    assert asyncio.run(main()) == [True] * 10


def test_its_processes_are_a_setting():
    assert read_options(Options, "offline", {"VOICEAGENT_STT_WORKERS": "3"}).workers == 3
    with pytest.raises(OptionsError, match="VOICEAGENT_STT_WORKERS=17"):
        read_options(Options, "offline", {"VOICEAGENT_STT_WORKERS": "17"})


def test_the_check_goes_through_a_process():
    async def main():
        ear = await open_engine(Options(workers=1))
        await ear.check()
        assert ear.traits.closed_vocabulary and not ear.traits.ends_turns
        await (await ear.session("call", ["boiler"])).close()
        await ear.close()
        with pytest.raises(ProviderError):
            await ear.check()

    asyncio.run(main())


def test_a_closed_ear_takes_no_call():
    async def main():
        ear = await open_engine(Options(workers=1))
        await ear.close()
        with pytest.raises(ProviderError):
            await ear.session("call")

    asyncio.run(main())


def heard_by(scenario):
    """Run a scenario on a session with a stand-in pool; return what the pool was given."""

    async def main():
        pool = Pool()
        session = OfflineSession(pool, "call")
        session.expect(YES_NO)
        await scenario(session, session.transcripts(), pool)
        await session.close()
        return pool.heard

    return asyncio.run(main())


def test_the_utterance_begins_300_ms_before_the_voice_was_noticed():
    async def scenario(session, transcripts, pool):
        for number in range(100):
            session.feed(bytes([number]) * 320)
        session.speech_started()
        session.feed(b"\xff" * 320)
        session.finalize()
        await anext(transcripts)

    ((pcm, _),) = heard_by(scenario)
    assert pcm == b"".join(bytes([n]) * 320 for n in range(85, 100)) + b"\xff" * 320


def test_a_long_utterance_keeps_its_end():
    async def scenario(session, transcripts, pool):
        session.speech_started()
        for _ in range(1000):
            session.feed(b"\1" * 320)
        session.feed(b"\2" * 320)
        session.finalize()
        await anext(transcripts)

    ((pcm, _),) = heard_by(scenario)
    assert len(pcm) == MAX_UTTERANCE_BYTES
    assert pcm.endswith(b"\2" * 320)


def test_every_finalize_gets_exactly_one_transcript():
    async def scenario(session, transcripts, pool):
        session.finalize()  # nobody spoke
        say(session, b"\1" * 32000)
        session.finalize()
        session.expect(Expectation())
        say(session, b"\1" * 32000)  # nothing was asked
        got = [await anext(transcripts) for _ in range(4)]
        assert [t.text != "" for t in got] == [False, True, False, False]
        assert all(t.final for t in got)

    assert len(heard_by(scenario)) == 1


def test_a_question_asked_while_the_last_answer_is_recognised_does_not_change_it():
    async def scenario(session, transcripts, pool):
        say(session, b"\1" * 32000)
        session.expect(SERVICE)
        await anext(transcripts)

    ((_, phrases),) = heard_by(scenario)
    assert "yes please" in phrases


def test_what_is_discarded_is_not_heard_but_serves_as_pre_roll():
    async def scenario(session, transcripts, pool):
        session.speech_started()
        session.feed(b"\1" * 32000)
        session.discard()
        session.feed(b"\2" * 320)
        session.speech_started()
        session.finalize()
        await anext(transcripts)

    ((pcm, _),) = heard_by(scenario)
    assert pcm == b"\1" * 4480 + b"\2" * 320


def test_more_utterances_than_may_wait_get_empty_transcripts_in_order():
    async def scenario(session, transcripts, pool):
        pool.go.clear()
        for _ in range(6):
            say(session, b"\1" * 32000)
        pool.go.set()
        texts = [(await anext(transcripts)).text for _ in range(6)]
        assert [bool(text) for text in texts] == [True] * 4 + [False] * 2

    heard_by(scenario)


def test_workers_that_fail_mean_an_empty_transcript():
    async def scenario(session, transcripts, pool):
        pool.broken = True
        say(session, b"\1" * 32000)
        heard = await anext(transcripts)
        assert (heard.text, heard.confidence, heard.final) == ("", 0.0, True)

    heard_by(scenario)


def test_closing_ends_the_transcripts_and_ignores_later_audio():
    async def scenario(session, transcripts, pool):
        waiting = asyncio.ensure_future(anext(transcripts, None))
        await asyncio.sleep(0)
        await session.close()
        await session.close()
        assert await waiting is None
        say(session, b"\1" * 32000)
        assert [t async for t in session.transcripts()] == []

    assert heard_by(scenario) == []
