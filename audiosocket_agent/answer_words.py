"""Answers of a known kind, and beginnings of them: yes and no, dates, names, greetings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audiosocket_agent.caller_words import FILLERS
from audiosocket_agent.seams import Expects
from audiosocket_agent.spelled import is_number_word


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _phrases(*phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in phrases)


# --- thinking aloud ------------------------------------------------------------------------------

_THINKING = _phrases(
    "hang on",
    "hold on", "hang on a second", "hang on a minute", "hold on a second", "hold on a minute",
    "hang on a sec", "hold on a sec", "one moment", "one second", "one sec", "just a moment",
    "just a second", "just a sec", "just a minute", "give me a second", "give me a sec",
    "give me a moment", "give me a minute", "bear with me", "wait a minute", "wait a second",
    "no wait", "on second thoughts", "what's it called", "how do i put it", "how do i say it",
    "what do you call it", "i'm just looking", "i'm just checking", "let me start again",
    "i'll start again", "where was i", "what was it", "two secs",
)  # fmt: skip
# A last word that only bridges to the next one, unless one of these stands before it.
_BRIDGES = {
    "so": _set("think hope guess suppose say believe if even not or reckon imagine expect is just "
               "do did does quite far be why been"),
    "well": _set("as very working not pretty quite so too works worked all it's went going fairly "
                 "really get getting is perfectly you"),
    "like": _set("you we they feel it's looks look sounds sound what is seems don't didn't "
                 "that's he i'm wouldn't not much something anything"),
    "just": frozenset[str](),
}  # fmt: skip
_LOOKING_UP = _set("think see check look find get grab have")
_KNOWN_BY = _set("let do did would as if don't didn't should could will might how the you'd be")
_MEANT_BY = _set("what know see that's")


def hesitates(words: Sequence[str]) -> bool:
    """Whether the words end in a hesitation, or in words that only play for time."""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in FILLERS or any(tuple(words[-n:]) in _THINKING for n in range(2, 6)):
        return True
    if tuple(words[-2:]) == ("you", "know"):
        return not (words[-3:-2] and words[-3] in _KNOWN_BY)
    if tuple(words[-2:]) == ("i", "mean"):
        return not set(words[-5:-2]) & _MEANT_BY
    if "let" in words[-7:]:
        aloud = [w for w in words[_last(words, "let") :] if w not in ("just", "quickly")]
        if aloud[1:2] == ["me"] and aloud[2:3] and aloud[2] in _LOOKING_UP:
            return True
    return last in _BRIDGES and before not in _BRIDGES[last]


def _last(words: Sequence[str], word: str) -> int:
    return max(position for position, other in enumerate(words) if other == word)


_GREETINGS = _set("hi hiya hello hey morning afternoon evening")
_TIMES_OF_DAY = _set("morning afternoon evening")
_BESIDE_GREETING = _GREETINGS | _set("good there oh yes yeah ah well okay alright to you um")


def only_greets(words: Sequence[str]) -> bool:
    """Whether the words only open a call: what the caller rings about follows.

    "hello" alone is somebody asking whether anybody is there; "morning" may answer a question.
    """
    if all(word == "hello" for word in words) or not set(words) <= _BESIDE_GREETING:
        return False
    return "good" in words or bool(set(words) & (_GREETINGS - _TIMES_OF_DAY))


def only_somebodys(words: Sequence[str]) -> bool:
    """Whether the words are "my" and one more, perhaps greeted: nobody rings to say "my boiler"."""
    return words[-2:-1] in (["my"], ["our"]) and set(words[:-2]) <= _BESIDE_GREETING


# --- yes and no ----------------------------------------------------------------------------------

_YES_NO = _set("yes yeah yep yup ya aye no nope nah sure okay ok fine right alright correct "
               "absolutely definitely certainly perfect lovely great exactly indeed mhm "
               "brilliant")  # fmt: skip
_YES_NO_PIECES = {
    (word,) for word in _YES_NO | _set("please thanks cheers mate love oh well really ah good")
} | _phrases(
    "thank you", "thank you very much", "thanks very much", "that's fine", "that is fine",
    "that's right", "that is right", "that's correct", "that is correct", "that's it",
    "that's all", "that is all", "that's good", "that's great", "that's okay", "that's ok",
    "that's perfect", "that's lovely", "that's all right", "that's wrong", "that's not right",
    "that'll do", "that'll be fine", "that will be fine", "that would be fine", "it's fine",
    "that would be great", "that would be lovely", "that'd be great", "that'd be lovely",
    "that'd be fine", "that works", "that works for me", "that suits me", "all right", "go ahead",
    "of course", "go on then", "sounds good", "sounds great", "no problem", "not really",
    "not at all", "not yet", "not today", "not now", "i do", "i don't", "i am", "i'm not", "i have",
    "i haven't", "i would", "i wouldn't", "i can", "i can't", "i did", "i didn't", "i will",
    "i won't", "it is", "it isn't", "it's not", "it does", "it doesn't", "it has", "it hasn't",
    "it was", "it wasn't", "we do", "we don't", "we are", "we aren't", "we're not", "we have",
    "we haven't", "you can", "you can't", "they are", "they aren't", "they do", "they don't",
    "there is", "there isn't", "there are", "there aren't", "please do", "i think so",
    "i don't think so", "i suppose so", "i guess so", "i hope so", "why not", "if you can",
    "if you would", "if possible", "if you like", "you're right", "very much", "it will",
    "it won't", "it could", "he is", "he isn't", "she is", "she isn't",
    "could be", "it could be", "might be", "it might be", "should be", "it should be", "must be",
    "may be",
    "i'd like that", "i would like that", "i'd love to", "do it", "let's do that", "let's do it",
    "book it", "of course i do", "for sure", "i'm happy with that", "happy with that", "not sure",
    "i'm not sure", "i don't know", "no idea", "then", "it did", "it didn't", "i was", "i wasn't",
)  # fmt: skip
_POSITIVE = _set("do am have would can did will is does has was are could")
_ELLIPTIC = _POSITIVE | _set("not don't didn't can't won't isn't doesn't haven't aren't wouldn't "
                             "hasn't wasn't")  # fmt: skip
_NOES = _set("no nope nah")
_LONGEST_PIECE = max(len(piece) for piece in _YES_NO_PIECES)


def only_yes_or_no(words: Sequence[str]) -> bool:
    """Whether the words say yes or no, with courtesies and nothing else: "no, that's fine"."""
    said = [word for word in words if word not in FILLERS]
    if said and said[0] in _NOES and len(said) == 3 and said[-1] in _POSITIVE:
        return False  # "no it was" begins a correction
    if not said or said[-1] in ("well", "oh", "really", "ah"):
        return len(said) > 1 and said[0] in _YES_NO and said[-1] == "really"
    position = 0
    while position < len(said):
        for length in range(min(_LONGEST_PIECE, len(said) - position), 0, -1):
            if tuple(said[position : position + length]) in _YES_NO_PIECES:
                position += length
                break
        else:
            return False
    return True


def only_ellipsis(words: Sequence[str]) -> bool:
    """Whether a subject and an auxiliary stand alone: "I would", "it could be"."""
    return (len(words) == 2 and words[-1] in _ELLIPTIC) or (len(words) <= 3 and words[-1] == "be")


# --- phrases, dates, names -----------------------------------------------------------------------

_LEAD_INS = _set("it's its it is in i'm we're i am we are a an the my for on at to yes yeah just "
                 "that's from well oh near that would be i'd like okay right erm so please um er "
                 "need want i've got we've have of about think no i we")  # fmt: skip


def phrase_at_end(words: Sequence[str], phrases: Iterable[str]) -> bool | None:
    """Find an acceptable phrase at the end of the words.

    Returns:
        True when it is the whole answer but for a lead-in; False when other words stand before it
        or a longer phrase begins with it; None when no phrase is at the end.
    """
    text = " ".join(words)
    found = max((p for p in phrases if p and (" " + text).endswith(" " + p)), key=len, default="")
    if not found:
        return None
    lead = words[: len(words) - len(found.split())]
    if any(p.startswith(found + " ") for p in phrases):
        return False
    return all(word in _LEAD_INS or word in FILLERS for word in lead)


_WEEKDAYS = _set("monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thurs "
                 "fri sat sun")  # fmt: skip
MONTHS = _set("january february march april may june july august september october november "
              "december")  # fmt: skip
_DATE_ENDS = _WEEKDAYS | _set("tomorrow today morning afternoon evening weekend week tonight asap "
                              "noon lunchtime month mornings afternoons evenings am pm o'clock "
                              "weekday weekdays anytime")  # fmt: skip
_IN_DATES = (
    _DATE_ENDS
    | MONTHS
    | _LEAD_INS
    | _set("next this any time day first thing early late possible soon as or coming any all "
           "please can do make if you could either half past quarter maybe probably preferably")
)  # fmt: skip
_DATE_HANGS = _set("next this every last early late coming any all not")


def only_date(words: Sequence[str]) -> bool:
    """Whether the words are a day or a time of one and nothing else: "on Tuesday morning"."""
    last = words[-1]
    month_day = (
        last in MONTHS and len(words) > 1 and (words[-2] == "of" or _day_of_month(words[-2]))
    )
    day_month = len(words) > 1 and _day_of_month(last) and bool(MONTHS & set(words[-3:-1]))
    if not (last in _DATE_ENDS or month_day or day_month):
        return False
    if last == "month" and words[-2:-1] == ["of"]:
        return False
    return all(word in _IN_DATES or word in FILLERS or _dated(word) for word in words)


def _dated(word: str) -> bool:
    return is_number_word(word) or _day_of_month(word) or word[0].isdigit()


_ORDINAL_ENDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
                 "ninth", "tenth", "eleventh", "twelfth", "teenth", "tieth")  # fmt: skip


def _day_of_month(word: str) -> bool:
    written = word[0].isdigit() and word.endswith(("st", "nd", "rd", "th"))
    return written or word.endswith(_ORDINAL_ENDS)


_NAME_LEAD_INS = (("my", "name", "is"), ("my", "name's"), ("the", "name", "is"), ("the", "name's"),
                  ("name", "is"), ("name's",), ("it's",), ("it", "is"), ("this", "is"), ("i'm",),
                  ("i", "am"), ("yes",), ("yeah",), ("sure",), ("okay",), ("that's",))  # fmt: skip
_NOT_NAMES = _set("the a an my your our it i you we they is are was not no sorry what how why who "
                  "when can could do don't yes and or but to for of in on at with about calling "
                  "speaking just name surname first last spelt spelled mr mrs miss ms doctor "
                  "from if so that this please like need want would have")  # fmt: skip


def full_name(words: Sequence[str]) -> bool:
    """Whether the words are a first and a last name, perhaps introduced: "it's Jane Smith"."""
    rest = list(words)
    while lead := next((p for p in _NAME_LEAD_INS if tuple(rest[: len(p)]) == p), None):
        rest = rest[len(lead) :]
    if rest[:1] and rest[0] in ("mr", "mrs", "miss", "ms", "mister", "doctor", "dr"):
        rest = rest[1:]
        return len(rest) == 1 and rest[0] not in _NOT_NAMES
    alphabetic = all(word.replace("'", "").isalpha() and len(word) > 1 for word in rest)
    return 2 <= len(rest) <= 4 and alphabetic and not set(rest) & _NOT_NAMES


_LONGEST_DATE = 4  # words of an answer like "maybe on Tuesday next"; longer ones are sentences


# --- beginnings ----------------------------------------------------------------------------------


def lacks_rest(words: Sequence[str], kind: Expects) -> bool:
    """Whether the words begin something that has a second part: a range, an e-mail address."""
    if "between" in words[-5:-1] and "and" not in words[-4:]:
        return is_number_word(words[-1]) or words[-1] in _DATE_ENDS
    if words[-1] in ("gmail", "hotmail", "outlook", "yahoo", "icloud") and "at" in words[-2:-1]:
        return True
    if words[-1] == "co" and "dot" in words[-2:-1]:
        return True
    if kind is not Expects.DATE or len(words) > _LONGEST_DATE:
        return False
    before = words[-2] if len(words) > 1 else ""
    if before in ("the", "a") and words[-1] in ("twenty", "thirty", "day", "week", "month"):
        return True
    if before == "in" and is_number_word(words[-1]):
        return True
    return words[-1] in _DATE_HANGS and before != "after"
