"""Sound files for Asterisk."""

import asyncio
import stat
import wave
from pathlib import PurePosixPath

import pytest

from audiosocket_agent.sounds import Sounds, sound_name
from tests.engines import ToneVoice

PBX = PurePosixPath("/var/spool/asterisk/voiceagent")


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


def test_a_sound_can_be_forgotten(tmp_path):
    async def main():
        sounds = Sounds(tmp_path, PBX, ToneVoice())
        assert await sounds.make("Call for Harbour.", "call-7") == str(PBX / "call-7")
        sounds.forget("call-7")
        sounds.forget("call-7")
        assert not list(tmp_path.iterdir())

    asyncio.run(main())
