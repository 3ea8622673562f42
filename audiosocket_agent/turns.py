"""Who may speak now: the turn policy. Pure; fed milliseconds, VAD events and keys.

Theory of operation. While our voice plays, a confirmed onset of the caller's voice interrupts it.
Once the caller has been silent for `endpoint_ms`, the ear is told to finalize. If the caller says
nothing after our voice has ended, that is reported too. Keys interrupt speech at once and are
collected into a run that a hash, a full count or a pause completes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from audiosocket_agent.understanding import KeyRule
from audiosocket_agent.vad import VadEvent


class Act(Enum):
    """What the call is to do."""

    SPEECH_STARTED = "speech_started"  # tell the ear
    INTERRUPT = "interrupt"  # stop our voice
    FINALIZE = "finalize"  # the utterance is over: ask the ear for its final
    KEYS = "keys"  # a run of keys is complete: take it with `take_keys`
    NO_INPUT = "no_input"  # the caller has been silent for too long


@dataclass(frozen=True, slots=True)
class TurnConfig:
    """Times of the turn policy, in milliseconds.

    Attributes:
        endpoint_ms: Silence after speech that ends the caller's turn. Shorter answers quicker;
            longer lets the caller pause to think.
        longest_utterance_ms: Speech longer than this is finalized as it is.
    """

    endpoint_ms: int = 500
    longest_utterance_ms: int = 15_000


@dataclass(slots=True)
class TurnPolicy:
    """The turn policy of one call.

    Attributes:
        config: Times.
        vad_hangover_ms: Silence already passed when the VAD reports the end of speech.
    """

    config: TurnConfig = field(default_factory=TurnConfig)
    vad_hangover_ms: int = 160
    speaking: bool = False
    last_voice_ms: float = 0.0
    _finalize_at_ms: float | None = None
    _speech_since_ms: float = 0.0
    _no_input_at_ms: float | None = None
    _keys: str = ""
    _keys_at_ms: float | None = None
    _key_rule: KeyRule = field(default_factory=KeyRule)

    def listen(self, now_ms: float, no_input_ms: float, rule: KeyRule) -> None:
        """Our question has been spoken: from now on silence counts."""
        self._key_rule = rule
        busy = self.speaking or self._finalize_at_ms is not None or self._keys
        self._no_input_at_ms = None if busy else now_ms + no_input_ms

    def expect_keys(self, rule: KeyRule) -> None:
        """A question is being asked; keys pressed before it ends already follow its rule."""
        self._key_rule = rule
        self._no_input_at_ms = None

    def voice(self, event: VadEvent | None, now_ms: float, *, playing: bool) -> list[Act]:
        """Take what the VAD said of the frame that just arrived."""
        acts: list[Act] = []
        if event is VadEvent.SPEECH_START:
            self._no_input_at_ms = None
            if not self.speaking and self._finalize_at_ms is None:
                self._speech_since_ms = now_ms
                acts.append(Act.SPEECH_STARTED)
            self.speaking = True
            self._finalize_at_ms = None
            if playing:
                acts.append(Act.INTERRUPT)
        elif event is VadEvent.SPEECH_END and self.speaking:
            self.speaking = False
            self.last_voice_ms = now_ms - self.vad_hangover_ms
            self._finalize_at_ms = self.last_voice_ms + self.config.endpoint_ms
        return acts + self.tick(now_ms)

    def taken(self) -> None:
        """The ear has judged by itself that the utterance is over: it needs no finalizing."""
        self._finalize_at_ms = None

    def key(self, digit: str, now_ms: float, *, playing: bool) -> list[Act]:
        """Take one key press."""
        if digit == "#" and not self._keys:
            return []  # pressed from habit after a complete answer: it means nothing any more
        acts = [Act.INTERRUPT] if playing else []
        self._no_input_at_ms = None
        if digit == "#":
            return [*acts, Act.KEYS]
        self._keys += digit
        self._keys_at_ms = now_ms + self._key_rule.pause_ms
        if len(self._keys) >= self._key_rule.most:
            acts.append(Act.KEYS)
        return acts

    def take_keys(self) -> str:
        """Return the completed run and start an empty one."""
        keys, self._keys, self._keys_at_ms = self._keys, "", None
        return keys

    def tick(self, now_ms: float) -> list[Act]:
        """Report what time alone brings about; call it at least every 20 ms or so."""
        acts: list[Act] = []
        if self._finalize_at_ms is not None and now_ms >= self._finalize_at_ms:
            self._finalize_at_ms = None
            acts.append(Act.FINALIZE)
        elif self.speaking and now_ms - self._speech_since_ms > self.config.longest_utterance_ms:
            self._speech_since_ms = now_ms
            self.last_voice_ms = now_ms
            self.speaking = False
            acts.append(Act.FINALIZE)
        if self._keys and self._keys_at_ms is not None and now_ms >= self._keys_at_ms:
            acts.append(Act.KEYS)
        if self._no_input_at_ms is not None and now_ms >= self._no_input_at_ms:
            self._no_input_at_ms = None
            acts.append(Act.NO_INPUT)
        return acts
