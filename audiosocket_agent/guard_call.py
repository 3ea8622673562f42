"""What the guard knows in one call, and whether a model has told what it had to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from audiosocket_agent import wording
from audiosocket_agent.conversation_state import Facts, State
from audiosocket_agent.guard_facts import CompanyFacts, Known, Texts, words_of
from audiosocket_agent.guard_numbers import run_at
from audiosocket_agent.guard_words import DAYS, SOON
from audiosocket_agent.journal import Speaker
from audiosocket_agent.offers import is_free
from audiosocket_agent.refused_words import hedges_a_yes
from audiosocket_agent.roles import service_slot, when_slots
from audiosocket_agent.spelled import is_number_word
from audiosocket_agent.understanding import plain_words, value_in, value_of
from audiosocket_agent.walk import told

_PARTS = ("morning", "afternoon", "evening")
_OF_TIMES = frozenset((*DAYS, *SOON, *_PARTS)) | frozenset(
    "is it that at on in the free a an do you have anything and what about how then still please "
    "ok okay o'clock am pm past half quarter to slot time day so there next this week are be for "
    "me of first second third fourth fifth sixth seventh eighth ninth tenth january february march "
    "april may june july august september october november december".split()
)
_TOLD_FREE = re.compile(r'"(?:free|available)":true')
_YES = (
    "yes", "yeah", "yep", "yup", "yes please", "aye", "sure", "ok", "okay", "alright", "all right",
    "fine", "perfect", "great", "lovely", "good", "correct", "right", "that's right", "go ahead",
    "please do", "do it", "book it", "go for it", "go on", "please", "brilliant", "absolutely",
    "definitely", "of course", "indeed", "spot on", "exactly", "that works", "confirm", "confirmed",
    "mm hm", "mhm", "uh huh", "i do", "it is", "they are", "agreed",
)  # fmt: skip
_NO = frozenset(
    "no nope not don't doesn't isn't wait stop wrong never change incorrect cancel".split()
)
# "No, that's right" is how many say yes.
_NO_THAT_IS_YES = ("no that's right", "no that's fine", "no that's great", "no that's lovely",
                   "no problem", "no worries", "why not")  # fmt: skip


def known_in_call(
    company: CompanyFacts,
    facts: Facts,
    state: State,
    tools_told: Iterable[str],
    done: Iterable[str],
    sentences: Iterable[str],
    history: Sequence[tuple[Speaker, str]],
    said: str,
    reference: str,
) -> Known:
    """Return what a model may say now.

    Args:
        company: What may be said in every call of the company.
        facts: Facts.
        state: Where the conversation stands.
        tools_told: What tools have answered in this call.
        done: What the code's own tools have, of bookings of earlier calls.
        sentences: The code's own sentences of this turn.
        history: The turns before.
        said: The caller's words.
        reference: Of the call's booking, "" while there is none.
    """
    details = wording.values(facts.company, state.slots, facts.today)
    callers = [text for who, text in history if who is Speaker.CALLER]
    texts = Texts(
        told=tuple(tools_told),
        done=tuple(done),
        noted=(
            facts.caller, reference, f"{facts.today:%A}", *state.slots.values(), *details.values(),
            *told(state, facts), *sentences,
        ),
        said=(*callers, said),
    )  # fmt: skip
    price = price_sentence(state, facts)
    return company.known(
        texts,
        booked=bool(reference),
        price=price,
        about=" ".join((price, *sentences, *callers[-1:], said)),
        free_time=is_free_time(said, state, facts, tools_told),
    )


def is_free_time(said: str, state: State, facts: Facts, tools_told: Iterable[str]) -> bool:
    """Whether a caller asks whether a time is free, of nothing else, and the calendar says yes.

    Args:
        said: The caller's words.
        state: Where the conversation stands.
        facts: Facts.
        tools_told: What company tools have answered in this call: one may keep the calendar.
    """
    words = plain_words(said).split()
    if "free" not in words or not all(_is_of_a_time(word) for word in words):
        return False
    slots = when_slots(facts.company.workflow)
    asked = {s: v for s in slots if (v := value_in(s, said, facts.company, facts.today))}
    if not asked:
        return False
    if facts.agenda is None:
        return any(_TOLD_FREE.search(told) for told in tools_told)
    others = {slot: value for slot, value in state.slots.items() if slot not in asked}
    return is_free(replace(state, slots={**others, **asked}), facts)


def _is_of_a_time(word: str) -> bool:
    return word in _OF_TIMES or word[0].isdigit() or is_number_word(word)


def price_sentence(state: State, facts: Facts) -> str:
    """Return what the service asked about costs, in the code's own words; "" if none is known."""
    slot = service_slot(facts.company.workflow)
    key = None if slot is None else state.slots.get(slot)
    service = next((s for s in facts.company.services if s.key == key), None)
    if service is None or service.price_pounds is None:
        return ""
    return wording.costs(service.name, service.price_pounds)


def tells(words: str, fact: str) -> bool:
    """Whether what was said has all the figures, days and parts of the day of a fact."""
    wanted, there = _hard(fact), _hard(words)
    return wanted <= there


def _hard(text: str) -> set[str]:
    words, breaks = words_of(text)
    found: set[str] = set()
    at = 0
    while at < len(words):
        number, _ = run_at(words, breaks, at)
        if number is None:
            if words[at] in (*DAYS, *SOON, *_PARTS):
                found.add(words[at])
            at += 1
            continue
        if number.value is not None and number.value != 1:  # "one" is often no number
            found.add(str(replace(number, value=number.value.normalize()).value))
        elif number.value is None:
            found.add(number.digits)
        at += number.words
    return found


def agrees(text: str) -> bool:
    """Whether a caller's words are a clear yes: nothing in them is a no, a doubt or a condition."""
    if hedges_a_yes(text):
        return False
    words = plain_words(text)
    for phrase in _NO_THAT_IS_YES:
        words = words.replace(phrase, "yes")
    if _NO & set(words.split()):
        return False
    return value_of(words, {"yes": _YES}) == "yes"
