"""Which words only show that somebody is listening, or thinking. Pure.

While our voice speaks, "mm-hm" and "right" do not ask it to stop. Right after a yes/no question the
same words are its answer. Anything else that is said, a question above all, is meant.
"""

from __future__ import annotations

from audiosocket_agent.caller_words import FILLERS, words_of

# Sounds that agree: an answer when one is awaited.
_NODS = frozenset("mhm mhmm mmhm mmhmm mmhmmm uhhuh aha uhuh".split())
_HUMS = frozenset("mm mmm m mh hm hmm um uh ah".split())
_ASPIRATED = frozenset("hm hmm hum huh ha".split())
_NOISES = FILLERS | frozenset("haha hahaha heh hehe ha hee ahem oh ooh aw aww huh phew".split())
_HESITATIONS = FILLERS - frozenset("hmm hm hmmm mm mmm mmmm ah ahh aah".split())
_LISTENING = frozenset(
    "right okay ok okey kay yeah yep yup yes ya sure alright lovely fine good great cool brilliant "
    "excellent perfect wonderful super fab gotcha indeed absolutely exactly true".split()
)
_LISTENING_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "i see", "got it", "got you", "all right", "of course", "fair enough", "that's fine",
        "that's good", "that's great", "sounds good", "very good", "no problem", "makes sense",
        "oh right", "oh i see", "that's right", "that's it", "i understand", "understood",
    )
)  # fmt: skip
_UNDERSTANDING = (("i", "see"), ("oh", "i", "see"))  # no answer, even to a question


def is_hesitation(text: str) -> bool:
    """Whether the words are "um" or "er" alone: somebody who is about to speak."""
    words = words_of(text)
    return bool(words) and all(word in _HESITATIONS for word in words)


def is_backchannel(text: str, *, answering: bool) -> bool:
    """Whether words said while our voice speaks only show that the caller listens.

    Args:
        text: As an ear writes it; False when it has no words.
        answering: Whether a yes/no question has just been heard, so that "yes", "okay" and
            "mm-hm" answer it; then only noises mean nothing.
    """
    words = words_of(text)
    if not words or "?" in text:
        return False
    position = 0
    while position < len(words):
        used = _meaningless(words, position, answering)
        if not used:
            return False
        position += used
    return True


def begins_backchannel(text: str) -> bool:
    """Whether the words may be the beginning of a backchannel: "I" of "I see"."""
    words = tuple(words_of(text))
    return any(phrase[: len(words)] == words for phrase in _LISTENING_PHRASES)


def _meaningless(words: list[str], position: int, answering: bool) -> int:
    """Return how many words from a position on are one token of listening; 0 when none are."""
    if nods := _nod(words, position):
        return 0 if answering else nods
    phrases = _UNDERSTANDING if answering else _LISTENING_PHRASES
    for phrase in sorted(phrases, key=len, reverse=True):
        if tuple(words[position : position + len(phrase)]) == phrase:
            return len(phrase)
    word = words[position]
    return int(word in _NOISES or (not answering and word in _LISTENING))


def _nod(words: list[str], position: int) -> int:
    """Return how many words make one agreeing hum: "mhm" 1, "mm hm" and "uh huh" 2."""
    if words[position] in _NODS:
        return 1
    pair = words[position : position + 2]
    if len(pair) == 2 and pair[0] in _HUMS and pair[1] in _ASPIRATED and pair[0] != pair[1]:
        return 2
    return 0
