"""Voices in a row: every word is heard once, whichever voice says it."""

import asyncio
import logging

import pytest
import uvloop

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.voice import VoiceChain
from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    ProviderError,
    StreamBroken,
    Unreachable,
    VendorDown,
)
from audiosocket_agent.seams import SpokenWord, VoiceTraits
from audiosocket_agent.tts import cartesia, offline
from tests.audiosocket_agent.tts.cartesia_server import Cartesia, audio, chunk, speak, times

WORD_MS = 100
WORD = bytes(WORD_MS * 16)


class Voice:
    """Speaks each word as 100 ms, with its time; fails before the nth word of each reply."""

    def __init__(self, name, fail_at=None, error=None, refuse=None, timed=True):
        self.voice_id = name
        self.traits = VoiceTraits("pcm_s16le", 8000, timestamps=timed)
        self.name = name
        self.fail_at = fail_at
        self.error = error or StreamBroken(name, "broke off")
        self.refuse = refuse
        self.timed = timed
        self.sessions = 0
        self.open = 0
        self.speeches = []
        self.closed = False

    async def session(self, call_id):
        self.sessions += 1
        await asyncio.sleep(0)
        if self.refuse:
            raise self.refuse
        self.open += 1
        return VoiceSession(self)

    async def check(self):
        if self.refuse:
            raise self.refuse

    async def close(self):
        self.closed = True


class VoiceSession:
    def __init__(self, voice):
        self.voice = voice

    def begin(self):
        self.voice.speeches.append(Speech(self.voice))
        return self.voice.speeches[-1]

    async def close(self):
        self.voice.open -= 1


class Speech:
    def __init__(self, voice):
        self.voice = voice
        self.text = ""
        self.news = asyncio.Event()
        self.finished = self.cancelled = False

    def say(self, text):
        self.text += text
        self.news.set()

    def finish(self):
        self.finished = True
        self.news.set()

    def cancel(self):
        self.cancelled = True
        self.news.set()

    async def pieces(self):
        done = 0
        while not self.cancelled:
            words = self.text.split()
            if not self.finished and not self.text.endswith(" "):
                words = words[:-1]  # it may still grow
            if done == self.voice.fail_at and (done < len(words) or self.finished):
                raise self.voice.error
            if done < len(words):
                if self.voice.timed:
                    start = done * WORD_MS
                    yield (SpokenWord(words[done], start, start + WORD_MS),)
                done += 1
                yield WORD
            elif self.finished:
                return
            else:
                self.news.clear()
                await self.news.wait()


def chain(*voices, breakers=None):
    breakers = breakers or {voice.name: Breaker() for voice in voices}
    return VoiceChain([(voice.name, voice) for voice in voices], breakers, lambda: 100.0)


async def collect(speech, into=None):
    pcm, words = into if into is not None else ([], [])
    async for piece in speech.pieces():
        if isinstance(piece, bytes):
            pcm.append(piece)
        else:
            words += piece
    return b"".join(pcm), words


async def say(session, *texts):
    speech = session.begin()
    for text in texts:
        speech.say(text)
    speech.finish()
    return await collect(speech)


def timed(*names):
    return [SpokenWord(n, at * WORD_MS, (at + 1) * WORD_MS) for at, n in enumerate(names)]


def run(main):
    async def clean():
        await main()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    uvloop.run(clean())


def test_the_first_voice_speaks_and_the_others_are_not_opened():
    async def main():
        one, two = Voice("one"), Voice("two")
        voice = chain(one, two)
        session = await voice.session("c")
        assert await say(session, "Good ", "morn", "ing.") == (WORD * 2, timed("Good", "morning."))
        await session.close()
        assert (one.sessions, one.open, two.sessions) == (1, 0, 0)
        assert voice.voice_id == "one"
        assert voice.traits == one.traits
        await voice.close()
        assert one.closed and two.closed

    run(main)


