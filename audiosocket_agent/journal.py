"""What a call leaves behind: the seams through which turns, ends and bookings reach storage.

`ari_app` implements them; the media side only knows these shapes.
"""

from __future__ import annotations

import uuid
from dataclasses import astuple, dataclass, field
from enum import Enum
from typing import Protocol

from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import CallbackRequest
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.workflow import Outcome


class EndReason(Enum):
    """How a call ended; exactly one for each call."""

    COMPLETED = "completed"  # the agent said goodbye and was heard
    HANDED_OVER = "handed_over"  # the agent sent the caller to a person
    CALLER_HUNG_UP = "caller_hung_up"
    NEVER_CONNECTED = "never_connected"  # registered, but the audio never came
    ENGINE_FAILED = "engine_failed"  # an ear or voice failed: apology and a person
    CONNECTION_LOST = "connection_lost"  # Asterisk left the audio but the caller was still there
    AGENT_STOPPED = "agent_stopped"  # the media process was told to stop
    AGENT_DIED = "agent_died"  # the media process died in mid-call


class Speaker(Enum):
    """Whose turn it was."""

    AGENT = "agent"
    CALLER = "caller"


@dataclass(slots=True)
class Turn:
    """One turn, as it is stored. An agent's turn is written when it begins and when it ends.

    Attributes:
        index: Position in the call, from 0.
        speaker: Whose turn.
        step: The conversation step.
        asks: The slot asked for by an agent's turn, or "".
        text: What was said; for the agent, what it set out to say.
        heard: For the agent, the words that left before any interruption.
        done: Whether the turn is over.
        interrupted: Whether the caller spoke over it.
        at_ms: Start, in milliseconds since the call was connected.
        marks_ms: The waterfall, in milliseconds since the call was connected: ``speech_end``,
            ``finalize`` (the ear was asked), ``stt_partial`` (the last before the end),
            ``stt_final``, ``decision`` (the caller was judged to be done), ``draft`` (the answer
            was begun, perhaps before that), ``llm_first_token`` (words or a tool call),
            ``reply_text``, ``tts_first_byte``, ``first_frame``.
    """

    index: int
    speaker: Speaker
    step: str
    asks: str = ""
    text: str = ""
    heard: str = ""
    done: bool = True
    interrupted: bool = False
    at_ms: int = 0
    marks_ms: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the answers of a call have cost, and what of it was thrown away unheard.

    Attributes:
        drafts: Answers begun, early or not.
        drafts_discarded: Those thrown away.
        tokens: Of the language model, read and written.
        tokens_discarded: Those of answers thrown away.
        letters: Given to the voice.
        letters_discarded: Those of answers thrown away.
    """

    drafts: int = 0
    drafts_discarded: int = 0
    tokens: int = 0
    tokens_discarded: int = 0
    letters: int = 0
    letters_discarded: int = 0

    def __add__(self, other: Spent) -> Spent:
        """Return both together."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Spent(*(mine + others for mine, others in pairs))


class Journal(Protocol):
    """Takes notes of calls. Methods return at once and never raise; writing happens elsewhere.

    Calls are named by their record, which a caller who comes back from people keeps.
    """

    def registered(self, info: CallInfo, company: str, recording: str) -> None:
        """A call was announced.

        Args:
            info: It.
            company: The company's key.
            recording: Where Asterisk records it, or "".
        """

    def returned(self, record_id: uuid.UUID) -> None:
        """The caller is back from people: the call that had ended goes on."""

    def wanted(self, record_id: uuid.UUID, why: str) -> None:
        """A person was wanted; `why` is one word."""

    def connected(self, call_id: uuid.UUID) -> None:
        """Its audio arrived."""

    def turn(self, call_id: uuid.UUID, turn: Turn) -> None:
        """A turn began, or ended (same index: replaces it)."""

    def spent(self, call_id: uuid.UUID, spent: Spent) -> None:
        """What the call's answers have cost in all; told once, before its end."""

    def ended(self, call_id: uuid.UUID, reason: EndReason, outcome: Outcome | None) -> None:
        """The call is over, `outcome` is what the dialplan does next; the last word counts."""


class Callbacks(Protocol):
    """Keeps the wishes to be called back."""

    async def note(self, record_id: uuid.UUID, company: Company, request: CallbackRequest) -> None:
        """Keep a wish; a second one of the same call replaces the first, unless the caller hung up.

        Whoever the company has told of messages is told of one that the caller left.

        Raises:
            BookingError: If it is not stored.
        """
