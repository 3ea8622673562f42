"""One call's audio, both ways, whatever carries it: the seam between a call and its transport.

`server.Connection` is the one there is: an AudioSocket connection of Asterisk's dialplan
application. Another carrier (a wider band through Asterisk's channel driver, a seat in a
conference) is another `Leg`; the call knows nothing of messages or sockets.
"""

from __future__ import annotations

from typing import Protocol


class Leg(Protocol):
    """Towards the caller."""

    def play(self, pcm: bytes) -> None:
        """Let the caller hear one frame, 20 ms of ``pcm`` at 8 kHz, now; silence is a frame too.

        Never blocks or raises; after the end it does nothing.
        """

    def hang_up(self) -> None:
        """End the audio, which lets the dialplan go on; idempotent."""


class CallHandler(Protocol):
    """From the caller: what a leg does for an admitted call."""

    def audio(self, pcm: bytes) -> None:
        """The caller's audio, 8 kHz ``pcm`` of any length."""

    def key(self, digit: str) -> None:
        """A key was pressed."""

    def gone(self) -> None:
        """The leg is gone, whoever ended it."""
