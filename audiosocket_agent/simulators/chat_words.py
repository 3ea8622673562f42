"""What a caller's words say: yes or no, values, postcodes, phone numbers. Pure.

Words come as any recogniser writes them: with or without punctuation, digits as figures or as
words, postcodes spelled letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

Words = tuple[str, ...]
Ways = Mapping[str, Sequence[str]]

YES = (
    "yes", "yes please", "yeah", "yep", "yup", "aye", "sure", "of course", "ok", "okay", "correct",
    "right", "that's right", "that is right", "that's correct", "go ahead", "please do",
    "sounds good", "sounds fine", "that's fine", "fine", "perfect", "lovely", "absolutely",
    "definitely", "book it", "why not",
)  # fmt: skip
NO = (
    "no", "no thanks", "no thank you", "nope", "nah", "not right", "that's not right", "wrong",
    "that's wrong", "not correct", "not quite", "incorrect", "too expensive", "too much",
    "not today", "leave it", "don't book", "don't book it", "don't", "rather not",
)  # fmt: skip
PERSON = (
    "person", "human", "operator", "adviser", "advisor", "receptionist", "real person",
    "speak to someone", "talk to someone", "speak to somebody", "talk to somebody",
)  # fmt: skip
THROUGH = ("put me through", "speak to", "speak with", "talk to", "talk with", "transfer me")
ANGRY = (
    "this is ridiculous", "this is a joke", "this is useless", "this is pathetic", "fed up with",
    "sick of this", "want to complain", "like to complain", "make a complaint", "waste of time",
    "wasting my time", "stupid machine", "stupid robot", "useless machine", "useless robot",
)  # fmt: skip
OUT_OF_SCOPE = (
    "invoice", "my bill", "refund", "receipt", "vacancy", "job application",
)  # fmt: skip
GOODBYE = ("goodbye", "good bye", "bye", "bye bye", "that's all", "that is all", "that's it")
# Who begins so is not telling a name.
WISHING = (
    "id like",
    "i would like",
    "i want",
    "i need",
    "can i",
    "could i",
    "can you",
    "could you",
)
THANKS = ("thanks", "thank you", "thank you very much", "cheers", "ta", "many thanks")
# Words that are, or belong to, a day or a time of day.
DAYS = tuple(
    "monday tuesday wednesday thursday friday saturday sunday today tomorrow january february "
    "march april may june july august september october november december fortnight".split()
) + ("in a week", "in two weeks", "next week")  # fmt: skip

# Words of politeness that hold a word which would mean something elsewhere.
EMPTY_PHRASES = ("good morning", "good afternoon", "good evening", "this morning")
HELLO = ("hello", "hi", "hiya", "hey", *EMPTY_PHRASES)

_UNITS = {
    word: str(n)
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
} | {"oh": "0", "o": "0", "nought": "0", "naught": "0"}
_TENS = {
    word: str(n)
    for n, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_TIMES = {"double": 2, "treble": 3, "triple": 3}
_OUTWARD = re.compile(r"[a-z]{1,2}\d[a-z\d]?")
_FULL = re.compile(rf"({_OUTWARD.pattern})\d[a-z]{{2}}")
_SPELLED = re.compile(r"[a-z]|\d+|[a-z]{1,2}\d[a-z\d]?|\d[a-z]{2}|[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")
PHONE_DIGITS = range(9, 16)  # E.164 allows fifteen digits; nobody can be rung on fewer than nine


def words_of(text: str) -> Words:
    """Split into lower-case words; apostrophes go, every other mark but "+" separates."""
    plain = text.lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return tuple(re.findall(r"\+?[a-z0-9]+", plain))


def says(words: Words, phrases: Sequence[str]) -> bool:
    """Whether one of the phrases is among the words."""
    return any(True for _ in _places(words, phrases))


def only_says(words: Words, phrases: Sequence[str]) -> bool:
    """Whether the words are made of the phrases and nothing else; no words are not."""
    left = list(words)
    for start, end in _places(words, phrases):
        left[start:end] = [""] * (end - start)
    return bool(words) and not any(left)


def yes_or_no(words: Words) -> str:
    """Return "yes", "no", or "" for neither.

    A longer phrase hides those inside it; of several the first counts.
    """
    return _first(_named(words, {"yes": YES, "no": NO}))


def value(words: Words, ways: Ways) -> str:
    """Return the value the words name, or "".

    A longer phrase hides shorter ones inside it; a value after "not" does not count; of several
    the last counts, since people correct themselves by saying it again.
    """
    named = _named(words, ways, hidden=EMPTY_PHRASES)
    kept = [found for start, found in named if not (start and words[start - 1] == "not")]
    return kept[-1] if kept else ""


def choice(words: Words, described: object) -> str:
    """Return the value of a list that words name, or "".

    Args:
        words: Them.
        described: JSON Schema of it, with the ways to say each in its description.
    """
    schema = described if isinstance(described, dict) else {}
    listed = schema.get("enum")
    values = [v for v in listed if isinstance(v, str)] if isinstance(listed, list) else []
    return value(words, ways_of(values, str(schema.get("description", ""))))


def ways_of(values: Sequence[str], description: str) -> dict[str, list[str]]:
    """Return the ways to say each value: itself, and what the description lists for it."""
    ways = {}
    for named in values:
        listed = re.search(rf"(?:^|[\s;.]){re.escape(named)}:([^;]*)", description)
        ways[named] = [named, *(listed[1].split(",") if listed else ())]
    return ways


def outward_code(words: Words) -> str:
    """Return the outward half of the last postcode said ("tr1"), or "".

    A whole postcode ends in a digit and two letters, which tells TR1 4BT from TR14.
    """
    found = ""
    for run in _runs(words, _spelled):
        for start in range(len(run)):
            joined = "".join(run[start:])
            if whole := _FULL.fullmatch(joined):
                found = whole[1]
                break
            if _OUTWARD.fullmatch(joined):
                found = joined
                break
    return found


def spelled(words: Words) -> str:
    """Return the letters and figures said one by one, joined: "L M 5 1" is ``lm51``."""
    runs = ["".join(run) for run in _runs(words, _spelled)]
    return max(runs, key=len, default="")


def digits(words: Words) -> str:
    """Return the longest number said, digits only, or ""."""
    runs = ["".join(run).lstrip("+") for run in _runs(words, _digits)]
    return max(runs, key=len, default="")


def phone_number(words: Words) -> str:
    """Return the last phone number said, digits only, or ""; +44 and 0044 become 0."""
    found = ""
    for run in _runs(words, _digits):
        digits = re.sub(r"^(\+44|0044)0?", "0", "".join(run)).lstrip("+")
        if len(digits) in PHONE_DIGITS:
            found = digits
    return found


def _first(named: list[tuple[int, str]]) -> str:
    return named[0][1] if named else ""


def _places(words: Words, phrases: Sequence[str]) -> Iterator[tuple[int, int]]:
    for phrase in phrases:
        wanted = words_of(phrase)
        for start in range(len(words) - len(wanted) + 1) if wanted else ():
            if words[start : start + len(wanted)] == wanted:
                yield start, start + len(wanted)


def _named(words: Words, ways: Ways, hidden: Sequence[str] = ()) -> list[tuple[int, str]]:
    """Return where each value is named, in the order of the words."""
    places = [(s, e, name) for name, said in ways.items() for s, e in _places(words, said)]
    places += [(s, e, "") for s, e in _places(words, hidden)]
    named: list[tuple[int, str]] = []
    taken: set[int] = set()
    for start, end, name in sorted(places, key=lambda place: place[0] - place[1]):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            if name:
                named.append((start, name))
    return sorted(named)


def _digits(words: Words, at: int) -> tuple[str, int]:
    """Return the digits that begin at a word, and how many words they take; ("", 1) for none."""
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word in _TIMES and (digit := _UNITS.get(following, following)).isdigit() and digit.isascii():
        return digit * _TIMES[word], 2
    if word in _TENS:
        unit = _UNITS.get(following, "")
        if unit and following != "o" and unit != "0" and len(unit) == 1:
            return _TENS[word] + unit, 2
        return _TENS[word] + "0", 1
    if re.fullmatch(r"\+?\d+", word):
        return word, 1
    return _UNITS.get(word, ""), 1


def _spelled(words: Words, at: int) -> tuple[str, int]:
    """Like `_digits`, for what a postcode is made of."""
    if _SPELLED.fullmatch(words[at]) and words[at] != "o":
        return words[at], 1
    return _digits(words, at)


def _runs(words: Words, read: Callable[[Words, int], tuple[str, int]]) -> Iterator[list[str]]:
    """Yield the stretches of words that `read` makes something of."""
    run: list[str] = []
    at = 0
    while at < len(words):
        piece, length = read(words, at)
        if piece:
            run.append(piece)
        elif run:
            yield run
            run = []
        at += length
    if run:
        yield run
