"""Whether what a model claims is borne out by what is known of the call and the company. Pure.

A claim is judged at the word that completes it, by what came before it in the sentence; a name, by
whether it is the company's. Nothing is looked for after that word, so nothing waits.
"""

from __future__ import annotations

import re

from audiosocket_agent.guard_advice import ADVICE
from audiosocket_agent.guard_facts import Known
from audiosocket_agent.guard_hours import HOUR_WORDS, wrong_hours
from audiosocket_agent.guard_prices import singular
from audiosocket_agent.guard_shapes import ASKED, BY_LAST, NO, Shape
from audiosocket_agent.guard_verdicts import OK, Sentence, Verdict
from audiosocket_agent.guard_words import DAYS, Kind

_COVERS = re.compile(
    r"\b(?:we|we also|we can|can|engineers?|plumbers?|they|also|even|us) (?:\S+ )?"
    r"(?:cover|covers|serve|serves|come|go|get|travel|work|works|operate|reach)\b"
)
_I_AM = re.compile(r"(?:^|\b)(?:i'm|i am|my name is|my name's|the name's|call me)(?: called)?$")
_OPENERS = frozenset(
    "yes no sure oh well okay ok right of so and but that it if for i i'm as when where this then "
    "because absolutely certainly fine good great lovely sorry thanks thank".split()
)
_GOES = re.compile(r"\b(?:we|we'll)(?: \S+)? (?:go|come|get|travel|work|cover)"
                   r"(?: out| over| up| down)?$")  # fmt: skip
_OFFERS = re.compile(
    r"\b(?:we|we'd|they)(?: \S+)? (?:do|offer|provide|install|fit|sell|supply|repair|replace|"
    r"stock)(?: \S+){0,2}$"
)
OFFERING = frozenset("do offer provide install fit sell supply repair replace stock".split())
MOST_OFFERED = 3  # words after one of them that may be what is offered
# What anybody does, or what is booked of it: no trade of its own.
_PLAIN = frozenset(
    "this that's things its his hers theirs yours ours always sometimes yes was is has does us "
    "mornings afternoons evenings weekdays weekends days times hours minutes appointments bookings "
    "visits jobs slots services prices repairs calls calling everything anything something nothing "
    "thing checking having having being booking as plus across perhaps unless business process "
    "less lots sundays address questions details options people customers houses homes cars "
    "pounds morning evening starting beginning depending regarding including vehicles "
    "makes ages lengths kinds sorts types parts callers".split()
)
_SHAPES: dict[str, list[Shape]] = {
    word: [*BY_LAST.get(word, ()), *ADVICE.get(word, ())] for word in (*BY_LAST, *ADVICE)
}
LAST_WORDS = frozenset((*_SHAPES, *HOUR_WORDS, "all", "there"))
# A name may follow these, and only the known ones may be said.
BEFORE_NAMES = frozenset(
    "i'm am name name's me called cover covers serve serves come go travel work works operate "
    "get reach open available".split()
)


def claim(sentence: Sentence, at: int, known: Known) -> Verdict:
    """Judge what the words up to one claim."""
    word = sentence[at]
    if word.text in LAST_WORDS:
        begins = next((n + 1 for n in reversed(range(at)) if sentence[n].breaks), 0)
        whole = " ".join(w.text for w in sentence[:at]) + " " * (at > 0)
        clause = " ".join(w.text for w in sentence[begins:at]) + " " * (at > begins)
        for shape in _SHAPES.get(word.text, ()):
            if _claims(shape, clause, whole, word.text, known):
                return Verdict(kind=shape.kind)
    if word.text in HOUR_WORDS and wrong_at(sentence, at + 1, known):
        return Verdict(kind=Kind.TIME)
    if _elsewhere(sentence, at, known) or _not_ours(sentence, at, known):
        return Verdict(kind=Kind.SCOPE)
    name = word.text.removesuffix("'s")
    if word.named and at and not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", known.text):
        before = " ".join(w.text for w in sentence[:at])
        if _I_AM.search(before):
            return Verdict(kind=Kind.SELF)
        if _COVERS.search(before) and not re.search(NO, before) and word.text not in HOUR_WORDS:
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
        told = found.group() + last in known.done or (last in DAYS and last in known.told)
        return not (known.booked or told)
    return not re.search(rf"(?<!\w){re.escape(found.group() + last)}(?!\w)", known.text)


def wrong_at(sentence: Sentence, end: int, known: Known) -> bool:
    """Whether the words up to one say wrongly when the company is open."""
    texts, breaks = [w.text for w in sentence[:end]], [w.breaks for w in sentence[:end]]
    return wrong_hours(texts, breaks, known.open_days, known.hours)


def _elsewhere(sentence: Sentence, at: int, known: Known) -> bool:
    """Whether we are said to go "there", to a place that no word of ours names."""
    if sentence[at].text != "there":
        return False
    begins = next((n + 1 for n in reversed(range(at)) if sentence[n].breaks), 0)
    clause = " ".join(w.text for w in sentence[begins:at])
    if not _GOES.search(clause) or re.search(NO, clause):
        return False
    names = (w.text for w in sentence[:begins] if w.named and w.text not in _OPENERS)
    return any(not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", known.text) for name in names)


def _not_ours(sentence: Sentence, at: int, known: Known) -> bool:
    """Whether something is offered, by its name of many or of a trade, that no word of ours names.

    "We do nails" and "we offer rewiring" are: what is done is one of many, or is a doing.
    """
    text = sentence[at].text
    if not text.endswith(("s", "ing")) or len(text) < 4 or "'" in text:
        return False
    if text in _PLAIN or text in HOUR_WORDS:
        return False
    before = " ".join(w.text for w in sentence[:at])
    if not _OFFERS.search(before) or re.search(rf"{NO}|{ASKED}|\bonly\b|\bif\b", before):
        return False
    return not re.search(rf"(?<!\w){re.escape(singular(text))}", known.text)
