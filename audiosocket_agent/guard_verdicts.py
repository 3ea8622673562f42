"""The guard's verdict on words and phrases. Pure.

A verdict looks back over the sentence as far as it likes, and ahead only over words that are there:
where one more word could change it, it is `MORE`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audiosocket_agent.guard_facts import Known, as_spoken
from audiosocket_agent.guard_words import (
    COINS,
    COMING,
    COMMON,
    CONDITIONS,
    DAYS,
    FILLERS,
    FOREIGN,
    FREE_TIMES,
    MONEY,
    NAMED_CLOCKS,
    NEGATORS,
    PHRASES,
    SOON,
    WILL,
    Kind,
)

_ADDRESS = re.compile(r".+@.+|https?:.*|www\..*|.+\.(?:com|org|net|io|uk|info|biz)(?:/.*)?")
_ENDINGS = frozenset(("com", "co", "org", "net", "uk", "info"))
_FEW = frozenset("a an one few couple some hundreds thousands tens another per single".split())
_LATIN = "\u024f"  # the last letter of the alphabet that the voices read
MOST_FOREIGN = 2  # words of other languages in one sentence: a name has one


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the sentence.

    Attributes:
        text: Lower case, without punctuation.
        breaks: Whether a comma or the like follows.
        odd: Whether it holds signs that nobody speaks.
        named: Whether it is written as a name is.
    """

    text: str
    breaks: bool = False
    odd: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of the next words.

    Attributes:
        words: How many may be said.
        kind: What is wrong with them; None if nothing is.
    """

    words: int = 1
    kind: Kind | None = None


OK = Verdict()
MORE = Verdict(0)
Sentence = Sequence[Word]


def word_alone(sentence: Sentence, at: int, over: bool, known: Known) -> Verdict:
    """Judge a word for what it is by itself."""
    word = sentence[at]
    if word.odd:
        return Verdict(kind=Kind.SELF)
    if _ADDRESS.fullmatch(word.text):
        fine = word.text in known.text or _given(sentence[: at + 1], known)
        return OK if fine else Verdict(kind=Kind.ADDRESS)
    if word.text == "dot":
        if at + 1 == len(sentence):
            return OK if over else MORE
        spelt = f"{sentence[at - 1].text if at else ''}.{sentence[at + 1].text}"
        if sentence[at + 1].text in _ENDINGS and not (
            spelt in known.text or _given(sentence[: at + 2], known)
        ):
            return Verdict(kind=Kind.ADDRESS)
    if any(sign > _LATIN for sign in word.text if sign.isalpha()):
        return Verdict(kind=Kind.SELF)
    if _is_foreign(word):
        foreign = sum(_is_foreign(w) for w in sentence[: at + 1])
        if foreign >= MOST_FOREIGN and word.text not in known.text.split():
            return Verdict(kind=Kind.SELF)
    if word.text in COINS:
        return OK if COINS[word.text] in known.prices else Verdict(kind=Kind.PRICE)
    if word.text in MONEY and {w.text for w in sentence[max(0, at - 2) : at]} & _FEW:
        return OK if 1 in known.prices else Verdict(kind=Kind.PRICE)
    if word.text in (*DAYS, *SOON) and promises(sentence, at) and word.text not in known.days:
        return Verdict(kind=Kind.TIME)
    if word.text in NAMED_CLOCKS and promises(sentence, at):
        return OK if NAMED_CLOCKS[word.text] in known.clocks else Verdict(kind=Kind.TIME)
    return OK


def _given(sentence: Sentence, known: Known) -> bool:
    """Whether the words end in a mailbox that the caller has given, from its beginning on."""
    if not known.mailboxes:
        return False
    ending = ""
    for word in reversed(sentence):
        ending = as_spoken(word.text) + ending
        if ending in known.mailboxes:
            return True
    return False


def _is_foreign(word: Word) -> bool:
    """Whether a word is of another language; a name may be written as it likes."""
    return word.text in FOREIGN or (
        not word.named and word.text.isalpha() and not word.text.isascii()
    )


def _anchor(words: tuple[str, ...]) -> int:
    """Return where a phrase is first more than what anybody says all the time."""
    return next((n for n, word in enumerate(words) if word not in COMMON), len(words) - 1)


# Words flow on until the first one that means something: what came before it is looked back at.
_BY_ANCHOR: dict[str, list[tuple[tuple[str, ...], int, Kind]]] = {}
for _words, _kind in PHRASES.items():
    _n = _anchor(_words)
    _BY_ANCHOR.setdefault(_words[_n], []).append((_words, _n, _kind))
ANCHORS = frozenset(_BY_ANCHOR)


def phrase(sentence: Sentence, at: int, over: bool, known: Known) -> Verdict:
    """Judge the phrases whose first word of meaning stands here."""
    unfinished = False
    for words, anchor, kind in _BY_ANCHOR.get(sentence[at].text, ()):
        begin = at - anchor
        if begin < 0:
            continue
        there = tuple(word.text for word in sentence[begin : begin + len(words)])
        if there == words and not _allowed(sentence, begin, words, kind, known):
            return Verdict(kind=kind)
        unfinished |= len(there) < len(words) and words[: len(there)] == there
    return MORE if unfinished and not over else OK


def _allowed(sentence: Sentence, at: int, words: tuple[str, ...], kind: Kind, known: Known) -> bool:
    if known.free_time and words in FREE_TIMES:
        return True
    source = known.done if kind is Kind.BOOKED else known.text
    if kind is not Kind.SELF and re.search(rf"\b{re.escape(' '.join(words))}\b", source):
        return True  # it is the company's own trade, or what a tool of ours has told
    if kind is Kind.BOOKED:
        return known.booked or any(word.text in CONDITIONS for word in sentence[:at])
    return negated(sentence, at)


def negated(sentence: Sentence, at: int) -> bool:
    """Whether what begins at a word is said not to be: "I can't give you a discount"."""
    for word in reversed(sentence[:at]):
        if word.text in NEGATORS:
            return True
        if word.text not in FILLERS or word.breaks:
            return False
    return False


def promises(sentence: Sentence, at: int) -> bool:
    """Whether the words before are a promise to come: "we'll be there on"."""
    before = [word.text for word in sentence[:at]]
    will = next((n for n, text in enumerate(before) if text in WILL), None)
    return will is not None and bool(COMING & set(before[will:]))
