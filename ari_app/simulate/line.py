"""The caller's end of a simulated line: what Asterisk would send and hear, 20 ms at a time.

Frames leave on absolute deadlines, silence included. What comes is only looked at for whether there
is a voice in it; what the agent says is known from the record of its turns.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress

from audiosocket_agent import protocol
from audiosocket_agent.errors import RemoteProtocolError
from audiosocket_agent.seams import FRAME_BYTES

FRAME_S = 0.02
READ_BYTES = 8192
CATCH_UP_S = 0.2  # a machine that was busy for longer skips frames instead of bursting them
KEY_PAUSE_S = 0.06  # between two keys: a quick thumb
MOST_WAITING_BYTES = 65536  # two seconds of frames nobody reads: the agent is stuck


class Line:
    """One AudioSocket connection to the agent.

    Attributes:
        quiet_since_s: When the agent's voice was last heard, by the loop's clock.
        over: Set when the agent has hung up.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._outgoing = b""
        self._said = asyncio.Event()
        self._said.set()
        self.quiet_since_s = self._loop.time()
        self.over = asyncio.Event()

    async def connect(self, address: str, call_id: uuid.UUID) -> None:
        """Bring a registered call to the agent.

        Args:
            address: ``host:port``.
            call_id: As it was registered.

        Raises:
            OSError: If nobody listens there.
        """
        host, _, port = address.rpartition(":")
        reader, self._writer = await asyncio.open_connection(host, int(port))
        self._writer.write(protocol.encode(protocol.Kind.UUID, call_id.bytes))
        self._tasks = [
            asyncio.create_task(self._hear(reader)),
            asyncio.create_task(self._send(self._writer)),
        ]

    async def say(self, pcm: bytes) -> None:
        """Say something; returns when its last frame is out, or the agent has hung up."""
        if not pcm or self.over.is_set():
            return
        self._said.clear()
        self._outgoing += pcm
        await self._either(self._said)

    async def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            if self._writer is not None and not self.over.is_set():
                self._writer.write(protocol.encode(protocol.Kind.DTMF, key.encode()))
                await asyncio.sleep(KEY_PAUSE_S)

    async def close(self) -> None:
        """Hang up, if the agent has not; idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        writer, self._writer = self._writer, None
        if writer is not None and not writer.is_closing():
            with suppress(OSError):
                writer.write(protocol.HANGUP_MESSAGE)
            writer.close()

    async def _either(self, event: asyncio.Event) -> None:
        """Wait for an event or the end of the call."""
        waiting = [asyncio.create_task(it.wait()) for it in (event, self.over)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        decoder = protocol.Decoder()
        with suppress(OSError, RemoteProtocolError):
            while data := await reader.read(READ_BYTES):
                for message in decoder.feed(data):
                    if isinstance(message, protocol.Hangup):
                        self.over.set()
                        return
                    if isinstance(message, protocol.Audio) and any(message.pcm):
                        self.quiet_since_s = self._loop.time()
        self.over.set()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        due_s = self._loop.time()
        with suppress(OSError):
            while not self.over.is_set():
                if writer.transport.get_write_buffer_size() < MOST_WAITING_BYTES:
                    writer.write(protocol.encode_audio(self._frame()))
                due_s = max(due_s + FRAME_S, self._loop.time() - CATCH_UP_S)
                await asyncio.sleep(max(0.0, due_s - self._loop.time()))

    def _frame(self) -> bytes:
        if not self._outgoing:
            self._said.set()
            return protocol.SILENCE_FRAME
        frame, self._outgoing = self._outgoing[:FRAME_BYTES], self._outgoing[FRAME_BYTES:]
        return frame.ljust(FRAME_BYTES, b"\0")
