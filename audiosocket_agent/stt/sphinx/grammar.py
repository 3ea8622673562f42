"""From what the caller may say to a grammar, and from recognised words back to a phrase.

People wrap an answer: "um, I've got a leaking tap please". The grammar allows one opening before
and one closing after each phrase, and `match` peels them off again, so that the conversation only
ever sees a phrase it offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_PHRASES = 400
MAX_PHRASE_CHARS = 80

OPENINGS = (
    "um", "well", "please", "it's", "it's a", "i have a", "i've got a", "i need a", "i'd like a",
    "i'd like", "i'm in", "it's in", "in", "on", "the", "can i have", "yes", "i'd like to",
)  # fmt: skip
CLOSINGS = ("please", "thanks", "thank you")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")


def normalise(phrases: Iterable[str]) -> tuple[str, ...]:
    """Return the phrases in lower case, single-spaced, each once, in a fixed order.

    What cannot be a phrase (no words, other characters, too long) is left out: a grammar is text
    for a parser, and nothing but words may get into it.
    """
    clean = {" ".join(phrase.lower().split()) for phrase in phrases}
    usable = sorted(
        phrase
        for phrase in clean
        if 0 < len(phrase) <= MAX_PHRASE_CHARS and all(_WORD.fullmatch(w) for w in phrase.split())
    )
    return tuple(usable[:MAX_PHRASES])


def words(phrases: Iterable[str]) -> frozenset[str]:
    """Return every word the grammar of these phrases contains."""
    return frozenset(w for text in (*phrases, *OPENINGS, *CLOSINGS) for w in text.split())


def jsgf(phrases: Iterable[str]) -> str:
    """Write the grammar of normalised phrases in the Java Speech Grammar Format.

    The weights make a bare phrase the likeliest: openings are short, and short words fit any noise.
    """
    return (
        "#JSGF V1.0;\n"
        "grammar answers;\n"
        "public <utterance> = /0.997/ <answer> | /0.001/ <opening> <answer> "
        "| /0.001/ <answer> <closing> | /0.000001/ <opening> <answer> <closing>;\n"
        f"<answer> = {' | '.join(phrases)};\n"
        f"<opening> = {' | '.join(OPENINGS)};\n"
        f"<closing> = {' | '.join(CLOSINGS)};\n"
    )


def match(heard: str, phrases: Iterable[str]) -> str:
    """Find the phrase in recognised words: the longest one that leaves only wrapping.

    Returns:
        One of the phrases, or an empty text when the words are no complete answer (the recogniser
        was cut off in the middle of a path through the grammar).
    """
    for phrase in sorted(phrases, key=len, reverse=True):
        for opening in ("", *OPENINGS):
            for closing in ("", *CLOSINGS):
                if heard == " ".join(filter(None, (opening, phrase, closing))):
                    return phrase
    return ""
