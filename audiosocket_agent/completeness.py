"""How complete a caller's words are: how long to wait in silence before answering them. Pure.

Theory of operation. A wrong "finished" cuts a caller off in a pause; a wrong "unfinished" lets one
wait for a second. So only words that nobody would add to are FINISHED, words that visibly lack
something are UNFINISHED, and everything else is PROBABLE: a pause after words that are a whole
sentence cannot be told from its end by words alone. The open question is a hint only: callers
answer other things than asked.

A full stop proves nothing, as some ears end every transcript with one; a comma or a dash hints
at more, a question mark at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from audiosocket_agent import answer_words
from audiosocket_agent.caller_words import FILLERS, words_of
from audiosocket_agent.same_words import same_words
from audiosocket_agent.seams import Expectation, Expects
from audiosocket_agent.spelled import (
    begins_postcode,
    begins_spelling,
    ends_postcode,
    figures,
    is_number_word,
    local_telephone_number,
    number_tail,
    postcode_tail,
    whole_telephone_number,
)
from audiosocket_agent.unfinished_words import lacks_words

__all__ = ["Completeness", "completeness", "same_words"]


class Completeness(Enum):
    """Whether more words are to be expected."""

    FINISHED = "finished"  # a full answer to what was asked: nobody would add anything
    PROBABLE = "probable"  # reads like a whole sentence; the caller may or may not go on
    UNFINISHED = "unfinished"  # words are missing


FINISHED, PROBABLE, UNFINISHED = Completeness

_MORE_MARKS = (",", "-", "–", "—", "...", "…", ":", ";")
_LESS = {FINISHED: PROBABLE, PROBABLE: UNFINISHED, UNFINISHED: UNFINISHED}
_COURTESY = frozenset("please thanks cheers mate love".split())
_THANKING = frozenset("thank you very much so".split())
_CORRECTIONS = frozenset("sorry wait actually no".split())
_NAMED_BEFORE = 4  # words between "my number is" and its first figure
_PHONE_NAMES = frozenset(
    "number number's phone mobile mobile's landline telephone tel ring call text reach whatsapp "
    "contact".split()
)
_OTHER_NUMBERS = frozenset("house flat door reference ref order job account invoice quote".split())
_TIME_PREPOSITIONS = frozenset("at after before until till by from past to around about".split())
_SENTENCES = frozenset({Expects.FREE, Expects.DIGITS, Expects.POSTCODE, Expects.NAME})
_BELIEFS = frozenset("think believe guess reckon suppose".split())
_ONES = frozenset("got this that the which another need have no a my new same other any".split())
_TELLTALE_FIGURES = 3  # "oh one six" has begun a telephone number; "oh one" need not have
_LONGEST_TIME = 4
_HOUSE_NUMBER = 3


def completeness(text: str, expectation: Expectation) -> Completeness:
    """Judge what an ear has written so far of a caller's turn.

    Args:
        text: With or without capitals and punctuation; numbers in words or figures. No words at
            all are UNFINISHED: there is nothing to answer yet.
        expectation: What the open question wants; a hint.
    """
    words = words_of(text)
    marks = text.rstrip().rstrip("\"')")
    if not words or answer_words.hesitates(words):
        return UNFINISHED
    judged = _judged(words, expectation, question=marks.endswith("?"))
    if marks.endswith(_MORE_MARKS) or (marks.endswith("..") or marks.endswith(", .")):
        return _LESS[judged]
    return judged


def _judged(words: list[str], expectation: Expectation, *, question: bool) -> Completeness:
    spoken = _without_tail(words, FILLERS)
    core = _without_tail(spoken, _COURTESY | _THANKING if "thank" in spoken[1:] else _COURTESY)
    believed = len(core) > 3 and core[-2] == "i" and core[-1] in _BELIEFS
    spelled = _spelled(core[:-2] if believed else core, expectation)
    if spelled is not None:
        return spelled
    if answer_words.only_greets(spoken):
        return PROBABLE if question else UNFINISHED
    answered = _answered(spoken, core, expectation)
    if answered is not None:
        return answered
    if expectation.kind in _SENTENCES and answer_words.only_somebodys(core):
        return UNFINISHED
    if lacks_words(core, question=question):
        return UNFINISHED
    return FINISHED if question else PROBABLE


def _without_tail(words: Sequence[str], tail: frozenset[str]) -> list[str]:
    end = len(words)
    while end > 1 and words[end - 1] in tail:
        end -= 1
    return list(words[:end])


def _spelled(words: list[str], expectation: Expectation) -> Completeness | None:
    """Judge figures or letters at the end; None when there are none, or they mean nothing."""
    postcode = _postcode(words, expectation.kind)
    if postcode is not None:
        return postcode
    number = _number(words, expectation.kind)
    if number is not None:
        return number
    if expectation.kind is Expects.NAME and len(words[-1]) == 1:
        return PROBABLE if len(words) > 1 and len(words[-2]) == 1 else UNFINISHED
    return None


def _postcode(words: list[str], kind: Expects) -> Completeness | None:
    wanted = kind is Expects.POSTCODE or _names_postcode(words)
    start = postcode_tail(words, expected=wanted)
    if start == len(words):
        return None
    characters = figures(words[start:])
    if ends_postcode(characters):
        return FINISHED
    spelling = kind is not Expects.NAME and begins_spelling(words[start:])
    if wanted or spelling or begins_postcode(characters):
        return UNFINISHED
    return None


def _names_postcode(words: Sequence[str]) -> bool:
    late = words[-14:]  # a postcode has up to seven spoken words, and fillers between them
    return any(word.startswith("postcode") for word in late) or ("post" in late and "code" in late)


def _number(words: list[str], kind: Expects) -> Completeness | None:
    """Judge figures at the end of the words as a telephone number; None when they are none."""
    start = number_tail(words)
    if start == len(words):
        return _broken_off(words)
    if words[-1] in ("double", "triple", "treble"):
        return UNFINISHED
    digits = figures(words[start:])
    before = words[max(0, start - _NAMED_BEFORE) : start]
    if not digits.isdigit() or (words[start:] == ["one"] and before[-1:] and before[-1] in _ONES):
        return None
    if _OTHER_NUMBERS & set(before):
        return PROBABLE
    if not _telephone(digits, before, words[start:], kind):
        return None
    if words[start].startswith("+") or before[-1:] == ["plus"]:
        return _international(digits)
    if whole_telephone_number(digits):
        return FINISHED
    return PROBABLE if len(digits) > 11 or local_telephone_number(digits) else UNFINISHED


def _telephone(digits: str, before: list[str], run: list[str], kind: Expects) -> bool:
    """Whether figures belong to a telephone number: asked for, named, or looking like one."""
    timed = bool(before) and before[-1] in _TIME_PREPOSITIONS and len(digits) <= _LONGEST_TIME
    named = not _PHONE_NAMES.isdisjoint(before)
    on_the_clock = len(digits) == _LONGEST_TIME and not named and kind is not Expects.DIGITS
    if timed and (digits[0] != "0" or on_the_clock):
        return False
    if before[-1:] == ["number"] and len(digits) <= _HOUSE_NUMBER and kind is not Expects.DIGITS:
        return digits[0] == "0"
    if kind is Expects.DIGITS or named or run[0].startswith("+44"):
        return True
    if digits[0] == "0" and kind in (Expects.FREE, Expects.YES_NO, Expects.NAME):
        return len(digits) >= _TELLTALE_FIGURES
    return digits[0] == "0" and len(digits) > _LONGEST_TIME


def _international(digits: str) -> Completeness:
    if digits.startswith("44"):
        return FINISHED if whole_telephone_number(digits) else UNFINISHED
    return PROBABLE if len(digits) >= 10 else UNFINISHED


def _broken_off(words: Sequence[str]) -> Completeness | None:
    """Judge a word that takes figures back, or joins some to come: "three two, no, sorry"."""
    body = _without_tail(words, _CORRECTIONS | {"and", "then", "dash", "space"})
    if len(body) == len(words):
        return None
    start = number_tail(body)
    if len(body) - start < 2 and not (start < len(body) and len(figures(body[start:])) > 2):
        return None
    if not is_number_word(body[-1]) or whole_telephone_number(figures(body[start:])):
        return None
    return UNFINISHED


def _answered(spoken: list[str], core: list[str], expectation: Expectation) -> Completeness | None:
    """Judge words that are an answer of the expected kind, or a yes or no to anything."""
    kind = expectation.kind
    if answer_words.only_yes_or_no(spoken):
        if not answer_words.only_ellipsis(spoken):
            return FINISHED if kind is Expects.YES_NO else PROBABLE
        if kind is Expects.YES_NO:
            return PROBABLE
    if answer_words.lacks_rest(core, kind):
        return UNFINISHED
    named = answer_words.phrase_at_end(core, expectation.phrases)
    if named is not None:
        return FINISHED if named else PROBABLE
    if kind is Expects.DATE and answer_words.only_date(core):
        return FINISHED
    if kind is Expects.NAME and answer_words.full_name(core) and not lacks_words(core):
        return FINISHED
    return None
