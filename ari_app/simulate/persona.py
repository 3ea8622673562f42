"""The simulated caller: hears words, and says, keys, or does nothing. A pure state machine.

It knows nothing of the agent but what the agent says. What it is asked it understands from the
words (`questions`); what it answers are its facts, in its manner, in ways that luck chooses. Asked
the same again it drops its manners, as people do, and says just the thing.

What comes of a question:

    a reply of the scenario fits      -> that
    told what is about to be booked   -> yes if it is what was wanted, else no and what is
    a question it knows an answer to  -> the answer
    a question it does not            -> "I don't know"
    no question                       -> nothing: the agent goes on, or asks
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ari_app.simulate import wordings
from ari_app.simulate.questions import Asked, asked, asks_for_keys, keys_for
from ari_app.simulate.read_back import wrong_in
from ari_app.simulate.scenario import Action, Goal, Manner, PersonaSpec, plain, says
from ari_app.simulate.wordings import Luck

SHORT = 12  # words: "Sorry, I didn't catch that. Is that right?"
YES_NO = frozenset(
    ("wanted", "agreed", "callback", "ring_back", "message", "person", "anything_else", "yes_no")
)
_VAGUE = {"booked_in": "wanted"}


@dataclass(frozen=True, slots=True)
class Say:
    """Words; spoken or typed.

    Attributes:
        text: Them.
        slowly: Whether they are said slowly: people are clearer when they are asked again.
    """

    text: str
    slowly: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """Keys."""

    keys: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing is said until the agent speaks again."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The caller ends the call."""


Act = Say | Press | Quiet | HangUp


