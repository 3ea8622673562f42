"""What a session owes its call, and how long the vendor may keep it waiting. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from audiosocket_agent.errors import DeadlineMissed

# Audio this close to the end of an utterance is the silence that told the turn policy it was over:
# a vendor that has reported on all but this much has heard the last word.
TAIL_S = 0.5


@dataclass(frozen=True, slots=True)
class Owed:
    """One `finalize` that has no FINAL yet.

    Attributes:
        position_s: Audio fed before it.
        due_at_s: When waiting ends.
        asked: Whether the vendor was asked; otherwise there is nothing to ask about.
        voice: Whether the local VAD heard a voice in the utterance.
    """

    position_s: float
    due_at_s: float
    asked: bool
    voice: bool


class Ledger:
    """The finalizes in order, and the watch over a vendor that says nothing while a caller speaks.

    Args:
        provider: For errors.
        final_s: How long a finalize may stay unanswered.
        stall_s: How long no message at all may come while a voice is being sent.
    """

    def __init__(self, provider: str, final_s: float, stall_s: float) -> None:
        self._provider = provider
        self._final_s = final_s
        self._stall_s = stall_s
        # One entry a spoken turn, each gone after `final_s`: it cannot grow.
        self._owed: deque[Owed] = deque()
        self._voice_at_s: float | None = None
        self._fed_at_s = 0.0
        self._heard_at_s = 0.0

    @property
    def next(self) -> Owed | None:
        """The finalize that is to be answered first."""
        return self._owed[0] if self._owed else None

    @property
    def voice(self) -> bool:
        """Whether the local VAD heard speech begin and the utterance is not over."""
        return self._voice_at_s is not None

    def speech_started(self, now_s: float) -> None:
        """The local VAD heard speech begin."""
        if self._voice_at_s is None:
            self._voice_at_s = now_s

    def fed(self, now_s: float) -> None:
        """Audio was taken."""
        self._fed_at_s = now_s

    def heard(self, now_s: float) -> None:
        """The vendor said something about the audio."""
        self._heard_at_s = now_s

    def quiet(self) -> None:
        """The utterance is over without a finalize."""
        self._voice_at_s = None

    def add(self, position_s: float, now_s: float, *, asked: bool) -> None:
        """Note a finalize; the voice so far is its own."""
        self._owed.append(Owed(position_s, now_s + self._final_s, asked, self.voice))
        self._voice_at_s = None

    def pay(self) -> Owed:
        """Take the first finalize off; its FINAL is being delivered."""
        return self._owed.popleft()

    def check(self, now_s: float, covered_s: float) -> bool:
        """Return whether the first finalize must be answered now with what there is.

        Args:
            now_s: The time.
            covered_s: Up to which moment of the audio the vendor has reported.

        Raises:
            DeadlineMissed: If it is late and what the caller said is not in yet, so that another
                ear had better hear it; or if the vendor says nothing while the caller speaks.
        """
        first = self.next
        if first is not None:
            if not first.asked:
                return True
            if now_s >= first.due_at_s:
                if first.voice and covered_s < first.position_s - TAIL_S:
                    raise DeadlineMissed(self._provider, self._late("final", self._final_s))
                return True
        if self._voice_at_s is not None:
            since_s = max(self._voice_at_s, self._heard_at_s)
            if self._fed_at_s - since_s >= self._stall_s:
                raise DeadlineMissed(self._provider, self._late("stall", self._stall_s))
        return False

    def _late(self, name: str, limit_s: float) -> str:
        variable = f"VOICEAGENT_{self._provider.upper()}_{name.upper()}_MS"
        what = "no final transcript" if name == "final" else "no message while the caller spoke"
        return f"{what} within {limit_s * 1000:.0f} ms ({variable})"
