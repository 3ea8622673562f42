"""What the agent is asking, understood from its words alone, as a caller would. Pure.

The last question counts; hints about keys ("Or press 1 for yes") are none. A caller who knows the
answer to something special (a registration, a pet's name) knows it by its word in the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ari_app.simulate.scenario import plain

# What is asked, by the words it is asked with; the first that fits counts.
_CUES: tuple[tuple[str, str], ...] = (
    ("name", r"who am i (speaking|talking)|who shall i book it for"),
    ("person", r"put you through to (a|some)|like (me )?to (speak|talk) to (a|some)"),
    ("ring_back", r"call(ed)? you back|be called back|ring you back|have (us|somebody) call"),
    ("message", r"leave a message|to our voicemail|to voicemail"),
    ("callback", r"number ending|number you (are|re|'re) calling (from|on)"),
    ("rest", r"key in the rest"),
    ("changed", r"what .*(like|want|shall|should).* change"),
    ("anything_else", r"anything else"),
    ("open", r"how (can|may) (i|we) help|what can (i|we) do for you"),
    ("booked_in", r"book (that|it|you) in\b"),
    ("agreed", r"is (that|it|this) (all )?(right|correct)|book it like that|all of that correct|"
               r"shall i (go ahead|book that)|have i got that right|happy with that"),
    ("wanted", r"like to book|like me to book|shall (we|i) book|to book it|want me to book|"
               r"want to book"),
    ("yes_no", r"say yes|yes or no"),
    ("area", r"which town|say (just )?the town|where is (it|that|the)|(what|which) (town|area)|"
             r"where (do|are) you|whereabouts"),
    ("email", r"e ?mail"),
    ("postcode", r"postcode|post code"),
    ("address", r"\baddress\b|\bstreet\b|house number"),
    ("registration", r"registration|number plate|\breg\b"),
    ("part", r"morning or afternoon|morning (is )?better|part of the day|the morning or the"),
    ("time", r"what time|which time|say a time|just the time|time (would|suits|is best)|o'clock"),
    ("day", r"(which|what) (day|date)|a day\b|just the day|day of the week|when (would|do|should|"
            r"shall)|day (would )?suits?|other days?"),
    ("phone", r"phone number|telephone|number can we|which number|what number|whole number|"
              r"your number|best number"),
    ("name", r"\bname\b"),
    ("practitioner", r"(like|want) to see|\bstylist\b|\bwho with\b"),
    ("service", r"do you need|^is it for a|what does the car need|to be done|(come|coming) in for|"
                r"appointment (is )?for|(one|service) (it|do you|would you|is it)|say one of these|"
                r"which (service|one|job|treatment|appointment)|what (service|kind|sort|do you "
                r"need)|what (would|do) you (like|want)|which .* (would|do) you (like|want|need)"),
    ("same", r"^please (say|tell)|^say one of"),
)  # fmt: skip
_TOPICS = tuple((topic, re.compile(cue)) for topic, cue in _CUES)
_USUAL = frozenset(topic for topic, _ in _CUES)
_BEFORE_OWN = 13  # so many of the cues are surer than a word that a caller knows
_HINT = re.compile(r"^(or (press|key)|you can (also )?(key|press)|then press)")
_OPEN = re.compile(
    r"\?$|^(please|say|tell|key|press|type|which|what|when|where|how|shall|would|could|can|do|is)\b"
)
_CHOICE = re.compile(r"(\d{1,2}) for ([^,.]+?)(?=,? (?:or )?\d{1,2} for |[,.]|$)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    Attributes:
        topic: What about; "" if nothing is.
        sentence: The question.
    """

    topic: str = ""
    sentence: str = ""


def asked(said: str, known: Iterable[str] = ()) -> Asked:
    """Return what the agent asks last.

    Args:
        said: All it has said since the caller's last turn.
        known: Words of questions the caller knows an answer to (``registration``); they count
            before everything else, except for what is answered by yes or no.
    """
    own = [
        (topic, re.compile(rf"\b{re.escape(topic.replace('_', ' '))}\b"))
        for topic in known
        if topic not in _USUAL
    ]
    for sentence in reversed(sentences(said)):
        words = plain(sentence)
        if _HINT.match(words) or not _OPEN.search(f"{words}?" if "?" in sentence else words):
            continue
        for topic, cue in (*_TOPICS[:_BEFORE_OWN], *own, *_TOPICS[_BEFORE_OWN:]):
            if cue.search(words):
                return Asked(topic, sentence)
    return Asked()


def sentences(said: str) -> list[str]:
    """Split what was said into sentences."""
    return [part.strip() for part in re.split(r"(?<=[.?!])\s+", said) if part.strip()]


def keys_for(said: str, wanted: str) -> str:
    """Return the key that the agent says is for something, or "".

    Args:
        said: All it has said.
        wanted: What the caller wants, in his words: "leaking tap", "yes".
    """
    mine = {word for word in plain(wanted).split() if len(word) > 2 or word == "no"}
    for key, what in _CHOICE.findall(said):
        if mine & set(plain(what).split()):
            return str(key)
    return ""


def asks_for_keys(sentence: str) -> bool:
    """Whether a question wants keys: "please key in your phone number"."""
    return bool(re.search(r"\bkeys?\b|\bpress\b|type the", plain(sentence)))
