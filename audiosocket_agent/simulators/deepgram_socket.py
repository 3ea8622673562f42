"""One WebSocket of the simulated Deepgram, of either wire: bytes in, messages out, faults between.

The wire decides (`NovaWire`, `FluxWire`), this moves. The audio clock is the audio received, and
runs on for at most `RUN_ON_MS` after it, so that what is due between two packets is not late.

Of the faults, stall, drop, malformed and error strike once, in the middle of the first utterance;
hang and slow concern every message from the first, the upgrade itself comes at once; idle counts
any frame of the client as a message.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from aiohttp import WSMsgType, web

from audiosocket_agent.seams import SAMPLE_RATE_HZ
from audiosocket_agent.simulators.deepgram_query import Audio
from audiosocket_agent.simulators.faults import IDLE_MS, SLOW_MS, FaultKind
from audiosocket_agent.simulators.frames import Frames
from audiosocket_agent.simulators.hearing import Hearing, Stretch
from audiosocket_agent.simulators.listener import Listener, Recording
from audiosocket_agent.simulators.stretches import Change, StretchDetector, decoder

Message = dict[str, Any]
Farewell = tuple[int, str]  # code and reason of a close frame

RUN_ON_MS = 100  # one packet of 80 ms, and some
SLICE_MS = 100  # longer packets are heard piece by piece, as if they had come in time
MID_UTTERANCE_MS = 300  # of the first voice: where stall, drop, malformed and error strike
MAX_WAITING = 1000  # messages; a client that reads none of them is cut off
CLOSE_S = 5.0
BROKEN_TEXT = '{"type":"Results","channel":'
NET_0001 = (
    "Deepgram did not receive audio data or a text message within the timeout window. "
    "See https://dpgr.am/net0001"
)
DATA_0000 = "The payload cannot be decoded as audio. See https://dpgr.am/data0000"

_log = logging.getLogger(__name__)


class Wire(Protocol):
    """What `DeepgramSocket` needs of a wire; all of it is pure."""

    @property
    def keyterms(self) -> tuple[str, ...]:
        """Those in force."""

    @property
    def farewell(self) -> Farewell | None:
        """Code and reason with which the socket is to be closed now; None to go on."""

    def opened(self) -> list[Message]:
        """Return what is said first."""

    def changed(self, change: Change) -> list[Message]:
        """Answer a change of the voice."""

    def advance(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Return what is due."""

    def wall_due_ms(self) -> float | None:
        """Return the wall time at which something is due."""

    def clock_due_ms(self, clock_ms: float) -> float | None:
        """Return the audio time at which something may be due."""

    def text(self, data: str, clock_ms: float, now_ms: float) -> list[Message]:
        """Answer a text frame."""

    def close(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Answer an empty binary frame."""

    def failed(self) -> list[Message]:
        """Break down in the middle of an answer."""

    def disordered(self, message: Message) -> list[Message]:
        """Return a message with something forbidden before it."""


class DeepgramSocket:
    """One connection, from its upgrade to its end.

    Args:
        ws: Prepared.
        wire: What answers.
        hearing: The wire's.
        audio: How the client's audio is written.
        listener: Recognises what is not in the script.
        faults: What goes wrong on this connection.
        frames: Where control frames are noted.
        cut_off: Resets the TCP connection.
        idle_s: Seconds without anything received after which the connection is closed.
        audio_first: Whether the first of those must bring audio.
    """

    def __init__(
        self,
        ws: web.WebSocketResponse,
        wire: Wire,
        hearing: Hearing,
        audio: Audio,
        listener: Listener,
        faults: frozenset[FaultKind],
        frames: Frames,
        *,
        cut_off: Callable[[], None],
        idle_s: float,
        audio_first: bool,
    ) -> None:
        self._ws = ws
        self._wire = wire
        self._hearing = hearing
        self._audio = audio
        self._listener = listener
        self._faults = faults
        self._frames = frames
        self._cut_off = cut_off
        self._idle_s = IDLE_MS / 1000 if FaultKind.IDLE in faults else idle_s
        self._audio_first = audio_first
        self._loop = asyncio.get_running_loop()
        self._decoder = decoder(audio.encoding)
        self._rate_hz = audio.sample_rate_hz or SAMPLE_RATE_HZ
        self._detector = StretchDetector(self._rate_hz)
        self._tail = b""  # half a sample
        self._recording = Recording(self._rate_hz)
        self._received_at_ms = self._now_ms()
        self._clock_ms = 0.0
        self._voice_from_ms: float | None = None
        self._struck = False
        self._stalled = FaultKind.HANG in faults
        self._disordered = False
        # When it is full the client has not read for a long time, and is cut off.
        self._outbox: asyncio.Queue[tuple[float, str | Farewell]] = asyncio.Queue(MAX_WAITING)
        self._timer: asyncio.TimerHandle | None = None
        self._recognising: set[asyncio.Task[None]] = set()
        self._closing = False

    async def run(self) -> None:
        """Serve the connection until it ends."""
        writer = asyncio.create_task(self._write())
        try:
            self._say(self._wire.opened())
            await self._read()
            if self._closing and not self._stalled:
                await asyncio.wait([writer], timeout=CLOSE_S)
        finally:
            self._stalled = True
            if self._timer is not None:
                self._timer.cancel()
            tasks = [writer, *self._recognising]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        audio_by = self._loop.time() + self._idle_s if self._audio_first else None
        while True:
            wait_s = self._idle_s
            if audio_by is not None:
                wait_s = max(0.001, audio_by - self._loop.time())
            try:
                frame = await self._ws.receive(None if self._hanging else wait_s)
            except TimeoutError:
                await self._ws.close(code=1011, message=NET_0001.encode())
                return
            if frame.type is WSMsgType.BINARY:
                audio_by = None
                if not await self._binary(frame.data):
                    return
            elif frame.type is WSMsgType.TEXT:
                self._text(frame.data)
            else:
                return

    @property
    def _hanging(self) -> bool:
        return FaultKind.HANG in self._faults

    async def _binary(self, data: bytes) -> bool:
        """Take in audio; False when it cannot be."""
        if not data:
            self._frames.note("deepgram", "frame", text="", binary=True)
            self._say(self._wire.close(self._clock(), self._now_ms()))
            self._advance()
            return True
        if self._decoder is None and self._audio.encoding != "linear16":
            await self._ws.close(code=1008, message=DATA_0000.encode())
            return False
        samples = self._samples(data)
        step = self._rate_hz * SLICE_MS // 1000
        for start in range(0, len(samples), step):
            self._hear(samples[start : start + step])
        return True

    def _samples(self, data: bytes) -> npt.NDArray[np.int16]:
        if self._decoder is not None:
            return self._decoder[np.frombuffer(data, np.uint8)]
        data = self._tail + data
        whole = len(data) // 2 * 2
        self._tail = data[whole:]
        return np.frombuffer(data[:whole], "<i2")

    def _hear(self, samples: npt.NDArray[np.int16]) -> None:
        self._recording.feed(samples)
        self._received_at_ms = self._now_ms()
        for change in self._detector.feed(samples):
            if self._voice_from_ms is None:
                self._voice_from_ms = change.at_ms
            self._hearing.note(change)
            self._say(self._wire.changed(change))
        self._advance()

    def _text(self, data: str) -> None:
        self._frames.note("deepgram", "frame", text=data, binary=False)
        self._say(self._wire.text(data, self._clock(), self._now_ms()))
        self._advance()

    def _advance(self) -> None:
        """Say what is due, and come back when the next is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._strike()
        self._say(self._wire.advance(self._clock(), self._now_ms()))
        for stretch in self._hearing.hand_over():
            self._recognise(stretch)
        wait_ms = self._wait_ms()
        if wait_ms is not None and not self._closing:
            self._timer = self._loop.call_later(max(wait_ms, 1) / 1000, self._advance)

    def _wait_ms(self) -> float | None:
        """Return when something may be due though no audio comes."""
        clock_ms, now_ms = self._clock(), self._now_ms()
        waits = []
        if (wall_ms := self._wire.wall_due_ms()) is not None:
            waits.append(wall_ms - now_ms)
        if (due_ms := self._wire.clock_due_ms(clock_ms)) is not None:
            # Where the clock will have stopped before, only audio can bring it on.
            left_ms = RUN_ON_MS - (now_ms - self._received_at_ms)
            if due_ms - clock_ms <= left_ms:
                waits.append(due_ms - clock_ms)
        return min(waits, default=None)

    def _strike(self) -> None:
        """Do what goes wrong in the middle of the first utterance."""
        voice_ms = self._voice_from_ms
        if self._struck or voice_ms is None or self._clock() - voice_ms < MID_UTTERANCE_MS:
            return
        self._struck = True
        if FaultKind.DROP in self._faults:
            self._reset()
        if FaultKind.STALL in self._faults:
            self._stalled = True
        if FaultKind.MALFORMED in self._faults:
            self._post(BROKEN_TEXT)
        if FaultKind.ERROR in self._faults:
            self._say(self._wire.failed())

    def _say(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if FaultKind.ORDER in self._faults and not self._disordered:
                out_of_order = self._wire.disordered(message)
                self._disordered = len(out_of_order) > 1
            else:
                out_of_order = [message]
            for each in out_of_order:
                self._post(json.dumps(each, separators=(",", ":")))
        if self._wire.farewell is not None and not self._closing:
            self._closing = True
            self._post(self._wire.farewell)

    def _post(self, what: str | Farewell) -> None:
        if self._stalled:
            return
        late_ms = SLOW_MS if FaultKind.SLOW in self._faults else 0
        try:
            self._outbox.put_nowait((self._now_ms() + late_ms, what))
        except asyncio.QueueFull:
            _log.warning("a client of the simulated Deepgram does not read and is cut off")
            self._reset()

    async def _write(self) -> None:
        while True:
            due_ms, what = await self._outbox.get()
            if (wait_ms := due_ms - self._now_ms()) > 0:
                await asyncio.sleep(wait_ms / 1000)
            try:
                if isinstance(what, tuple):
                    await self._ws.close(code=what[0], message=what[1].encode())
                    return
                await self._ws.send_str(what)
            except ConnectionError:
                return  # the client is gone; the reader sees that too

    def _recognise(self, stretch: Stretch) -> None:
        task = asyncio.create_task(self._recognised(stretch))
        self._recognising.add(task)
        task.add_done_callback(self._recognising.discard)

    async def _recognised(self, stretch: Stretch) -> None:
        end_ms = self._recording.end_ms
        if stretch.voice_end_ms is not None:
            end_ms = stretch.voice_end_ms
        pcm = self._recording.cut(stretch.start_ms, end_ms)
        words = await self._listener.words(pcm, self._wire.keyterms)
        self._hearing.resolve(stretch.number, words)
        self._advance()

    def _reset(self) -> None:
        self._stalled = True
        self._cut_off()

    def _now_ms(self) -> float:
        return self._loop.time() * 1000

    def _clock(self) -> float:
        """Return the audio clock; it never goes back."""
        since_ms = min(self._now_ms() - self._received_at_ms, RUN_ON_MS)
        if received_ms := self._recording.end_ms:
            self._clock_ms = max(self._clock_ms, received_ms + since_ms)
        return self._clock_ms
