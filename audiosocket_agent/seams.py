"""The seams between a call and its engines: an ear, a language model and a voice.

Every audio value is ``pcm``: signed 16-bit little-endian mono at 8,000 Hz, the format of the phone
line. A frame is 320 bytes (8000 Hz * 20 ms * 2 bytes). An engine whose vendor cannot take or give
8,000 Hz resamples inside; its traits say so.

An engine is one file in ``stt/``, ``llm/`` or ``tts/``; the file's name is the setting's value, the
name in errors and the key of its circuit breaker. The file has a class ``Options`` (see `options`)
and ``async def open_engine(options) -> SpeechToText | LanguageModel | TextToSpeech``. Opening needs
no network: a key that is missing or wrong shows in `check` and in the first session.

Ownership: a process opens an engine once; each call opens a session of its ear and its voice while
the phone is still ringing, so that connecting is never on the caller's time. Nothing here blocks
the event loop: methods that are not ``async`` return at once.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

SAMPLE_RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = 320  # 8000 Hz * 20 ms * 2 bytes
BYTES_PER_MS = 16  # 8000 Hz * 2 bytes / 1000


# --- ears ----------------------------------------------------------------------------------------


class Expects(Enum):
    """What kind of answer the question just asked wants."""

    YES_NO = "yes_no"
    CHOICE = "choice"  # one of the phrases
    DIGITS = "digits"  # a telephone number or the like
    POSTCODE = "postcode"  # or one of the phrases
    DATE = "date"  # a day, perhaps with a part of it
    NAME = "name"
    FREE = "free"  # whatever the caller wants to say


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller may sensibly say next.

    Attributes:
        kind: The kind of answer.
        phrases: Ways of saying each acceptable answer, lower case, no punctuation, digits written
            as words. Always includes the ways to ask for a person.
    """

    kind: Expects = Expects.FREE
    phrases: tuple[str, ...] = ()


class Hearing(Enum):
    """What a transcript says about the utterance."""

    PARTIAL = "partial"  # its words so far; the next transcript of the utterance replaces it
    EAGER = "eager"  # its words so far, and the vendor thinks that the caller may be done
    RESUMED = "resumed"  # the caller went on after an EAGER; its words so far
    FINAL = "final"  # the utterance is over, and these are all of its words


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an ear made of one utterance, all of it so far: texts replace, they never append.

    Attributes:
        text: The words as the vendor writes them; empty when nothing was recognised.
        confidence: 0.0 to 1.0.
        hearing: Whether more is to come.
    """

    text: str
    confidence: float = 1.0
    hearing: Hearing = Hearing.FINAL

    @property
    def final(self) -> bool:
        """Whether the utterance is over."""
        return self.hearing is Hearing.FINAL


@dataclass(frozen=True, slots=True)
class EarTraits:
    """What an ear takes, and what it needs.

    Attributes:
        encoding: Of the audio on the vendor's wire, in the vendor's word.
        rate_hz: Of the audio on the vendor's wire; 8,000 means that nothing is resampled.
        chunk_ms: Audio the vendor prefers in one message; sessions collect frames up to it.
        closed_vocabulary: Whether it hears only phrases it is told to expect.
        ends_turns: Whether it may send a FINAL that nobody asked for.
        announces: Whether it tells by itself, a moment after the voice stops, that the caller may
            be done (EAGER) and is done (FINAL); it need not be asked in every short pause.
        splits: Whether `finalize` in a short pause costs nothing: what the caller says before and
            after it is heard as well in two utterances as in one.
        keep_alive_s: How long it may be sent nothing; None for ever. Sessions see to it.
        longest_session_s: When the vendor ends a session by itself; None never.
    """

    encoding: str
    rate_hz: int
    chunk_ms: int
    closed_vocabulary: bool = False
    ends_turns: bool = False
    announces: bool = False
    splits: bool = False
    keep_alive_s: float | None = None
    longest_session_s: float | None = None


class SttSession(Protocol):
    """The ear of one call. Only `transcripts` raises; everything else returns at once."""

    def expect(self, expectation: Expectation) -> None:
        """Say what the next utterance is likely to contain; holds until the next one."""

    def feed(self, pcm: bytes) -> None:
        """Take the next inbound audio, speech or not, in order (usually one 20 ms frame).

        A vendor that takes audio too slowly costs the oldest audio, never memory without bound.
        """

    def speech_started(self) -> None:
        """The local VAD heard speech begin; its onset lies up to 300 ms back."""

    def finalize(self) -> None:
        """The turn policy decided that the utterance is over: deliver its FINAL now.

        An utterance that turns out to be empty gets an empty FINAL. When the session has sent, by
        itself, the FINAL of everything fed so far, this still produces one more, empty FINAL.
        """

    def discard(self) -> None:
        """Forget the utterance in progress; no transcript of it is wanted."""

    def transcripts(self) -> AsyncIterator[Transcript]:
        """Yield transcripts in order until `close`; one consumer.

        Exactly one FINAL follows each `finalize`. An ear that `ends_turns` may send others.

        Raises:
            ProviderError: If the ear failed, stalled, or did not answer a `finalize` in time; the
                session is then of no more use.
        """

    async def close(self) -> None:
        """End the session as the vendor wants it ended; idempotent, bounded in time."""


class SpeechToText(Protocol):
    """An ear engine: one for the process, one session a call."""

    @property
    def traits(self) -> EarTraits:
        """What it takes and needs."""

    async def session(self, call_id: str, vocabulary: Sequence[str] = ()) -> SttSession:
        """Open the ear of one call.

        Args:
            call_id: For logs.
            vocabulary: The company's own words (services, towns): hints for the recogniser.

        Raises:
            ProviderError: If the engine cannot take the call, within its own connect deadline.
        """

    async def check(self) -> None:
        """Prove key, host and model with the smallest real request.

        Raises:
            ProviderError: Naming what is wrong and the setting to change.
        """

    async def close(self) -> None:
        """Stop the engine and everything it started; idempotent."""


# --- language models -----------------------------------------------------------------------------


class Role(Enum):
    """Whose words a message holds; the values are the wire's."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model wants run, whole.

    Attributes:
        id: The model's name of this call; made up here when the vendor sent none.
        name: The tool.
        arguments: JSON text as the model wrote it; not necessarily valid.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with the model.

    Attributes:
        role: Whose it is.
        content: Its text, "" for an assistant message that only calls tools.
        tool_calls: The calls an assistant message makes.
        tool_call_id: For a tool message, the call it answers.
    """

    role: Role
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may call.

    Attributes:
        name: Letters, digits and underscores.
        description: For the model.
        parameters: JSON Schema of an object.
    """

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a model is asked.

    Attributes:
        messages: The conversation, oldest first.
        tools: What it may call; none means that it must answer in words.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost; sent once, last, by vendors that tell.

    Attributes:
        prompt_tokens: Tokens read.
        completion_tokens: Tokens written.
    """

    prompt_tokens: int
    completion_tokens: int


ModelPiece = str | ToolCall | Usage


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What a language model takes.

    Attributes:
        context_tokens: Most tokens in prompt and answer together.
        tools: Whether it calls tools.
    """

    context_tokens: int
    tools: bool = True


