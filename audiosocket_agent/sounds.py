"""Sound files we make for Asterisk: what it plays before and beside the agent's own voice.

A sound is a WAV file in one folder that both sides can reach. Its name follows from its text and
from the voice the company chose, so that whoever knows these knows the name, and a text is spoken
once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import os
import uuid
import wave
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from audiosocket_agent.chains.voice import voice_of
from audiosocket_agent.company_voice import OWN, Voices, key_of
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.phrases import recorded
from audiosocket_agent.seams import SAMPLE_RATE_HZ, TextToSpeech

log = logging.getLogger(__name__)

WHISPER = "call-"
MODE = 0o640  # callers' affairs: for us and, through the folder's group, Asterisk


def sound_name(text: str, voices: Voices = OWN) -> str:
    """Return the name of a text's sound, without folder and ending.

    Args:
        text: It.
        voices: What the company chose that says it.
    """
    key = key_of(voices)
    said = f"{text}\0{key}" if key else text
    return "say-" + hashlib.sha256(said.encode()).hexdigest()[:24]


def sound_path(text: str, folder: Path, pbx_folder: PurePosixPath, voices: Voices = OWN) -> str:
    """Return where Asterisk finds a text's sound, without ending; "" if it was not made.

    Args:
        text: It.
        folder: The folder of the sounds.
        pbx_folder: The same folder, as Asterisk sees it.
        voices: What the company chose that says it.
    """
    name = sound_name(text, voices)
    return str(pbx_folder / name) if (folder / f"{name}.wav").is_file() else ""


class Sounds:
    """Makes sounds.

    Args:
        folder: Where they go.
        pbx_folder: The same folder, as Asterisk sees it.
        voice: Speaks them.
    """

    def __init__(self, folder: Path, pbx_folder: PurePosixPath, voice: TextToSpeech) -> None:
        self._folder = folder
        self._pbx_folder = pbx_folder
        self._voice = voice

    def path(self, text: str, voices: Voices = OWN) -> str:
        """Return where Asterisk finds a text's sound, without ending; "" if it was not made."""
        return sound_path(text, self._folder, self._pbx_folder, voices)

    async def prepare(self, texts: Iterable[str], voices: Voices = OWN) -> bool:
        """Make the sounds that are not there yet; what cannot be made is logged.

        Args:
            texts: What is said.
            voices: What the company chose that says it.

        Returns:
            Whether all are there now.
        """
        for text in texts:
            if not self.path(text, voices):
                try:
                    await self.make(text, sound_name(text, voices), voices)
                except (ProviderError, OSError) as error:
                    why = error.strerror if isinstance(error, OSError) else str(error)
                    log.error("a sound for Asterisk is not made in %s: %s", self._folder, why)
                    return False
        return True

    async def make(self, text: str, name: str, voices: Voices = OWN) -> str:
        """Make one sound, and return where Asterisk finds it, without ending.

        Args:
            text: What is said.
            name: The sound's, without folder and ending.
            voices: What the company chose that says it.

        Raises:
            ProviderError: If the voice fails.
            OSError: If the folder cannot be written to.
        """
        voice = voice_of(self._voice, voices)
        session = await voice.session("sounds")
        try:
            recording = await recorded(session, text, voice)
        finally:
            await session.close()
        await asyncio.to_thread(_write, self._folder / f"{name}.wav", recording.pcm)
        return str(self._pbx_folder / name)


def whisper_name(record_id: uuid.UUID) -> str:
    """Return the name of the sound that tells a person about a call, without folder and ending."""
    return f"{WHISPER}{record_id}"


def forget_whispers(folder: Path, older_than: float = math.inf, record_id: str = "*") -> None:
    """Delete what persons were told; what cannot be deleted is logged.

    Args:
        folder: The folder of the sounds.
        older_than: Only those made before this, in seconds since the epoch.
        record_id: Of which call; "*": of every call.
    """
    for file in folder.glob(f"{WHISPER}{record_id}.wav"):
        try:
            if file.stat().st_mtime < older_than:
                file.unlink(missing_ok=True)
        except OSError as error:
            log.error("a sound in %s is not deleted: %s", folder, error.strerror)


def _write(path: Path, pcm: bytes) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE_HZ)
        sound.writeframes(pcm)
    os.chmod(unfinished, MODE)
    os.replace(unfinished, path)
