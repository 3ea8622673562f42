"""Whether two transcripts of one turn mean the same, so that one answer serves both. Pure."""

from __future__ import annotations

from audiosocket_agent.caller_words import FILLERS, words_of
from audiosocket_agent.spelled import TIMES, figures, is_number_word

_SPELLINGS = {
    "ok": "okay", "alright": "all right", "cos": "because", "'cause": "because",
    "can't": "can not", "cannot": "can not", "won't": "will not", "gonna": "going to",
    "wanna": "want to", "gotta": "got to", "let's": "let us", "ain't": "is not",
    "o'clock": "oclock",
}  # fmt: skip
_CONTRACTIONS = {"n't": " not", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will",
                 "'d": " would"}  # fmt: skip
# "it's" is "it is"; after any other word an 's is as often a possessive.
_IS = frozenset("it that there here he she what where who how when this".split())
_ORDINALS = {
    "first": "one st", "second": "two nd", "third": "three rd", "fourth": "four th",
    "fifth": "five th", "sixth": "six th", "seventh": "seven th", "eighth": "eight th",
    "ninth": "nine th", "tenth": "ten th", "eleventh": "eleven th", "twelfth": "twelve th",
    "twentieth": "twenty th", "thirtieth": "thirty th",
}  # fmt: skip
_INTERJECTIONS = FILLERS | {"oh"}


def same_words(a: str, b: str) -> bool:
    """Whether two transcripts of the same turn have the same words.

    Capitals, punctuation, fillers, contractions, and the way numbers and spelled letters are
    written and grouped do not count: "Um, it's T R one one A A." is "it is TR1 1AA".
    """
    alike = words_of(a) == words_of(b) and a.count("£") == b.count("£")  # cheap, and often so
    return alike or _canonical(a) == _canonical(b)


def _canonical(text: str) -> str:
    """Return the words run together, with every number in figures.

    Without spaces the grouping of letters and figures cannot matter, and hardly any two different
    sentences of English run together alike. The letter of "OX1" and the figure may sound alike.
    """
    words = [plain for word in words_of(text.replace("£", " £")) for plain in _plain(word)]
    pounds = text.count("£") - text.count("£ ")
    parts: list[str] = []
    run: list[str] = []
    for position, word in enumerate(words):
        if _spells(words, position):
            run.append(word)
        elif word not in _INTERJECTIONS:
            parts += [figures(run), word]
            run = []
    return "".join([*parts, figures(run)]).replace("0", "o") + "pounds" * max(pounds, 0)


def _plain(word: str) -> list[str]:
    if word in _SPELLINGS:
        return _SPELLINGS[word].split()
    if word in _ORDINALS:
        return _ORDINALS[word].split()
    if word.endswith("teenth"):
        return [word.removesuffix("th"), "th"]
    for ending, full in _CONTRACTIONS.items():
        if word.endswith(ending):
            return (word.removesuffix(ending) + full).split()
    stem = word.removesuffix("'s")
    if stem != word and stem in _IS:
        return [stem, "is"]
    return [word]


def _spells(words: list[str], position: int) -> bool:
    """Whether a word is part of a number; "and" is between two, "oh" beside one."""
    word = words[position]
    around = [*words[max(0, position - 1) : position], *words[position + 1 : position + 2]]
    if word in ("oh", "o"):
        letters = len(around) == 2 and all(len(near) == 1 for near in around)
        return letters or any(is_number_word(near) for near in around)
    if word in TIMES:
        following = words[position + 1 : position + 2]
        return bool(following) and (is_number_word(following[0]) or len(following[0]) == 1)
    if word == "and":
        return words[position - 1 : position] == ["hundred"] and any(
            map(is_number_word, around[1:])
        )
    doubled = len(word) == 1 and any(
        before in TIMES for before in words[max(0, position - 1) : position]
    )
    return doubled or is_number_word(word)
