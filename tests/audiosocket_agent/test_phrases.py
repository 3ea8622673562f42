"""Stock phrases: ready without the voice, the same bytes, within their bounds."""

import asyncio
import os

import pytest

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.phrases import Phrases
from audiosocket_agent.seams import SpokenWord, VoiceTraits
from tests.engines import WORD_MS, ToneVoice


class CountingVoice:
    """Speaks a text as its own bytes, twice over; can break."""

    traits = VoiceTraits("pcm_s16le", 8000)

    def __init__(self, voice_id="counting"):
        self.voice_id = voice_id
        self.asked = []
        self.open = 0
        self.broken = False

    async def session(self, call_id):
        if self.broken:
            raise ProviderError(self.voice_id, "broken")
        self.open += 1
        return self

    def begin(self):
        return CountedSpeech(self)

    async def check(self):
        pass

    async def close(self):
        self.open -= 1


class CountedSpeech:
    def __init__(self, voice):
        self.voice, self.text = voice, ""

    def say(self, text):
        self.text += text

    def finish(self):
        self.voice.asked.append(self.text)

    async def pieces(self):
        if self.voice.broken:
            raise ProviderError(self.voice.voice_id, "broken")
        for _ in range(2):
            yield self.text.encode("utf-16-le", "replace")

    def cancel(self):
        pass


def audio(text):
    return text.encode("utf-16-le") * 2


async def prepared(folder, *texts, voice=None, **limits):
    phrases = Phrases([("one", voice or CountingVoice())], folder, **limits)
    await phrases.prepare(texts)
    return phrases


def test_a_prepared_sentence_is_there_and_no_other(tmp_path):
    async def main():
        phrases = await prepared(tmp_path, "hello", "That is £75.")
        assert phrases.get("hello").pcm == audio("hello")
        assert phrases.get("That is £75.").pcm == audio("That is seventy-five pounds.")
        assert phrases.get("your name") is None

    asyncio.run(main())


def test_a_restart_asks_the_voice_for_nothing_unless_the_voice_changed(tmp_path):
    async def main():
        await prepared(tmp_path, "hello", "sorry", "hello")
        again, other = CountingVoice(), CountingVoice("another")
        await prepared(tmp_path, "hello", "sorry", voice=again)
        await prepared(tmp_path, "hello", voice=other)
        assert again.asked == [] and other.asked == ["hello"]
        assert again.open == other.open == 0  # what was opened is closed

    asyncio.run(main())


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 500])
def test_a_damaged_file_is_made_afresh(tmp_path, damage):
    async def main():
        await prepared(tmp_path, "hello")
        (file,) = tmp_path.iterdir()
        good = file.read_bytes()
        file.write_bytes(damage)
        voice = CountingVoice()
        await prepared(tmp_path, "hello", voice=voice)
        assert voice.asked == ["hello"] and file.read_bytes() == good

    asyncio.run(main())


def test_hostile_texts_are_only_ever_hashed(tmp_path):
    async def main():
        folder = tmp_path / "cache"
        texts = ["../../etc/passwd", "a/b", "x" * 5000, "nul\0", "\ud800"]
        await prepared(folder, *texts)
        assert [path.name for path in tmp_path.iterdir()] == ["cache"]
        assert len({path.name for path in folder.iterdir()}) == len(texts)
        assert all(len(path.name) == 64 + len(".pcm") for path in folder.iterdir())

    asyncio.run(main())


def test_the_disk_keeps_what_was_used_last(tmp_path):
    async def main():
        room_for_two = 2 * (32 + 4 + 2 + len(audio("aaaa")))  # digest, no word times, audio
        phrases = await prepared(tmp_path, "aaaa", max_disk_bytes=room_for_two)
        for file in tmp_path.iterdir():
            os.utime(file, (1, 1))
        await phrases.prepare(["bbbb", "cccc"])
        voice = CountingVoice()
        await prepared(tmp_path, "bbbb", "cccc", "aaaa", voice=voice)
        assert voice.asked == ["aaaa"]

    asyncio.run(main())


def test_beyond_the_memory_a_sentence_is_left_to_the_voice(tmp_path):
    async def main():
        voice = CountingVoice()
        phrases = await prepared(tmp_path, "aaaa", "bbbb", "cccc", voice=voice, max_memory_bytes=20)
        assert phrases.get("aaaa") and phrases.get("bbbb") is None and phrases.is_full
        spoken = len(voice.asked)
        await phrases.prepare(["dddd"])
        assert len(voice.asked) == spoken == 2  # nothing is made that cannot be kept

    asyncio.run(main())


def test_without_a_disk_they_are_still_ready(tmp_path):
    async def main():
        in_the_way = tmp_path / "file"
        in_the_way.write_bytes(b"")
        assert (await prepared(in_the_way / "cache", "hello")).get("hello").pcm == audio("hello")

    asyncio.run(main())


def test_a_voice_that_fails_is_reported_and_nothing_half_made_stays(tmp_path):
    async def main():
        voice = CountingVoice()
        phrases = await prepared(tmp_path, "hello", voice=voice)
        voice.broken = True
        with pytest.raises(ProviderError):
            await phrases.prepare(["sorry"])
        assert len(list(tmp_path.iterdir())) == 1
        assert phrases.get("hello").pcm == audio("hello") and phrases.get("sorry") is None

    asyncio.run(main())


def test_another_voice_stands_in_under_its_own_name(tmp_path):
    async def main():
        best, spare = CountingVoice("best"), CountingVoice("spare")
        best.broken = True
        phrases = Phrases([("best", best), ("spare", spare)], tmp_path)
        await phrases.prepare(["hello"])
        assert phrases.get("hello").pcm == audio("hello") and spare.asked == ["hello"]
        best.broken = False  # the next start has the voice that is wanted, not the stand-in's audio
        await Phrases([("best", best), ("spare", spare)], tmp_path).prepare(["hello"])
        assert best.asked == ["hello"]

    asyncio.run(main())


def test_word_times_are_kept_with_the_sentence(tmp_path):
    async def main():
        said = await prepared(tmp_path, "hello there", voice=ToneVoice(timed=True))
        kept = await prepared(tmp_path, "hello there", voice=ToneVoice("hello", timed=True))
        words = (SpokenWord("hello", 0, WORD_MS), SpokenWord("there", WORD_MS, 2 * WORD_MS))
        assert said.get("hello there") == kept.get("hello there")
        assert kept.get("hello there").words == words
        assert len(kept.get("hello there").pcm) == 2 * WORD_MS * 16

    asyncio.run(main())
