"""Deepgram's ``/v1/listen`` (Nova): what it says to a client, and when. Pure.

Audio time (``clock_ms``) decides what was heard; wall time (``now_ms``) decides when a final that
is due leaves, because a client that asked for one may send nothing more.

A final takes the words heard when it fell due, and leaves `Delays.nova_final` later. It falls due
by a pause as long as ``endpointing``, or by the client's ``Finalize``. Until it has left nothing
else about words leaves, so results never overlap the wrong way round.

Source: deepgram-sdk 7.17.0, `listen/v1/types`; developers.deepgram.com/docs/{endpointing,finalize,
utterance-end,audio-keep-alive}.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audiosocket_agent.simulators.deepgram_query import NovaQuery, is_nova_3, too_many_terms
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.hearing import CLOSURE_MS, Hearing, Taken, Word
from audiosocket_agent.simulators.stretches import Change, Edge

Message = dict[str, Any]

# An utterance that goes on is finalised piece by piece; so is silence, with no words.
SPAN_MS = 5000
CONFIDENCE = 0.9875
MODEL_UUID = "5b1e5f0c-8d4e-4d3e-9f55-1a2b3c4d5e6f"
VERSION = "2025-04-17.21547"
SHA256 = "0" * 64
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
        self._request_id = request_id
        self._created = created
        self._keyterms = query.keyterms
        self._finals: deque[_Final] = deque()
        self._span_ms = 0.0  # where the results to come begin
        self._next_interim_ms: float | None = None
        self._last_word_ms: float | None = None
        self._closing = False
        self._ended = False
        # A consonant's closure is quiet too; the vendor's detector is no quicker than this.
        pause_ms = query.endpointing_ms
        self._pause_ms = None if pause_ms is None else max(pause_ms, CLOSURE_MS)

    @property
    def keyterms(self) -> tuple[str, ...]:
        """Those in force."""
        return self._keyterms

    @property
    def close_code(self) -> int | None:
        """With what the socket is to be closed now; None to go on."""
        return 1000 if self._ended else None

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
        return [{"type": "SpeechStarted", "channel": [0, 1], "timestamp": _s(change.at_ms)}]

    def advance(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Return what is due."""
        heard = self._hearing.words(clock_ms)
        if self._paused(clock_ms) and (heard or self._hearing.unknown) and not self._closing:
            self._final_due(clock_ms, now_ms, speech_final=True)
            heard = []
        messages = self._due_finals(now_ms)
        if self._finals or self._ended:
            return messages
        if heard:
            self._last_word_ms = heard[-1].end_ms
        return messages + self._interim(clock_ms, heard) + self._utterance_end(clock_ms)

    def wait_ms(self, clock_ms: float, now_ms: float) -> float | None:
        """Return when `advance` may have something new if no audio comes; None for never."""
        if self._finals:
            return max(0.0, self._finals[0].due_ms - now_ms)
        moments = [self._hearing.due_ms(clock_ms), self._next_interim_ms]
        if self._pause_ms is not None and not self._hearing.voice:
            moments.append(clock_ms - self._hearing.quiet_ms(clock_ms) + self._pause_ms)
        if self._query.utterance_end_ms is not None and self._last_word_ms is not None:
            moments.append(self._last_word_ms + self._query.utterance_end_ms)
        return min((m - clock_ms for m in moments if m is not None and m > clock_ms), default=None)

    def text(self, data: str, clock_ms: float, now_ms: float) -> list[Message]:
        """Answer a text frame of the client."""
        try:
            frame = json.loads(data)
        except ValueError:
            return [_schema_error("not JSON", data)]
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
        return [_schema_error("unknown type", data)]

    def close(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Let what was heard out, then say goodbye; also what an empty binary frame asks for."""
        if not self._closing:
            self._closing = True
            self._final_due(clock_ms, now_ms, speech_final=True)
        return self._due_finals(now_ms)

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
                self._results(words, final.end_ms, True, final.speech_final, final.from_finalize)
            )
        if self._closing and not self._finals and not self._ended:
            self._ended = True
            messages.append(self._metadata())
        return messages

    def _interim(self, clock_ms: float, heard: Sequence[Word]) -> list[Message]:
        if clock_ms - self._span_ms >= SPAN_MS and not self._hearing.unknown:
            taken = self._hearing.take(clock_ms)
            return [self._results(taken.words, clock_ms, True, False, False)]
        if self._next_interim_ms is None or clock_ms < self._next_interim_ms:
            return []
        if not self._hearing.voice:
            return []
        while self._next_interim_ms <= clock_ms:
            self._next_interim_ms += max(self._delays.nova_interim, 1)
        if not self._query.interim_results or not heard:
            return []
        return [self._results(heard, clock_ms, False, False, False)]

    def _utterance_end(self, clock_ms: float) -> list[Message]:
        gap_ms, word_ms = self._query.utterance_end_ms, self._last_word_ms
        if gap_ms is None or word_ms is None or clock_ms < word_ms + gap_ms:
            return []
        self._last_word_ms = None
        return [{"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": _s(word_ms)}]

    def _results(
        self,
        words: Sequence[Word],
        end_ms: float,
        is_final: bool,
        speech_final: bool,
        from_finalize: bool,
    ) -> Message:
        start_ms = self._span_ms
        if is_final:
            self._span_ms = end_ms
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": _s(start_ms),
            "duration": _s(max(0.0, end_ms - start_ms)),
            "is_final": is_final,
            "speech_final": speech_final,
            "from_finalize": from_finalize,
            "channel": {"alternatives": [self._alternative(words, is_final)]},
            "metadata": {
                "request_id": self._request_id,
                "model_uuid": MODEL_UUID,
                "model_info": {
                    "name": f"general-{self._query.model}",
                    "version": VERSION,
                    "arch": self._query.model,
                },
            },
        }

    def _alternative(self, words: Sequence[Word], is_final: bool) -> Message:
        texts = [word.text for word in words]
        shown = _punctuated(texts, is_final) if self._query.formatted else texts
        entries: list[Message] = []
        for word, text in zip(words, shown, strict=True):
            entries.append(
                {
                    "word": word.text.lower(),
                    "start": _s(word.start_ms),
                    "end": _s(word.end_ms),
                    "confidence": CONFIDENCE,
                }
            )
            if self._query.formatted:
                entries[-1]["punctuated_word"] = text
        return {
            "transcript": " ".join(shown),
            "confidence": CONFIDENCE if words else 0.0,
            "words": entries,
        }

    def _configure(self, frame: Message, data: str) -> Message:
        terms, features = frame.get("keyterms"), frame.get("features")
        if terms is not None and not _texts(terms):
            return _schema_error("keyterms is not a list of texts", data)
        if features is not None and not _flags(features):
            return _schema_error("features is not an object of true and false", data)
        success: Message = {"type": "ConfigureSuccess", "request_id": self._request_id}
        if terms is None:
            return success
        if not is_nova_3(self._query.model):
            return self._failure("KEYTERMS_NOT_SUPPORTED", "only Nova-3 takes keyterms")
        if too_many_terms(terms):
            return self._failure("KEYTERM_LIMIT_EXCEEDED", "the keyterms exceed 500 tokens")
        self._keyterms = tuple(terms)
        return {**success, "keyterms": list(terms)}

    def _failure(self, code: str, text: str) -> Message:
        return {
            "type": "ConfigureFailure",
            "request_id": self._request_id,
            "code": f"CONFIGURE_{code}",
            "description": text,
        }

    def _metadata(self) -> Message:
        return {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": self._request_id,
            "sha256": SHA256,
            "created": self._created,
            "duration": _s(self._span_ms),
            "channels": self._query.channels,
        }


def _s(ms: float) -> float:
    return round(ms / 1000, 3)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _flags(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(entry, bool) for entry in value.values())


def _punctuated(texts: list[str], is_final: bool) -> list[str]:
    if not texts:
        return []
    shown = [texts[0][0].upper() + texts[0][1:], *texts[1:]]
    if is_final and shown[-1][-1] not in ".?!":
        shown[-1] += "."
    return shown


def _schema_error(text: str, data: str) -> Message:
    return {"type": "Error", "variant": "SchemaError", "description": text, "message": data}
