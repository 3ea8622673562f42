"""Keep the sentences every caller hears: greeting, questions asked again, apologies.

A prepared text is played at once, from memory, without the voice: the greeting starts the moment a
caller is connected, and an apology can still be spoken when the voice is the thing that broke.
Prepared audio also lies on disk, so that a restart does not make it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audiosocket_agent.chains.chosen import Candidate, candidates, refuses_voice
from audiosocket_agent.company_voice import OWN, Voices, key_of
from audiosocket_agent.errors import DeadlineMissed, ProviderError, failure_of
from audiosocket_agent.seams import SpokenWord, TextToSpeech, VoiceSession
from audiosocket_agent.spoken import spoken

MAX_DISK_BYTES = 64 * 1024 * 1024  # over an hour of speech at 16,000 bytes a second
MAX_MEMORY_BYTES = 32 * 1024 * 1024
DIGEST_BYTES = hashlib.sha256().digest_size
SUFFIX = ".pcm"
LAYOUT = "2"  # of the files; those of another one are not read, and make room in time
TIMES_BYTES = 4  # of the length of the word times
SPEAK_DEADLINE_S = 20.0  # for one sentence; nobody waits for it on the line

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recording:
    """A sentence that was spoken.

    Attributes:
        pcm: Its audio.
        words: When each word is heard in it; empty if the voice does not tell.
    """

    pcm: bytes
    words: tuple[SpokenWord, ...] = ()


class Phrases:
    """The sentences that are kept ready.

    Args:
        voices: Names and voices of who can speak them, the preferred one first; the others only
            stand in for it.
        folder: Where prepared audio is kept; made when missing. One file per voice and text, its
            name a hash, its content a SHA-256 of the rest, the length of the word times in four
            bytes, these as JSON, and the audio.
        max_disk_bytes: Beyond it the files not used for longest are deleted.
        max_memory_bytes: Beyond it further texts are not kept: they are spoken by the voice.
    """

    def __init__(
        self,
        voices: Sequence[tuple[str, TextToSpeech]],
        folder: Path,
        *,
        max_disk_bytes: int = MAX_DISK_BYTES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> None:
        self._voices = voices
        self._folder = folder
        self._max_disk_bytes = max_disk_bytes
        self._max_memory_bytes = max_memory_bytes
        self._memory: dict[tuple[str, str], Recording] = {}  # by company's voice and text
        self._refused: set[str] = set()  # voices companies chose that their vendors do not have
        self._memory_bytes = 0
        self._is_full = False

    @property
    def is_full(self) -> bool:
        """Whether there is no room in memory for more."""
        return self._is_full

    def get(self, text: str) -> Recording | None:
        """Return a prepared text as it was spoken by the engines as they are set; see `stock`."""
        return self.stock(OWN)(text)

    def stock(self, voices: Voices) -> Callable[[str], Recording | None]:
        """Return what finds a text as it was prepared for a company; None for any other text.

        Args:
            voices: What the company chose.
        """
        key = self._key(voices)
        return lambda text: self._memory.get((key, text))

    async def prepare(self, texts: Iterable[str], voices: Voices = OWN) -> None:
        """Make every text ready to be played at once; texts already on disk are only read.

        Once the memory is full nothing more is made: what would be spoken could not be kept.

        A disk that cannot be written costs a warning, not the sentence. A voice that fails is not
        asked again: the next one speaks the rest.

        Args:
            texts: What is said.
            voices: What the company chose that says it.

        Raises:
            ProviderError: If the last voice fails; texts before the failing one are ready.
        """
        key = self._key(voices)
        waiting = [text for text in dict.fromkeys(texts) if (key, text) not in self._memory]
        speakers = [it for it in candidates(self._voices, voices) if it.chosen not in self._refused]
        for position, speaker in enumerate(speakers, start=1):
            try:
                await self._prepare(waiting, speaker.engine, key)
                return
            except Exception as failure:
                error = failure_of(speaker.engine.voice_id, failure)
                self._failed(speaker, error)
                if position == len(speakers):
                    raise error from None

    def _failed(self, speaker: Candidate, error: ProviderError) -> None:
        _log.warning("stock phrases: %s", error)
        if refuses_voice(speaker, error):
            self._refused.add(speaker.chosen)

    def _key(self, voices: Voices) -> str:
        """Name the choice among the engines there are."""
        return key_of({name: voices[name] for name, _ in self._voices if name in voices})

    async def _prepare(self, texts: Sequence[str], voice: TextToSpeech, key: str) -> None:
        session: VoiceSession | None = None
        try:
            for text in texts:
                if (key, text) in self._memory:
                    continue
                if self._is_full:
                    return
                path = self._path(voice, text)
                recording = await asyncio.to_thread(_load, path)
                if recording is None:
                    if session is None:
                        session = await voice.session("stock phrases")
                    recording = await recorded(session, text, voice)
                    await asyncio.to_thread(self._store, path, recording)
                self._remember((key, text), recording)
        finally:
            if session is not None:
                await session.close()

    def _path(self, voice: TextToSpeech, text: str) -> Path:
        key = hashlib.sha256(f"{LAYOUT}\0{voice.voice_id}\0{text}".encode("utf-8", "replace"))
        return self._folder / (key.hexdigest() + SUFFIX)

    def _remember(self, key: tuple[str, str], recording: Recording) -> None:
        size = len(recording.pcm)
        if self._memory_bytes + size > self._max_memory_bytes:
            _log.warning("no room in memory for more prepared sentences: the voice speaks them")
            self._is_full = True
            return
        self._memory[key] = recording
        self._memory_bytes += size

    def _store(self, path: Path, recording: Recording) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            content = _packed(recording)
            _write_atomically(path, hashlib.sha256(content).digest() + content)
            self._make_room(keep=path)
        except OSError as error:
            _log.warning("a prepared sentence is not kept on disk: %s", error.strerror)

    def _make_room(self, keep: Path) -> None:
        """Delete the files not used for longest until the folder is within its bounds."""
        files = [(file.stat(), file) for file in self._folder.glob("*" + SUFFIX)]
        total = sum(stat.st_size for stat, _ in files)
        for stat, file in sorted(files, key=lambda entry: entry[0].st_mtime):
            if total <= self._max_disk_bytes:
                return
            if file != keep:
                file.unlink(missing_ok=True)
                total -= stat.st_size


async def recorded(session: VoiceSession, text: str, voice: TextToSpeech) -> Recording:
    """Have a text spoken, faster than it is heard.

    Args:
        session: Speaks it.
        text: As it is written.
        voice: Whose session it is.

    Raises:
        ProviderError: If the voice fails.
    """
    speech = session.begin()
    pcm: list[bytes] = []
    words: list[SpokenWord] = []
    try:
        speech.say(spoken(text))
        speech.finish()
        async with asyncio.timeout(SPEAK_DEADLINE_S):
            async for piece in speech.pieces():
                if isinstance(piece, bytes):
                    pcm.append(piece)
                else:
                    words += piece
    except TimeoutError:
        what = f"a sentence was not spoken within {SPEAK_DEADLINE_S:g} s"
        raise DeadlineMissed(voice.voice_id, what) from None
    finally:
        speech.cancel()
    return Recording(b"".join(pcm), tuple(words))


def _packed(recording: Recording) -> bytes:
    times = json.dumps([(w.text, w.start_ms, w.end_ms) for w in recording.words]).encode()
    return len(times).to_bytes(TIMES_BYTES, "big") + times + recording.pcm


def _unpacked(content: bytes) -> Recording:
    start = TIMES_BYTES + int.from_bytes(content[:TIMES_BYTES], "big")
    times = json.loads(content[TIMES_BYTES:start])
    return Recording(content[start:], tuple(SpokenWord(*time) for time in times))


def _load(path: Path) -> Recording | None:
    """Read prepared audio; None when there is none or it is damaged, so that it is made afresh."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, content = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    with suppress(OSError):
        os.utime(path)  # used now: the last to be deleted
    return _unpacked(content)


def _write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees all of it or none of it.

    The name of the unfinished file is fixed: what a crash leaves behind is overwritten next time.
    """
    unfinished = path.with_suffix(".part")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
