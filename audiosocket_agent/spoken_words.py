"""Which words of a text have been heard, and what is left of it to say."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BETWEEN_SPACES = re.compile(r"\S+")
MS_PER_CHARACTER = 65  # English at 155 words a minute: 387 ms a word of 6 characters with its space


def count_words(text: str) -> int:
    """Return how many words a text has."""
    return sum(1 for _ in _words(text))


def rest_after(text: str, words: int) -> str:
    """Return a text without its first words, and without the spaces before what is left."""
    for n, (start, _) in enumerate(_words(text)):
        if n == words:
            return text[start:]
    return ""


def words_in(text: str, audio_ms: float) -> int:
    """Estimate how many of a text's words are wholly heard in its first milliseconds of audio."""
    characters = audio_ms / MS_PER_CHARACTER
    return sum(1 for _, end in _words(text) if end <= characters)


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each word begins and ends; a lone dash is not heard, so it is none."""
    for found in _BETWEEN_SPACES.finditer(text):
        if any(character.isalnum() for character in found[0]):
            yield found.span()
