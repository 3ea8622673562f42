"""What both wires do with the utterances of a session, however each spells them. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod

from audiosocket_agent.seams import Transcript
from audiosocket_agent.stt.deepgram_wire.owed import Ledger

# By so much a vendor may correct the end of a word it has shown; few words are shorter.
REVISED_S = 0.15


class OwedTurns(ABC):
    """The utterances of one session, and the finalizes that wait for theirs.

    Args:
        provider: For errors.
        final_s: How long a finalize may stay unanswered.
        stall_s: How long no message may come while a voice is being sent.
    """

    def __init__(self, provider: str, final_s: float, stall_s: float) -> None:
        self._provider = provider
        self._ledger = Ledger(provider, final_s, stall_s)
        self._covered_s = 0.0  # the vendor has reported up to here
        self._settled_s = 0.0  # what was said before is told, or not wanted
        self._discarded_s = 0.0  # becomes settled when no finalize is owed any more

    @property
    def due_at_s(self) -> float | None:
        """When `due` must be called, at the latest."""
        owed = self._ledger.next
        return owed.due_at_s if owed else None

    def fed(self, now_s: float) -> None:
        """Audio was taken."""
        self._ledger.fed(now_s)

    def speech_started(self, now_s: float) -> None:
        """The local VAD heard speech begin."""
        self._ledger.speech_started(now_s)

    def discard(self, position_s: float) -> None:
        """Forget the utterance in progress; words said before `position_s` are not wanted."""
        self._ledger.quiet()
        self._discarded_s = position_s
        if self._ledger.next is None:
            self._forget(position_s)

    def due(self, now_s: float) -> list[Transcript]:
        """Answer what has waited long enough.

        Raises:
            DeadlineMissed: If the vendor kept us waiting and the caller's words are not in.
        """
        transcripts: list[Transcript] = []
        while self._ledger.check(now_s, self._covered_s):
            transcripts += self._pay_late()
        return transcripts

    def _pay_what_needs_no_answer(self) -> list[Transcript]:
        transcripts: list[Transcript] = []
        while (owed := self._ledger.next) is not None and not owed.asked:
            transcripts += self._pay(answered=True)
        return transcripts

    @abstractmethod
    def _pay(self, *, answered: bool = False) -> list[Transcript]:
        """Deliver the FINAL of the first finalize; `answered` if no message of its own follows."""

    @abstractmethod
    def _pay_late(self) -> list[Transcript]:
        """Deliver the FINAL of a finalize that the vendor left unanswered, with what it showed.

        Only that is settled then: words it has not shown may still come, and are told when they do.
        """

    @abstractmethod
    def _forget(self, settled_s: float) -> None:
        """Drop the words so far; what was said before `settled_s` is settled."""
