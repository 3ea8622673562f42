"""Audio and control messages on their way to the vendor: collected into chunks, in order. Pure."""

from __future__ import annotations

from collections import deque

from audiosocket_agent.seams import BYTES_PER_MS

# A chain replays up to 15 s of an utterance into a fresh ear at once; more than this is waiting
# only when the vendor takes the audio too slowly, and then the oldest is of least use.
MOST_WAITING_BYTES = 20_000 * BYTES_PER_MS
_BYTES_PER_S = 1000 * BYTES_PER_MS


class Outgoing:
    """What is still to be written to one socket.

    Args:
        chunk_bytes: Audio the vendor prefers in one message.
    """

    def __init__(self, chunk_bytes: int) -> None:
        self._chunk_bytes = chunk_bytes
        self._partial = bytearray()  # never as long as a chunk
        # Audio in it is bounded by MOST_WAITING_BYTES: the oldest gives way. Control messages are
        # few: one a turn and one for each keep-alive, which wait for an empty queue.
        self._waiting: deque[bytes | str] = deque()
        self._waiting_bytes = 0
        self._taken_bytes = 0
        self.lost_bytes = 0

    @property
    def position_s(self) -> float:
        """How much audio the vendor has, once all that waits is written: its own clock."""
        return (self._taken_bytes + self._waiting_bytes + len(self._partial)) / _BYTES_PER_S

    @property
    def empty(self) -> bool:
        """Whether no message waits; an unfinished chunk does not count."""
        return not self._waiting

    def feed(self, pcm: bytes) -> None:
        """Take audio of any length."""
        self._partial += pcm
        while len(self._partial) >= self._chunk_bytes:
            self._add(bytes(self._partial[: self._chunk_bytes]))
            del self._partial[: self._chunk_bytes]

    def flush(self) -> None:
        """Let an unfinished chunk go as it is. Nothing is never sent: it would mean goodbye."""
        if self._partial:
            self._add(bytes(self._partial))
            self._partial.clear()

    def control(self, message: str) -> None:
        """Take a text message; it follows all audio fed before it."""
        self.flush()
        self._waiting.append(message)

    def take(self) -> bytes | str | None:
        """Return the next message to write, None when there is none."""
        if not self._waiting:
            return None
        item = self._waiting.popleft()
        if isinstance(item, bytes):
            self._waiting_bytes -= len(item)
            self._taken_bytes += len(item)
        return item

    def _add(self, chunk: bytes) -> None:
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        while self._waiting_bytes > MOST_WAITING_BYTES:
            oldest = next(i for i, item in enumerate(self._waiting) if isinstance(item, bytes))
            lost = len(self._waiting[oldest])
            del self._waiting[oldest]
            self._waiting_bytes -= lost
            self.lost_bytes += lost
