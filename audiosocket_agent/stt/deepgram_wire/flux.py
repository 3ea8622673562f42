"""Utterances out of the messages of ``/v2/listen`` (Flux). Pure: messages and times go in.

Theory of operation. The vendor counts turns; every message repeats all words of its turn, and one
``EndOfTurn`` ends it. Our ``ForceEndTurn`` makes it come now. There may be no turn to end: the
vendor ended it by itself, or the noise the VAD heard was no speech, and then nothing answers; the
first is known here, the second ends with our patience. Patience may also end a turn that the vendor
keeps open: what it later says of that turn has its old words cut off by their times.

Source: vendor facts, section 1.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from audiosocket_agent.errors import WireViolation
from audiosocket_agent.seams import Hearing, Transcript
from audiosocket_agent.stt.deepgram_wire.failures import reported
from audiosocket_agent.stt.deepgram_wire.messages import (
    Message,
    Word,
    mean,
    read_message,
    spoken_after,
    spoken_before,
)
from audiosocket_agent.stt.deepgram_wire.owed import TAIL_S
from audiosocket_agent.stt.deepgram_wire.turns import REVISED_S, OwedTurns

_EVENTS = ("StartOfTurn", "Update", "EagerEndOfTurn", "TurnResumed", "EndOfTurn")


class FluxTurns(OwedTurns):
    """The utterances of one session.

    Args:
        provider: For errors.
        final_s: How long a ``ForceEndTurn`` may stay unanswered.
        stall_s: How long no message may come while a voice is being sent.
    """

    def __init__(self, provider: str, final_s: float, stall_s: float) -> None:
        super().__init__(provider, final_s, stall_s)
        self._turn = 0
        self._started = False  # the vendor has begun its turn
        self._eager = False  # the vendor announced the end of its turn
        self._eager_told = False  # and so did we
        self._text = ""
        self._words: Sequence[Word] = ()  # of the turn, as last told
        self._confidence = 0.0
        self._shown = ""

    def finalize(self, position_s: float, now_s: float) -> tuple[list[Transcript], bool]:
        """The utterance is over.

        Args:
            position_s: Audio fed so far.
            now_s: The time.

        Returns:
            Transcripts, and whether to ask the vendor with ``ForceEndTurn``.
        """
        asked = self._ledger.voice or bool(self._text and self._ledger.next is None)
        self._ledger.add(position_s, now_s, asked=asked)
        return self._pay_what_needs_no_answer(), asked

    def message(self, frame: str | bytes, now_s: float) -> list[Transcript]:
        """Take one message of the vendor.

        Raises:
            ProviderError: If the vendor reports one, or the message breaks the protocol.
        """
        message = read_message(self._provider, frame)
        kind = message.text("type")
        if kind == "Error":
            raise reported(self._provider, message.text("code", ""))
        if kind != "TurnInfo":
            return []  # Connected, Warning, and what a newer protocol has
        self._ledger.heard(now_s)
        event = message.text("event")
        turn = int(message.number("turn_index"))
        if turn < self._turn or (turn > self._turn and self._text):
            raise WireViolation(self._provider, f"a {_known(event)} out of its turn")
        self._turn = turn
        self._take(message, event, now_s)
        return self._told(event)

    def _take(self, message: Message, event: str, now_s: float) -> None:
        self._covered_s = max(self._covered_s, message.number("audio_window_end"))
        words = message.words()
        text = message.text("transcript").strip()
        self._started = self._started or event == "StartOfTurn"
        if event == "EndOfTurn" and text and not self._started:
            raise WireViolation(self._provider, "an EndOfTurn of a turn that never began")
        self._text = spoken_after(text, words, self._settled_s)
        self._words = words
        kept = [w.confidence for w in words if w.end_s is None or w.end_s > self._settled_s]
        self._confidence = mean(kept, 1.0) if self._text else 0.0
        # The vendor's ear is better than the local VAD's; but while a finalize is owed this may
        # still be the utterance that it ends.
        speaks = event == "StartOfTurn" or (event != "EndOfTurn" and self._text)
        if speaks and self._ledger.next is None:
            self._ledger.speech_started(now_s)

    def _told(self, event: str) -> list[Transcript]:
        if event == "EndOfTurn":
            return self._end_of_turn()
        if event == "EagerEndOfTurn":
            self._eager = True
            self._eager_told = bool(self._text)
            return self._show(Hearing.EAGER)
        if event == "TurnResumed":
            if not self._eager:
                raise WireViolation(self._provider, "a TurnResumed that was not announced")
            told, self._eager, self._eager_told = self._eager_told, False, False
            return self._show(Hearing.RESUMED) if told else []
        if not self._text or self._text == self._shown:
            return []
        return self._show(Hearing.PARTIAL)

    def _show(self, hearing: Hearing) -> list[Transcript]:
        self._shown = self._text
        if not self._text and hearing is not Hearing.RESUMED:
            return []
        return [Transcript(self._text, self._confidence, hearing)]

    def _end_of_turn(self) -> list[Transcript]:
        self._turn += 1
        self._started = self._eager = False
        owed = self._ledger.next
        if owed is not None:
            # An empty end of a turn may belong to a finalize that has had its FINAL.
            if not self._text and self._covered_s < owed.position_s - TAIL_S:
                return []
            # The turn is over: no later message repeats its words.
            return self._deliver(0.0) + self._pay_what_needs_no_answer()
        final = Transcript(self._text, self._confidence, Hearing.FINAL)
        self._ledger.quiet()
        self._forget(0.0)
        return [final] if final.text else []

    def _pay_late(self) -> list[Transcript]:
        """See `OwedTurns`; what is not told now is told with the turn, which repeats all of it."""
        owed = self._ledger.next
        if owed is None or any(word.end_s is None for word in self._words):
            return self._pay()
        ends = [end_s for w in self._words if (end_s := w.end_s or 0.0) <= owed.position_s]
        told_s = min(owed.position_s, max(ends) + REVISED_S) if ends else self._settled_s
        unsettled = [w for w in self._words if (w.end_s or 0.0) > self._settled_s]
        self._text = spoken_before(self._text, unsettled, owed.position_s)
        return self._deliver(told_s)

    def _pay(self, *, answered: bool = False) -> list[Transcript]:
        """Deliver the FINAL of the first finalize."""
        owed = self._ledger.next
        return self._deliver(owed.position_s if owed is not None and owed.asked else 0.0)

    def _deliver(self, settled_s: float) -> list[Transcript]:
        final = Transcript(self._text, self._confidence, Hearing.FINAL)
        self._ledger.pay()
        if self._ledger.next is None:
            settled_s = max(settled_s, self._discarded_s)
        self._forget(settled_s)
        return [final]

    def _forget(self, settled_s: float) -> None:
        self._text = self._shown = ""
        self._words = ()
        self._confidence = 0.0
        self._eager_told = False
        self._settled_s = max(self._settled_s, settled_s)


def _known(event: str) -> str:
    return event if event in _EVENTS else "message"
