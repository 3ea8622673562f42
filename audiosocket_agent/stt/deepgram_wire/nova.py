"""Utterances out of the messages of ``/v1/listen`` (Nova-3). Pure: messages and times go in.

Theory of operation. The text of an utterance is the concatenation of all its final segments; the
interim that follows them overlaps nothing and is replaced by the next. Four things end an
utterance: the answer to our ``Finalize``, the vendor's own ``speech_final``, its ``UtteranceEnd``
where a noise kept ``speech_final`` from coming, and our patience.

They race. Every segment says which stretch of the audio it covers, and that decides: what lies
before the last ending is stale, whoever sends it; an ending that reaches up to the moment of our
``Finalize`` (but for the silence at its end) is its answer, and the vendor's own answer, when it
comes, is then stale. An answer to ``Finalize`` is not guaranteed at all. What is final for a
stretch of the audio is so once: the same stretch said again brings no words.

Source: vendor facts, section 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from audiosocket_agent.errors import WireViolation
from audiosocket_agent.seams import Hearing, Transcript
from audiosocket_agent.stt.deepgram_wire.failures import reported
from audiosocket_agent.stt.deepgram_wire.messages import Message, mean, read_message, spoken_after
from audiosocket_agent.stt.deepgram_wire.turns import REVISED_S, OwedTurns

# The vendor's endpointing cuts at most this long before the local silence decision if both mean
# the same silence.
_SAME_SILENCE_S = 0.3
_EPSILON_S = 0.001  # times are sums of floats


@dataclass(frozen=True, slots=True)
class _Segment:
    """Some words.

    Attributes:
        text: As written.
        confidences: One a word, or one for all of them.
        spoken_s: Where in the audio the last of them ends; None if the vendor does not say.
    """

    text: str
    confidences: tuple[float, ...]
    spoken_s: float | None


@dataclass(frozen=True, slots=True)
class _Result:
    """A message with words; `sure` unless it is final and interim at once."""

    segment: _Segment
    end_s: float
    is_final: bool
    sure: bool
    speech_final: bool
    from_finalize: bool


class NovaTurns(OwedTurns):
    """The utterances of one session.

    Args:
        provider: For errors.
        final_s: How long a ``Finalize`` may stay unanswered.
        stall_s: How long no message may come while a voice is being sent.
    """

    def __init__(self, provider: str, final_s: float, stall_s: float) -> None:
        super().__init__(provider, final_s, stall_s)
        self._segments: list[_Segment] = []
        self._interim: _Segment | None = None
        self._final_to_s = -1.0  # up to here the vendor's word is final
        self._shown = ""  # the last PARTIAL's text
        self._answered_s = 0.0  # a Finalize sent here needs no answer any more

    def finalize(self, position_s: float, now_s: float) -> tuple[list[Transcript], bool]:
        """The utterance is over.

        Args:
            position_s: Audio fed so far.
            now_s: The time.

        Returns:
            Transcripts, and whether to ask the vendor with ``Finalize``.
        """
        asked = position_s > max(self._settled_s, self._answered_s) + _EPSILON_S
        self._ledger.add(position_s, now_s, asked=asked)
        return self._pay_what_needs_no_answer(), asked

    def message(self, frame: str | bytes, now_s: float) -> list[Transcript]:
        """Take one message of the vendor.

        Raises:
            ProviderError: If the vendor reports one, or the message breaks the protocol.
        """
        message = read_message(self._provider, frame)
        kind = message.text("type")
        if kind == "Results":
            self._ledger.heard(now_s)
            return self._result(self._read(message))
        if kind == "UtteranceEnd":
            return self._utterance_end(message.number("last_word_end"))
        if kind == "Error":
            raise reported(self._provider, message.text("variant", ""))
        # SpeechStarted agrees with nothing else the vendor says; Metadata comes at the end; a
        # message of a newer protocol is none of ours.
        return []

    def _read(self, message: Message) -> _Result:
        alternatives = message.part("channel").parts("alternatives")
        if not alternatives:
            raise WireViolation(self._provider, "a message has no proper 'alternatives'")
        best = alternatives[0]
        words = best.words()
        text = best.text("transcript").strip()
        certain = best.number("confidence")
        after_s = max(self._settled_s, self._final_to_s, 0.0)
        kept = [w.confidence for w in words if w.end_s is None or w.end_s > after_s]
        speech_final = message.flag("speech_final")
        from_finalize = message.flag("from_finalize")
        is_final = message.flag("is_final")
        spoken_s = words[-1].end_s if words else None
        end_s = message.number("start") + message.number("duration")
        sure = is_final or from_finalize or not speech_final
        if not sure and spoken_s is not None:
            # A vendor's page shows speech_final on an interim. It means a final all the same, but
            # only of the words it has: a later one may still be missing.
            end_s = min(end_s, spoken_s + REVISED_S)
        return _Result(
            _Segment(spoken_after(text, words, after_s), tuple(kept) or (certain,), spoken_s),
            end_s,
            is_final or speech_final or from_finalize,
            sure,
            speech_final,
            from_finalize,
        )

    def _result(self, result: _Result) -> list[Transcript]:
        stale = result.end_s <= self._settled_s + _EPSILON_S
        again = result.end_s <= self._final_to_s + _EPSILON_S
        if not stale and not again:
            self._take(result)
        if result.is_final:
            self._final_to_s = max(self._final_to_s, result.end_s)
        owed = self._ledger.next
        if owed is not None and owed.asked:
            near = owed.position_s - result.end_s <= _SAME_SILENCE_S
            answers = result.from_finalize and result.end_s > self._answered_s + _EPSILON_S
            ends = result.speech_final and self._has_words and not stale
            if (answers and (near or not again)) or (ends and near):
                paid = self._pay(answered=answers) if answers or result.sure else self._pay_late()
                return paid + self._pay_what_needs_no_answer()
        elif (result.speech_final or result.from_finalize) and self._has_words and not stale:
            return self._end(result.end_s)
        return [] if stale else self._partial()

    def _take(self, result: _Result) -> None:
        self._covered_s = max(self._covered_s, result.end_s)
        if not result.is_final:
            self._interim = result.segment
            return
        self._interim = None
        if result.segment.text:
            self._segments.append(result.segment)

    def _utterance_end(self, last_word_end_s: float) -> list[Transcript]:
        # It usually follows a speech_final as well: then its last word is told already.
        if last_word_end_s <= self._settled_s or self._ledger.next is not None:
            return []
        if not self._segments:
            return []
        return self._end(last_word_end_s)

    def _end(self, end_s: float) -> list[Transcript]:
        """End an utterance that nobody asked to end."""
        final = self._final()
        self._ledger.quiet()
        self._forget(end_s)
        return [final]

    def _pay(self, *, answered: bool = False) -> list[Transcript]:
        """Deliver the FINAL of the first finalize."""
        owed = self._ledger.next
        return self._deliver(owed.position_s if owed else 0.0, answered=answered)

    def _pay_late(self) -> list[Transcript]:
        """See `OwedTurns`."""
        owed = self._ledger.next
        shown = [segment.spoken_s for segment in self._spoken]
        if owed is None or None in shown:
            return self._pay()
        told_s = max((end_s for end_s in shown if end_s is not None), default=None)
        if told_s is None:
            return self._deliver(self._settled_s)
        return self._deliver(min(owed.position_s, told_s + REVISED_S))

    def _deliver(self, settled_s: float, *, answered: bool = False) -> list[Transcript]:
        final = self._final()
        owed = self._ledger.pay()
        if not answered:
            self._answered_s = max(self._answered_s, owed.position_s)
        if self._ledger.next is None:
            settled_s = max(settled_s, self._discarded_s)
        self._forget(settled_s)
        return [final]

    def _forget(self, settled_s: float) -> None:
        self._segments.clear()
        self._interim = None
        self._shown = ""
        self._settled_s = max(self._settled_s, settled_s)

    @property
    def _has_words(self) -> bool:
        return bool(self._spoken)

    @property
    def _spoken(self) -> list[_Segment]:
        segments = [*self._segments, *([self._interim] if self._interim else [])]
        return [segment for segment in segments if segment.text]

    def _text(self) -> tuple[str, float]:
        spoken = self._spoken
        confidences = [c for segment in spoken for c in segment.confidences]
        return " ".join(segment.text for segment in spoken), mean(confidences, 0.0)

    def _partial(self) -> list[Transcript]:
        text, confidence = self._text()
        if not text or text == self._shown:
            return []
        self._shown = text
        return [Transcript(text, confidence, Hearing.PARTIAL)]

    def _final(self) -> Transcript:
        text, confidence = self._text()
        return Transcript(text, confidence, Hearing.FINAL)
