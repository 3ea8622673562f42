"""The shape of a speaking rule: a pattern, and what is said for what it matches. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a match.

    Attributes:
        before: The word before, as written, or "" at the start and after a comma or full stop.
        after: The next character that is not a space, or "" at the end of the text.
    """

    before: str
    after: str

    @property
    def ends_sentence(self) -> bool:
        """Whether a full stop here also ends a sentence, as far as the next character tells."""
        return not self.after or self.after.isupper() or self.after == "\n"


@dataclass(frozen=True, slots=True)
class Rule:
    """Says what `pattern` matches; None from `say` leaves the match to the next rule.

    The pattern is tried at the start of a word only. All repetition in it is over disjoint
    characters, so that no text makes it backtrack; texts are under 100 characters in any case.
    """

    pattern: re.Pattern[str]
    say: Callable[[re.Match[str], Around], str | None]


def rule(pattern: str, say: Callable[[re.Match[str], Around], str | None]) -> Rule:
    """Make a rule; digits and words in the pattern are ASCII, case matters."""
    return Rule(re.compile(pattern, re.ASCII), say)
