"""Which words cannot end what a caller wants to say: "I've got a", "can you", "half past". Pure.

Theory of operation. `lacks_words` looks at the last word, in the tables of `ending_words`, and at
the words before it. A few last words never end anything (`NEVER_LAST`). Most dangling words can:
"to" in "I don't want to", "is" in "I know where it is". They are let off when their own clause has
a word that licenses them: a question word, a yes or no, an "if". What the tables do not know is
taken for a whole sentence: waiting costs every caller, and most words can end one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from audiosocket_agent.ending_words import (
    ADVERBS,
    ANSWERS,
    ARTICLES,
    ASKED_IF,
    ASKING,
    AT_SOMEBODYS,
    ATTRIBUTES,
    AUXILIARIES,
    BE,
    BEFORE_A_SUBJECT,
    CLAUSE_STARTS,
    CLITICS,
    COMPLEMENT_WH,
    DENIALS,
    DO,
    GIVING,
    INFINITIVE_STARTS,
    LICENSES,
    LOOSE_THAT,
    MAYBE_NOUNS,
    MOVERS,
    NEED_OBJECT,
    NEED_OBJECT_AFTER_TO,
    NEGATIONS,
    NEGATIVE,
    NEVER_LAST,
    NOES,
    OBJECTS,
    OPEN_AFTER,
    OPENERS,
    OWNERS,
    PLACES,
    PREPOSITIONS,
    SUBJECTS,
    SWITCHED,
    WHOLE_ENDINGS,
    word_set,
)
from audiosocket_agent.spelled import is_number_word

_LEADING = word_set("actually sorry well so and but okay ok yeah yes no right oh just")
_LEAD_INS = word_set("before while although")
_LEAD_IN_SUBJECTS = word_set("i you we i'm i've you've you're we're we've")
_LONGEST_LEAD_IN = 6
_NEAR = 12  # words before a last "maybe" that are looked at once more


def _clause_of(words: Sequence[str]) -> list[str]:
    """Return the last clause: the words after the last "and", "but", "because" and the like."""
    for position in range(len(words) - 2, -1, -1):
        if words[position] in CLAUSE_STARTS:
            return list(words[position + 1 :])
    return list(words)


def lacks_words(words: Sequence[str], *, question: bool = False) -> bool:
    """Whether words end where more must follow.

    Args:
        words: The caller's, lower case, without fillers at the end; at least one.
        question: Whether the ear wrote a question mark: then a preposition or an auxiliary may
            be last ("what is that for?", "could you?").
    """
    last = words[-1]
    if not question and _only_leads_in(words):
        return True
    if any(tuple(words[-length:]) in WHOLE_ENDINGS for length in (2, 3)):
        return False
    if last in NEVER_LAST:
        return True
    if last.endswith("'s") and not OWNERS.isdisjoint(words[-4:-1]):
        return last not in AT_SOMEBODYS or PLACES.isdisjoint(words[-4:-1])
    clause = _clause_of(words)
    if len(clause) == 2 and _bare_question(clause):
        return not question
    if last == "i" or (last in ("we", "he", "she", "they") and not question):
        return True
    if question and last in AUXILIARIES | SUBJECTS | PREPOSITIONS:
        return False
    if (words[-2] if len(words) > 1 else "") in OPEN_AFTER.get(last, ()):
        return True
    for table, rule in _RULES:
        if last in table and rule(words, clause):
            return True
    return False


def _only_leads_in(words: Sequence[str]) -> bool:
    """Whether there is only what comes before a sentence: "actually, before you go on"."""
    start = 0
    while start < len(words) - 2 and words[start] in _LEADING:
        start += 1
    first, second = words[start], words[start + 1] if start + 1 < len(words) else ""
    clause = first in _LEAD_INS and second in _LEAD_IN_SUBJECTS
    return clause and len(words) - start <= _LONGEST_LEAD_IN


def _bare_question(clause: Sequence[str]) -> bool:
    """Whether two words are an auxiliary and what it asks about: "is VAT", "can Dave"."""
    asks = clause[0] in BE or clause[0] in ("does", "can", "could", "will", "would")
    return asks and clause[1] not in AUXILIARIES | {"not"}


def _licensed(clause: Sequence[str]) -> bool:
    near = clause[-8:-1]
    asked_if = any(pair[1] == "if" and pair[0] in ASKED_IF for pair in pairwise(near))
    return not asked_if and any(word in LICENSES for word in near)


def _answers(words: Sequence[str]) -> bool:
    """Whether an elliptical clause hangs on an answer or a belief: "yes I can", "I think it is".

    Only the words just before it count; "no it's because the boiler is" does not. A no goes with
    a negative: "no it was" is the beginning of a correction.
    """
    if "do you think" in " ".join(words[-5:-1]):
        return False
    return any(word in ANSWERS - NOES for word in words[-5:-1])


def _auxiliary(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(clause) == 1:
        return len(words) > 1 or words[-1] != "do"
    if clause[-2] in ("already", "really") and clause[-3:-2] and clause[-3] in SUBJECTS:
        return False
    before = clause[-2]
    if before in ADVERBS and len(clause) > 2:
        before = clause[-3]
    if before in NEGATIVE or before in ("to", "not"):
        return words[-1] in ("be", "been", "have", "do") and not _licensed(clause)
    if words[-1] == "be" and before in DO and clause[-3:-2] in (["who"], ["what"], ["which"]):
        return True
    if words[-1] in ("be", "been", "do", "have") and before in DO | SUBJECTS:
        return not (_licensed(clause) or _answers(words))
    if before in SUBJECTS:
        return not (_licensed(clause) or _answers(words) or _compares(clause))
    return not (_compares(clause) or (words[-1] in BE and _relates(clause)))


def _compares(clause: Sequence[str]) -> bool:
    return any(word in ("as", "than") for word in clause[-4:-1])


def _relates(clause: Sequence[str]) -> bool:
    """Whether a clause is one about a place or a thing: "I don't know where the stopcock is"."""
    return any(word in ("what", "where", "how", "that's") for word in clause[1:-2])


def _negative(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(words) == 1:
        return True
    if words[-2] not in SUBJECTS:  # "the boiler doesn't"
        return not _licensed(clause) and words[-2] not in ("probably", "really", "just", "please")
    # "we don't" goes on; with a yes or a no before it, it is an answer.
    return len(words) == 2 and (words[-1] not in DENIALS or words[-2] in ("i", "we", "you"))


def _asked_subject(words: Sequence[str], clause: Sequence[str]) -> bool:
    """Judge a subject at the end: "can you" and "if it" lack a verb; "how much is it" does not."""
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if before in BEFORE_A_SUBJECT:
        return True
    if last == "it" and before in ("and", "but", "so", "then", "think", "told", "no"):
        return True
    if last == "you" and before == "no":
        return True
    if before in BE and _licensed(clause):
        return False
    if before in BE and len(words) > 2:
        return words[-3] in OPENERS or last == "that"  # "the problem is that"
    if before in BE | (DO - {"have", "had", "has"}):
        did = before == "did" and (len(words) == 2 or words[-3] in OPENERS | LICENSES)
        return did or before not in ("do", "did") or last not in OBJECTS
    if before in ("have", "has") and last in ("you", "it", "he", "she"):
        return len(words) == 2 or words[-3] in OPENERS or _licensed(clause)
    if last == "that":
        return before in LOOSE_THAT
    if last == "there" and before == "is":
        return True
    return False


def _preposition(words: Sequence[str], clause: Sequence[str]) -> bool:
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if last == "on" and before == "come":
        return len(words) > 2 and words[-3] in MOVERS
    if last == "to":
        if before in ("want", "need", "have", "like", "able", "going", "got", "wanted", "wish"):
            return not any(w in NEGATIONS for w in clause[-6:-2]) and words[-3:-2] != ["you"]
        return not ("who" in clause or (_licensed(clause) and before in ("speak", "talk", "go")))
    if last in ("on", "in") and before in ("it", "them", "is", "are", "be", "isn't", "not"):
        switched = any(w.startswith(SWITCHED) for w in clause)
        off = before == "isn't" or (before == "not" and len(words) > 2)
        return not (switched or off or _licensed(clause))
    if last in ("for", "with", "from", "at", "on", "in", "about", "under", "like"):
        if last == "about" and before in ("what", "how"):
            return True
        return not any(word in ASKING for word in clause[:-1])
    if last == "past":
        return before in ("half", "quarter", "ten", "twenty", "five", "just", "it's", "")
    return not _licensed(clause) or last in ("after", "until", "till", "between", "near")


def _object(words: Sequence[str], clause: Sequence[str]) -> bool:
    """Judge a verb at the end: "I need" lacks its object; "that's what I need" does not."""
    if len(words) == 1:
        return words[-1] not in ("said", "called", "guess", "suppose", "think")
    before = words[-2]
    if words[-1] in ("guess", "suppose", "think", "reckon") and before == "i" and words[-3:-2]:
        return words[-3] in OPENERS | CLAUSE_STARTS  # "Falmouth I think" is whole
    if before in ("wouldn't", "if", "doesn't") and words[-1] in ("like", "want", "mean"):
        return False
    if words[-1] == "like" and before not in ("i'd", "would", "we'd", "you", "i", "we", "is",
                                              "it's", "just", "more", "was", "looks"):  # fmt: skip
        return False
    if words[-1] == "called":
        return before in ("is", "are", "it's", "he's", "she's", "i'm", "was", "company")
    if words[-1] == "having":
        return before not in ("worth", "i'm", "we're", "is", "are") or not _licensed(clause)
    return not (_licensed(clause) or (words[-1] in ("said", "think") and before == "as"))


def _object_after_to(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(words) == 1 or _licensed(clause):
        return False
    if words[-1] in ("see", "know", "find", "ask", "say", "do", "have", "take"):
        return words[-2] == "to" and words[-1] in ("see", "find", "ask", "say", "take")
    asks = words[-2] == "you" and len(words) > 2 and words[-3] in ("can", "could", "do", "would")
    return words[-2] in INFINITIVE_STARTS or asks


def _attribute(words: Sequence[str], clause: Sequence[str]) -> bool:
    before = words[-2] if len(words) > 1 else ""
    if before in ("very", "really", "quite") and len(words) > 2:
        before = words[-3]
    if words[-1] in ("very", "really"):
        return words[-1] == "very" or before in ARTICLES | CLITICS | NEGATIVE | {"is"}
    if words[-1] == "next":
        return before in ("", "on", "for", "until", "the", "in", "by", "this", "my", "maybe")
    if words[-1] in ("upstairs", "downstairs", "outside", "possible", "emergency"):
        return before in ("a", "an", "the", "my", "our") and words[-1] != "emergency"
    return before in ARTICLES and not (words[-1] in MAYBE_NOUNS and before in ("that", "any"))


def _adverb(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(words) == 1:
        return words[-1] in ("just", "only", "about", "very", "quite", "also")
    before = words[-2]
    if words[-1] == "about" and _licensed(clause):
        return False
    if words[-1] in ("maybe", "possibly", "perhaps", "actually", "probably"):
        return before not in ("i", "think") and lacks_words(words[-_NEAR:-1])
    if words[-1] in ("just", "quite", "very", "mainly", "only", "about", "particularly", "nearly"):
        loose = before in CLITICS | AUXILIARIES | SUBJECTS | OPENERS
        return loose or words[-1] in ("just", "very")
    return before in CLITICS or (before in AUXILIARIES and not _answers(words))


def _wh(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(words) == 1:
        return words[-1] == "which"
    return words[-2] not in COMPLEMENT_WH


def _how(words: Sequence[str], clause: Sequence[str]) -> bool:
    """Judge "do you know how much", which asks on; "I don't know how much" does not."""
    indirect = words[-2:-1] == ["how"] and words[-3:-2] in (["know"], ["me"], ["ask"], ["see"])
    return indirect and not any(word in NEGATIONS for word in words)


def _not(words: Sequence[str], clause: Sequence[str]) -> bool:
    if words[-2:-1] == ["no"]:
        return True
    answered = _answers(words) or any(word in NOES for word in words[:-1])
    return len(words) > 1 and words[-2] in AUXILIARIES | CLITICS and not answered


def _of(words: Sequence[str], clause: Sequence[str]) -> bool:
    before = words[-2] if len(words) > 1 else ""
    if before in ("sort", "kind"):
        return words[-3:-2] not in ([], ["yes"], ["yeah"], ["well"])
    return before not in ("heard", "think", "thought", "aware", "care", "rid", "know", "all")


def _given(words: Sequence[str], clause: Sequence[str]) -> bool:
    """Judge "can you send me", which lacks what; "you tell me" does not."""
    if len(words) < 3 or words[-2] not in GIVING:
        return False
    told = words[-2] in ("gave", "sent", "brought", "tell") and words[-3] in ("you", "they", "he")
    return not (told and not AUXILIARIES & set(words))  # "the price you gave me", "you tell me"


def _able(words: Sequence[str], clause: Sequence[str]) -> bool:
    return not any(word in NEGATIONS for word in clause)


def _while(words: Sequence[str], clause: Sequence[str]) -> bool:
    return words[-2:-1] not in (["a"], ["the"], ["worth"])


def _mind(words: Sequence[str], clause: Sequence[str]) -> bool:
    return tuple(words[-3:-1]) in (("would", "you"), ("do", "you"))


def _point(words: Sequence[str], clause: Sequence[str]) -> bool:
    return len(words) > 1 and is_number_word(words[-2])


_Rule = Callable[[Sequence[str], Sequence[str]], bool]
_RULES: tuple[tuple[frozenset[str], _Rule], ...] = (
    (AUXILIARIES, _auxiliary),
    (NEGATIVE, _negative),
    (SUBJECTS - {"i"}, _asked_subject),
    (PREPOSITIONS, _preposition),
    (NEED_OBJECT, _object),
    (NEED_OBJECT_AFTER_TO, _object_after_to),
    (ATTRIBUTES, _attribute),
    (ADVERBS, _adverb),
    (word_set("what where when who which why how"), _wh),
    (word_set("much many long often far soon"), _how),
    (frozenset({"not"}), _not),
    (frozenset({"of"}), _of),
    (word_set("me us"), _given),
    (frozenset({"able"}), _able),
    (frozenset({"while"}), _while),
    (frozenset({"mind"}), _mind),
    (frozenset({"point"}), _point),
)
