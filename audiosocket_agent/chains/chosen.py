"""Which voices may speak for a company: those it chose, and the engines' own behind them.

A voice that its vendor does not have (any more) says nothing about the engine: the engine speaks
with its own voice instead, for this company, and its breaker hears nothing of it. After a while the
chosen voice is asked again, as it may be there by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiosocket_agent.company_voice import VoiceChoice, Voices
from audiosocket_agent.errors import ProviderError, RequestRefused, RequestTooLarge, ToolUseFailed
from audiosocket_agent.seams import OtherVoices, TextToSpeech

ASK_AGAIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine with one voice.

    Attributes:
        name: The engine's.
        engine: It.
        chosen: The `voice_id`, if it is the company's choice.
        instead_of: That of the choice behind which it stands, if it is the engine's own voice.
    """

    name: str
    engine: TextToSpeech
    chosen: str = ""
    instead_of: str = ""


def candidates(engines: Sequence[tuple[str, TextToSpeech]], voices: Voices) -> list[Candidate]:
    """Return who may speak for a company, the preferred one first.

    Args:
        engines: Names and engines, the preferred one first.
        voices: What the company chose.
    """
    found: list[Candidate] = []
    for name, engine in engines:
        chosen = ""
        if name in voices and (other := _other(engine, voices[name])) is not None:
            # What sounds the same is the same: of an engine's own voice only the engine can fail.
            chosen = other.voice_id if other.voice_id != engine.voice_id else ""
            if chosen:
                found.append(Candidate(name, other, chosen=chosen))
        found.append(Candidate(name, engine, instead_of=chosen))
    return found


def one_voiced(engines: Sequence[tuple[str, TextToSpeech]], voices: Voices) -> list[str]:
    """Return the engines of which a company wants another voice, and that have but one."""
    return [n for n, engine in engines if n in voices and _other(engine, voices[n]) is None]


def _other(engine: TextToSpeech, choice: VoiceChoice) -> TextToSpeech | None:
    if not isinstance(engine, OtherVoices):
        return None
    return engine.speaking(choice.name, choice.speed)


def refuses_voice(candidate: Candidate, error: ProviderError) -> bool:
    """Return whether an error says that the vendor does not speak with a chosen voice."""
    of_the_text = isinstance(error, RequestTooLarge | ToolUseFailed)
    return bool(candidate.chosen) and isinstance(error, RequestRefused) and not of_the_text


class Refusals:
    """The chosen voices that their vendors refused lately; shared by all calls of the process."""

    def __init__(self) -> None:
        self._until_s: dict[str, float] = {}  # by voice id: as many as companies ever chose

    def note(self, candidate: Candidate, now_s: float) -> None:
        """A chosen voice was refused."""
        self._until_s[candidate.chosen] = now_s + ASK_AGAIN_S

    def allow(self, candidate: Candidate, now_s: float) -> bool:
        """Return whether it is a candidate's turn: a choice, or what stands behind a refused one.

        Args:
            candidate: It.
            now_s: By the loop's clock.
        """
        if candidate.instead_of:
            return self._refused(candidate.instead_of, now_s)
        return not candidate.chosen or not self._refused(candidate.chosen, now_s)

    def _refused(self, voice_id: str, now_s: float) -> bool:
        return now_s < self._until_s.get(voice_id, now_s)
