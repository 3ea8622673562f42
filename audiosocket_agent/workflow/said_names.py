"""Names and addresses in a caller's words. Pure.

Nobody can tell a name from other words by its letters; these are read where they were asked for,
and what is plainly no name (a question, a yes, a number) is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiosocket_agent.caller_words import FILLERS
from audiosocket_agent.spelled import figures, is_number_word

MOST_NAMES = 5  # words of a name
MOST_CHARACTERS = 100  # of an address
_BEFORE_NAME = (
    "yes", "yeah", "sure", "okay", "ok", "hello", "hi", "well", "so", "please", "it's", "it is",
    "its", "this is", "i'm", "i am", "that's", "my name is", "my name's", "the name is",
    "the name's", "name is", "name", "you can call me", "call me", "mr", "mrs", "ms", "miss",
    "mister", "put it under", "under", "under the name of", "it's under", "that would be",
)  # fmt: skip
_BEFORE_ADDRESS = (
    "yes", "yeah", "sure", "okay", "ok", "well", "so", "please", "it's", "it is", "its", "i'm",
    "i'm at", "i am at", "that's", "my address is", "the address is", "address is", "i live at",
    "i live in", "we live at", "we're at", "we are at", "at", "that would be",
)  # fmt: skip
_AFTER = ("please", "thanks", "thank you", "here", "speaking", "cheers", "is my name")
# What is said while a name is looked for, or instead of one.
_ASIDES = (
    "let me think", "let me see", "let's see", "hang on", "hold on", "one moment", "one second",
    "just a moment", "just a second", "just a minute", "that's right", "that is right", "right",
    "that's correct", "that is correct", "correct", "that's fine", "good morning",
    "good afternoon", "good evening",
)  # fmt: skip
_ALONE = frozenset((*_ASIDES, *_BEFORE_NAME, *_AFTER, "pardon", "fine", "great", "perfect"))
_DAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday today tomorrow morning afternoon "
    "evening".split()
)
_AFTER_THE_VERB = frozenset("you it that this there they he she be do".split())  # "will it be"
_NO_NAME = frozenset(
    "no not what who why how when where which is are do does can could would should the a an and "
    "or if but you your we they he she want need don't can't won't help yes sorry because about "
    "have has had to for from of with me let it this that that's".split()
)
_LETTERS = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_TOKEN = re.compile(r"[^\W_]+(?:['’/-][^\W_]+)*")


def name_in(text: str) -> str | None:
    """Return the name in an answer, "Jane Smith"; a name that is spelled out replaces it as said.

    Returns:
        None if there is none.
    """
    before, after = (*_BEFORE_NAME, *_ASIDES), (*_AFTER, *_ASIDES)
    words = _with_spelled(_stripped(_tokens(text), before, after))
    if not 1 <= len(words) <= MOST_NAMES or " ".join(words) in _ALONE:
        return None
    if any(w in _NO_NAME or is_number_word(w) or not _LETTERS.fullmatch(w) for w in words):
        return None
    if all(len(word) == 1 for word in words) or set(words) <= _DAYS or _is_verb(words):
        return None
    return " ".join(_capital(word) for word in words)


def _is_verb(words: Sequence[str]) -> bool:
    """Whether "will" is none of the names in the words: "will it be"; but Will Green is one."""
    return any(
        word == "will" and (at > 0 or following in _AFTER_THE_VERB)
        for at, (word, following) in enumerate(zip(words, (*words[1:], ""), strict=True))
    )


def address_in(text: str) -> str | None:
    """Return the address in an answer, "12 Market Street"; None if there is none.

    At least two words, one of which is no number: a house and its street.
    """
    parts = [_tokens(part) for part in text.split(",")]
    words = [_stripped(part, _BEFORE_ADDRESS, _AFTER) if part else [] for part in parts]
    written = [" ".join(_capital(word) for word in _house(part)) for part in words if part]
    address = ", ".join(written)
    named = [word for part in words for word in part if not is_number_word(word)]
    whole = len(address.replace(",", "").split()) >= 2 and any(len(word) > 1 for word in named)
    if not whole or len(address) > MOST_CHARACTERS or named[0] in ("no", "what", "why", "i"):
        return None
    return address


def _tokens(text: str) -> list[str]:
    words = [word.replace("’", "'") for word in _TOKEN.findall(text.lower())]
    return [word for word in words if word not in FILLERS]


def _stripped(words: list[str], before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the words without what people say around a name."""
    starts = sorted((phrase.split() for phrase in before), key=len, reverse=True)
    ends = sorted((phrase.split() for phrase in after), key=len, reverse=True)
    while start := next((s for s in starts if words[: len(s)] == s and len(words) > len(s)), None):
        words = words[len(start) :]
    while end := next((e for e in ends if words[-len(e) :] == e and len(words) > len(e)), None):
        words = words[: -len(end)]
    return words


def _with_spelled(words: list[str]) -> list[str]:
    """Join letters that spell a name: "smith s m y t h e" is smythe."""
    joined: list[str] = []
    position = 0
    while position < len(words):
        end = position
        while end < len(words) and len(words[end]) == 1 and words[end].isalpha():
            end += 1
        if end - position >= 2:
            spelled = "".join(words[position:end])
            if joined and joined[-1][0] == spelled[0]:
                joined.pop()
            joined.append(spelled)
        else:
            end = position + 1
            joined.append(words[position])
        position = end
    return joined


def _house(words: Sequence[str]) -> list[str]:
    """Write a run of number words as one number: "one two three high street" is 123."""
    written: list[str] = []
    run: list[str] = []
    for word in (*words, ""):
        spoken = is_number_word(word) and not word.isdecimal() and word not in ("o", "oh")
        if spoken or (run and word == "and"):
            run.append(word)
            continue
        if run:
            tail = ["and"] if run[-1] == "and" else []
            written += [figures(run[: len(run) - len(tail)]), *tail]
            run = []
        if word:
            written.append(word)
    return written


def _capital(word: str) -> str:
    """Write a word as names are: "o'neill" is O'Neill, "mary's" is Mary's."""
    if word[:1].isdigit():
        return word.upper()
    parts = re.split("(['-])", word)
    return "".join(
        part if at and len(part) == 1 else part.capitalize() for at, part in enumerate(parts)
    )
