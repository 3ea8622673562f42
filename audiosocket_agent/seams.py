"""The seams between a call and its engines: what an ear and a voice look like from the call's side.

Every audio value is ``pcm``: signed 16-bit little-endian mono at 8,000 Hz. A frame is
320 bytes (8000 Hz * 20 ms * 2 bytes). An engine is chosen by a setting whose value is the name
of the engine's file in ``stt/`` or ``tts/``; that file has an ``async def open_engine(...)``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

SAMPLE_RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = 320  # 8000 Hz * 20 ms * 2 bytes


class Expects(Enum):
    """What kind of answer the question just asked wants."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    DIGITS = "digits"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller may sensibly say next.

    Attributes:
        kind: The kind of answer.
        phrases: Ways of saying each acceptable answer, lower case, no punctuation, digits written
            as words. Always includes the ways to ask for a person.
    """

    kind: Expects = Expects.NOTHING
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an ear made of one utterance.

    Attributes:
        text: Lower-case words; empty when nothing acceptable was recognised.
        confidence: 0.0 to 1.0.
        final: False for a partial that a later transcript of the same utterance replaces.
    """

    text: str
    confidence: float = 1.0
    final: bool = True


class SttSession(Protocol):
    """The ear of one call. Methods are called from the media event loop and never block."""

    def expect(self, expectation: Expectation) -> None:
        """Say what the next utterance is likely to contain."""

    def feed(self, pcm: bytes) -> None:
        """Take the next inbound audio, speech or not, in order (usually one 20 ms frame)."""

    def speech_started(self) -> None:
        """The local VAD heard speech begin; its onset lies up to 300 ms back."""

    def finalize(self) -> None:
        """The turn policy decided the utterance is over: deliver its final transcript."""

    def discard(self) -> None:
        """Forget the utterance in progress; no transcript is wanted."""

    def transcripts(self) -> AsyncIterator[Transcript]:
        """Yield transcripts until `close`; exactly one final one for each `finalize`."""

    async def close(self) -> None:
        """Release what the session holds; idempotent."""


class SpeechToText(Protocol):
    """An ear engine: one for the process, one session a call."""

    async def session(self, call_id: str) -> SttSession:
        """Open the ear of one call.

        Raises:
            ProviderError: If the engine cannot take another call.
        """

    async def close(self) -> None:
        """Stop the engine and everything it started; idempotent."""


class TextToSpeech(Protocol):
    """A voice engine: one for the process."""

    @property
    def voice_id(self) -> str:
        """Name everything that changes how a text sounds (engine, voice, speed); a cache key."""

    def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Speak one sentence: yield ``pcm`` chunks (even length, any size) as they are made.

        Closing the generator early (`aclose`, or cancelling the task that iterates it) stops the
        work and frees its process at once.

        Raises:
            ProviderError: If the voice fails or sends nothing within its deadline.
        """

    async def close(self) -> None:
        """Stop the engine; idempotent."""


class StockVoice(TextToSpeech, Protocol):
    """A voice that keeps what it says often."""

    async def prepare(self, texts: Sequence[str]) -> None:
        """Make these sentences ready, so that each is heard without delay later.

        Raises:
            ProviderError: If the voice fails.
        """
