"""Where sentences end, in text that is still being written.

A sentence ends at ``.``, ``!``, ``?`` or ``...`` (with closing quotes or brackets) before a space,
and at a line break. A full stop ends nothing inside a number, after a title or an initial, in
"e.g." and "i.e.", after "No" before a number, and after "a.m." when the sentence visibly goes on.
"""

from __future__ import annotations

import re

MOST_CHARS = 400  # a sentence longer than this is cut at a space: half a minute of speech at most

_END = re.compile(r"[.!?\u2026]+[\"')\]\u2019\u201d]*(?=\s)|\n")
_LAST_WORD = re.compile(r"([\w.]*)\.$")
_NEVER = frozenset("mr mrs ms dr st prof rev sr jr vs approx tel ext e.g i.e".split())
_BEFORE_NUMBERS = frozenset("no nos".split())
_BEFORE_LOWER_CASE = frozenset("a.m p.m etc".split())


class SentenceCutter:
    """Cuts text into sentences as it comes."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """Take the next text, of any length; returns the sentences it completes, without margins.

        Sentences with nothing to say (a lone dash) are left out.
        """
        self._text += text
        sentences: list[str] = []
        while (end := self._end()) is not None:
            self._cut(end, sentences)
        return sentences

    def finish(self) -> list[str]:
        """Say that the text is over; returns what is left of it."""
        sentences: list[str] = []
        self._cut(len(self._text), sentences)
        return sentences

    def _cut(self, end: int, sentences: list[str]) -> None:
        sentence, self._text = self._text[:end].strip(), self._text[end:]
        if any(character.isalnum() for character in sentence):
            sentences.append(sentence)

    def _end(self) -> int | None:
        """Return where the first sentence ends; None when that cannot be told yet."""
        for found in _END.finditer(self._text):
            ends = found[0] == "\n" or self._is_end(found)
            if ends is None:
                break
            if ends:
                return found.end()
        if len(self._text) <= MOST_CHARS:
            return None
        space = self._text.rfind(" ", 1, MOST_CHARS)
        return space if space > 0 else MOST_CHARS

    def _is_end(self, found: re.Match[str]) -> bool | None:
        """Return whether a sentence ends here; None when what follows decides."""
        last = _LAST_WORD.search(self._text[max(0, found.start() - 16) : found.end()])
        if last is None:
            return True
        word = last[1].lower().lstrip(".")
        if word in _NEVER or (len(word) == 1 and word.isalpha() and word != "i"):
            return False
        if word not in _BEFORE_NUMBERS | _BEFORE_LOWER_CASE:
            return True
        follows = self._text[found.end() :].lstrip()[:1]
        if not follows:
            return None
        return not (follows.isdigit() if word in _BEFORE_NUMBERS else follows.islower())
