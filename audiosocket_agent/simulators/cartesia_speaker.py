"""One context of the simulated Cartesia at work: waits, has it synthesised, streams it out."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

from aiohttp import web

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import SpokenWord
from audiosocket_agent.simulators.cartesia_context import Context, Generation
from audiosocket_agent.simulators.cartesia_request import Refusal, Say
from audiosocket_agent.simulators.cartesia_voice import SimulatedVoice
from audiosocket_agent.simulators.faults import SLOW_MS, FaultKind
from audiosocket_agent.simulators.line import Line

CHUNK_S = 0.1
FASTER = 4  # than real time
ODD_BYTES = (0, 1, -1)  # added to the sizes of chunks in turn: two of three begin in mid-sample
PAUSES_S = {".": 0.25, "!": 0.25, "?": 0.25, ",": 0.12, ";": 0.12, ":": 0.12}  # trimmed speech
BREAKS_AFTER = {
    FaultKind.STALL: 2,
    FaultKind.DROP: 2,
    FaultKind.MALFORMED: 1,
    FaultKind.ERROR: 1,
}  # chunks


class Speaker:
    """The work of one context; `run` is a task of its connection.

    Args:
        said: The first text, for what is fixed on the context; it is not spoken yet.
        socket: Where everything is sent.
        line: The connection under it.
        voice: Synthesises.
        first_ms: From the first text to the first audio.
        faults: What goes wrong.

    Attributes:
        task: Runs it.
        faults: What goes wrong.
    """

    task: asyncio.Task[None]

    def __init__(
        self,
        said: Say,
        socket: web.WebSocketResponse,
        line: Line,
        voice: SimulatedVoice,
        first_ms: float,
        faults: frozenset[FaultKind],
    ) -> None:
        self.faults = faults
        self._name = said.context_id
        self._rate_hz = said.rate_hz
        self._voice_id = said.voice
        self._timestamps = said.timestamps
        self._socket = socket
        self._line = line
        self._voice = voice
        self._first_ms = first_ms + (SLOW_MS if FaultKind.SLOW in faults else 0)
        self._context = Context(first_ms)
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._pause_s = 0.0
        self._audio_s = 0.0  # streamed out so far
        self._chunks = 0

    @property
    def expired(self) -> bool:
        """Whether the context has been left without text for too long."""
        return self._context.expired(self._loop.time())

    def say(self, said: Say) -> None:
        """Take text.

        Raises:
            Refusal: See `Context.say`.
        """
        self._context.say(said, self._loop.time())
        self._news.set()

    def cancel(self) -> None:
        """Drop what is not generating."""
        self._context.cancel()
        self._news.set()

    async def run(self) -> None:
        """Speak until the context is over or expired.

        Raises:
            Refusal: If the context ends with an error.
            ConnectionError: If the client is gone.
        """
        context = self._context
        while not context.over:
            if generation := context.take(self._loop.time()):
                await self._speak(generation)
                context.spoken(self._loop.time())
                for number in generation.flushed:
                    await self._send_flush_done(number)
            elif context.expired(self._loop.time()):
                return
            else:
                await self._wait(context.wakes_at())
        if not context.ends_silently:
            await self._send("done", done=True)
            if FaultKind.ORDER in self.faults:
                await self._send_times([SpokenWord("late", 0.0, 100.0)], 0.0, 1)

    async def _wait(self, until: float | None) -> None:
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._news.wait()

    async def _speak(self, generation: Generation) -> None:
        text = generation.text
        try:
            pcm, words = await self._voice.speak(text, self._rate_hz, self._voice_id)
        except ProviderError:
            message = "The simulator has no espeak-ng."
            raise Refusal(500, "internal_error", "Internal error", message, self._name) from None
        if not pcm:
            return
        if self._chunks == 0 and self._context.first_text_at is not None:
            await self._line.wait_until(self._context.first_text_at + self._first_ms / 1000)
        silence = b"\0\0" * round(self._pause_s * self._rate_hz)
        self._pause_s = PAUSES_S.get(text.rstrip()[-1:], 0.0)
        length_s = len(pcm) / 2 / self._rate_hz
        starts_s = self._audio_s + len(silence) / 2 / self._rate_hz
        self._context.playing(starts_s - self._audio_s + length_s, self._loop.time())
        if FaultKind.ORDER in self.faults and self._chunks == 0:
            await self._send_chunk(b"\0" * 320, 1, "nobody-opened-this")
        if self._timestamps:
            await self._send_times(words, starts_s, generation.flush_id)
        await self._stream(silence + pcm, generation.flush_id)
        self._audio_s = starts_s + length_s

    async def _stream(self, pcm: bytes, flush_id: int) -> None:
        """Send audio at its pace; the last byte of it is due when its last chunk is."""
        size = round(CHUNK_S * self._rate_hz) * 2
        started = self._loop.time()
        at = 0
        for n in count():
            if at >= len(pcm):
                return
            await self._line.wait_until(started + n * CHUNK_S / FASTER)
            end = at + size + ODD_BYTES[n % len(ODD_BYTES)]
            await self._send_chunk(pcm[at:end], flush_id, self._name)
            at = end
            self._chunks += 1
            await self._misbehave()

    async def _misbehave(self) -> None:
        for kind in self.faults:
            if BREAKS_AFTER.get(kind) != self._chunks:
                continue
            if kind is FaultKind.STALL:
                await self._line.silence()
            elif kind is FaultKind.DROP:
                self._line.reset()
            elif kind is FaultKind.MALFORMED:
                await self._socket.send_str('{"type":"chunk","context_id":')
            else:
                message = "Something went wrong."
                raise Refusal(500, "internal_error", "Internal error", message, self._name)

    async def _send_chunk(self, data: bytes, flush_id: int, name: str) -> None:
        # Base64 needs no escaping, so only the name goes through the JSON writer.
        await self._socket.send_str(
            f'{{"type":"chunk","context_id":{json.dumps(name)},'
            f'"data":"{base64.b64encode(data).decode()}","done":false,"status_code":206,'
            f'"step_time":{CHUNK_S * 1000 / FASTER},"flush_id":{flush_id}}}'
        )

    async def _send_times(self, words: Sequence[SpokenWord], at_s: float, flush_id: int) -> None:
        times = {
            "words": [word.text for word in words],
            "start": [round(at_s + word.start_ms / 1000, 3) for word in words],
            "end": [round(at_s + word.end_ms / 1000, 3) for word in words],
        }
        await self._send("timestamps", word_timestamps=times, flush_id=flush_id)

    async def _send_flush_done(self, number: int) -> None:
        await self._send("flush_done", flush_done=True, flush_id=number)

    async def _send(self, kind: str, *, done: bool = False, **more: object) -> None:
        frame = {"type": kind, "context_id": self._name, "done": done, "status_code": 206, **more}
        await self._socket.send_str(json.dumps(frame, separators=(",", ":")))
