"""Text on its way to the caller: token by token, from stock, cut short, broken."""

import asyncio

import pytest

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.phrases import Recording
from audiosocket_agent.playout import Playout
from audiosocket_agent.seams import SpokenWord
from audiosocket_agent.speech import BREATH, Line, Mouth, heard_text
from tests.engines import WORD_MS, ToneSpeech, ToneVoice, tone

WORD_BYTES = WORD_MS * 16
HELLO = (SpokenWord("Hello", 0, 80), SpokenWord("there.", 80, 90))
STOCK = {"Hello there.": Recording(tone(100, hz=880).tobytes(), HELLO)}


class Ear:
    """Plays the playout as a phone would, as fast as it fills."""

    def __init__(self, mouth, playout):
        self.mouth, self.playout, self.heard = mouth, playout, b""
        self.due_s = 0.0

    def listen(self, frames):
        for _ in range(frames):
            tick = self.playout.tick(self.due_s, self.due_s)
            self.due_s = tick.next_due_s
            if tick.voiced:
                self.heard += tick.pcm
            if tick.drained:
                self.mouth.drained()


def speaking(voice, scenario):
    async def main():
        playout = Playout()
        queued = asyncio.Event()
        mouth = Mouth(playout, voice, STOCK.get, queued.set)
        async with asyncio.timeout(20):
            return await scenario(mouth, Ear(mouth, playout), playout, queued)

    return asyncio.run(main())


async def pieces(*parts):
    for part in parts:
        if isinstance(part, asyncio.Event):
            await part.wait()
        else:
            yield part


