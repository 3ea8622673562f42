"""What a model writes is held against what is known before it is spoken. Pure.

Words flow on as they come. Only where one begins that may be a figure, a promise or something out
of scope are they held, for as long as they may still become one: "seventy" until the word after the
number is there, "for" for one word. What may not be said is not: from where it begins to the end of
its sentence the code says a sentence of its own instead. The verdict on a text does not depend on
the pieces it comes in.
"""

from __future__ import annotations

from dataclasses import dataclass

from audiosocket_agent.guard_claims import BEFORE_NAMES, LAST_WORDS, MOST_OFFERED, OFFERING, claim
from audiosocket_agent.guard_facts import Known, split_chunk
from audiosocket_agent.guard_figures import figure
from audiosocket_agent.guard_numbers import CURRENCIES, NUMBER_WORDS, begins_number
from audiosocket_agent.guard_verdicts import ANCHORS, MORE, OK, Verdict, Word, phrase, word_alone
from audiosocket_agent.guard_words import (
    COINS,
    DAYS,
    FOREIGN,
    HALVES,
    MONEY,
    NAMED_CLOCKS,
    SOON,
    Kind,
    prefixes,
)

MOST_STOPS = 2  # in one answer: after so many the rest of it is not said at all
TAKEN_BACK = "... sorry, no."  # after the beginning of a sentence that is not said to its end
SAFE = {
    Kind.PRICE: "I can only tell you the prices on our list.",
    Kind.TIME: "I can't promise a time myself; I only book what the diary gives me.",
    Kind.NUMBER: "I'd rather not give you a number that I'm not sure of.",
    Kind.PROMISE: "I can't promise anything of that kind; a person could tell you more.",
    Kind.BOOKED: "It is not booked yet; I will tell you as soon as it is.",
    Kind.SCOPE: "I'd better not say anything about that; shall I put you through to a person?",
    Kind.SELF: "I'm the automatic booking assistant, and that is all I can help with.",
    Kind.SAFETY: (
        "If you smell gas or anyone is in danger, leave the building and call the emergency "
        "services; I can put you through to a person."
    ),
    Kind.ADDRESS: "I'd rather not give you an address that I'm not sure of.",
}
_ODD = frozenset("_{}<>|`\\[]")
_BEGINNINGS = prefixes(
    (
        *NUMBER_WORDS, *ANCHORS, *MONEY, *COINS, *HALVES, *DAYS, *SOON,
        *NAMED_CLOCKS, *FOREIGN, *LAST_WORDS, "http", "www", "dot",
    )
)  # fmt: skip


@dataclass(slots=True)
class _Held:
    """A word that is not spoken yet: as it was written, with the space before it."""

    word: Word
    raw: str


