"""From what the caller may say to a grammar, and from recognised words back to a phrase.

People wrap an answer: "um, I've got a leaking tap please". The grammar allows one opening before
and one closing after each phrase, and `match` peels them off again, so that the conversation only
ever sees a phrase it offered.

A recogniser with a grammar hears one of its phrases in anything. So the grammar also holds decoys:
short things people say on the phone that answer no question of ours. What sounds more like a decoy
than like an answer is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_PHRASES = 400
MAX_PHRASE_CHARS = 80

# No shorter ones: "the" turns the first sound of "thursday" into itself.
OPENINGS = (
    "um", "well", "please", "it's", "it's a", "i have a", "i've got a", "i need a", "i'd like a",
    "i'd like", "i'm in", "it's in", "can i have", "yes", "i'd like to",
)  # fmt: skip
CLOSINGS = ("please", "thanks", "thank you")
# Chosen by trial: each takes wrong answers away and hardly ever a right one. Together they cut
# false answers by a third for sentences and by more than half for single words and noises.
DECOYS = (
    "zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve",
    "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "first", "second", "third",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
    "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december", "hello", "hi", "what", "sorry", "pardon", "okay", "all right", "maybe", "perhaps",
    "thank you", "wait", "i don't know", "not sure", "yes", "no", "yeah", "morning", "afternoon",
    "evening", "today", "tomorrow", "yesterday", "next week", "water", "kitchen", "bathroom",
    "window", "door", "car", "money", "how much", "when", "where", "who", "address", "street",
    "house", "number", "my name is", "email", "stop", "help", "again", "please", "never", "always",
    "something", "red", "blue", "green", "black", "white", "hot", "big", "small",
)  # fmt: skip
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
    """Return every word the grammar of these phrases contains, decoys aside."""
    return frozenset(w for text in (*phrases, *OPENINGS, *CLOSINGS) for w in text.split())


def decoys(phrases: Iterable[str]) -> tuple[str, ...]:
    """Return the decoys that share no word with the phrases."""
    taken = {word for phrase in phrases for word in phrase.split()}
    return tuple(decoy for decoy in DECOYS if taken.isdisjoint(decoy.split()))


def jsgf(phrases: tuple[str, ...]) -> str:
    """Write the grammar of normalised phrases in the Java Speech Grammar Format.

    The weights make a bare phrase the likeliest: the other words are short and fit any noise.
    """
    return (
        "#JSGF V1.0;\n"
        "grammar answers;\n"
        "public <utterance> = /0.997/ <answer> | /0.001/ <opening> <answer> "
        "| /0.001/ <answer> <closing> | /0.000001/ <opening> <answer> <closing> "
        "| /0.001/ <decoy>;\n"
        f"<answer> = {' | '.join(phrases)};\n"
        f"<opening> = {' | '.join(OPENINGS)};\n"
        f"<closing> = {' | '.join(CLOSINGS)};\n"
        f"<decoy> = {' | '.join(decoys(phrases))};\n"
    )


def match(heard: str, phrases: Iterable[str]) -> str:
    """Find the phrase in recognised words: the longest one that leaves only wrapping.

    Returns:
        One of the phrases, or an empty text when the words are a decoy.
    """
    for phrase in sorted(phrases, key=len, reverse=True):
        for opening in ("", *OPENINGS):
            for closing in ("", *CLOSINGS):
                if heard == " ".join(filter(None, (opening, phrase, closing))):
                    return phrase
    return ""