class Persona:
    """One caller in one call.

    Args:
        spec: Who.
        luck: Chooses between ways to say the same.
        writes: Whether the words are typed: only then can they be misspelt.
    """

    def __init__(self, spec: PersonaSpec, luck: Luck, *, writes: bool = True) -> None:
        self._spec = spec
        self._luck = luck
        self._writes = writes
        self._facts = dict(spec.facts)
        self._used: dict[int, int] = {}
        self._times: dict[str, int] = {}  # how often each thing was asked
        self._topic = ""
        self._wrong = ""  # what was wanted instead of what was read back last
        self._slips: set[str] = set()  # what has come out wrong: once is enough
        self._spoke = self._changed = False

    def hear(self, said: str) -> Act:
        """Take what the agent has said since the caller's last turn; return what the caller does.

        Args:
            said: All of it; "" if nothing was heard.
        """
        for number, action in enumerate(self._spec.replies):
            used = self._used.get(number, 0)
            if used < action.times and says(said, action.when):
                self._used[number] = used + 1
                self._spoke = True
                return _act(action)
        if self._spec.goal in (Goal.SILENCE, Goal.NOTHING) and not self._spec.opening:
            return Quiet()
        found = asked(said, self._facts)
        if not found.topic:
            return Quiet()
        topic = _VAGUE.get(found.topic, found.topic)
        if found.topic in ("yes_no", "same") and self._topic:
            topic = self._topic
        again = topic == self._topic
        act = self._to(Asked(topic, found.sentence), said)
        return replace(act, slowly=True) if again and isinstance(act, Say) else act

    def _to(self, found: Asked, said: str) -> Act:
        """Answer a question."""
        topic = found.topic
        times = self._times[topic] = self._times.get(topic, 0) + 1
        again = times > 1 and topic == self._topic
        self._topic = topic
        if self._is(Manner.SILENT) and not again and topic not in ("agreed", "open"):
            return Quiet()
        if not self._spoke:
            self._spoke = True
            if self._spec.opening:
                return Say(self._spec.opening)
            if self._spec.goal is Goal.PERSON:
                return Say(self._luck.choice(wordings.PERSON))
        elif self._spec.goal is Goal.NOTHING:
            return Quiet()
        if topic == "agreed":
            return self._agree(found, said, again)
        if topic in YES_NO:
            return self._yes_or_no(topic, said, again)
        return self._tell(found, said, again)

    # --- yes and no ------------------------------------------------------------------------------

    def _yes_or_no(self, topic: str, said: str, again: bool) -> Act:
        if topic == "anything_else":
            return Say(self._luck.choice(wordings.FAREWELL))
        given = self._facts.get(topic)
        if given is None:
            given = self._usual(topic)
        if given not in ("yes", "no"):
            return Say(given)
        return self._settled(given, said, again)

    def _usual(self, topic: str) -> str:
        """Return what the caller says to a question of yes or no that the scenario leaves open."""
        match topic:
            case "wanted":
                return "no" if self._spec.goal is Goal.PRICE else "yes"
            case "callback":
                return "no" if "phone" in self._facts else "yes"
            case "person":
                return "yes" if self._spec.goal is Goal.PERSON else "no"
            case "message":
                return "no"
        return "yes"

    def _settled(self, given: str, said: str, again: bool) -> Act:
        if self._is(Manner.KEYPAD) and (key := keys_for(said, given)):
            return Press(key)
        if again or self._is(Manner.TERSE):
            return Say(given)
        return Say(self._luck.choice(wordings.YES if given == "yes" else wordings.NO))

    def _agree(self, found: Asked, said: str, again: bool) -> Act:
        """Answer to what was read back: it has to be what was wanted."""
        if self._spec.changes and not self._changed:
            self._changed = True
            self._facts |= self._spec.changes
            self._times.clear()
            if self._is(Manner.KEYPAD) and (key := keys_for(said, "no")):
                return Press(key)
            return Say(f"No, make it {' '.join(self._spec.changes.values())}")
        # Asked again without all being read back, nothing has become right that was not.
        read_back = len(plain(said).split()) > SHORT
        self._wrong = wrong = (
            wrong_in(said, self._facts, self._spec.called) if read_back else self._wrong
        )
        if wrong:
            self._times.clear()
            if self._is(Manner.KEYPAD) and (key := keys_for(said, "no")):
                return Press(key)
            return Say(f"No, {wrong}")
        return self._settled(self._facts.get("agreed", "yes"), said, again)

    # --- facts -----------------------------------------------------------------------------------

    def _tell(self, found: Asked, said: str, again: bool) -> Act:
        topic = found.topic
        if topic == "open":
            return Say(self._opened(again))
        if topic == "rest":
            topic = "phone"
        if topic == "changed":
            wrong = self._wrong or next(iter(self._spec.changes.values()), "")
            return Say(wrong or "Everything.")
        value = self._facts.get(topic)
        if value is None and topic == "area":
            value = self._facts.get("postcode")
        if value is None and topic == "postcode":
            value = self._facts.get("area")
        if value is None:
            wants_person = self._spec.goal is Goal.PERSON
            return Say(self._luck.choice(wordings.PERSON if wants_person else wordings.UNKNOWN))
        if topic == "phone" and (self._is(Manner.KEYPAD) or asks_for_keys(found.sentence)):
            return Press(re.sub(r"[^0-9]", "", value) + "#")
        if self._is(Manner.KEYPAD) and (key := keys_for(said, value)):
            return Press(key)
        return Say(self._worded(topic, value, again))

    def _opened(self, again: bool) -> str:
        service = self._facts.get("service", "")
        if not service:
            return self._luck.choice(wordings.UNKNOWN)
        if again or self._is(Manner.TERSE):
            return service
        said = self._luck.choice(wordings.OPENINGS).format(
            service=self._slipped("service", service)
        )
        area = self._facts.get("area", "")
        if area and (self._is(Manner.CHATTY) or self._luck.random() < 0.3):
            said = self._luck.choice(wordings.WITH_AREA).format(opening=said, area=area)
        return self._in_my_manner(said)

    def _worded(self, topic: str, value: str, again: bool) -> str:
        if again:
            return value
        if self._is(Manner.TERSE):
            return self._in_my_manner(value)
        way = self._luck.choice(wordings.ANSWERS.get(topic, wordings.PLAIN))
        return self._in_my_manner(way.format(value=self._slipped(topic, value)))

    def _slipped(self, topic: str, value: str) -> str:
        """Return a fact as it comes out at first: with a slip, if the caller is one for that."""
        slip = "" if topic in self._slips else self._spec.slips.get(topic, "")
        self._slips.add(topic)
        return f"{slip}, no sorry, {value}" if slip and self._is(Manner.CORRECTS) else value

    def _in_my_manner(self, said: str) -> str:
        if self._is(Manner.MUMBLES) and self._luck.random() < 0.6:
            return self._luck.choice(wordings.MUMBLED)
        if self._is(Manner.BREAKS) and self._luck.random() < 0.6:
            return self._luck.choice(wordings.ATTACKS)
        if self._is(Manner.MISSPELLS) and self._writes and self._luck.random() < 0.7:
            return wordings.misspelt(said, self._luck)
        if self._is(Manner.ANGRY) and self._luck.random() < 0.5:
            return f"{self._luck.choice(wordings.RANTS)} {said}"
        if self._is(Manner.CHATTY):
            return f"{self._luck.choice(wordings.CHATTER)} {said}"
        return said

    def _is(self, manner: Manner) -> bool:
        return manner in self._spec.manner


def _act(action: Action) -> Act:
    if action.say is not None:
        return Say(action.say)
    if action.press is not None:
        return Press(action.press)
    return HangUp() if action.hang_up else Quiet()
