"""What a caller's words surely give, written down before the language model is asked. Pure.

A model that has to write a detail down by a tool call, and is asked again for what to say, costs
the caller a second round trip. Most answers are plain: "Tuesday morning, please". Those are written
down here, by the same table as the model's tool calls, and the model only has to speak.

All or nothing: any sign that the words may mean something else than they name (a negation, a
correction, a question, a doubt, two values for one detail, a value that would change another)
leaves them to the model as they are. So do words that only mean something in their context: a "no"
to the price changes the course of the call, a yes to the read-back books; the model judges both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from audiosocket_agent.caller_words import words_of
from audiosocket_agent.conversation import Facts, Offer, Phase, State
from audiosocket_agent.filling import filled
from audiosocket_agent.offered import taken
from audiosocket_agent.roles import (
    agreement,
    volunteered,
    when_slots,
)
from audiosocket_agent.situation import Recorded, subject
from audiosocket_agent.spelled import TIMES, figures, is_number_word
from audiosocket_agent.understanding import (
    YES,
    choices,
    phone_number,
    plain_words,
    value_of,
)
from audiosocket_agent.wishes import errand_in, wish_in
from audiosocket_agent.workflow import Kind, Of, Slot, Workflow

MOST_WORDS = 30  # a longer story may name anything
CODE_CHARS = 7  # of a whole postcode, at most; spelled, each is a word

NEGATIONS = frozenset(
    "no not nope nah never neither nor none nothing without except cannot dont isnt arent wasnt "
    "doesnt didnt wont cant couldnt wouldnt shouldnt havent hasnt aint".split()
)
_CORRECTIONS = frozenset(
    "instead actually rather sorry change changed wrong cancel cancelled but mean meant scratch "
    "wait correction mistake forget ignore than move".split()
)
_DOUBTS = frozenset(
    "or either any anything anytime whichever both if unless whether maybe perhaps might may "
    "possibly possible probably depends unsure think guess suppose wonder wondering".split()
)
_QUESTIONS = frozenset(
    "how what what's whats when when's where where's which who who's whose why can could does did "
    "shall price prices cost costs charge expensive cheaper cheapest discount".split()
)
# Who wants something else than to book, or to leave.
_ELSEWHERE = frozenset(
    "speak talk manager adviser advisor receptionist booked already existing invoice bill paid "
    "refund complain complaint bye goodbye".split()
)
_TROUBLE = NEGATIONS | _CORRECTIONS | _DOUBTS | _QUESTIONS | _ELSEWHERE
_TROUBLE_PHRASES = (
    "i said", "hang on", "hold on", "make it", "do you", "do i", "do we", "are you", "are there",
    "is it", "is there", "is that", "is this", "have you", "will you", "would you", "will it",
)  # fmt: skip
# With these a day or a part of it is another one, or is when something happened.
_OTHER_TIMES = frozenset(
    "today tonight yesterday this last next week weekend weekends saturday saturdays sunday "
    "sundays evening evenings night noon midday before after until till by from since ago started "
    "began noticed happened been was were had every each late early earlier later earliest soon "
    "asap first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty "
    "thirtieth thirty january february march april june july august september october november "
    "december".split()
)
_AGREEING = (
    *YES, "yep", "yup", "sure", "of course", "ok", "okay", "correct", "right", "go ahead",
    "please do", "sounds good", "that's correct", "that's fine", "fine", "perfect", "lovely",
    "absolutely", "definitely",
)  # fmt: skip
_GREETINGS = ("good morning", "good afternoon", "good evening")
# What may stand beside a yes that is nothing but a yes.
_BESIDE_YES = frozenset(
    "yes yeah please thanks thank you ok okay fine good great lovely perfect brilliant alright "
    "that that's that'd is it's would be i i'd i'll like to love do let's book it go ahead for me "
    "on in the at a an and of course sure right correct number same one use yep yup sounds "
    "absolutely definitely".split()
)
_PLAIN_NO = frozenset(
    ("no", "nope", "no thanks", "no thank you", "no it isn't", "no it's not", "no please don't")
)
_OWN_NUMBER = frozenset("number phone mobile landline ring reach".split())
_WHOLE_POSTCODE = re.compile("[a-z]{1,2}[0-9][0-9a-z]?[0-9][a-z]{2}")
_NUMBER = re.compile(r"\+?\d[\d\s().,-]*")
_WHOLE_NUMBER = re.compile(r"0\d{10}|(?:\+44|0044)[1-9]\d{9}")


def prefill(
    text: str, state: State, facts: Facts, *, asked: bool = True, sure: bool = True
) -> tuple[State, Recorded]:
    """Write down what a caller's words surely give.

    Args:
        text: The words, however an ear writes them.
        state: Where the conversation stands.
        facts: Facts.
        asked: Whether the caller has heard the open question; only then do the words answer it.
        sure: Whether the ear is sure of the words; else nothing is written down.

    Returns:
        The conversation after it, the very state given when nothing was written down; and what was,
        with what to tell: what came of it, or what the open question is about if it was not heard.
    """
    found = _sure(text, state, state.asked if asked else None, facts) if sure else {}
    tell: tuple[str, ...] = ()
    if found:
        after, reply = filled(state, found, facts)
        assert reply is not None  # only a "no" has none, and no "no" is ever sure
        if after.phase is Phase.ASKING:
            state, tell = after, reply.say[:-1]
        else:
            found = {}  # it leads to a person, or to the end: the model is to say so
    return state, Recorded(found, tell if asked else tell or subject(state, facts))


def _sure(text: str, state: State, asked: Slot | None, facts: Facts) -> dict[Slot, str]:
    workflow = facts.company.workflow
    words = _without(plain_words(text), _GREETINGS)
    if state.phase is not Phase.ASKING or not workflow.needed_from(state.step):
        return {}
    if state.offer is not Offer.OPEN and asked is not None:
        if workflow.slots[asked].offers is not None and words in _PLAIN_NO:
            return {asked: "no"}  # another number is asked for, and nothing else changes
        if asked in state.unsure and words in YES:
            return {asked: state.slots[asked]}  # it was rightly heard
    if asked is not None and not state.unsure and (chosen := taken(text, state, facts)):
        return dict(chosen)
    if _doubtful(text, words, facts) or state.unsure:
        return {}
    if asked is not None and workflow.slots[asked].kind is Kind.NAME:
        return {}  # a name may have the name of anything
    named = {s: values for s in volunteered(workflow) if (values := _named(s, words, facts))}
    if any(len(v) > 1 or state.slots.get(slot, min(v)) not in v for slot, v in named.items()):
        return {}
    if named.keys() & set(when_slots(workflow)) and _is_another_time(words):
        return {}
    found = {slot: min(values) for slot, values in named.items() if slot not in state.slots}
    if asked is not None and _may_be_yes(asked, state, workflow):
        if _plain_yes(words, named, facts):
            found[asked] = "yes"
            return found
    return found | _number_in(text, words, asked, state, workflow)


def _may_be_yes(asked: Slot, state: State, workflow: Workflow) -> bool:
    """Whether a yes to the open question is a detail: not what books, and no offer of a person."""
    if state.offer is Offer.OPEN or agreement(workflow, asked):
        return False
    return asked in workflow.yes_no and asked in workflow.needed_from(state.step)


def _number_in(
    text: str, words: str, asked: Slot | None, state: State, workflow: Workflow
) -> dict[Slot, str]:
    """Return the telephone number in the words, if one is wanted and it is all there."""
    phones = (s for s in workflow.needed_from(workflow.first)
              if workflow.slots[s].kind is Kind.PHONE)  # fmt: skip
    slot = next(phones, None)
    if slot is None or slot in state.slots or not (asked is slot or _names_a_number(words)):
        return {}
    number = _whole_number(text)
    return {} if number is None else {slot: number}


def _doubtful(text: str, words: str, facts: Facts) -> bool:
    """Whether the words may mean something else than what they name."""
    single = words.split()
    return (
        "?" in text
        or not 0 < len(single) <= MOST_WORDS
        or any(word in _TROUBLE or word.endswith("n't") for word in single)
        or any(f" {phrase} " in f" {words} " for phrase in _TROUBLE_PHRASES)
        or wish_in(words, facts.company) is not None
        or bool(errand_in(words, facts.company))
    )


def _is_another_time(words: str) -> bool:
    return any(word in _OTHER_TIMES or word[0].isdigit() for word in words.split())


def _named(slot: Slot, words: str, facts: Facts) -> set[str]:
    """Return every value of a slot that the words name; a longer name hides those inside it."""
    ways = choices(slot, facts.company, facts.today)
    best = value_of(words, ways)
    rest = words if best is None else _without(words, ways[best])
    named = {v for v, phrases in ways.items() if v == best or _says_one(rest, phrases)}
    if facts.company.workflow.slots[slot].of is Of.AREAS:
        # The parser finds codes across words; one that is not written as a code is not sure.
        codes = _codes(words)
        named |= {a.key for a in facts.company.areas if codes & {o.lower() for o in a.outward}}
    return named


def _says_one(words: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {phrase} " in f" {words} " for phrase in phrases)


def _codes(words: str) -> set[str]:
    """Return what may be the outward half of a postcode, written or spelled, however spaced.

    That of a whole postcode if there is one: "T R one one A A" is not in TR11.
    """
    single = [figures([word]) or word for word in words.split()]
    alone, halves = set(), set()
    for start in range(len(single)):
        for end in range(start + 1, min(start + CODE_CHARS, len(single)) + 1):
            joined = "".join(single[start:end])
            alone.add(joined)
            if _WHOLE_POSTCODE.fullmatch(joined):
                halves.add(joined[:-3])
    return halves or alone


def _without(words: str, phrases: tuple[str, ...]) -> str:
    """Take phrases out; what stood around them does not close up."""
    padded = f" {words} "
    for phrase in sorted(phrases, key=len, reverse=True):
        padded = padded.replace(f" {phrase} ", " . ")
    return " ".join(padded.split()).strip(". ")


def _plain_yes(words: str, named: Mapping[Slot, set[str]], facts: Facts) -> bool:
    """Whether the words are a yes, and nothing but what is written down beside it."""
    if not _says_one(words, _AGREEING):
        return False
    for slot, values in named.items():
        ways = choices(slot, facts.company, facts.today)
        words = _without(words, tuple(p for value in values for p in ways[value]))
    return set(words.split()) <= _BESIDE_YES | {"."}


def _names_a_number(words: str) -> bool:
    """Whether a number nobody asked for is the caller's own."""
    return not _OWN_NUMBER.isdisjoint(words.split())


def _whole_number(text: str) -> str | None:
    """Return the one number in the text if all of its digits are there, in the British form."""
    runs = _NUMBER.findall(text)
    digits = ["".join(c for c in run if c.isdigit() or c == "+") for run in runs]
    if not digits and (spelled := _spelled_number(text)):
        digits = [spelled]
    whole = len(digits) == 1 and _WHOLE_NUMBER.fullmatch(digits[0]) is not None
    return phone_number(digits[0]) if whole else None


def _spelled_number(text: str) -> str:
    """Return the figures of a number said word by word; "" if there are none, or two numbers."""
    words = words_of(text)
    said = [n for n, word in enumerate(words) if is_number_word(word) or word in TIMES]
    if not said or len(said) != said[-1] - said[0] + 1:
        return ""
    return figures(words[said[0] : said[-1] + 1])
