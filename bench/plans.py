"""What each caller of the benchmark does, turn by turn: the same in every run. Pure.

A call walks through a booking as real ones do, and out of turn it speaks over a reply, says "mm-hm"
into it, or coughs. The utterances of each use are dealt like cards, so that all of them come up.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from bench.corpus import Utterance, of_use
from bench.voices import BACKGROUNDS, CLICKS, COUGHS, VOICES
from tests.phone.voice import Voice


class Mode(Enum):
    """When a caller makes a sound."""

    ANSWER = "answer"  # when the agent has finished
    BARGE = "barge"  # into the reply, meaning it
    ALARM = "alarm"  # into the reply, meaning nothing


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a caller does.

    Attributes:
        what: The words, or the name of a noise.
        mode: When.
        offset_s: For a sound into a reply, how long after the reply began.
    """

    what: Utterance | str
    mode: Mode = Mode.ANSWER
    offset_s: float = 0.0

    @property
    def kind(self) -> str:
        """The kind of utterance, or the name of the noise."""
        return self.what if isinstance(self.what, str) else self.what.kind


@dataclass(frozen=True, slots=True)
class Plan:
    """One call.

    Attributes:
        number: Which.
        voice: The caller's.
        behind: What is heard behind the caller.
        items: What the caller does, in order.
    """

    number: int
    voice: Voice
    behind: str
    items: tuple[Item, ...]

    @property
    def turns(self) -> int:
        """How often the caller says something that wants an answer."""
        return sum(item.mode is not Mode.ALARM for item in self.items)


_HARD_EVERY = 5  # calls: two turns in a hundred are such as nobody could get right
_HARD_USES = ("service", "wanted", "day")
_LATEST_S = 3.0
_WORDS_IN = ("service", "area")  # what is asked where an "okay" is no answer


class _Deck:
    """Deals the utterances of each use, all of them before the first comes again."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._left: dict[str, list[Utterance | str]] = {}

    def deal(self, use: str, cards: Sequence[Utterance | str]) -> Utterance | str:
        left = self._left.get(use)
        if not left:
            left = self._left[use] = list(cards)
            self._chance.shuffle(left)
        return left.pop()

    def say(self, use: str) -> Utterance:
        card = self.deal(use, of_use(use))
        assert isinstance(card, Utterance)
        return card


class _Story:
    """Writes one call."""

    def __init__(self, number: int, deck: _Deck, chance: random.Random) -> None:
        self._deck = deck
        self._chance = chance
        turn, rest = divmod(number, _HARD_EVERY)
        self._hard = _HARD_USES[turn % len(_HARD_USES)] if rest == _HARD_EVERY - 1 else ""
        self.items: list[Item] = []

    def _offset_s(self, latest_s: float = _LATEST_S) -> float:
        return round(self._chance.uniform(0.0, latest_s), 3)

    def answer(self, use: str) -> None:
        """Answer a question when it has been asked."""
        if use == self._hard:
            self._hard = ""
            self.items.append(Item(of_use(use, hard=True)[0]))
        else:
            self.items.append(Item(self._deck.say(use)))

    def barge(self, use: str, latest_s: float = _LATEST_S) -> None:
        """Say something into the reply, unless it has been disturbed already."""
        if self.items and self.items[-1].mode is Mode.ALARM:
            self.answer(use)
            return
        self.items.append(Item(self._deck.say(use), Mode.BARGE, self._offset_s(latest_s)))

    def alarm(self, asked: str, latest_s: float = _LATEST_S) -> None:
        """Make a sound into the reply that means nothing."""
        kind = self._chance.choice(("cough", "cough", "click", "word", "word"))
        what: Utterance | str
        if kind == "word" and asked in _WORDS_IN:
            what = self._deck.say("backchannel")
        else:
            noises = CLICKS if kind == "click" else COUGHS
            what = self._deck.deal(kind, noises)
        self.items.append(Item(what, Mode.ALARM, self._offset_s(latest_s)))

    def maybe(self, share: float) -> bool:
        """Whether something happens that happens in a share of the calls."""
        return self._chance.random() < share


def _call(number: int, deck: _Deck, chance: random.Random) -> Plan:
    story = _Story(number, deck, chance)
    greeted = number % 4
    if greeted == 0:
        story.barge("interruption")
    elif greeted == 1:
        story.alarm("service")
    for n in range(chance.choice((0, 1, 1, 2))):
        if n and story.maybe(0.6):
            story.barge("interruption")
        story.answer("aside")
        if story.maybe(0.5):
            story.alarm("service")
        elif story.maybe(0.5):
            story.barge("interruption")
    if greeted == 2 and story.items == []:
        story.barge("service")
    else:
        story.answer("service")
    _area(story)
    if story.maybe(0.3):
        story.alarm("wanted", 2.0)
    if story.maybe(0.2):
        story.answer("aside")
    story.answer("wanted")
    story.barge("day", 0.8) if story.maybe(0.25) else story.answer("day")
    story.answer("part")
    story.answer("callback")
    story.barge("phone", 1.5) if story.maybe(0.2) else story.answer("phone")
    if story.maybe(0.5):
        story.alarm("agreed")
    if story.maybe(0.4):  # a "yes" while it is being read back would only show listening
        story.barge("interruption")
    story.answer("agreed")
    voice, behind = VOICES[number % len(VOICES)], BACKGROUNDS[number % len(BACKGROUNDS)]
    return Plan(number, voice, behind, tuple(story.items))


def _area(story: _Story) -> None:
    """The question for the town is a long one: time to say all sorts of things into it."""
    if story.maybe(0.3):
        story.barge("area")
        return
    if story.maybe(0.3):
        story.barge("interruption")
    elif story.maybe(0.7):
        story.alarm("area")
    story.answer("area")


def plans(turns: int, seed: int = 1) -> list[Plan]:
    """Return as many calls as make this many turns."""
    chance = random.Random(seed)
    deck = _Deck(chance)
    found: list[Plan] = []
    while sum(plan.turns for plan in found) < turns:
        found.append(_call(len(found), deck, chance))
    return found


def short_plans(calls: int, turns: int, seed: int = 2) -> list[Plan]:
    """Return calls of at least so many turns each, which end soon after."""
    chance = random.Random(seed)
    deck = _Deck(chance)
    return [_cut(_call(number, deck, chance), turns) for number in range(calls)]


def _cut(plan: Plan, turns: int) -> Plan:
    left = turns
    for n, item in enumerate(plan.items, start=1):
        left -= item.mode is not Mode.ALARM
        if not left:
            return Plan(plan.number, plan.voice, plan.behind, plan.items[:n])
    return plan


def echo_plan(number: int) -> Plan:
    """Return a call in which nobody speaks; see `callers.listen`."""
    return Plan(number, VOICES[0], BACKGROUNDS[0], ())
