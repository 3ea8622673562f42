"""A voice of sentences made a streaming one."""

import asyncio

import pytest
import uvloop

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import VoiceTraits
from audiosocket_agent.sentences import MOST_AHEAD, MOST_WAITING, PAUSE, BySentence
from audiosocket_agent.tts import offline

WORD = b"\1\2" * 80


class Speaker:
    """Speaks each word as 10 ms; remembers what it was asked, and whether it was stopped."""

    voice_id = "speaker"

    def __init__(self, fail_on=None):
        self.fail_on = fail_on
        self.asked = []
        self.heard = asyncio.Event()
        self.stopped = 0
        self.made = 0
        self.closed = False

    async def synthesize(self, text):
        self.asked.append(text)
        self.heard.set()
        try:
            for word in text.replace(".", "").split():
                if word == self.fail_on:
                    raise self.error
                if word == "forever":
                    await asyncio.Event().wait()
                self.made += 1
                yield WORD
                await asyncio.sleep(0)
        except (asyncio.CancelledError, GeneratorExit):
            self.stopped += 1
            raise

    error = ProviderError("speaker", "broken")

    async def close(self):
        self.closed = True


def engine(speaker=None):
    return BySentence(speaker or Speaker(), VoiceTraits("pcm_s16le", 8000, whole_sentences=True))


def run(main):
    async def clean():
        await main()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    uvloop.run(clean())


async def collect(speech):
    return b"".join([piece async for piece in speech.pieces()])


def test_each_sentence_is_spoken_as_soon_as_it_is_complete():
    async def main():
        speaker = Speaker()
        voice = engine(speaker)
        speech = (await voice.session("call-1")).begin()
        task = asyncio.create_task(collect(speech))
        for text in ("Good ", "morn", "ing. ", "How "):
            speech.say(text)
        await speaker.heard.wait()
        assert speaker.asked == ["Good morning."]
        speech.say("are you?")
        speech.finish()
        speech.finish()
        speech.say("too late")
        assert await task == WORD * 2 + PAUSE + WORD * 3
        assert speaker.asked == ["Good morning.", "How are you?"]
        await voice.close()
        assert speaker.closed

    run(main)


def test_a_sentence_without_sound_leaves_no_pause():
    async def main():
        class Picky(Speaker):
            def synthesize(self, text):
                return super().synthesize("" if "nothing" in text else text)

        speech = (await engine(Picky()).session("c")).begin()
        speech.say("One. nothing. Two. nothing.")
        speech.finish()
        assert await collect(speech) == WORD + PAUSE + WORD

    run(main)


@pytest.mark.parametrize("text", ["", "  \n", "-"])
def test_nothing_to_say(text):
    async def main():
        speech = (await engine().session("c")).begin()
        speech.say(text)
        speech.finish()
        assert await collect(speech) == b""

    run(main)


def test_a_failure_keeps_the_audio_before():
    async def main():
        speech = (await engine(Speaker(fail_on="three")).session("c")).begin()
        speech.say("One two. three. four.")
        speech.finish()
        heard = []
        with pytest.raises(ProviderError, match="broken"):
            async for piece in speech.pieces():
                heard.append(piece)
        assert b"".join(heard) == WORD * 2

    run(main)


def test_a_bug_in_the_voice_is_not_a_silent_end():
    async def main():
        speaker = Speaker(fail_on="two")
        speaker.error = RuntimeError("bug")
        speech = (await engine(speaker).session("c")).begin()
        speech.say("one two")
        speech.finish()
        with pytest.raises(RuntimeError):
            await collect(speech)

    run(main)


@pytest.mark.parametrize("how", ["cancel", "leave", "close", "task"])
def test_stopping_stops_the_voice(how):
    async def main():
        speaker = Speaker()
        voice = engine(speaker)
        session = await voice.session("c")
        speech = session.begin()
        speech.say("One forever. More.")
        pieces = speech.pieces()
        assert await anext(pieces) == WORD
        if how == "leave":
            await pieces.aclose()
        elif how == "task":
            task = asyncio.create_task(anext(pieces))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        else:
            waiting = asyncio.create_task(anext(pieces, None))
            await asyncio.sleep(0)
            speech.cancel() if how == "cancel" else await session.close()
            assert await waiting is None
        assert speaker.stopped == 1
        speech.cancel()
        speech.say("more")
        speech.finish()
        assert speaker.asked == ["One forever."]
        assert [piece async for piece in speech.pieces()] == []
        await voice.close()

    run(main)


def test_the_voice_waits_for_a_slow_listener():
    async def main():
        speaker = Speaker()
        speech = (await engine(speaker).session("c")).begin()
        speech.say("word " * 60 + ". ")
        pieces = speech.pieces()
        await anext(pieces)
        for _ in range(200):
            await asyncio.sleep(0)
        assert speaker.made <= MOST_AHEAD + 3
        await pieces.aclose()

    run(main)


def test_a_cancelled_speech_with_a_full_queue_ends():
    async def main():
        speech = (await engine().session("c")).begin()
        speech.say("word " * 60 + ". ")
        pieces = speech.pieces()
        await anext(pieces)
        for _ in range(200):
            await asyncio.sleep(0)
        speech.cancel()
        assert [piece async for piece in pieces] == []

    run(main)


def test_a_reply_without_end_fails():
    async def main():
        speech = (await engine().session("c")).begin()
        speech.say("Word. " * (MOST_WAITING + 1))
        with pytest.raises(ProviderError, match="longer"):
            await collect(speech)

    run(main)


def test_fifty_sessions_two_replies_each():
    async def main():
        voice = engine()

        async def reply(session):
            speech = session.begin()
            speech.say("One two. Three.")
            speech.finish()
            return await collect(speech)

        sessions = [await voice.session(str(n)) for n in range(50)]
        heard = await asyncio.gather(*[reply(s) for s in sessions for _ in range(2)])
        assert heard == [WORD * 2 + PAUSE + WORD] * 100
        await voice.close()

    run(main)


def test_check_wants_sound():
    class Mute(Speaker):
        def synthesize(self, text):
            return super().synthesize("")

    async def main():
        await engine().check()
        with pytest.raises(ProviderError):
            await engine(Mute()).check()

    run(main)


def test_the_offline_voice_is_one():
    async def main():
        voice = await offline.open_engine(offline.Options())
        assert voice.traits.whole_sentences
        session = await voice.session("c")
        speech = session.begin()
        for text in ("Good ", "morning. How can I ", "help you today?"):
            speech.say(text)
        speech.finish()
        pcm = await collect(speech)
        assert PAUSE in pcm
        assert len(pcm) > 2 * 16000
        await voice.check()
        await voice.close()

    run(main)
