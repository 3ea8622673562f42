"""The messages of Deepgram's ``/v1/listen``: every field its models require, and no others. Pure.

Source: deepgram-sdk 7.17.0, `listen/v1/types`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audiosocket_agent.simulators.deepgram_query import NovaQuery
from audiosocket_agent.simulators.hearing import Word

Message = dict[str, Any]

CONFIDENCE = 0.9875
MODEL_UUID = "5b1e5f0c-8d4e-4d3e-9f55-1a2b3c4d5e6f"
VERSION = "2025-04-17.21547"
SHA256 = "0" * 64


class NovaMessages:
    """Writes the messages of one connection.

    Args:
        query: What the client asked for.
        request_id: Of the connection.
        created: Wall time at its beginning, ISO 8601.
    """

    def __init__(self, query: NovaQuery, request_id: str, created: str) -> None:
        self._query = query
        self._request_id = request_id
        self._created = created

    def results(
        self,
        words: Sequence[Word],
        start_ms: float,
        end_ms: float,
        *,
        is_final: bool = False,
        speech_final: bool = False,
        from_finalize: bool = False,
    ) -> Message:
        """Write what was said in a piece of audio."""
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": seconds(start_ms),
            "duration": seconds(max(0.0, end_ms - start_ms)),
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

    def metadata(self, duration_ms: float) -> Message:
        """Write the last message of a connection."""
        return {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": self._request_id,
            "sha256": SHA256,
            "created": self._created,
            "duration": seconds(duration_ms),
            "channels": self._query.channels,
        }

    def configured(self, keyterms: Sequence[str] | None) -> Message:
        """Write that a Configure holds; with the key terms if it replaced them."""
        message: Message = {"type": "ConfigureSuccess", "request_id": self._request_id}
        return message if keyterms is None else {**message, "keyterms": list(keyterms)}

    def not_configured(self, code: str, text: str) -> Message:
        """Write that a Configure failed."""
        return {
            "type": "ConfigureFailure",
            "request_id": self._request_id,
            "code": code,
            "description": text,
        }

    def _alternative(self, words: Sequence[Word], is_final: bool) -> Message:
        texts = [word.text for word in words]
        shown = _punctuated(texts, is_final) if self._query.formatted else texts
        entries: list[Message] = []
        for word, text in zip(words, shown, strict=True):
            entries.append(
                {
                    "word": word.text.lower(),
                    "start": seconds(word.start_ms),
                    "end": seconds(word.end_ms),
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


def speech_started(at_ms: float) -> Message:
    """Write that a voice began."""
    return {"type": "SpeechStarted", "channel": [0, 1], "timestamp": seconds(at_ms)}


def utterance_end(last_word_ms: float) -> Message:
    """Write that there has been no word for long."""
    return {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": seconds(last_word_ms)}


def schema_error(text: str, data: str) -> Message:
    """Write that a client's text is no message."""
    return {"type": "Error", "variant": "SchemaError", "description": text, "message": data}


def seconds(ms: float) -> float:
    """Write a moment as the vendor does."""
    return round(ms / 1000, 3)


def _punctuated(texts: list[str], is_final: bool) -> list[str]:
    if not texts:
        return []
    shown = [texts[0][0].upper() + texts[0][1:], *texts[1:]]
    if is_final and shown[-1][-1] not in ".?!":
        shown[-1] += "."
    return shown
