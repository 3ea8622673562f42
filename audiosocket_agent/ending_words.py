"""Tables of the words a caller's sentence can, cannot, or can only sometimes end with. Pure.

`unfinished_words` has the rules that use them. Words are lower case, as `words_of` gives them.
"""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


def _pairs(*phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in phrases)


NEVER_LAST = word_set(
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
    "love to", "book it in", "happy to", "forgot to", "look forward to", "looking forward to",
    "going on", "go on", "carry on", "later on", "early on", "moving on", "move on", "and so on",
    "turn on", "turned on", "switched on", "switch on", "turns on", "comes on", "coming on",
    "came on", "stays on", "stay on", "left on", "lights on", "heating on", "power on",
    "straight on", "further on", "now on", "are on", "leave on", "come in", "get in", "coming in",
    "comes in", "came in", "let you in", "let me in", "let them in", "let him in", "be in",
    "booked in", "book me in", "book us in", "fit me in", "fit us in", "fit you in", "pop in",
    "popping in", "move in", "moved in", "moving in", "somebody in", "someone in", "anyone in",
    "anybody in", "nobody in", "he's in", "she's in", "always in", "go in", "squeeze me in",
    "squeeze us in", "calling from", "from you", "heard from", "to start with", "who with",
    "come by", "pass by", "drop by", "where it's at", "same as", "worried about", "concerned about",
    "out and about", "the day after", "week after", "straight after", "look after", "looked after",
    "month after", "soon after", "time after", "a while", "so am i", "ever since", "the past",
    "go past", "drive past", "walk past", "come past", "or what", "so what", "no idea", "no good",
    "this way", "please do", "not even", "only one", "you what", "as such", "why not", "or not",
    "maybe not", "probably not", "hope not", "afraid not", "course not", "certainly not",
    "definitely not", "rather not", "absolutely not", "preferably not", "think not", "perhaps not",
    "guess not", "ideally not", "the doctor", "a doctor", "my doctor", "nice to have", "that'll do",
    "no longer", "who am i", "what am i", "where am i", "no doubt", "to do", "as well",
)  # fmt: skip
LICENSES = word_set(
    "what where who which how why when whatever wherever whenever whoever whichever that's "
    "what's who's where's how's anything something nothing everything all if best most"
)
ASKING = LICENSES - word_set("all if when something everything best most")
NOES = word_set("no nope nah")
ANSWERS = NOES | word_set("yes yeah yep yup course sure think know hope believe suppose guess")
CLAUSE_STARTS = word_set("and but because so or cos then")
SUBJECTS = word_set(
    "i you we he she they it that this there someone somebody anyone anybody one these those"
)
BEFORE_A_SUBJECT = word_set(
    "if when because cos whether until unless while time what where why how"
)
OBJECTS = word_set("it that this those these one")
BE = word_set("is are was were am")
DO = word_set("do does did can could will would shall should may might must have has had")
AUXILIARIES = BE | DO | {"be", "been", "being"}
NEGATIVE = word_set(
    "isn't aren't wasn't weren't don't doesn't didn't can't cannot couldn't won't wouldn't "
    "shouldn't haven't hasn't hadn't mustn't ain't"
)
CLITICS = word_set("i'm it's there's he's she's we're you're they're i've we've you've they've i'd "
                "we'd i'll we'll it'll that's they'll who's what's where's")  # fmt: skip
ADVERBS = word_set(
    "just really probably actually still currently only maybe possibly definitely quite very "
    "always never about nearly mostly mainly usually normally particularly now already perhaps"
)
OPENERS = word_set(
    "hi hello hey okay ok right yes yeah no sorry please well so and but or oh morning afternoon "
    "evening thanks you um uh er erm then also because cos sure alright great lovely brilliant"
)
PREPOSITIONS = word_set(
    "to for from with at on in by about under underneath without against across after until till "
    "since near like between behind past"
)
# Verbs that want an object: "I need", "can you fix".
NEED_OBJECT = word_set(
    "need needs want wants wanted got get getting give giving having put prefer wish think says "
    "said like make bring tell arrange report discuss describe hoping require thinking guess mean "
    "called tried trying looks sounds suppose reckon believe supposed meant include includes using"
)
NEED_OBJECT_AFTER_TO = word_set(
    "fix repair replace install check mend unblock service book send quote do see find have take "
    "be ask give get buy hire sort say know invoice"
)
INFINITIVE_STARTS = word_set("to can could you'll please we'll i'll")
ATTRIBUTES = word_set(
    "leaking blocked broken dripping new old big small little large burst faulty gas main hot cold "
    "next last very really nice good bad quick slight massive huge leaky real specific particular "
    "certain regular opening outside upstairs downstairs "
    "two three four five six ten couple kind sort pair gas electric central "
    "whole entire other only own local emergency annual free rough possible proper full couple"
)
ARTICLES = word_set("the a an my our your his her their this that some any no another")
MAYBE_NOUNS = word_set("other whole old new last own next main good bad small little large full "
                    "two three four five six ten")  # fmt: skip
SWITCHED = (
    "turn", "switch", "put", "leave", "keep", "light", "heating", "water", "power", "boiler",
)  # fmt: skip
AT_SOMEBODYS = word_set("mum's mother's dad's father's neighbour's friend's brother's sister's "
                     "son's daughter's partner's husband's wife's landlord's tenant's")  # fmt: skip
GIVING = word_set("give gave get send sent tell show bring brought lend")
OWNERS = word_set("my the our your")
PLACES = word_set("at to round from near by")
LOOSE_THAT = word_set("think so said sure hoping hope noticed one thing something anything fact "
                   "mean means seems afraid told now given")  # fmt: skip
ASKED_IF = word_set("wondering wonder know see ask check asking sure hoping")
DENIALS = word_set("isn't wasn't didn't")  # "it wasn't" may be all
MOVERS = word_set("you he they someone somebody anyone engineer plumber")
COMPLEMENT_WH = word_set("know sure says said that's idea not matter and or so yes okay sorry")
NEGATIONS = word_set(
    "don't doesn't didn't can't won't not if whenever unless wouldn't couldn't never"
)
_ALONE = frozenset({""})  # the word is the first
_BEFORE_HOUSE = _ALONE | word_set("at it's its is in i'm yes yeah that's to from and")
# Last words that lack something after one of these words, and can end a sentence after any other.
OPEN_AFTER = {
    "around": _ALONE | word_set("at it's is for from been by sometime maybe not"),
    "before": _ALONE | word_set("anytime time sometime preferably ideally it's not"),
    "outside": word_set("just right"),
    "over": word_set("just over it's well"),
    "half": word_set("at and past about around from"),
    "quarter": word_set("at a about around from"),
    "hundred": word_set("a the"),
    "then": word_set("and but since by"),
    "though": word_set("even"),
    "opposite": word_set("it's is we're i'm"),
    "smell": word_set("can i could"),
    "spelt": _ALONE | word_set("it's is that's name"),
    "spelled": _ALONE | word_set("it's is that's name"),
    "no": word_set("there's got have is with are has"),
    **dict.fromkeys(("calling", "ringing", "phoning"), word_set("i'm am was just we're yes")),
    **dict.fromkeys(
        ("flat", "number", "unit", "apartment", "plot", "suite", "room"), _BEFORE_HOUSE
    ),
}
