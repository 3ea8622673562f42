"""What a caller says to get a person, and which one. Pure.

Words in which a caller answers the question are an answer; only what answers nothing is looked at
here. A swear word alone is no wish: people swear at their taps.
"""

from __future__ import annotations

from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import Seek, Why
from audiosocket_agent.errand_words import CANCELS, MOVES, errands, names_earlier
from audiosocket_agent.person_words import wants_person
from audiosocket_agent.tools import built_in
from audiosocket_agent.understanding import plain_words

_ANGRY = (
    "this is ridiculous", "this is a joke", "this is useless", "this is pathetic",
    "want to complain", "like to complain", "make a complaint", "making a complaint",
    "fed up with", "sick of this", "waste of time", "waste of my time", "wasting my time",
    "are you stupid", "are you deaf", "you're useless", "you are useless", "you're stupid",
    "you are stupid", "you idiot", "you're an idiot", "stupid machine", "stupid robot",
    "stupid computer", "useless machine", "useless robot", "bloody machine", "bloody robot",
    "fuck you", "fuck off", "fuck this", "fuck sake", "fuck's sake", "piss off", "shut up",
    "god's sake", "sod off", "bugger off",
)  # fmt: skip
_BOOKINGS = [f"{which} {what}" for which in ("my", "the", "our", "an earlier", "an existing")
             for what in ("booking", "appointment", "visit")]  # fmt: skip
# What a caller wants of a booking made in an earlier call; of these a person is only asked where it
# cannot be done. Words that may mean either, as "I have an existing booking", are for a person.
_CANCELS = tuple(f"cancel {it}" for it in (*_BOOKINGS, "an appointment", "a booking"))
_MOVES = tuple(
    f"{verb} {it}"
    for verb in ("change", "move", "reschedule", "rearrange", "postpone")
    for it in _BOOKINGS
)
_FOR_OTHERS = (
    "invoice", "my bill", "refund", "receipt", "vacancy", "vacancies", "job application",
    "apply for a job",
)  # fmt: skip
_OUT_OF_SCOPE = (
    *_FOR_OTHERS, *_CANCELS, *_MOVES, "existing booking", "existing appointment", "already booked",
    "already have a booking", "already have an appointment",
)  # fmt: skip
# What makes a place's name a wish to be put through to it.
_ASKING = (
    "put me through", "speak to", "speak with", "talk to", "talk with", "transfer me", "connect me",
    "get me", "i want", "i need", "i'd like", "can i have", "could i have", "please",
)  # fmt: skip
TOOLS = {CANCELS: built_in.CANCEL, MOVES: built_in.CHANGE}
_BESIDE_A_PLACE = frozenset("the a an to for in of um er uh hello hi yes department team".split())


def wish_in(text: str, company: Company) -> Seek | None:
    """Return the wish for a person that the words hold; None if they hold none.

    Args:
        text: The words, however an ear writes them.
        company: Its places may be named.
    """
    words = plain_words(text)
    asked = wants_person(words)
    for key, place in company.people.places.items():
        if any(_names(words, phrase, asked) for phrase in place.phrases):
            return Seek(Why.ASKED, key)
    if asked:
        return Seek(Why.ASKED)
    if _says_one(words, _ANGRY):
        return Seek(Why.ANGRY)
    return Seek(Why.OUT_OF_SCOPE) if _says_one(words, _OUT_OF_SCOPE) else None


def errand_in(text: str, company: Company) -> str:
    """Return the tool for what the words want of an earlier booking; "" for nothing of that.

    Args:
        text: The words, however an ear writes them.
        company: Its services may be named as what was booked: "cancel my boiler service".
    """
    wanted = _errands(text, company)
    return TOOLS[next(iter(wanted))] if len(wanted) == 1 else ""


def is_about_earlier(text: str, company: Company) -> bool:
    """Whether the words are of an earlier booking, and do not say what is to become of it.

    Args:
        text: The words, however an ear writes them.
        company: As in `errand_in`.
    """
    for_others = _says_one(plain_words(text), _FOR_OTHERS)
    return names_earlier(text) and not for_others and not _errands(text, company)


def _errands(text: str, company: Company) -> frozenset[str]:
    """Return what the words want of an earlier booking: `CANCELS`, `MOVES`, both, or nothing."""
    words = plain_words(text)
    said = errands(text, (way for s in company.services for way in (s.name, *s.phrases)))
    ways = ((CANCELS, _CANCELS), (MOVES, _MOVES))
    return said | {errand for errand, phrases in ways if _says_one(words, phrases)}


def _names(words: str, phrase: str, asked: bool) -> bool:
    """Whether the words ask for a place by one of its names: "accounts please", or only that."""
    if not _says_one(words, (phrase,)):
        return False
    rest = f" {words} ".replace(f" {phrase} ", " ").split()
    return asked or _says_one(words, _ASKING) or set(rest) <= _BESIDE_A_PLACE


def _says_one(words: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {phrase} " in f" {words} " for phrase in phrases)
