"""Keep the sentences every caller hears: greeting, questions asked again, apologies.

A voice wrapped in a `PhraseCache` says a prepared text at once, from memory, without the engine:
the greeting starts the moment a caller is connected, and an apology can still be spoken when the
engine is the thing that broke. Prepared audio also lies on disk, so that a restart does not make it
again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from pathlib import Path

from audiosocket_agent.seams import TextToSpeech

MAX_DISK_BYTES = 64 * 1024 * 1024  # over an hour of speech at 16,000 bytes a second
MAX_MEMORY_BYTES = 32 * 1024 * 1024
DIGEST_BYTES = hashlib.sha256().digest_size
SUFFIX = ".pcm"

_log = logging.getLogger(__name__)


class PhraseCache:
    """A `TextToSpeech` that remembers prepared texts; everything else goes to the voice behind it.

    Args:
        voice: The voice behind it; `close` closes it too.
        folder: Where prepared audio is kept; made when missing. One file per voice and text, its
            name a hash, its content a SHA-256 of the audio and then the audio.
        max_disk_bytes: Beyond it the files not used for longest are deleted.
        max_memory_bytes: Beyond it further texts are not kept: they are spoken by the voice.
    """

    def __init__(
        self,
        voice: TextToSpeech,
        folder: Path,
        *,
        max_disk_bytes: int = MAX_DISK_BYTES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> None:
        self._voice = voice
        self._folder = folder
        self._max_disk_bytes = max_disk_bytes
        self._max_memory_bytes = max_memory_bytes
        self._memory: dict[str, bytes] = {}
        self._memory_bytes = 0

    @property
    def voice_id(self) -> str:
        """The name of the voice behind the cache."""
        return self._voice.voice_id

    async def prepare(self, texts: Iterable[str]) -> None:
        """Make every text ready to be spoken at once; texts already on disk are only read.

        A disk that cannot be written costs a warning, not the sentence.

        Raises:
            ProviderError: If the voice fails; texts before the failing one are ready.
        """
        for text in texts:
            if text in self._memory:
                continue
            path = self._path(text)
            pcm = await asyncio.to_thread(_load, path)
            if pcm is None:
                async with aclosing(self._voice.synthesize(text)) as chunks:
                    pcm = b"".join([chunk async for chunk in chunks])
                await asyncio.to_thread(self._store, path, pcm)
            self._remember(text, pcm)

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Speak one sentence, a prepared one at once; see `TextToSpeech.synthesize`."""
        pcm = self._memory.get(text)
        if pcm is not None:
            if pcm:
                yield pcm
            return
        async with aclosing(self._voice.synthesize(text)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def close(self) -> None:
        """Stop the voice behind the cache; idempotent."""
        await self._voice.close()

    def _path(self, text: str) -> Path:
        key = hashlib.sha256(f"{self._voice.voice_id}\0{text}".encode("utf-8", "replace"))
        return self._folder / (key.hexdigest() + SUFFIX)

    def _remember(self, text: str, pcm: bytes) -> None:
        if self._memory_bytes + len(pcm) > self._max_memory_bytes:
            _log.warning("no room in memory for another prepared sentence of %d bytes", len(pcm))
            return
        self._memory[text] = pcm
        self._memory_bytes += len(pcm)

    def _store(self, path: Path, pcm: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_atomically(path, hashlib.sha256(pcm).digest() + pcm)
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


def _load(path: Path) -> bytes | None:
    """Read prepared audio; None when there is none or it is damaged, so that it is made afresh."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, pcm = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(pcm).digest() != digest:
        return None
    with suppress(OSError):
        os.utime(path)  # used now: the last to be deleted
    return pcm


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