class LanguageModel(Protocol):
    """A language model: one for the process, shared by all calls."""

    @property
    def traits(self) -> ModelTraits:
        """What it takes."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[ModelPiece, None]:
        """Answer: yield words the moment they come, then whole tool calls, then the usage.

        Reasoning is never yielded. Closing the generator early cancels at the vendor at once.

        Raises:
            ProviderError: If the model refuses, stalls or breaks off; pieces yielded before stand.
        """

    async def warm(self) -> None:
        """Have a connection ready, so that the next `stream` need not wait for one; never raises.

        Called while the phone rings.
        """

    async def check(self) -> None:
        """Prove key, host and model with the smallest real request; see `SpeechToText.check`."""

    async def close(self) -> None:
        """Close its connections; idempotent."""


# --- voices --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """When a word is heard, in milliseconds since the start of its speech's audio."""

    text: str
    start_ms: float
    end_ms: float


SpeechPiece = bytes | tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class VoiceTraits:
    """What a voice gives, and what it needs.

    Attributes:
        encoding: Of the audio on the vendor's wire, in the vendor's word.
        rate_hz: Of the audio on the vendor's wire; 8,000 means that nothing is resampled.
        timestamps: Whether it tells when each word is heard.
        whole_sentences: Whether it can only speak text that is complete; else it takes tokens.
        idle_s: How long a session may be unused before the vendor closes it; None for ever.
            Sessions reconnect by themselves.
    """

    encoding: str
    rate_hz: int
    timestamps: bool = False
    whole_sentences: bool = False
    idle_s: float | None = None


class Speech(Protocol):
    """One reply on its way to being spoken: text goes in while audio comes out."""

    def say(self, text: str) -> None:
        """Add text; pieces are joined as they are, so spaces are the caller's."""

    def finish(self) -> None:
        """Say that no more text follows; idempotent."""

    def pieces(self) -> AsyncIterator[SpeechPiece]:
        """Yield audio (even length, any size) and word times; ends when all was spoken.

        Word times come before or with their audio as the vendor sends them. One consumer.

        Raises:
            ProviderError: If the voice fails or stalls; pieces yielded before stand.
        """

    def cancel(self) -> None:
        """Stop at once: nothing more is yielded, the vendor is told; idempotent."""


class VoiceSession(Protocol):
    """The voice of one call."""

    def begin(self) -> Speech:
        """Start a reply. Several may be under way at once."""

    async def close(self) -> None:
        """Cancel what is being spoken and disconnect; idempotent, bounded in time."""


class TextToSpeech(Protocol):
    """A voice engine: one for the process, one session a call."""

    @property
    def voice_id(self) -> str:
        """Name everything that changes how a text sounds (engine, voice, speed); a cache key."""

    @property
    def traits(self) -> VoiceTraits:
        """What it gives and needs."""

    async def session(self, call_id: str) -> VoiceSession:
        """Open the voice of one call; see `SpeechToText.session`."""

    async def check(self) -> None:
        """Prove key, host, model and voice; see `SpeechToText.check`."""

    async def close(self) -> None:
        """Stop the engine; idempotent."""


@runtime_checkable
class OtherVoices(Protocol):
    """What a voice engine may have besides: more voices than the one it is set to."""

    def speaking(self, voice: str, speed: float) -> TextToSpeech | None:
        """Return this engine with another voice; it is closed with this one. Returns at once.

        A voice that the vendor does not have shows when it is to speak, by a `RequestRefused`.

        Args:
            voice: The vendor's name of it.
            speed: How fast, as a factor of the engine's own speed.

        Returns:
            The engine; None if it has but one voice.
        """


class SentenceVoice(Protocol):
    """A voice that speaks complete sentences; `sentences.BySentence` makes an engine of it."""

    @property
    def voice_id(self) -> str:
        """See `TextToSpeech.voice_id`."""

    def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Speak one sentence: yield ``pcm`` chunks (even length, any size) as they are made.

        Closing the generator early (`aclose`, or cancelling the task that iterates it) stops the
        work and frees its process at once.

        Raises:
            ProviderError: If the voice fails or sends nothing within its deadline.
        """

    async def close(self) -> None:
        """Stop the engine; idempotent."""