async def settle(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


def test_the_voice_speaks_while_the_text_is_still_coming():
    async def scenario(mouth, ear, playout, queued):
        more = asyncio.Event()
        first = []
        text = pieces("A leaking ", "tap repair ", more, "costs £75.")
        task = asyncio.create_task(mouth.speak(text, lambda: first.append(1)))
        await queued.wait()  # there is audio, and the text is not over
        await settle(lambda: playout.passages[0].queued_bytes == 3 * WORD_BYTES)
        assert not more.is_set() and first
        more.set()
        await settle(lambda: playout.passages[0].complete)
        while not task.done():
            ear.listen(1)
            await asyncio.sleep(0)
        assert heard_text(playout.passages) == "A leaking tap repair costs £75."
        assert len(ear.heard) == 7 * WORD_BYTES  # "seventy-five pounds" is two words

    speaking(ToneVoice(), scenario)


def test_what_the_voice_gets_is_fit_for_speaking():
    voice = ToneVoice()

    async def scenario(mouth, ear, playout, queued):
        task = asyncio.create_task(mouth.speak(pieces("**£7", "5**, O", "K?"), lambda: None))
        await settle(lambda: playout.passages and playout.passages[0].complete)
        task.cancel()
        return "".join(voice.said)

    assert speaking(voice, scenario) == "seventy-five pounds, OK?"


def test_sentences_from_stock_need_no_voice_and_keep_their_place():
    voice = ToneVoice()

    async def scenario(mouth, ear, playout, queued):
        text = pieces("Well. ", Line("Hello there."), Line("One two."), Line("Three."))
        task = asyncio.create_task(mouth.speak(text, lambda: None))
        await settle(lambda: len(playout.passages) == 3 and playout.passages[2].complete)
        assert [p.text for p in playout.passages] == ["Well. ", "Hello there.", "One two. Three."]
        while not task.done():
            ear.listen(1)
            await asyncio.sleep(0)
        assert "Hello" not in "".join(voice.said)
        word = tone(WORD_MS).tobytes()
        stock = BREATH + STOCK["Hello there."].pcm
        assert ear.heard[: len(word)] == word
        assert ear.heard[len(word) : len(word) + len(stock)] == stock
        assert heard_text(playout.passages).split() == "Well. Hello there. One two. Three.".split()

    speaking(voice, scenario)


@pytest.mark.parametrize("timed", [True, False])
def test_an_interruption_keeps_the_words_that_left(timed):
    voice = ToneVoice(timed=timed)

    async def scenario(mouth, ear, playout, queued):
        never = asyncio.Event()
        text = pieces("one two three four five six ", never)
        task = asyncio.create_task(mouth.speak(text, lambda: None))
        await settle(lambda: playout.passages and playout.passages[0].queued_bytes >= 5 * 640)
        ear.listen(6)  # 120 ms: three words
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        heard = heard_text(mouth.stop())
        ear.listen(3)
        assert len(ear.heard) == 3 * WORD_BYTES  # nothing after the stop
        return heard

    heard = speaking(voice, scenario)
    if timed:
        assert heard == "one two three"
    else:
        assert "one two three four five six".startswith(heard)


def test_word_times_count_the_words_that_were_written():
    voice = ToneVoice(timed=True)

    async def scenario(mouth, ear, playout, queued):
        task = asyncio.create_task(mouth.speak(pieces("It costs £75 in all. "), lambda: None))
        await settle(lambda: playout.passages and playout.passages[0].complete)
        ear.listen(8)  # 160 ms: it, costs, seventy-five, pounds
        task.cancel()
        return heard_text(mouth.stop())

    assert speaking(voice, scenario) == "It costs £75"  # 4 of 6 spoken are 3 of 5 written words


@pytest.mark.parametrize("frames", range(1, 26))
def test_sentences_one_after_another_are_counted_apart(frames):
    voice = ToneVoice(timed=True)

    async def scenario(mouth, ear, playout, queued):
        text = pieces("Well, it costs £75", Line("That is £89 then."), Line("All right?"))
        task = asyncio.create_task(mouth.speak(text, lambda: None))
        await settle(lambda: playout.passages and playout.passages[0].complete)
        ear.listen(frames)
        task.cancel()
        return heard_text(mouth.stop())

    words = "Well, it costs £75 That is £89 then. All right?".split()
    spoken = (1, 2, 3, 5, 6, 7, 9, 10, 11, 12)  # a price is two words
    heard = [word for word, n in zip(words, spoken, strict=True) if 2 * n <= frames]
    assert speaking(voice, scenario).split() == heard


@pytest.mark.parametrize(
    ("frames", "words"), [(3, ""), (4, "Hello"), (5, "Hello there."), (14, "Hello there.")]
)
def test_a_sentence_from_stock_is_cut_by_its_own_word_times(frames, words):
    async def scenario(mouth, ear, playout, queued):
        text = pieces(Line("Hello there."), Line("Hello there."))
        task = asyncio.create_task(mouth.speak(text, lambda: None))
        await settle(lambda: len(playout.passages) == 2 and playout.passages[1].complete)
        ear.listen(frames)
        heard = heard_text(playout.passages)
        task.cancel()
        return heard

    assert speaking(ToneVoice(), scenario) == words


def test_a_voice_that_breathes_after_its_last_word_has_said_it():
    class Breathing(ToneSpeech):
        async def pieces(self):
            async for piece in super().pieces():
                yield piece
            yield bytes(16 * 500)

    voice = ToneVoice(timed=True)
    voice.begin = lambda: Breathing(voice)

    async def scenario(mouth, ear, playout, queued):
        task = asyncio.create_task(mouth.speak(pieces("one two three"), lambda: None))
        await settle(lambda: playout.passages and playout.passages[0].complete)
        ear.listen(7)  # three words and 20 ms
        task.cancel()
        return heard_text(mouth.stop())

    assert speaking(voice, scenario) == "one two three"


def test_what_is_written_and_not_yet_given_to_the_voice_is_not_heard():
    voice = ToneVoice(timed=True)

    async def scenario(mouth, ear, playout, queued):
        text = pieces("one two three", asyncio.Event())
        task = asyncio.create_task(mouth.speak(text, lambda: None))
        await settle(
            lambda: playout.passages and playout.passages[0].queued_bytes >= 2 * WORD_BYTES
        )
        ear.listen(9)  # all there is, and silence
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return heard_text(mouth.stop())

    assert speaking(voice, scenario) == "one two"  # the last word may still grow


def test_a_voice_that_breaks_ends_the_reply_and_closes_the_text():
    closed = []

    async def text():
        try:
            yield "this breaks "
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def scenario(mouth, ear, playout, queued):
        with pytest.raises(ProviderError):
            await mouth.speak(text(), lambda: None)

    speaking(ToneVoice(fail_on="breaks"), scenario)
    assert closed


def test_text_that_breaks_is_reported_and_leaves_no_task():
    async def text():
        yield "one "
        raise ProviderError("groq", "gone")

    async def scenario(mouth, ear, playout, queued):
        with pytest.raises(ProviderError, match="gone"):
            await mouth.speak(text(), lambda: None)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    speaking(ToneVoice(), scenario)


def test_a_reply_of_nothing_is_over_at_once():
    voice = ToneVoice()

    async def scenario(mouth, ear, playout, queued):
        await mouth.speak(pieces(), lambda: None)
        await mouth.speak(pieces("", " "), lambda: None)
        assert playout.empty and not voice.said

    speaking(voice, scenario)
