"""Which words cannot end what a caller wants to say: "I've got a", "can you", "half past". Pure.

Theory of operation. `lacks_words` looks at the last word, in the tables below, and at the words
before it. A few last words never end anything (`NEVER_LAST`). Most dangling words can: "to" in
"I don't want to", "is" in "I know where it is". They are let off when their own clause has a word
that licenses them: a question word, a yes or no, an "if". What the tables do not know is taken
for a whole sentence: waiting costs every caller, and most words can end one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _pairs(*phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in phrases)


NEVER_LAST = _set(
    "the a an and but or nor because cos cause 'cause whereas unless although whether than as if "
    "my your our their its every whose into onto via per during towards amongst among "
    "plus minus also let let's lets gonna wanna gotta tryna "
    "i'm it's there's he's she's here's we're you're they're i've we've you've they've "
    "i'd we'd you'd he'd she'd they'd it'd i'll we'll you'll it'll they'll he'll she'll there'll "
    "that'll what's where's who's how's when's that's this's i am'n im ive ill "
    "wondering regarding concerning require requires keep keeps seems appears consists "
    "mr mrs ms miss mister dr doctor saint roughly approximately almost even double treble triple "
    "name's number's dot within except besides despite whatever's basically obviously"
)  # fmt: skip
# Endings that are whole although their last word, or their last two, would say otherwise.
WHOLE_ENDINGS = _pairs(
    "love to", "book it in", "happy to", "forgot to", "look forward to",
    "looking forward to", "going on", "go on", "carry on", "come on", "later on", "early on",
    "moving on", "move on", "and so on", "turn on", "turned on", "switched on", "switch on",
    "turns on", "comes on", "coming on", "came on", "stays on", "stay on", "left on", "lights on",
    "heating on", "power on", "straight on", "further on", "now on", "are on", "leave on",
    "come in", "get in", "coming in", "comes in", "came in", "let you in", "let me in",
    "let them in", "let him in", "be in", "booked in", "book me in", "book us in", "fit me in",
    "fit us in", "fit you in", "pop in", "popping in", "move in", "moved in", "moving in",
    "somebody in", "someone in", "anyone in", "anybody in", "nobody in", "he's in", "she's in",
    "always in", "go in", "squeeze me in", "squeeze us in", "calling from", "come from",
    "coming from", "comes from", "leaking from", "from you", "heard from", "to start with",
    "who with", "come by", "pass by", "drop by", "where it's at", "same as", "worried about",
    "concerned about", "out and about", "the day after", "week after", "straight after",
    "look after", "looked after", "month after", "soon after", "time after", "a while",
    "so am i", "ever since", "the past", "go past", "drive past", "walk past", "come past",
    "or what", "so what", "no idea", "this way", "please do", "not even", "only one", "you what",
    "as such", "why not", "or not", "maybe not", "probably not", "hope not", "afraid not",
    "course not", "certainly not", "definitely not", "rather not", "absolutely not",
    "preferably not", "think not", "perhaps not", "guess not", "ideally not",
    "the doctor", "a doctor", "my doctor", "nice to have", "that'll do", "no longer", "who am i",
    "what am i", "where am i", "no doubt", "to do", "as well",
)  # fmt: skip
LICENSES = _set(
    "what where who which how why when whatever wherever whenever whoever whichever that's "
    "what's who's where's how's anything something nothing everything all if best most"
)
_ASKING = LICENSES - _set("all if when something everything best most")
_NOES = _set("no nope nah")
_ANSWERS = _NOES | _set("yes yeah yep yup course sure think know hope believe suppose guess")
_CLAUSE_STARTS = _set("and but because so or cos then")
_SUBJECTS = _set(
    "i you we he she they it that this there someone somebody anyone anybody one these those"
)
_OBJECTS = _set("it that this those these one")
_BE = _set("is are was were am")
_DO = _set("do does did can could will would shall should may might must have has had")
_AUXILIARIES = _BE | _DO | {"be", "been", "being"}
_NEGATIVE = _set(
    "isn't aren't wasn't weren't don't doesn't didn't can't cannot couldn't won't wouldn't "
    "shouldn't haven't hasn't hadn't mustn't ain't"
)
_CLITICS = _set("i'm it's there's he's she's we're you're they're i've we've you've they've i'd "
                "we'd i'll we'll it'll that's they'll who's what's where's")  # fmt: skip
_ADVERBS = _set(
    "just really probably actually still currently only maybe possibly definitely quite very "
    "always never about nearly mostly mainly usually normally particularly now already perhaps"
)
_OPENERS = _set(
    "hi hello hey okay ok right yes yeah no sorry please well so and but or oh morning afternoon "
    "evening thanks you um uh er erm then also because cos sure alright great lovely brilliant"
)
_PREPOSITIONS = _set("to for from with at on in by about under underneath without against across "
                     "after until till since near like between behind past")  # fmt: skip
# Verbs that want an object: "I need", "can you fix".
_NEED_OBJECT = _set(
    "need needs want wants wanted got get getting give giving having put prefer wish think says "
    "said like make bring tell arrange report discuss describe hoping require thinking guess mean "
    "called tried trying looks sounds suppose reckon believe supposed meant include includes using"
)
_NEED_OBJECT_AFTER_TO = _set(
    "fix repair replace install check mend unblock service book send quote do see find have take "
    "be use ask give get buy hire sort say know"
)
_INFINITIVE_STARTS = _set("to can could you'll please we'll i'll")
_ATTRIBUTES = _set(
    "leaking blocked broken dripping new old big small little large burst faulty gas main hot cold "
    "next last very really nice good bad quick slight massive huge leaky outside upstairs "
    "downstairs two three four five six ten couple kind sort pair gas electric central "
    "whole entire other only own local emergency annual free rough possible proper full couple"
)
_ARTICLES = _set("the a an my our your his her their this that some any no another")
_MAYBE_NOUNS = _set("other whole old new last own next main good bad small little large full "
                    "two three four five six ten")  # fmt: skip
_SWITCHED = (
    "turn",
    "switch",
    "put",
    "leave",
    "keep",
    "light",
    "heating",
    "water",
    "power",
    "boiler",
)
_STREET_LEADS = _set("flat number unit apartment plot suite room")
_AT_SOMEBODYS = _set("mum's mother's dad's father's neighbour's friend's brother's sister's "
                     "son's daughter's partner's husband's wife's landlord's tenant's")  # fmt: skip
_BEFORE_STREET_LEAD = _set("at it's its is it's in i'm yes yeah that's to from and er um i'm")
_LOOSE_THAT = _set("think so said sure hoping hope noticed one thing something anything fact "
                   "mean means seems afraid told now given")  # fmt: skip
_COMPLEMENT_WH = _set("know sure says said that's idea not matter and or so yes okay sorry")
_NEGATIONS = _set("don't doesn't didn't can't won't not if whenever unless wouldn't couldn't never")


def clause_of(words: Sequence[str]) -> list[str]:
    """Return the last clause: the words after the last "and", "but", "because" and the like."""
    for position in range(len(words) - 2, -1, -1):
        if words[position] in _CLAUSE_STARTS:
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
    if any(tuple(words[-length:]) in WHOLE_ENDINGS for length in (2, 3)):
        return False
    if last in NEVER_LAST:
        return True
    if last.endswith("'s") and words[-2:-1] in (["my"], ["the"], ["our"]):
        return last not in _AT_SOMEBODYS
    if last == "i" or (last in ("we", "he", "she", "they") and not question):
        return True
    clause = clause_of(words)
    if question and last in _AUXILIARIES | _SUBJECTS | _PREPOSITIONS:
        return False
    for table, rule in _RULES:
        if last in table and rule(words, clause):
            return True
    return False


def _licensed(clause: Sequence[str]) -> bool:
    return any(word in LICENSES for word in clause[-8:-1])


def _answers(words: Sequence[str]) -> bool:
    """Whether an elliptical clause hangs on an answer or a belief: "yes I can", "I think it is".

    Only the words just before it count; "no it's because the boiler is" does not. A no goes with
    a negative: "no it was" is the beginning of a correction.
    """
    return any(word in _ANSWERS - _NOES for word in words[-5:-1])


def _auxiliary(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(clause) == 1:
        return len(words) > 1 or words[-1] != "do"
    if clause[-2] in ("already", "really") and clause[-3:-2] and clause[-3] in _SUBJECTS:
        return False
    before = clause[-2]
    if before in _ADVERBS and len(clause) > 2:
        before = clause[-3]
    if before in _NEGATIVE or before in ("to", "not"):
        return words[-1] in ("be", "been", "have", "do") and not _licensed(clause)
    if words[-1] in ("be", "been", "do", "have") and before in _DO | _SUBJECTS:
        return not (_licensed(clause) or _answers(words))
    if before in _SUBJECTS:
        return not (_licensed(clause) or _answers(words) or _compares(clause))
    return not (_compares(clause) or (words[-1] in _BE and _relates(clause)))


def _compares(clause: Sequence[str]) -> bool:
    return any(word in ("as", "than") for word in clause[-4:-1])


def _relates(clause: Sequence[str]) -> bool:
    """Whether a clause is one about a place or a thing: "I don't know where the stopcock is"."""
    return any(word in ("what", "where", "who", "how", "which", "that's") for word in clause[1:-2])


def _negative(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(words) == 1:
        return True
    if words[-2] not in _SUBJECTS:  # "the boiler doesn't"
        return not _licensed(clause) and words[-2] not in ("probably", "really", "just")
    return len(words) == 2  # "we don't"; with a yes or a no before it, it is an answer


def _asked_subject(words: Sequence[str], clause: Sequence[str]) -> bool:
    """Judge a subject at the end: "can you" and "if it" lack a verb; "how much is it" does not."""
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if before in ("if", "when", "because", "cos", "whether", "until", "unless", "while"):
        return True
    if before in ("and", "but", "so", "that") and last in ("it", "this", "there"):
        return before in ("and", "but", "so") and last != "this" and last != "there"
    if before in _BE and _licensed(clause):
        return False
    if before in _BE and len(words) > 2:
        return words[-3] in _OPENERS or last == "that"  # "the problem is that"
    if before in _BE | (_DO - {"have", "had", "has"}):
        did = before == "did" and (len(words) == 2 or words[-3] in _OPENERS | LICENSES)
        return did or before not in ("do", "did") or last not in _OBJECTS
    if before in ("have", "has") and last in ("you", "it", "he", "she"):
        return len(words) == 2 or words[-3] in _OPENERS or _licensed(clause)
    if last == "that":
        return before in _LOOSE_THAT
    if last == "there" and before == "is":
        return True
    return False


def _preposition(words: Sequence[str], clause: Sequence[str]) -> bool:
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if last == "to":
        if before in ("want", "need", "have", "like", "able", "going", "got", "wanted", "wish"):
            return not any(w in _NEGATIONS for w in clause[-6:-2]) and words[-3:-2] != ["you"]
        return not ("who" in clause or (_licensed(clause) and before in ("speak", "talk", "go")))
    if last in ("on", "in") and before in ("it", "them", "is", "are", "be", "isn't", "not"):
        switched = any(w.startswith(_SWITCHED) for w in clause)
        return not (
            switched or _licensed(clause) or (before == "isn't" or words[:-2] and before == "not")
        )
    if last in ("for", "with", "from", "at", "on", "in", "about", "under", "like"):
        if last == "about" and before in ("what", "how"):
            return True
        return not any(word in _ASKING for word in clause[:-1])
    if last == "past":
        return before in ("half", "quarter", "ten", "twenty", "five", "just", "it's", "")
    return not _licensed(clause) or last in ("after", "until", "till", "between", "near")


def _object(words: Sequence[str], clause: Sequence[str]) -> bool:
    """Judge a verb at the end: "I need" lacks its object; "that's what I need" does not."""
    if len(words) == 1:
        return words[-1] not in ("said", "called", "guess", "suppose", "think")
    before = words[-2]
    if words[-1] in ("guess", "suppose", "think", "reckon", "believe") and len(words) > 3:
        return any(w in _CLAUSE_STARTS for w in words[-3:-1])
    if before in ("wouldn't", "don't", "if", "doesn't") and words[-1] in ("like", "want", "mean"):
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
    if words[-1] in ("see", "know", "find", "ask", "say", "use", "do", "have", "take"):
        return words[-2] == "to" and words[-1] in ("see", "find", "ask", "say", "use", "take")
    asks = words[-2] == "you" and len(words) > 2 and words[-3] in ("can", "could", "do", "would")
    return words[-2] in _INFINITIVE_STARTS or asks


def _attribute(words: Sequence[str], clause: Sequence[str]) -> bool:
    before = words[-2] if len(words) > 1 else ""
    if before in ("very", "really", "quite") and len(words) > 2:
        before = words[-3]
    if words[-1] in ("very", "really"):
        return words[-1] == "very" or before in _ARTICLES | _CLITICS | {"is"}
    if words[-1] == "next":
        return before in ("", "on", "for", "until", "the", "in", "by", "this", "my", "maybe")
    if words[-1] in ("upstairs", "downstairs", "outside", "possible", "emergency"):
        return before in ("a", "an", "the", "my", "our") and words[-1] != "emergency"
    return before in _ARTICLES and not (words[-1] in _MAYBE_NOUNS and before in ("that", "any"))


def _adverb(words: Sequence[str], clause: Sequence[str]) -> bool:
    if len(words) == 1:
        return words[-1] in ("just", "only", "about", "very", "quite", "also")
    before = words[-2]
    if words[-1] == "about" and _licensed(clause):
        return False
    if words[-1] in ("just", "quite", "very", "mainly", "only", "about", "particularly", "nearly"):
        loose = before in _CLITICS | _AUXILIARIES | _SUBJECTS | _OPENERS
        return loose or words[-1] in ("just", "very")
    return before in _CLITICS or (before in _AUXILIARIES and not _answers(words))


def _wh(words: Sequence[str], clause: Sequence[str]) -> bool:
    return len(words) > 1 and words[-2] not in _COMPLEMENT_WH


def _how(words: Sequence[str], clause: Sequence[str]) -> bool:
    """Judge "do you know how much", which asks on; "I don't know how much" does not."""
    indirect = words[-2:-1] == ["how"] and words[-3:-2] in (["know"], ["me"], ["ask"], ["see"])
    return indirect and not any(word in _NEGATIONS for word in words)


def _not(words: Sequence[str], clause: Sequence[str]) -> bool:
    if words[-2:-1] == ["no"]:
        return True
    answered = _answers(words) or any(word in _NOES for word in words[:-1])
    return len(words) > 1 and words[-2] in _AUXILIARIES | _CLITICS and not answered


def _of(words: Sequence[str], clause: Sequence[str]) -> bool:
    before = words[-2] if len(words) > 1 else ""
    if before in ("sort", "kind"):
        return words[-3:-2] not in ([], ["yes"], ["yeah"], ["well"])
    return before not in ("heard", "think", "thought", "aware", "care", "rid", "know", "all")


def _no(words: Sequence[str], clause: Sequence[str]) -> bool:
    return len(words) > 1 and words[-2] in ("there's", "got", "have", "is", "with", "are", "has")


def _street_lead(words: Sequence[str], clause: Sequence[str]) -> bool:
    return len(words) == 1 or words[-2] in _BEFORE_STREET_LEAD


def _calling(words: Sequence[str], clause: Sequence[str]) -> bool:
    return len(words) > 1 and words[-2] in ("i'm", "am", "was", "just", "we're", "yes")


def _loose(words: Sequence[str], clause: Sequence[str]) -> bool:
    before = words[-2] if len(words) > 1 else ""
    return {
        "around": before in ("at", "it's", "is", "for", "from", "been", "by", "sometime", "maybe"),
        "before": before in ("anytime", "time", "sometime", "preferably", "ideally", "it's"),
        "over": before in ("just", "over", "it's", "well"),
        "able": not any(word in _NEGATIONS for word in clause),
        "half": before in ("at", "and", "past", "about", "around", "from"),
        "quarter": before in ("at", "a", "about", "around", "from"),
        "hundred": before in ("a", "the"),
        "while": before not in ("a", "the", "worth"),
        "then": before in ("and", "but", "since", "by"),
        "though": before == "even",
        "opposite": before in ("it's", "is", "we're", "i'm"),
        "mind": before == "you" and words[-3:-2] in (["would"], ["do"]),
        "smell": before in ("can", "i", "could"),
        "spelt": True,
        "spelled": True,
        "point": before.isdigit() or before in ("two", "one", "three", "four", "five", "zero"),
    }[words[-1]]


Rule = Callable[[Sequence[str], Sequence[str]], bool]
_RULES: tuple[tuple[frozenset[str], Rule], ...] = (
    (_AUXILIARIES, _auxiliary),
    (_NEGATIVE, _negative),
    (_SUBJECTS - {"i"}, _asked_subject),
    (_PREPOSITIONS, _preposition),
    (_NEED_OBJECT, _object),
    (_NEED_OBJECT_AFTER_TO, _object_after_to),
    (_ATTRIBUTES, _attribute),
    (_ADVERBS, _adverb),
    (_set("what where when who which why how"), _wh),
    (_set("much many long often far soon"), _how),
    (frozenset({"not"}), _not),
    (frozenset({"of"}), _of),
    (frozenset({"no"}), _no),
    (_STREET_LEADS, _street_lead),
    (_set("calling ringing phoning"), _calling),
    (
        _set(
            "around before over able half quarter while then though opposite mind smell spelt "
            "spelled point"
        ),
        _loose,
    ),
)
