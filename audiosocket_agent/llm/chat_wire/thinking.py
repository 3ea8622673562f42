"""Keeps a model's inline reasoning, ``<think>...</think>``, out of its answer.

Tags may be split over any number of tokens, so text that might be the beginning of a tag waits for
what follows it: a caller must not hear "less than think".
"""

from __future__ import annotations

OPEN = "<think>"
CLOSE = "</think>"


class ThinkingFilter:
    """Lets an answer through and swallows the reasoning in it."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._trimming = False

    def feed(self, text: str) -> str:
        """Take the next piece; returns what may be spoken of it, and of pieces held before."""
        if not self._held and not self._inside and not self._trimming and "<" not in text:
            return text
        text = self._held + text
        spoken: list[str] = []
        while True:
            tag, at = self._next_tag(text)
            if at < 0:
                break
            if not self._inside:
                spoken.append(self._shown(text[:at]))
            text = text[at + len(tag) :]
            self._inside = tag == OPEN
            # Models put blank lines after their reasoning; they belong to it.
            self._trimming = self._trimming or tag == CLOSE
        kept = _tag_beginning(text)
        self._held = text[len(text) - kept :]
        if not self._inside:
            spoken.append(self._shown(text[: len(text) - kept]))
        return "".join(spoken)

    def finish(self) -> str:
        """Say that the answer is over; returns what was held and is no tag after all."""
        held, self._held = self._held, ""
        return "" if self._inside else self._shown(held)

    def _next_tag(self, text: str) -> tuple[str, int]:
        """Find the next tag that matters; a lone closing tag is swallowed too."""
        close_at = text.find(CLOSE)
        open_at = -1 if self._inside else text.find(OPEN)
        if open_at >= 0 and (close_at < 0 or open_at < close_at):
            return OPEN, open_at
        return CLOSE, close_at

    def _shown(self, text: str) -> str:
        if self._trimming and text:
            text = text.lstrip()
            self._trimming = not text
        return text


def _tag_beginning(text: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a tag."""
    start = text.rfind("<", max(0, len(text) - len(CLOSE) + 1))
    if start < 0:
        return 0
    end = text[start:]
    return len(end) if OPEN.startswith(end) or CLOSE.startswith(end) else 0
