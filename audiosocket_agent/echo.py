"""Tells the echo of our own voice from a caller, by what was just played. Pure."""

from __future__ import annotations

from collections import deque

SILENCE_DB = -96.0
MEMORY_FRAMES = 50


class EchoGuard:
    """What a call played and heard lately, and the echo known on its line."""

    def __init__(self) -> None:
        self._played: deque[bytes] = deque(maxlen=MEMORY_FRAMES)
        self._heard: deque[bytes] = deque(maxlen=MEMORY_FRAMES)

    def played(self, pcm: bytes) -> None:
        """Note a frame that was sent, silence included (20 ms)."""
        self._played.append(pcm)

    def heard(self, pcm: bytes) -> None:
        """Note a frame that was heard (20 ms)."""
        self._heard.append(pcm)

    def is_echo(self, since_ms: float) -> bool:
        """Tell whether what was heard in the last `since_ms` (60..400) is our own voice."""
        return False

    def threshold_db(self) -> float:
        """Return the level (dBFS) up to which the known echo accounts for what is heard now."""
        return SILENCE_DB
