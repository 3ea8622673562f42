"""Sound files for Asterisk."""

import asyncio
import stat
import time
import uuid
import wave
from pathlib import PurePosixPath

import pytest

from audiosocket_agent.sounds import Sounds, forget_whispers, sound_name, whisper_name
from tests.engines import ToneVoice

PBX = PurePosixPath("/var/spool/asterisk/voiceagent")
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)


def test_a_text_is_spoken_once_and_found_by_its_words(tmp_path):
    async def main():
        sounds = Sounds(tmp_path, PBX, ToneVoice())
        assert sounds.path("This call is recorded.") == ""
        await sounds.prepare(["This call is recorded.", "We are closed."])
        path = sounds.path("This call is recorded.")
        assert path == str(PBX / sound_name("This call is recorded."))
        file = tmp_path / (path.rpartition("/")[2] + ".wav")
        made = file.stat().st_mtime_ns
        await sounds.prepare(["This call is recorded."])
        assert file.stat().st_mtime_ns == made
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        with wave.open(str(file)) as sound:
            form = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate())
            assert form == (1, 2, 8000) and sound.getnframes() > 800
        assert not list(tmp_path.glob("*.part"))

    asyncio.run(main())


def test_what_cannot_be_made_is_logged_and_missing(tmp_path, caplog):
    async def main():
        broken = Sounds(tmp_path, PBX, ToneVoice(fail_on="recorded"))
        await broken.prepare(["This call is recorded."])
        assert broken.path("This call is recorded.") == ""
        nowhere = Sounds(tmp_path / "missing", PBX, ToneVoice())
        await nowhere.prepare(["This call is recorded."])
        with pytest.raises(OSError):
            await nowhere.make("Hello.", "a")

    asyncio.run(main())
    assert len(caplog.records) == 2 and "This call" not in caplog.text


def test_what_a_person_was_told_is_forgotten_with_its_call_or_in_time(tmp_path):
    async def main():
        sounds = Sounds(tmp_path, PBX, ToneVoice())
        for call_id in (FIRST, SECOND):
            name = whisper_name(call_id)
            assert await sounds.make("Call for Harbour.", name) == str(PBX / name)
        await sounds.prepare(["We are closed."])
        forget_whispers(tmp_path, record_id=str(FIRST))
        forget_whispers(tmp_path, record_id=str(FIRST))
        left = {file.name for file in tmp_path.iterdir()}
        assert f"{whisper_name(SECOND)}.wav" in left and len(left) == 2
        forget_whispers(tmp_path, older_than=time.time() - 3600)
        assert len(list(tmp_path.iterdir())) == 2
        forget_whispers(tmp_path, older_than=time.time() + 3600)
        (kept,) = tmp_path.iterdir()
        assert kept.name.startswith("say-")

    asyncio.run(main())