@pytest.mark.parametrize("fail_at", [0, 1, 2, 3, 4])
def test_the_next_voice_says_the_rest(fail_at, caplog):
    async def main():
        one, two = Voice("one", fail_at), Voice("two")
        session = await chain(one, two).session("c")
        names = ["This", "is", "a", "secret."]
        assert await say(session, "This is ", "a secret.") == (WORD * 4, timed(*names))
        rest = " ".join(names[fail_at:])
        assert [speech.text for speech in two.speeches] == ([rest] if rest else [])
        assert one.speeches[0].cancelled
        await session.close()
        assert one.open == two.open == 0

    with caplog.at_level(logging.DEBUG):
        run(main)
    warnings = [record.getMessage() for record in caplog.records]
    assert warnings == (["one: broke off; the next voice takes over"] if fail_at < 4 else [])


def test_text_that_comes_after_the_switch_goes_to_the_next_voice():
    async def main():
        one, two = Voice("one", fail_at=1), Voice("two")
        session = await chain(one, two).session("c")
        speech = session.begin()
        heard = ([], [])
        task = asyncio.create_task(collect(speech, heard))
        speech.say("One two ")
        while len(heard[0]) < 2:
            await asyncio.sleep(0)
        speech.say("three.")
        speech.finish()
        await task
        assert heard[1] == timed("One", "two", "three.")
        assert two.speeches[0].text == "two three."

    run(main)


def test_three_voices_in_one_reply():
    async def main():
        one, two, three = Voice("one", 1), Voice("two", 2), Voice("three")
        session = await chain(one, two, three).session("c")
        assert await say(session, "a b c d e") == (WORD * 5, timed(*"abcde"))
        assert three.speeches[0].text == "d e"

    run(main)


def test_without_word_times_the_rest_is_estimated():
    async def main():
        one, two = Voice("one", fail_at=2, timed=False), Voice("two")
        session = await chain(one, two).session("c")
        await say(session, "a b c d e")
        assert two.speeches[0].text == "c d e"  # 200 ms are three characters

    run(main)


def test_the_last_error_is_raised_with_what_was_heard_before():
    async def main():
        late = DeadlineMissed("two", "late")
        session = await chain(Voice("one", 1), Voice("two", 1, late)).session("c")
        heard = ([], [])
        speech = session.begin()
        speech.say("a b c")
        speech.finish()
        with pytest.raises(DeadlineMissed):
            await collect(speech, heard)
        assert heard[1] == timed("a", "b")

    run(main)


def test_a_session_that_cannot_be_opened():
    async def main():
        refused = Unreachable("one", "no connection")
        one, two = Voice("one", refuse=refused), Voice("two")
        session = await chain(one, two).session("c")
        assert (await say(session, "Hi."))[1] == timed("Hi.")
        assert one.sessions == 1  # once was enough: the caller does not wait for it again
        with pytest.raises(Unreachable):
            await chain(one).session("c")

    run(main)


def test_a_second_voice_that_cannot_be_opened_when_it_is_needed():
    async def main():
        refused = Unreachable("two", "no connection")
        voices = Voice("one", 1), Voice("two", refuse=refused), Voice("three")
        session = await chain(*voices).session("c")
        assert (await say(session, "a b"))[1] == timed("a", "b")

    run(main)


def test_open_breakers_are_passed_over():
    async def main():
        breakers = {"one": Breaker(), "two": Breaker()}
        one = Voice("one", fail_at=0, error=KeyRefused("one", "no"))
        two = Voice("two")
        session = await chain(one, two, breakers=breakers).session("c")
        await say(session, "Hi.")
        assert breakers["one"].is_open
        await say(session, "Hi.")
        assert len(one.speeches) == 1
        assert len(two.speeches) == 2
        breakers["two"].failed(100, KeyRefused("two", "no"))
        with pytest.raises(VendorDown, match="every"):
            await say(session, "Hi.")
        with pytest.raises(VendorDown, match="every"):
            await chain(one, two, breakers=breakers).session("c")

    run(main)


