"""Deepgram's ``/v2/listen`` (Flux): what it says to a client, and when. Pure.

Every delay counts in audio time, from where the voice really stopped: a client that stops sending
audio gets no end of turn, as at the vendor. One turn is

    (Update)* StartOfTurn (Update)* [EagerEndOfTurn (TurnResumed (Update)*)]* EndOfTurn

and its words stay in the `Hearing` until its end, because every message repeats all of them.

Source: deepgram-sdk 7.17.0, `listen/v2/types`; developers.deepgram.com/docs/flux.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audiosocket_agent.simulators.deepgram_query import FLUX_MULTI, FluxQuery, too_many_terms
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.hearing import CLOSURE_MS, Hearing, Word
from audiosocket_agent.simulators.stretches import Change, Edge

Message = dict[str, Any]

CONFIDENCE = 0.9902
GOING_ON, PERHAPS, ENDED = 0.08, 0.55, 0.86  # confidence that the turn is over
RANGES = {
    "eot_threshold": (0.5, 1.0),
    "eager_eot_threshold": (0.3, 0.9),
    "eot_timeout_ms": (500, 60_000),
}
CONFIGURABLE = frozenset({"type", "thresholds", "keyterms", "language_hints", "numerals"})


class FluxWire:
    """One connection.

    Args:
        query: What the client asked for.
        delays: How long things take; `Delays.flux_eager` and `Delays.flux_eot` cannot be less than
            the closure of a consonant.
        hearing: What is heard.
        request_id: Of the connection.
    """

    def __init__(self, query: FluxQuery, delays: Delays, hearing: Hearing, request_id: str) -> None:
        self._query = query
        self._lag_ms = delays.flux_lag
        self._update_ms = max(delays.flux_update, 1)
        self._eager_ms = max(delays.flux_eager, CLOSURE_MS)
        self._eot_ms = max(delays.flux_eot, CLOSURE_MS)
        self._hearing = hearing
        self._request_id = request_id
        self._sequence = 0
        self._turn = 0
        self._window_ms = 0.0  # where the turn's audio begins
        self._started = False
        self._eager = False
        self._forced = False
        self._next_update_ms = self._update_ms
        self._now_ms = 0.0  # in audio time, as last told
        self._farewell: tuple[int, str] | None = None

    @property
    def keyterms(self) -> tuple[str, ...]:
        """Those in force."""
        return self._query.keyterms

    @property
    def farewell(self) -> tuple[int, str] | None:
        """Code and reason with which the socket is to be closed now; None to go on."""
        return self._farewell

    def opened(self) -> list[Message]:
        """Return what is said first."""
        return [self._numbered({"type": "Connected", "request_id": self._request_id})]

    def changed(self, change: Change) -> list[Message]:
        """Answer a change of the voice that `Hearing` has taken in."""
        if change.edge is not Edge.VOICE or not self._eager:
            return []
        self._eager = False
        self._next_update_ms = change.at_ms + self._update_ms
        return [self._info("TurnResumed", self._hearing.words(self._now_ms), GOING_ON)]

    def advance(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Return what is due; only audio time counts."""
        self._now_ms = clock_ms
        if self._farewell is not None:
            return []
        words = self._hearing.words(clock_ms, self._lag_ms)
        messages = []
        if words and not self._started:
            self._started = True
            self._next_update_ms = clock_ms + self._update_ms
            messages.append(self._info("StartOfTurn", words, GOING_ON))
        messages += self._ending(clock_ms, words)
        if clock_ms >= self._next_update_ms and not self._eager:
            while self._next_update_ms <= clock_ms:
                self._next_update_ms += self._update_ms
            words = self._hearing.words(clock_ms, self._lag_ms)
            messages.append(self._info("Update", words, GOING_ON))
        return messages

    def wall_due_ms(self) -> float | None:
        """Return None: only audio time counts."""
        return None

    def clock_due_ms(self, clock_ms: float) -> float | None:
        """Return the audio time at which there may be something to say; None for never."""
        moments = [self._hearing.due_ms(clock_ms, self._lag_ms)]
        if not self._eager:
            moments.append(self._next_update_ms)
        if not self._hearing.voice:
            stopped_ms = clock_ms - self._hearing.quiet_ms(clock_ms)
            quiets = (CLOSURE_MS, self._eager_ms, self._eot_ms, self._query.eot_timeout_ms)
            moments += [stopped_ms + quiet_ms for quiet_ms in quiets]
        return min((m for m in moments if m is not None and m > clock_ms), default=None)

    def text(self, data: str, clock_ms: float, now_ms: float) -> list[Message]:
        """Answer a text frame of the client; one that it does not know is fatal."""
        self._now_ms = clock_ms
        try:
            frame = json.loads(data)
        except ValueError:
            frame = None
        kind = frame.get("type") if isinstance(frame, dict) else None
        if kind == "CloseStream":
            return self.close(clock_ms, now_ms)
        if kind == "ForceEndTurn":
            self._hearing.cut(clock_ms)
            self._forced = self._started or self._hearing.unknown
            return self._ending(clock_ms, self._hearing.words(clock_ms))
        if kind == "Configure":
            return [self._configure(frame)]
        what = "The message is not valid JSON or not of a known type."
        return self._fatal("UNPARSABLE_CLIENT_MESSAGE", what)

    def close(self, clock_ms: float, now_ms: float) -> list[Message]:
        """Say goodbye, which on this wire is no message at all."""
        self._farewell = (1000, "")
        return []

    def failed(self) -> list[Message]:
        """Break down, and say so."""
        return self._fatal("INTERNAL_SERVER_ERROR", "An internal error occurred.")

    def disordered(self, message: Message) -> list[Message]:
        """Return a turn's start with what may not be before it: the end of a later turn."""
        if message.get("event") != "StartOfTurn":
            return [message]
        end = {**message, "event": "EndOfTurn", "trigger": "model"}
        return [{**end, "turn_index": message["turn_index"] + 1}, message]

    def _ending(self, clock_ms: float, words: Sequence[Word]) -> list[Message]:
        """Return the end of the turn, announced or real, if it is due."""
        if not self._started or self._hearing.unknown:
            return []
        if self._forced:
            return [self._end(clock_ms, "manual")]
        if self._hearing.voice:
            return []
        messages = []
        quiet_ms = self._hearing.quiet_ms(clock_ms)
        announced = self._query.eager_eot_threshold is not None
        if announced and not self._eager and quiet_ms >= self._eager_ms:
            self._eager = True
            messages.append(self._info("EagerEndOfTurn", words, PERHAPS))
        if quiet_ms >= self._eot_ms and self._query.eot_threshold < 1:
            messages.append(self._end(clock_ms, "model"))
        elif quiet_ms >= self._query.eot_timeout_ms:
            messages.append(self._end(clock_ms, "timeout"))
        return messages

    def _end(self, clock_ms: float, trigger: str) -> Message:
        words = self._hearing.take(clock_ms).words
        confidence = ENDED if trigger == "model" else PERHAPS
        message = {**self._info("EndOfTurn", words, confidence), "trigger": trigger}
        self._turn += 1
        self._window_ms = clock_ms
        self._started = self._eager = self._forced = False
        self._next_update_ms = clock_ms + self._update_ms
        return message

    def _info(self, event: str, words: Sequence[Word], confidence: float) -> Message:
        texts = _punctuated([word.text for word in words], event)
        message: Message = {
            "type": "TurnInfo",
            "request_id": self._request_id,
            "event": event,
            "turn_index": self._turn,
            "audio_window_start": _s(self._window_ms),
            "audio_window_end": _s(max(self._now_ms, self._window_ms)),
            "transcript": " ".join(texts),
            "words": [
                {
                    "word": text,
                    "confidence": CONFIDENCE,
                    "start": _s(word.start_ms),
                    "end": _s(word.end_ms),
                }
                for text, word in zip(texts, words, strict=True)
            ],
            "end_of_turn_confidence": confidence,
        }
        if self._query.language_hints:
            message["languages_hinted"] = list(self._query.language_hints)
        return self._numbered(message)

    def _configure(self, frame: Message) -> Message:
        wrong = self._complaint(frame)
        if wrong:
            return self._numbered(
                {
                    "type": "ConfigureFailure",
                    "request_id": self._request_id,
                    "code": "INVALID_CONFIGURATION",
                    "description": wrong,
                }
            )
        thresholds = frame.get("thresholds") or {}
        self._query = replace(
            self._query,
            **thresholds,
            keyterms=tuple(frame.get("keyterms", self._query.keyterms)),
            language_hints=tuple(frame.get("language_hints", self._query.language_hints)),
        )
        success: Message = {
            "type": "ConfigureSuccess",
            "request_id": self._request_id,
            "thresholds": thresholds,
            "keyterms": list(self._query.keyterms),
        }
        if "numerals" in frame:
            success["numerals"] = frame["numerals"]
        if "language_hints" in frame:
            success["language_hints"] = list(self._query.language_hints)
        return self._numbered(success)

    def _complaint(self, frame: Message) -> str:
        """Return what is wrong with a Configure, or nothing."""
        if unknown := set(frame) - CONFIGURABLE:
            return f"unknown fields: {', '.join(sorted(unknown))}"
        thresholds = frame.get("thresholds", {})
        if not isinstance(thresholds, dict):
            return "thresholds is not an object"
        for name, value in thresholds.items():
            least, most = RANGES.get(name, (1.0, 0.0))
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                return "a threshold is not a number"
            if not least <= value <= most:
                return "a threshold is unknown or out of range"
        for name in ("keyterms", "language_hints"):
            value = frame.get(name, [])
            if not isinstance(value, list) or not all(isinstance(term, str) for term in value):
                return f"{name} is not a list of texts"
        if frame.get("language_hints") and self._query.model != FLUX_MULTI:
            return f"language_hints is only supported for {FLUX_MULTI}"
        if too_many_terms(frame.get("keyterms", [])):
            return "too many keyterms"
        return "" if isinstance(frame.get("numerals", True), bool) else "numerals is not a flag"

    def _fatal(self, code: str, text: str) -> list[Message]:
        self._farewell = (1011, code)
        return [self._numbered({"type": "Error", "code": code, "description": text})]

    def _numbered(self, message: Message) -> Message:
        number, self._sequence = self._sequence, self._sequence + 1
        return {**message, "sequence_id": number}


def _s(ms: float) -> float:
    return round(ms / 1000, 3)


def _punctuated(texts: list[str], event: str) -> list[str]:
    """Write words as Flux always does: with a capital, and a full stop where the turn may end."""
    if not texts:
        return []
    shown = [texts[0][0].upper() + texts[0][1:], *texts[1:]]
    if event in ("EagerEndOfTurn", "EndOfTurn") and shown[-1][-1] not in ".?!":
        shown[-1] += "."
    return shown
