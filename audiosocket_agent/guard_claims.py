"""Whether what a model claims is borne out by what is known of the call and the company. Pure.

A claim is judged at the word that completes it, by what came before it in the sentence; a name, by
whether it is the company's. Nothing is looked for after that word, so nothing waits.
"""

from __future__ import annotations

import re

from audiosocket_agent.guard_facts import Known
from audiosocket_agent.guard_shapes import ASKED, BY_LAST, NO, Shape
from audiosocket_agent.guard_verdicts import OK, Sentence, Verdict
from audiosocket_agent.guard_words import DAYS, Kind

_ROUND_THE_CLOCK = frozenset(("clock", "24/7", "anytime"))
_WEEKEND = frozenset(("weekend", "weekends"))
_DAILY = {f"{day}s": day for day in DAYS} | {day: day for day in DAYS}
_OPEN = re.compile(r"\b(?:we're|we are|office is|shop is|we) (?:\S+ )?(?:open|available|work)\b")
_CLOSED = re.compile(r"\b(?:we're|we are|office is|shop is) (?:\S+ )?(?:closed|shut)\b")
_COVERS = re.compile(
    r"\b(?:we|we also|we can|can|engineers?|plumbers?|they|also|even|us) (?:\S+ )?"
    r"(?:cover|covers|serve|serves|come|go|travel|work|works|operate)\b"
)
_I_AM = re.compile(r"(?:^|\b)(?:i'm|i am|my name is|my name's|the name's|call me)(?: called)?$")
LAST_WORDS = frozenset((*BY_LAST, *_ROUND_THE_CLOCK, *_WEEKEND, *_DAILY, "all"))
# A name may follow these, and only the known ones may be said.
BEFORE_NAMES = frozenset(
    "i'm am name name's me called cover covers serve serves come go travel work works operate "
    "open available".split()
)


def claim(sentence: Sentence, at: int, known: Known) -> Verdict:
    """Judge what the words up to one claim."""
    word = sentence[at]
    if word.text in LAST_WORDS:
        begins = next((n + 1 for n in reversed(range(at)) if sentence[n].breaks), 0)
        whole = " ".join(w.text for w in sentence[:at]) + " " * (at > 0)
        clause = " ".join(w.text for w in sentence[begins:at]) + " " * (at > begins)
        for shape in BY_LAST.get(word.text, ()):
            if _claims(shape, clause, whole, word.text, known):
                return Verdict(kind=shape.kind)
        if _wrong_hours(word.text, clause, known):
            return Verdict(kind=Kind.TIME)
    name = word.text.removesuffix("'s")
    if word.named and at and not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", known.text):
        before = " ".join(w.text for w in sentence[:at])
        if _I_AM.search(before):
            return Verdict(kind=Kind.SELF)
        if _COVERS.search(before) and not re.search(NO, before) and word.text not in _DAILY:
            return Verdict(kind=Kind.SCOPE)
    return OK


def _claims(shape: Shape, clause: str, whole: str, last: str, known: Known) -> bool:
    found = shape.before.search(clause)
    if found is None or (shape.asks and re.search(ASKED, clause)):
        return False
    if shape.unless is not None and shape.unless.search(
        whole if shape.kind is Kind.BOOKED else clause
    ):
        return False
    if shape.kind is Kind.SELF:
        return True
    if shape.kind is Kind.BOOKED:
        told = found.group() + last in known.told or (last in DAYS and last in known.told)
        return not (known.booked or told)
    return not re.search(rf"(?<!\w){re.escape(found.group() + last)}(?!\w)", known.text)


def _wrong_hours(word: str, clause: str, known: Known) -> bool:
    """Whether the company is said to be open or closed when it is not."""
    days = (
        {_DAILY[word]} if word in _DAILY else {"saturday", "sunday"} if word in _WEEKEND else set()
    )
    if _CLOSED.search(clause):
        return bool(days & known.open_days)
    if not _OPEN.search(clause) or re.search(NO, clause):
        return False
    return word in _ROUND_THE_CLOCK or not days <= known.open_days
