"""The cache says prepared sentences without its voice, the same bytes, within its bounds."""

import asyncio
import os

import pytest

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.phrases import PhraseCache
from audiosocket_agent.tts.offline import open_engine


class CountingVoice:
    """Speaks a text as its own bytes, twice over; can break."""

    voice_id = "counting"

    def __init__(self, voice_id="counting", chunks=2):
        self.voice_id = voice_id
        self.asked = []
        self.closed = 0
        self.broken = False
        self.chunks = chunks

    async def synthesize(self, text):
        self.asked.append(text)
        if self.broken:
            raise ProviderError("counting", "broken")
        for _ in range(self.chunks):
            yield text.encode("utf-16-le", "replace")

    async def close(self):
        self.closed += 1


async def said(voice, text):
    return [chunk async for chunk in voice.synthesize(text)]


def test_a_prepared_sentence_is_the_voice_byte_for_byte_and_comes_at_once(tmp_path):
    async def main():
        voice = await open_engine()
        made = b"".join(await said(voice, "Good morning."))
        cache = PhraseCache(voice, tmp_path)
        await cache.prepare(["Good morning."])
        await voice.close()  # from here on only the cache can speak
        assert await said(cache, "Good morning.") == [made]
        later = PhraseCache(voice, tmp_path)
        await later.prepare(["Good morning."])
        assert await said(later, "Good morning.") == [made]

    asyncio.run(main())


def test_other_sentences_stream_through_and_are_not_kept(tmp_path):
    async def main():
        voice = CountingVoice()
        cache = PhraseCache(voice, tmp_path)
        assert cache.voice_id == "counting"
        assert len(await said(cache, "your name")) == 2
        assert len(await said(cache, "your name")) == 2
        assert voice.asked == ["your name"] * 2
        assert list(tmp_path.iterdir()) == []
        await cache.close()
        assert voice.closed == 1

    asyncio.run(main())


def test_a_restart_asks_the_voice_for_nothing_unless_the_voice_changed(tmp_path):
    async def main():
        await PhraseCache(CountingVoice(), tmp_path).prepare(["hello", "sorry", "hello"])
        again, other = CountingVoice(), CountingVoice("another")
        await PhraseCache(again, tmp_path).prepare(["hello", "sorry"])
        await PhraseCache(other, tmp_path).prepare(["hello"])
        assert again.asked == []
        assert other.asked == ["hello"]

    asyncio.run(main())


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 500])
def test_a_damaged_file_is_made_afresh(tmp_path, damage):
    async def main():
        await PhraseCache(CountingVoice(), tmp_path).prepare(["hello"])
        (file,) = tmp_path.iterdir()
        good = file.read_bytes()
        file.write_bytes(damage)
        voice = CountingVoice()
        await PhraseCache(voice, tmp_path).prepare(["hello"])
        assert voice.asked == ["hello"]
        assert file.read_bytes() == good

    asyncio.run(main())


def test_hostile_texts_are_only_ever_hashed(tmp_path):
    async def main():
        folder = tmp_path / "cache"
        texts = ["../../etc/passwd", "a/b", "x" * 5000, "nul\0", "\ud800"]
        cache = PhraseCache(CountingVoice(), folder)
        await cache.prepare(texts)
        assert [path.name for path in tmp_path.iterdir()] == ["cache"]
        assert len({path.name for path in folder.iterdir()}) == len(texts)
        assert all(len(path.name) == 64 + len(".pcm") for path in folder.iterdir())

    asyncio.run(main())


def test_the_disk_keeps_what_was_used_last(tmp_path):
    async def main():
        room_for_two = PhraseCache(CountingVoice(), tmp_path, max_disk_bytes=2 * (32 + 4 * 4))
        await room_for_two.prepare(["aaaa"])
        for file in tmp_path.iterdir():
            os.utime(file, (1, 1))
        await room_for_two.prepare(["bbbb", "cccc"])
        voice = CountingVoice()
        await PhraseCache(voice, tmp_path).prepare(["bbbb", "cccc", "aaaa"])
        assert voice.asked == ["aaaa"]

    asyncio.run(main())


def test_beyond_its_memory_the_cache_leaves_a_sentence_to_the_voice(tmp_path):
    async def main():
        voice = CountingVoice()
        cache = PhraseCache(voice, tmp_path, max_memory_bytes=20)
        await cache.prepare(["aaaa", "bbbb"])
        voice.asked.clear()
        assert len(await said(cache, "aaaa")) == 1
        assert len(await said(cache, "bbbb")) == 2
        assert voice.asked == ["bbbb"]

    asyncio.run(main())


def test_without_a_disk_it_still_speaks(tmp_path):
    async def main():
        in_the_way = tmp_path / "file"
        in_the_way.write_bytes(b"")
        voice = CountingVoice()
        cache = PhraseCache(voice, in_the_way / "cache")
        await cache.prepare(["hello"])
        assert len(await said(cache, "hello")) == 1

    asyncio.run(main())


def test_a_voice_that_fails_is_reported_and_nothing_half_made_stays(tmp_path):
    async def main():
        voice = CountingVoice()
        cache = PhraseCache(voice, tmp_path)
        await cache.prepare(["hello"])
        voice.broken = True
        with pytest.raises(ProviderError):
            await cache.prepare(["sorry"])
        assert len(list(tmp_path.iterdir())) == 1
        assert len(await said(cache, "hello")) == 1

    asyncio.run(main())
