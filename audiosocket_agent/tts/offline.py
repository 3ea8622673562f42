"""The offline voice: espeak-ng, run as a program for each sentence, streamed at 8 kHz.

espeak-ng is GPLv3 and this project is MIT, so it is started as a program and never linked. It
speaks some 400 times faster than real time: starting it and hearing its first bytes takes a few
milliseconds, which is why nothing here is kept running between sentences.

The text goes in on stdin: on the command line any user of the machine could read it in the process
list, and text that starts with a dash could be taken for an option.
"""

from __future__ import annotations

import asyncio
import os
import re
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import suppress
from copy import copy

import numpy as np
import numpy.typing as npt
import soxr

from audiosocket_agent.errors import ProviderError, RequestRefused
from audiosocket_agent.options import VendorOptions, option
from audiosocket_agent.patience import Patience
from audiosocket_agent.seams import SAMPLE_RATE_HZ, VoiceTraits
from audiosocket_agent.sentences import BySentence
from audiosocket_agent.tts.espeak.trim import Samples, SilenceTrimmer

PROVIDER = "offline"
PROGRAM = "espeak-ng"
VOICE = "en-gb"
SPEED_WPM = 165
SLOWEST_WPM, FASTEST_WPM = 80, 450
GAIN = 0.85  # speech at -20.5 dBFS RMS, peaks below -2 dBFS: the level of a recorded prompt
SPOKEN_RATE_HZ = 22050
WAV_HEADER_BYTES = 44
READ_BYTES = 8192  # 186 ms at 22,050 Hz * 2 bytes: resampling one takes well under a millisecond
PIPE_BYTES = 65536  # read ahead at most; beyond it espeak-ng waits, it costs nothing while waiting
FIRST_BYTE_S = 1.5
NEXT_BYTES_S = 1.5
STARTING_AT_ONCE = 2  # more would only share the same cores and make every caller wait longer
MAX_TEXT_CHARS = 10_000  # over ten minutes of speech: nobody means to say more; the rest is cut

TRAITS = VoiceTraits("pcm_s16le", SPOKEN_RATE_HZ, whole_sentences=True)


class Options(VendorOptions):
    """What can be set about the offline voice."""

    program: str = option(PROGRAM, "path or name of espeak-ng", env="VOICEAGENT_ESPEAK_PROGRAM")
    voice: str = option(
        VOICE, "espeak-ng's name of the voice, as --voices lists it", env="VOICEAGENT_ESPEAK_VOICE"
    )
    speed_wpm: int = option(
        SPEED_WPM,
        "how fast it speaks",
        unit="words per minute",
        env="VOICEAGENT_ESPEAK_SPEED_WPM",
        ge=SLOWEST_WPM,
        le=FASTEST_WPM,
    )


