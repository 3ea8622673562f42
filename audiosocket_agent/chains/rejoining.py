"""Joins what one model said before it broke off with what the next one makes of it.

Asked to carry on, a model does one of two things: it carries on, mostly without the space that
belongs before its first word; or it begins its answer again, and then what the caller has heard
already must not be heard twice.
"""

from __future__ import annotations


class Rejoiner:
    """Lets through what a model adds to words already said.

    Args:
        said: The words; "" when there are none, and everything is let through as it is.
    """

    def __init__(self, said: str) -> None:
        self._said = said
        self._start = said.lstrip()
        self._held = ""
        self._joined = not self._start

    def feed(self, piece: str) -> str:
        """Take the next piece; returns what may be said of it, and of pieces held before."""
        if self._joined:
            return piece
        self._held += piece
        again = self._held.lstrip()
        if len(again) < len(self._start) and self._start.startswith(again):
            return ""  # so far it may be the same answer from its beginning
        self._joined = True
        if again.startswith(self._start):
            return again[len(self._start) :]
        # Models break off between words far more often than inside one.
        apart = self._said[-1].isspace() or not self._held[0].isalnum()
        return self._held if apart else f" {self._held}"
