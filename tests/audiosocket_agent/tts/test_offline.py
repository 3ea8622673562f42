"""The offline voice on the real espeak-ng: what it says, and that it leaves nothing behind."""

import asyncio
import os
import stat
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import uvloop

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.tts.offline import OfflineVoice, Options, open_engine, speakable

SENTENCE = "Good morning. How can I help you today?"


# Stand-ins for espeak-ng that misbehave: one stops in mid-sentence, one never stops.
STALLING = "cat >/dev/null; head -c 30000 /dev/urandom; exec sleep 60\n"
ENDLESS = "cat >/dev/null; exec cat /dev/urandom\n"


def children():
    """Return this process's children that have not been collected, by process number."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(entry.parent.name))
    return found


async def said(voice, text):
    return b"".join([chunk async for chunk in voice.synthesize(text)])


def script(folder, body):
    """Write a program that takes espeak-ng's place."""
    path = folder / "espeak-ng"
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_sentence_is_trimmed_speech_at_phone_level(factory):
    async def main():
        before = children()
        voice = await open_engine(Options())
        pcm = await said(voice, SENTENCE)
        await voice.close()
        assert children() == before
        return pcm

    with asyncio.Runner(loop_factory=factory) as runner:
        samples = np.frombuffer(runner.run(main()), "<i2").astype(float)
    assert 2.0 < samples.size / 8000 < 5.0
    loud = np.flatnonzero(np.abs(samples) > 300)
    assert loud[0] < 30 * 8
    assert samples.size - loud[-1] < 60 * 8
    frames = np.sqrt((samples[: samples.size // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1))
    level = 20 * np.log10(np.sqrt((frames[frames > 300] ** 2).mean()) / 32768)
    assert -26 < level < -16
    assert np.abs(samples).max() < 32767


def test_audio_comes_in_even_chunks_before_the_sentence_is_complete():
    async def main():
        voice = await open_engine(Options())
        chunks = [chunk async for chunk in voice.synthesize(SENTENCE)]
        await voice.close()
        return chunks

    chunks = asyncio.run(main())
    assert len(chunks) > 5
    assert all(chunk and len(chunk) % 2 == 0 for chunk in chunks)


def test_the_same_sentence_sounds_the_same_and_the_name_tells_voices_apart():
    async def main():
        british, american = await open_engine(Options()), await open_engine(Options(voice="en-us"))
        assert british.voice_id != american.voice_id
        first, again, other = [
            await said(voice, SENTENCE) for voice in (british, british, american)
        ]
        assert first == again != other

    asyncio.run(main())


@pytest.mark.parametrize("text", ["--help", "-v en", "-w /dev/null hello", "$(reboot) `id`"])
def test_hostile_text_is_spoken_like_any_other(text):
    async def main():
        voice = await open_engine(Options())
        # Longer than the sound of one short word: the whole text was read out.
        assert len(await said(voice, text)) > len(await said(voice, "hi"))

    asyncio.run(main())


def test_line_breaks_and_control_characters_do_not_end_the_sentence():
    async def main():
        voice = await open_engine(Options())
        one_line = await said(voice, "We come on Monday and bring the part")
        assert await said(voice, "We come\non Monday\r\nand bring\0the part") == one_line

    asyncio.run(main())


def test_phoneme_escapes_lone_surrogates_and_endless_text_are_tamed():
    assert speakable("a [[h@l'oU]] b \ud800") == "a  h@l'oU  b"
    assert len(speakable("word " * 5000)) <= 10_000


@pytest.mark.parametrize("text", ["", "   ", "\n\0"])
def test_nothing_to_say_is_no_audio(text):
    async def main():
        assert await said(await open_engine(Options()), text) == b""

    asyncio.run(main())


def test_five_thousand_characters_arrive_whole():
    async def main():
        voice = await open_engine(Options())
        short = len(await said(voice, "This is a sentence. " * 25))
        long = len(await said(voice, "This is a sentence. " * 250))
        assert 9.5 < long / short < 10.5

    asyncio.run(main())


def test_leaving_early_stops_the_program():
    async def main():
        before = children()
        voice = await open_engine(Options())
        stream = voice.synthesize("This is a sentence. " * 250)
        await anext(stream)
        assert len(children() - before) == 1
        await stream.aclose()
        assert children() == before

    asyncio.run(main())


@pytest.mark.parametrize("waits_for", ["audio", "playout"])
def test_cancelling_the_listener_stops_the_program(tmp_path, waits_for):
    async def main():
        before = children()
        voice = OfflineVoice(script(tmp_path, ENDLESS if waits_for == "playout" else STALLING))
        first = asyncio.Event()

        async def listen():
            async with aclosing(voice.synthesize(SENTENCE)) as stream:
                async for _ in stream:
                    first.set()
                    if waits_for == "playout":
                        await asyncio.sleep(60)

        task = asyncio.create_task(listen())
        await first.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert children() == before

    asyncio.run(main())


def test_closing_the_voice_stops_what_is_being_spoken():
    async def main():
        before = children()
        voice = await open_engine(Options())
        stream = voice.synthesize("This is a sentence. " * 250)
        await anext(stream)
        await voice.close()
        await voice.close()
        assert children() == before
        await stream.aclose()
        with pytest.raises(ProviderError, match="closed"):
            await said(voice, SENTENCE)

    asyncio.run(main())


def test_ten_at_once_all_speak():
    async def main():
        voice = await open_engine(Options())
        return await asyncio.gather(*(said(voice, f"Number {n}.") for n in range(10)))

    assert all(len(pcm) > 4000 for pcm in asyncio.run(main()))


def test_sentences_that_play_slowly_do_not_keep_others_from_starting():
    async def main():
        voice = await open_engine(Options())
        slow = [voice.synthesize("This is a sentence. " * 250) for _ in range(4)]
        for stream in slow:
            await anext(stream)
        assert await said(voice, SENTENCE)
        for stream in slow:
            await stream.aclose()

    asyncio.run(main())


def test_a_missing_program_is_named_with_its_package():
    with pytest.raises(ProviderError, match="apt-get install espeak-ng"):
        asyncio.run(open_engine(Options(program="/nowhere/espeak-ng")))


def test_a_voice_nobody_has_is_refused_at_the_start():
    with pytest.raises(ProviderError, match="without speaking"):
        asyncio.run(open_engine(Options(voice="xx-klingon")))


def test_a_program_that_says_nothing_misses_its_deadline(tmp_path):
    async def main():
        before = children()
        voice = OfflineVoice(script(tmp_path, "exec sleep 60\n"), first_byte_s=0.1)
        with pytest.raises(ProviderError, match="sent nothing") as failure:
            await said(voice, SENTENCE)
        assert failure.value.retryable
        assert children() == before

    asyncio.run(main())


def test_a_program_that_stalls_in_mid_sentence_misses_its_deadline(tmp_path):
    async def main():
        before = children()
        voice = OfflineVoice(script(tmp_path, STALLING), next_bytes_s=0.1)
        with pytest.raises(ProviderError, match="sent nothing"):
            await said(voice, SENTENCE)
        assert children() == before

    asyncio.run(main())


def test_the_program_finds_no_home_to_leave_anything_in(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    # Like libpulse, which the real one brings on some systems.
    body = 'cat >/dev/null; mkdir -p "$HOME/.config/pulse"; head -c 30000 /dev/urandom\n'

    async def main():
        voice = OfflineVoice(script(tmp_path, body))
        assert await said(voice, SENTENCE)
        await voice.close()

    asyncio.run(main())
    assert [one.name for one in tmp_path.iterdir()] == ["espeak-ng"]
