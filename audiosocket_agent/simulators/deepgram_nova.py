"""Deepgram's ``/v1/listen`` (Nova): what it says to a client, and when. Pure.

Audio time (``clock_ms``) decides what was heard; wall time (``now_ms``) decides when a final that
is due leaves, because a client that asked for one may send nothing more.

A final takes the words heard when it fell due, and leaves `Delays.nova_final` later. It falls due
by a pause as long as ``endpointing``, or by the client's ``Finalize``. Until it has left nothing
else about words leaves, so results never overlap the wrong way round.

Source: developers.deepgram.com/docs/{endpointing,finalize,utterance-end,audio-keep-alive}.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from audiosocket_agent.simulators.deepgram_nova_messages import (
    Message,
    NovaMessages,
    schema_error,
    speech_started,
    utterance_end,
)
from audiosocket_agent.simulators.deepgram_query import NovaQuery, is_nova_3, too_many_terms
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.hearing import CLOSURE_MS, Hearing, Taken, Word
from audiosocket_agent.simulators.stretches import Change, Edge

# An utterance that goes on is finalised piece by piece; so is silence, with no words.
SPAN_MS = 5000
NET_0000 = "Deepgram has not produced a result within its window. See https://dpgr.am/net0000"
MAX_FINALS = 64  # that are due; a client that asks for more of them is not answered


@dataclass(slots=True)
class _Final:
    """A final that is due."""

    due_ms: float
    end_ms: float
    taken: Taken
    speech_final: bool
    from_finalize: bool


class NovaWire:
    """One connection.

    Args:
        query: What the client asked for.
        delays: How long things take.
        hearing: What is heard.
        request_id: Of the connection.
        created: Wall time at its beginning, ISO 8601.
    """

    def __init__(
        self, query: NovaQuery, delays: Delays, hearing: Hearing, request_id: str, created: str
    ) -> None:
        self._query = query
        self._delays = delays
        self._hearing = hearing
        self._messages = NovaMessages(query, request_id, created)
        self._keyterms = query.keyterms
        self._finals: deque[_Final] = deque()
        self._span_ms = 0.0  # where the results to come begin
        self._next_interim_ms: float | None = None
        self._last_word_ms: float | None = None
        self._closing = False
        self._farewell: tuple[int, str] | None = None
        # A consonant's closure is quiet too; the vendor's detector is no quicker than this.
        pause_ms = query.endpointing_ms
        self._pause_ms = None if pause_ms is None else max(pause_ms, CLOSURE_MS)

    @property
    def keyterms(self) -> tuple[str, ...]:
        """Those in force."""
        return self._keyterms

    @property
    def farewell(self) -> tuple[int, str] | None:
        """Code and reason with which the socket is to be closed now; None to go on."""
        return self._farewell

    def opened(self) -> list[Message]:
        """Return what is said first: nothing."""
        return []

    def changed(self, change: Change) -> list[Message]:
        """Answer a change of the voice that `Hearing` has taken in."""
        if change.edge is not Edge.VOICE:
            return []
        stretch = self._hearing.open
        if stretch is None or stretch.start_ms != change.at_ms:
            return []
        if self._next_interim_ms is None:
            self._next_interim_ms = change.at_ms + self._delays.nova_interim
        if not self._query.vad_events:
            return []
        return [speech_started(change.at_ms)]

    def advance(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Return what is due."""
        heard = self._hearing.words(clock_ms)
        if self._paused(clock_ms) and (heard or self._hearing.unknown) and not self._closing:
            self._final_due(clock_ms, now_ms, speech_final=True)
            heard = []
        messages = self._due_finals(now_ms)
        if self._finals or self._farewell is not None:
            return messages
        if heard:
            self._last_word_ms = heard[-1].end_ms
        return messages + self._interim(clock_ms, heard) + self._utterance_end(clock_ms)

    def wall_due_ms(self) -> float | None:
        """Return the wall time at which a final will leave; None if none is due."""
        if not self._finals or not self._finals[0].taken.complete():
            return None
        return self._finals[0].due_ms

    def clock_due_ms(self, clock_ms: float) -> float | None:
        """Return the audio time at which there may be something to say; None for never."""
        if self._finals:
            return None
        moments = [self._hearing.due_ms(clock_ms), self._next_interim_ms]
        if self._pause_ms is not None and not self._hearing.voice:
            moments.append(clock_ms - self._hearing.quiet_ms(clock_ms) + self._pause_ms)
        if self._query.utterance_end_ms is not None and self._last_word_ms is not None:
            moments.append(self._last_word_ms + self._query.utterance_end_ms)
        return min((m for m in moments if m is not None and m > clock_ms), default=None)

    def text(self, data: str, clock_ms: float, now_ms: float) -> list[Message]:
        """Answer a text frame of the client."""
        try:
            frame = json.loads(data)
        except ValueError:
            return [schema_error("not JSON", data)]
        kind = frame.get("type") if isinstance(frame, dict) else None
        if kind == "KeepAlive":
            return []
        if kind == "Finalize" and frame.get("channel", 0) == 0:
            self._finalize(clock_ms, now_ms)
            return self._due_finals(now_ms)
        if kind == "CloseStream":
            return self.close(clock_ms, now_ms)
        if kind == "Configure":
            return [self._configure(frame, data)]
        return [schema_error("unknown type", data)]

    def close(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Let what was heard out, then say goodbye; also what an empty binary frame asks for."""
        if not self._closing:
            self._closing = True
            self._final_due(clock_ms, now_ms, speech_final=True)
        return self._due_finals(now_ms)

    def failed(self) -> list[Message]:
        """Break down; on this wire there is no message for that."""
        self._farewell = (1011, NET_0000)
        return []

    def disordered(self, message: Message) -> list[Message]:
        """Return a message with what its protocol forbids before it: a turn over, not final."""
        if message["type"] != "Results":
            return [message]
        return [{**message, "is_final": False, "speech_final": True}, message]

    def _paused(self, clock_ms: float) -> bool:
        if self._pause_ms is None or self._hearing.voice:
            return False
        stretch = self._hearing.open
        if stretch is not None and stretch.words is None:
            return False  # nobody can recognise it before it is over
        return self._hearing.quiet_ms(clock_ms) >= self._pause_ms

    def _finalize(self, clock_ms: float, now_ms: float) -> None:
        # With no audio since the last final the vendor often says nothing at all.
        if clock_ms > self._span_ms or self._hearing.unknown:
            quiet = self._hearing.quiet_ms(clock_ms) >= CLOSURE_MS
            self._final_due(clock_ms, now_ms, speech_final=quiet, from_finalize=True)

    def _final_due(
        self, clock_ms: float, now_ms: float, *, speech_final: bool, from_finalize: bool = False
    ) -> None:
        if len(self._finals) >= MAX_FINALS:
            return
        self._hearing.cut(clock_ms)
        taken = self._hearing.take(clock_ms)
        due_ms = now_ms + self._delays.nova_final
        self._finals.append(_Final(due_ms, clock_ms, taken, speech_final, from_finalize))
        self._next_interim_ms = None
        if self._hearing.voice:
            self._next_interim_ms = clock_ms + self._delays.nova_interim

    def _due_finals(self, now_ms: float) -> list[Message]:
        messages = []
        while self._finals and self._finals[0].due_ms <= now_ms:
            final = self._finals[0]
            if not final.taken.complete():
                break
            self._finals.popleft()
            words = final.taken.all_words()
            if words:
                self._last_word_ms = words[-1].end_ms
            messages.append(
                self._final(words, final.end_ms, final.speech_final, final.from_finalize)
            )
        if self._closing and not self._finals and self._farewell is None:
            self._farewell = (1000, "")
            messages.append(self._messages.metadata(self._span_ms))
        return messages

    def _interim(self, clock_ms: float, heard: Sequence[Word]) -> list[Message]:
        since_ms = heard[0].start_ms if heard else self._span_ms
        idle = not self._hearing.voice and not self._hearing.unknown
        if clock_ms - since_ms >= SPAN_MS and (heard or idle):
            return [self._final(self._hearing.take(clock_ms).words, clock_ms)]
        if self._next_interim_ms is None or clock_ms < self._next_interim_ms:
            return []
        if not self._hearing.voice:
            return []
        while self._next_interim_ms <= clock_ms:
            self._next_interim_ms += max(self._delays.nova_interim, 1)
        if not self._query.interim_results or not heard:
            return []
        return [self._messages.results(heard, self._span_ms, clock_ms)]

    def _utterance_end(self, clock_ms: float) -> list[Message]:
        gap_ms, word_ms = self._query.utterance_end_ms, self._last_word_ms
        if gap_ms is None or word_ms is None or clock_ms < word_ms + gap_ms:
            return []
        self._last_word_ms = None
        return [utterance_end(word_ms)]

    def _final(
        self,
        words: Sequence[Word],
        end_ms: float,
        speech_final: bool = False,
        from_finalize: bool = False,
    ) -> Message:
        start_ms, self._span_ms = self._span_ms, end_ms
        return self._messages.results(
            words,
            start_ms,
            end_ms,
            is_final=True,
            speech_final=speech_final,
            from_finalize=from_finalize,
        )

    def _configure(self, frame: Message, data: str) -> Message:
        terms, features = frame.get("keyterms"), frame.get("features")
        if terms is not None and not _texts(terms):
            return schema_error("keyterms is not a list of texts", data)
        if features is not None and not _flags(features):
            return schema_error("features is not an object of true and false", data)
        if terms is not None and not is_nova_3(self._query.model):
            return self._messages.not_configured(
                "CONFIGURE_KEYTERMS_NOT_SUPPORTED", "only Nova-3 takes keyterms"
            )
        if terms is not None and too_many_terms(terms):
            return self._messages.not_configured(
                "CONFIGURE_KEYTERM_LIMIT_EXCEEDED", "the keyterms exceed 500 tokens"
            )
        if terms is not None:
            self._keyterms = tuple(terms)
        return self._messages.configured(terms)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _flags(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(entry, bool) for entry in value.values())