class OfflineVoice:
    """A `SentenceVoice` on espeak-ng.

    Args:
        program: Path or name of espeak-ng.
        voice: espeak-ng's name of the voice.
        speed_wpm: Words per minute.
        version: What the program calls itself; part of `voice_id`.
        first_byte_s: How long the first audio may take.
        next_bytes_s: How long a pause in the stream may last.
    """

    def __init__(
        self,
        program: str = PROGRAM,
        voice: str = VOICE,
        speed_wpm: int = SPEED_WPM,
        version: str = "",
        *,
        first_byte_s: float = FIRST_BYTE_S,
        next_bytes_s: float = NEXT_BYTES_S,
    ) -> None:
        self._program, self._version = program, version
        self._voice, self._speed_wpm = voice, speed_wpm
        self._chosen = False
        self._first_byte_s = first_byte_s
        self._next_bytes_s = next_bytes_s
        self._starting = asyncio.Semaphore(STARTING_AT_ONCE)
        self._running: set[Process] = set()
        self._closed = asyncio.Event()

    @property
    def voice_id(self) -> str:
        """Engine, version, voice, speed and level."""
        return f"espeak-ng-{self._version}-{self._voice}-{self._speed_wpm}-{GAIN}"

    def speaking(self, voice: str, speed: float) -> OfflineVoice:
        """Return this engine with another voice of espeak-ng; see `OtherVoices.speaking`."""
        other = copy(self)  # its processes are these, and it is closed with this one
        other._voice = voice
        other._speed_wpm = min(max(round(self._speed_wpm * speed), SLOWEST_WPM), FASTEST_WPM)
        other._chosen = True
        return other

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Speak one sentence; see `SentenceVoice.synthesize`.

        Text without anything to say yields nothing.
        """
        if self._closed.is_set():
            raise ProviderError(PROVIDER, "the voice is closed")
        words = speakable(text)
        if not words:
            return
        process: Process | None = None
        spoken = False
        try:
            # Only the start is rationed: after its first bytes espeak-ng is nearly done or waits
            # for its reader, and a sentence that plays slowly must not keep others from starting.
            async with self._starting:
                process = await self._start()
                first = await self._speak(process, words)
            shaper = _Shaper(first[WAV_HEADER_BYTES:])
            while chunk := await self._read(process, self._next_bytes_s):
                if pcm := shaper.feed(chunk):
                    yield pcm
            spoken = True
            if pcm := shaper.finish():
                yield pcm
        finally:
            if process is not None:
                await self._reap(process, kill=not spoken)

    async def close(self) -> None:
        """Stop every sentence still being spoken; idempotent."""
        self._closed.set()
        for process in list(self._running):
            await self._reap(process, kill=True)

    async def _start(self) -> Process:
        how = ("-v", self._voice, "-s", str(self._speed_wpm), "-z", "--stdin", "--stdout")
        process = await _spawn((self._program, *how), PIPE)
        self._running.add(process)
        return process

    async def _speak(self, process: Process, words: str) -> bytes:
        """Send the text; return the WAV header and whatever came with it."""
        assert process.stdin is not None
        process.stdin.write(words.encode())
        process.stdin.close()
        first = b""
        while len(first) < WAV_HEADER_BYTES:
            chunk = await self._read(process, self._first_byte_s)
            if not chunk and self._chosen:
                raise RequestRefused(PROVIDER, f"espeak-ng does not speak as {self._voice}")
            if not chunk:
                raise ProviderError(PROVIDER, "espeak-ng ended without speaking", retryable=True)
            first += chunk
        return first

    async def _read(self, process: Process, deadline_s: float) -> bytes:
        assert process.stdout is not None
        try:
            async with Patience().within(deadline_s):
                return await process.stdout.read(READ_BYTES)
        except TimeoutError:
            what = f"espeak-ng sent nothing for {deadline_s} s"
            raise ProviderError(PROVIDER, what, retryable=True) from None

    async def _reap(self, process: Process, *, kill: bool) -> None:
        """Collect the process, so that neither it nor a pipe stays; kill it first if need be.

        A process that has closed its output is ending by itself: killing it then would only race
        with the collection of its exit status.
        """
        if kill and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        # A full pipe that nobody reads would hold back the news of the exit: drain it first.
        while process.stdout is not None and await process.stdout.read(PIPE_BYTES):
            pass
        await process.wait()
        # Last: if this is cancelled half-way, `close` does it again.
        self._running.discard(process)


class _Shaper:
    """Turns espeak-ng's samples into phone audio: resampled, at a steady level, trimmed."""

    def __init__(self, head: bytes) -> None:
        self._odd = head
        # In floats, because soxr dithers integers: the same sentence would never be the same twice.
        self._resampler = soxr.ResampleStream(
            SPOKEN_RATE_HZ, SAMPLE_RATE_HZ, 1, dtype="float32", quality="MQ"
        )
        self._trimmer = SilenceTrimmer()

    def feed(self, data: bytes) -> bytes:
        data = self._odd + data
        whole = len(data) - len(data) % 2
        self._odd = data[whole:]
        return self._trimmer.feed(self._resample(np.frombuffer(data[:whole], "<i2"))).tobytes()

    def finish(self) -> bytes:
        last = self._resample(np.zeros(0, np.int16), last=True)
        return self._trimmer.feed(last).tobytes() + self._trimmer.finish().tobytes()

    def _resample(self, samples: Samples, *, last: bool = False) -> Samples:
        level = samples.astype(np.float32) * np.float32(GAIN)
        resampled: npt.NDArray[np.float32] = self._resampler.resample_chunk(level, last=last)
        return np.rint(resampled).astype(np.int16)


def speakable(text: str) -> str:
    """Make any text safe to speak: one line, no control characters, no phoneme escapes.

    ``[[`` starts espeak-ng's own phoneme notation, so text with it could make any noise.
    """
    one_line = "".join(" " if ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
    return re.sub(r"\[\[|\]\]", " ", one_line)[:MAX_TEXT_CHARS].strip()


async def _spawn(command: tuple[str, ...], stdin: int) -> Process:
    # It gets ready to play, and its sound library puts folders into the home it finds.
    homeless = {**os.environ, "HOME": os.devnull}
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=stdin, stdout=PIPE, stderr=DEVNULL, limit=PIPE_BYTES, env=homeless
        )
    except FileNotFoundError:
        what = f"{command[0]} is not installed; on Debian: apt-get install espeak-ng"
        raise ProviderError(PROVIDER, what) from None
    except OSError as error:
        raise ProviderError(PROVIDER, f"espeak-ng cannot start: {error.strerror}") from error


async def open_engine(options: Options) -> BySentence:
    """Check that espeak-ng is there and speaks, and return the voice.

    The check also brings the program and its data into memory, so the first caller does not wait
    for the disk.

    Raises:
        ProviderError: If espeak-ng is missing or does not speak; the text says what to install.
    """
    process = await _spawn((options.program, "--version"), DEVNULL)
    banner, _ = await process.communicate()
    found = re.search(rb"text-to-speech: (\S+)", banner)
    version = found[1].decode() if found else "unknown"
    engine = OfflineVoice(options.program, options.voice, options.speed_wpm, version)
    if not [pcm async for pcm in engine.synthesize("Ready.")]:
        raise ProviderError(PROVIDER, f"espeak-ng has nothing to say with voice {options.voice}")
    return BySentence(engine, TRAITS, other=engine.speaking)