class Guard:
    """Holds one answer of a model against what is known.

    Args:
        known: What may be said.

    Attributes:
        stopped: What was not said, in order.
    """

    def __init__(self, known: Known) -> None:
        self.stopped: list[Kind] = []
        self._known = known
        self._chunk = ""  # of the word whose end is not known yet, with the space before it
        self._leaked = 0  # characters of it that were let through already
        self._sentence: list[Word] = []
        self._held: list[_Held] = []
        self._dropping = False
        self._names = False  # whether a name that comes now may be one that is not known
        self._offered = 0  # words to come that may be what is offered: held until they are whole
        self._begun = False  # whether something of the sentence was said
        self._spaced = False  # whether the space before what is said instead is out already

    @property
    def silent(self) -> bool:
        """Whether nothing more of the answer is let through."""
        return len(self.stopped) >= MOST_STOPS

    @property
    def held(self) -> int:
        """How many words are held that are whole."""
        return len(self._held)

    def learn(self, known: Known) -> None:
        """Take what is known from now on: a tool has told something."""
        self._known = known

    def feed(self, text: str) -> str:
        """Take a piece of text, of any length.

        Returns:
            What may be spoken now.
        """
        said = []
        for character in text:
            if not character.isspace():
                self._chunk += character
                continue
            if self._chunk.strip():
                said.append(self._whole(ends=character == "\n"))
                self._chunk = ""
            self._chunk += character
        said.append(self._beginning())
        return "".join(said)

    def finish(self) -> str:
        """Take the end of the text; returns what is left to be spoken."""
        said = self._whole(ends=True) if self._chunk.strip() else self._decided(over=True)
        self._chunk, self._leaked = "", 0
        self._next_sentence()
        return said

    def _beginning(self) -> str:
        """Let through the beginning of a word that cannot become one to be looked at."""
        word = self._chunk.strip().lower()
        if self._held or self._dropping or self.silent:
            return ""
        if word and (word in _BEGINNINGS or not word.isalpha() or not word.isascii()):
            return ""
        if self._offered and word:
            return ""
        if self._names and self._chunk.strip()[:1].isupper():
            return ""
        said = self._chunk[self._leaked :]
        self._leaked = len(self._chunk)
        self._begun |= bool(word)
        return said

    def _whole(self, *, ends: bool) -> str:
        """Take a whole word, and whatever is joined to it."""
        raw, self._leaked = self._chunk[self._leaked :], 0
        bare = self._chunk.strip()
        ends = ends or bare.rstrip("\"')”’*")[-1:] in tuple(".!?")
        if self._dropping or self.silent:
            self._dropping = self._dropping and not ends
            return ""
        for text, breaks in split_chunk(bare):
            odd = bool(_ODD & set(bare))
            word = Word(text, breaks, odd, bare.lstrip("\"'(“‘*")[:1].isupper())
            self._names |= text in BEFORE_NAMES
            self._offered = MOST_OFFERED if text in OFFERING else max(0, self._offered - 1)
            self._sentence.append(word)
            self._held.append(_Held(word, raw))
            raw = ""
        said = self._decided(over=ends)
        if ends:
            self._next_sentence()
        return said

    def _next_sentence(self) -> None:
        self._sentence.clear()
        self._held.clear()
        self._dropping = self._begun = self._names = False
        self._offered = 0

    def _decided(self, *, over: bool) -> str:
        """Decide on the words that are held, as far as that can be done yet."""
        said: list[str] = []
        while self._held:
            at = len(self._sentence) - len(self._held)
            verdict = self._verdict(at, over)
            if verdict is MORE:
                break
            if verdict.kind is not None:
                self._spaced = self._held[0].raw[:1].strip() != "" or not self._held[0].raw
                said.append(self._instead(verdict.kind, "".join(said)))
                self._held.clear()
                self._dropping = not over
                break
            self._begun = True
            said += [held.raw for held in self._held[: verdict.words]]
            del self._held[: verdict.words]
        return "".join(said)

    def _verdict(self, at: int, over: bool) -> Verdict:
        word = self._sentence[at]
        found = word_alone(self._sentence, at, over, self._known)
        if found is not OK:
            return found
        found = phrase(self._sentence, at, over, self._known)
        if found is not OK:
            return found
        found = claim(self._sentence, at, self._known)
        if found is not OK:
            return found
        if begins_number(word.text) or word.text in HALVES or word.text[:1] in CURRENCIES:
            return figure(self._sentence, at, over, self._known)
        return OK

    def _instead(self, kind: Kind, before: str) -> str:
        """Return what is said instead; the same thing is said once in an answer.

        A sentence that had begun is not left hanging: it is taken back before the next one.
        """
        again = kind in self.stopped
        self.stopped.append(kind)
        begun = self._begun and before.rstrip()[-1:] not in tuple(".!?")
        sentence = self._known.price if kind is Kind.PRICE and self._known.price else SAFE[kind]
        said = [TAKEN_BACK] * begun + [sentence] * (not again)
        if not said:
            return ""
        return " ".join(said) if self._spaced or begun else f" {said[0]}"
