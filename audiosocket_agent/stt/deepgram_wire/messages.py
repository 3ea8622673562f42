"""Reading Deepgram's JSON messages without trusting them. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, cast

from audiosocket_agent.errors import WireViolation


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the vendor times it.

    Attributes:
        text: As written, with its punctuation when the vendor gives it.
        confidence: 0.0 to 1.0.
        end_s: Its end, in seconds of the audio sent; None when it is not given.
    """

    text: str
    confidence: float
    end_s: float | None


class Message:
    """One JSON object with access by type; a missing or mistyped field is a `WireViolation`.

    Args:
        provider: For errors.
        data: The object.
    """

    def __init__(self, provider: str, data: dict[str, object]) -> None:
        self._provider = provider
        self._data = data

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string field."""
        value = self._data.get(name, default)
        if not isinstance(value, str):
            self._wrong(name)
        return value

    def number(self, name: str) -> float:
        """Return a number field, at least -1."""
        value = self._data.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(name)
        if not -1 <= value < 1e9:  # -1 stands for "no word" in an UtteranceEnd
            self._wrong(name)
        return float(value)

    def flag(self, name: str) -> bool:
        """Return a boolean field; absent is False."""
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            self._wrong(name)
        return value

    def part(self, name: str) -> Message:
        """Return an object field."""
        value = self._data.get(name)
        if not isinstance(value, dict):
            self._wrong(name)
        return Message(self._provider, cast("dict[str, object]", value))

    def parts(self, name: str) -> list[Message]:
        """Return a field that is a list of objects."""
        value = self._data.get(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(name)
        return [Message(self._provider, item) for item in value]

    def words(self) -> list[Word]:
        """Return the field ``words``."""
        return [
            Word(
                item.text("punctuated_word", "") or item.text("word"),
                item.number("confidence"),
                item.number("end") if "end" in item._data else None,
            )
            for item in self.parts("words")
        ]

    def _wrong(self, name: str) -> NoReturn:
        raise WireViolation(self._provider, f"a message has no proper {name!r}")


def read_message(provider: str, frame: str | bytes) -> Message:
    """Read one frame.

    Raises:
        WireViolation: If it is not a JSON object in a text frame.
    """
    if isinstance(frame, bytes):
        raise WireViolation(provider, "a binary message where only text is allowed")
    try:
        data = json.loads(frame)
    except ValueError:
        raise WireViolation(provider, "a message is not JSON") from None
    if not isinstance(data, dict):
        raise WireViolation(provider, "a message is not a JSON object")
    return Message(provider, data)


def spoken_after(text: str, words: Sequence[Word], after_s: float) -> str:
    """Return what of a text was said after a moment of the audio.

    A word that was still being said then belongs to what follows. Without timed words the text
    cannot be cut and is returned whole.
    """
    if not words or any(word.end_s is None for word in words):
        return text
    kept = [word for word in words if word.end_s is not None and word.end_s > after_s]
    if len(kept) == len(words):
        return text
    return " ".join(word.text for word in kept)


def spoken_before(text: str, words: Sequence[Word], until_s: float) -> str:
    """Return what of a text was said before a moment of the audio; the rest of `spoken_after`."""
    if any(word.end_s is None for word in words):
        return text
    return " ".join(word.text for word in words if word.end_s is not None and word.end_s <= until_s)


def mean(values: Sequence[float], default: float) -> float:
    """Return the mean, within 0.0 to 1.0; the default of none."""
    if not values:
        return default
    return min(1.0, max(0.0, sum(values) / len(values)))
