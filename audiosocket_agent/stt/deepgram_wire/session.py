"""The ear of one call on a Deepgram socket: one task writes, one reads, one watches the clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from audiosocket_agent.errors import DeadlineMissed, ProviderError, StreamBroken
from audiosocket_agent.line_clock import HELD_BACK_IN_VOICE_MS
from audiosocket_agent.seams import BYTES_PER_MS, Expectation, Transcript
from audiosocket_agent.stt.deepgram_wire.failures import closed
from audiosocket_agent.stt.deepgram_wire.outbox import Outbox
from audiosocket_agent.stt.deepgram_wire.outgoing import Outgoing
from audiosocket_agent.vad import VOICE_DB, level_db

CLOSE_STREAM = '{"type":"CloseStream"}'
CLOSE_S = 0.5  # for the vendor to say goodbye, and again for the socket to close
_WRITE_S = 5.0  # for one message; a finalize that waits behind it has its own, shorter deadline
_TICK_S = 0.25  # how often a vendor that says nothing is looked at
# A process that stood still wakes to timers that are due, and to audio and messages that it has not
# read; for so long these come first.
_CATCH_UP_S = 0.05
# Audio that stays away in the middle of a voice is on its way: silence put there tears a word.
_HELD_BACK_S = HELD_BACK_IN_VOICE_MS / 1000

_log = logging.getLogger(__name__)


class Turns(Protocol):
    """What turns messages into transcripts; see `nova` and `flux`."""

    @property
    def due_at_s(self) -> float | None:
        """When `due` must be called, at the latest."""

    def fed(self, now_s: float) -> None:
        """Audio was taken."""

    def speech_started(self, now_s: float) -> None:
        """The local VAD heard speech begin."""

    def finalize(self, position_s: float, now_s: float) -> tuple[list[Transcript], bool]:
        """The utterance is over; return transcripts, and whether to ask the vendor."""

    def discard(self, position_s: float) -> None:
        """Forget the utterance in progress."""

    def due(self, now_s: float) -> list[Transcript]:
        """Answer what has waited long enough."""

    def message(self, frame: str | bytes, now_s: float) -> list[Transcript]:
        """Take one message of the vendor."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a stream is kept alive and asked.

    Attributes:
        provider: The engine's name.
        chunk_ms: Audio in one message.
        finalize: The message that asks for the end of an utterance.
        idle_s: After this long without audio something must be sent.
        keep_alive: The message sent then; "" for none.
        silence_ms: Silence sent then.
        silence_once: Whether silence is sent only while the stream has had no audio at all.
    """

    provider: str
    chunk_ms: int
    finalize: str
    idle_s: float
    keep_alive: str
    silence_ms: int
    silence_once: bool


class ListenSession:
    """See `SttSession`.

    Args:
        socket: Open; the session closes it.
        turns: What its messages mean.
        manners: How it is kept alive and asked.
        call_id: For logs.
        forget: Called once when it is closed.
    """

    def __init__(
        self,
        socket: ClientConnection,
        turns: Turns,
        manners: Manners,
        call_id: str,
        forget: Callable[[ListenSession], None],
    ) -> None:
        self._socket = socket
        self._turns = turns
        self._manners = manners
        self._call_id = call_id
        self._forget = forget
        self._loop = asyncio.get_running_loop()
        self._outgoing = Outgoing(manners.chunk_ms * BYTES_PER_MS)
        self._outbox = Outbox()
        self._writable = asyncio.Event()
        self._deadline_changed = asyncio.Event()
        self._audio_at_s = self._loop.time()
        self._last_audio = b""
        self._failed = self._closed = self._warned = False
        self._closing = asyncio.Lock()
        self._writer = asyncio.create_task(self._guard(self._write))
        self._reader = asyncio.create_task(self._guard(self._read))
        self._watcher = asyncio.create_task(self._guard(self._watch))

    def expect(self, expectation: Expectation) -> None:
        """See `SttSession.expect`; an ear for open speech is not told."""

    def feed(self, pcm: bytes) -> None:
        """See `SttSession.feed`."""
        if self._over:
            return
        self._audio_at_s = self._loop.time()
        self._last_audio = pcm
        self._turns.fed(self._audio_at_s)
        self._send_audio(pcm)

    def speech_started(self) -> None:
        """See `SttSession.speech_started`."""
        self._turns.speech_started(self._loop.time())

    def finalize(self) -> None:
        """See `SttSession.finalize`."""
        if self._over:
            return
        transcripts, ask = self._turns.finalize(self._outgoing.position_s, self._loop.time())
        self._outbox.put(transcripts)
        if ask:
            self._outgoing.control(self._manners.finalize)
            self._writable.set()
        self._deadline_changed.set()

    def discard(self) -> None:
        """See `SttSession.discard`."""
        self._turns.discard(self._outgoing.position_s)

    def transcripts(self) -> AsyncIterator[Transcript]:
        """See `SttSession.transcripts`."""
        return self._outbox.read()

    async def close(self) -> None:
        """See `SttSession.close`; takes at most twice `CLOSE_S`."""
        async with self._closing:
            if self._closed:
                return
            self._closed = True
            self._outbox.end()
            try:
                await self._say_goodbye()
            finally:
                self._reader.cancel()
                self._writer.cancel()
                self._watcher.cancel()
                self._socket.transport.abort()  # it is closed unless the vendor hangs
                self._forget(self)
            await asyncio.gather(self._reader, self._writer, self._watcher, return_exceptions=True)

    @property
    def _over(self) -> bool:
        return self._failed or self._closed

    async def _say_goodbye(self) -> None:
        self._writer.cancel()
        self._watcher.cancel()
        with suppress(TimeoutError, ConnectionClosed, OSError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.gather(self._writer, self._watcher, return_exceptions=True)
                if not self._failed:
                    await self._socket.send(CLOSE_STREAM)
                    await asyncio.wait({self._reader})
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._socket.close()

    def _send_audio(self, pcm: bytes) -> None:
        self._outgoing.feed(pcm)
        if not self._outgoing.empty:
            self._writable.set()
        if self._outgoing.lost_bytes and not self._warned:
            self._warned = True
            _log.warning(
                "%s takes the audio too slowly: the oldest is lost",
                self._manners.provider,
                extra={"call_id": self._call_id},
            )

    async def _guard(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run one of the three tasks; what ends it reaches the call through its transcripts."""
        provider = self._manners.provider
        try:
            await work()
        except ProviderError as error:
            self._fail(error)
        except ConnectionClosed as error:
            frame = error.rcvd
            self._fail(
                closed(provider, frame.code if frame else None, frame.reason if frame else "")
            )
        except Exception:
            _log.exception("the %s session broke", provider, extra={"call_id": self._call_id})
            self._fail(StreamBroken(provider, "the session broke inside the agent"))

    def _fail(self, error: ProviderError) -> None:
        if not self._over:
            self._failed = True
            self._outbox.fail(error)

    async def _write(self) -> None:
        while True:
            message = self._outgoing.take()
            if message is None:
                self._writable.clear()
                await self._writable.wait()
                continue
            try:
                async with asyncio.timeout(_WRITE_S):
                    await self._socket.send(message)
            except TimeoutError:
                raise DeadlineMissed(self._manners.provider, "the vendor takes no audio") from None

    async def _read(self) -> None:
        # No deadline of its own: a vendor may be silent for as long as the caller is. The watcher
        # knows when it must not be.
        while True:
            frame = await self._socket.recv()
            if not self._over:
                self._outbox.put(self._turns.message(frame, self._loop.time()))

    async def _watch(self) -> None:
        idle_from_s = self._loop.time()
        while True:
            due_at_s = self._turns.due_at_s
            now_s = self._loop.time()
            wait_s = _TICK_S if due_at_s is None else min(_TICK_S, max(0.0, due_at_s - now_s))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._deadline_changed.wait()
            self._deadline_changed.clear()
            if self._is_due(idle_from_s):
                await asyncio.sleep(_CATCH_UP_S)
            now_s = self._loop.time()
            self._outbox.put(self._turns.due(now_s))
            if self._is_idle(idle_from_s):
                idle_from_s = now_s
                self._keep_alive()

    def _is_due(self, idle_from_s: float) -> bool:
        due_at_s = self._turns.due_at_s
        late = due_at_s is not None and self._loop.time() >= due_at_s
        return late or self._is_idle(idle_from_s)

    def _is_idle(self, idle_from_s: float) -> bool:
        idle_s = self._loop.time() - max(idle_from_s, self._audio_at_s)
        if idle_s < self._manners.idle_s:
            return False
        return idle_s >= _HELD_BACK_S or level_db(self._last_audio) < VOICE_DB

    def _keep_alive(self) -> None:
        manners = self._manners
        if not self._outgoing.empty:
            return  # more of it would only wait
        # The vendor takes its control message alone for an idle stream until it has had audio.
        if not manners.silence_once or self._outgoing.position_s == 0:
            self._send_audio(bytes(manners.silence_ms * BYTES_PER_MS))
        if manners.keep_alive:
            self._outgoing.control(manners.keep_alive)
        self._outgoing.flush()
        self._writable.set()