def test_two_replies_that_fail_together_share_the_next_session():
    async def main():
        one, two = Voice("one", fail_at=1), Voice("two")
        session = await chain(one, two).session("c")
        heard = await asyncio.gather(say(session, "a b c"), say(session, "d e"))
        assert [words for _, words in heard] == [timed(*"abc"), timed(*"de")]
        assert two.sessions == 1

    run(main)


@pytest.mark.parametrize("how", ["cancel", "leave", "close"])
def test_stopping(how):
    async def main():
        one = Voice("one")
        session = await chain(one).session("c")
        speech = session.begin()
        speech.say("a b ")
        pieces = speech.pieces()
        await anext(pieces)
        if how == "leave":
            await pieces.aclose()
        elif how == "close":
            await session.close()
        else:
            speech.cancel()
            speech.cancel()
        assert [piece async for piece in pieces] == []
        assert one.speeches[0].cancelled
        speech.say("c")
        speech.finish()
        assert one.speeches[0].text == "a b "

    run(main)


def test_an_empty_reply():
    async def main():
        session = await chain(Voice("one")).session("c")
        assert await say(session) == (b"", [])

    run(main)


def test_check():
    async def main():
        refused = Unreachable("one", "no connection")
        await chain(Voice("one", refuse=refused), Voice("two")).check()
        with pytest.raises(Unreachable):
            await chain(Voice("one", refuse=refused)).check()

    run(main)


TEXT = "This is a long sentence that breaks off in the middle. Thank you."


async def breaks_off(line, frame):
    """Speak three words, then cut the connection."""
    if len(line.frames) == 1:
        for n in range(3):
            name, at = frame["context_id"], n * 0.1
            await line.send(times(name, ["w"], [at], [at + 0.1]), chunk(name, audio(100)))
        line.reset()


async def hangs(line, frame):
    pass


async def stalls(line, frame):
    if len(line.frames) == 1:
        await line.send(chunk(frame["context_id"], audio(100)))


async def babbles(line, frame):
    await line.send("{")


@pytest.mark.parametrize("heard", [breaks_off, hangs, stalls, babbles, speak])
def test_cartesia_and_then_the_offline_voice(heard):
    async def main():
        async with Cartesia(heard) as server:
            options = cartesia.Options(
                api_key="k", url=server.url, first_byte_ms=300, stall_ms=300, connect_ms=20_000
            )
            if heard in (speak, breaks_off):
                options = options.model_copy(update={"first_byte_ms": 20_000, "stall_ms": 20_000})
            first = await cartesia.open_engine(options)
            second = await offline.open_engine(offline.Options())
            engines = [("cartesia", first), ("offline", second)]
            breakers = {name: Breaker() for name, _ in engines}
            voice = VoiceChain(engines, breakers, asyncio.get_running_loop().time)
            session = await voice.session("c")
            spoken = await asyncio.gather(say(session, TEXT), say(session, TEXT))
            for pcm, words in spoken:
                assert len(pcm) % 2 == 0
                if heard is speak:
                    assert len(words) == len(TEXT.split())
                else:
                    assert len(pcm) > 2 * 16000  # the offline voice said nearly all of it
            await session.close()
            await voice.close()

    run(main)


def test_fifty_calls_change_voices_at_once():
    async def main():
        voices = Voice("one", 1), Voice("two")
        voice = chain(*voices)
        sessions = await asyncio.gather(*[voice.session(str(n)) for n in range(50)])
        heard = await asyncio.gather(*[say(session, "a b c") for session in sessions])
        assert [words for _, words in heard] == [timed(*"abc")] * 50
        await asyncio.gather(*[session.close() for session in sessions])
        assert [one.open for one in voices] == [0, 0]

    run(main)


def test_a_closed_session_speaks_no_more():
    async def main():
        one, two = Voice("one", 0), Voice("two")
        session = await chain(one, two).session("c")
        speech = session.begin()
        await session.close()
        assert await collect(speech) == (b"", [])
        with pytest.raises(ProviderError):
            await say(session, "Hi.")

    run(main)
