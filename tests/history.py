"""A talk of 20 turns with interruptions, and what must be on record of it.

What was heard is read off the recording (`tests.phone.spelled`): of the agent's own bookkeeping
nothing is believed. Every word the model ever says is another one, so that it is known which answer
a word on the recording belongs to, and which place in it. One written word is one spoken word.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from audiosocket_agent import wording
from audiosocket_agent.simulators.cartesia_tones import BEGIN, END, SYMBOL_MS, letters
from tests.phone.spelled import ReadWord

TURNS = 20
NOD, COUGH = "mhm", ""
# Nothing a booking needs, and nothing that is for a person: only the model answers it.
_THINGS = (
    "kitchen garden hallway window ceiling cupboard bedroom attic cellar chimney balcony carpet "
    "curtain fireplace staircase doorbell radiator wallpaper greenhouse letterbox basin bathtub "
    "cabinet conservatory corridor dishwasher driveway extractor fence freezer gutter hinge ladder "
    "mirror oven pantry patio pavement porch shelf"
).split()
_CALLERS = 2
# A call may not stay in one step for longer than 90 s: in the middle the caller gets to the point.
_POINTS = ("I have got a leaking tap", "my tap is leaking")
_ASKING = ("tell me about the {}", "I would like to hear more about the {} please", "the {}")
GREETING = (
    "Hello, you are through to Harbour Home Services. I am the automatic booking assistant. "
    + wording.HOW_CAN_I_HELP
)
_LEFT_OUT = re.compile(r"The first (\d+) turns of the call are not shown")
_LEAST_SHOWN = 12  # turns: of a talk too long to be shown, at least this much of it is


@dataclass(frozen=True, slots=True)
class Step:
    """What the caller does while the agent speaks, and says then.

    Attributes:
        words: What is said; other words at every step.
        cuts_in_s: When, in seconds after the reply's first sound; below 0, before its end. None: in
            the quiet after it.
        pause_s: How long that quiet is.
        disturbs: A nod or a cough before that, and when; None: neither.
    """

    words: str
    cuts_in_s: float | None
    pause_s: float
    disturbs: tuple[str, float] | None = None


def plan(seed: int, caller: int = 0) -> list[Step]:
    """Return the steps of a talk: interruptions at half of them, at every kind of moment.

    Args:
        seed: Of the moments.
        caller: 0 or 1; they say nothing alike, so that one model may serve both.
    """
    draw = random.Random(seed)
    moments = [
        *(draw.uniform(0, 0.1) for _ in range(3)),  # as the reply begins
        *(draw.uniform(-0.25, -0.001) for _ in range(3)),  # as it ends
        *(draw.uniform(0, 3) for _ in range(5)),
        *[None] * (TURNS - 11),
    ]
    draw.shuffle(moments)
    things = draw.sample(_THINGS[caller::_CALLERS], TURNS)
    disturbed = {*draw.sample([n for n in range(1, TURNS) if moments[n] is None], 4)}
    return [
        Step(
            _POINTS[caller] if n == TURNS // 2 else draw.choice(_ASKING).format(thing),
            moment,
            draw.uniform(0.1, 0.6),
            (draw.choice((NOD, COUGH)), draw.uniform(0.1, 0.7)) if n in disturbed else None,
        )
        for n, (thing, moment) in enumerate(zip(things, moments, strict=True))
    ]


class Answers:
    """What the model says: to every request other words.

    Attributes:
        requests: The messages of each request, as pairs of role and text, oldest first.
        said: The answer to each.
    """

    def __init__(self, seed: int) -> None:
        self.requests: list[list[tuple[str, str]]] = []
        self.said: list[str] = []
        self._draw = random.Random(seed)
        self._used: set[str] = set()

    def answer(self, messages: Sequence[tuple[str, str]]) -> str:
        """Return the answer to a request: 7 to 14 words in clauses and sentences."""
        words = [self._word() for _ in range(self._draw.randint(7, 14))]
        for at in range(3, len(words) - 3, 4):
            words[at] += self._draw.choice(("", ",", "."))
        self.requests.append(list(messages))
        self.said.append(" ".join(words) + self._draw.choice(".?"))
        return self.said[-1]

    def answer_to(self, words: str) -> str | None:
        """Return the newest answer to what the caller said; None while there is none."""
        asked = [n for n, r in enumerate(self.requests) if plain(r[-1][1]) == plain(words)]
        return self.said[asked[-1]] if asked else None

    def _word(self) -> str:
        while True:
            syllables = self._draw.choices(_SYLLABLES, k=self._draw.randint(2, 3))
            word = "".join(syllables)
            if word not in self._used:
                self._used.add(word)
                return word


_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]


def plain(text: str) -> list[str]:
    """Return the words of a text, however an ear or a model wrote them."""
    return [letters(word) for word in text.split()]


def seconds_of(text: str) -> float:
    """How long the voice speaks a text, its pauses left out."""
    symbols = sum(len(BEGIN + letters(word) + END) for word in text.split())
    return symbols * SYMBOL_MS / 1000


class Phone(Protocol):
    """The caller's phone. Times are seconds of its own clock."""

    def now(self) -> float:
        """Return the time."""

    async def wait(self, seconds: float) -> None:
        """Let time pass."""

    async def answered(self, words: str) -> str:
        """Wait until an answer to words is on its way; returns it."""

    async def agent_sounds(self, after: float) -> float:
        """Wait for the agent's voice after a moment; returns when it came."""

    async def agent_quiet(self) -> None:
        """Wait until the agent has finished."""

    async def say(self, words: str) -> float:
        """Say something, or cough; returns when the last of it was said."""


@dataclass(slots=True)
class Told:
    """What happened at the phone.

    Attributes:
        said: When each of the caller's turns began and ended.
    """

    said: list[tuple[float, float]] = field(default_factory=list)


async def hold(phone: Phone, steps: Sequence[Step]) -> Told:
    """Hold the talk; ends in the quiet after the last answer."""
    told = Told()
    words: str | None = None
    for step in steps:
        since = phone.now()
        reply = GREETING if words is None else await phone.answered(words)
        began = await phone.agent_sounds(since)
        if step.disturbs is not None:
            what, at_s = step.disturbs
            await phone.wait(began + at_s - phone.now())
            await phone.say(what)
        if step.cuts_in_s is None:
            await phone.agent_quiet()
            await phone.wait(step.pause_s)
        else:
            late = seconds_of(reply) if step.cuts_in_s < 0 else 0.0
            await phone.wait(began + late + step.cuts_in_s - phone.now())
        words, begins = step.words, phone.now()
        told.said.append((begins, await phone.say(words)))
    since = phone.now()
    await phone.answered(steps[-1].words)
    await phone.agent_sounds(since)
    await phone.agent_quiet()
    return told


def check(
    heard: Sequence[ReadWord],
    turns: Sequence[dict[str, Any]],
    answers: Answers,
    steps: Sequence[Step],
    told: Told,
    gone_s: float,
) -> None:
    """Compare the recording, the record, and what the model was shown.

    Args:
        heard: The words on the recording.
        turns: The record.
        answers: What the model was asked and said.
        steps: What the caller was to say.
        told: When it was said.
        gone_s: How long after the caller's first sound a reply that is interrupted may be heard.

    Raises:
        AssertionError: Where they differ.
    """
    said = [plain(turn["text"]) for turn in turns if turn["speaker"] == "caller"]
    assert said == [plain(step.words) for step in steps], "the caller was not understood"
    replies = [turn for turn in turns if turn["speaker"] == "agent"]
    assert len(replies) == len(steps) + 1, "the agent did not wait for the caller"
    audible = _by_reply(heard, replies, told)
    for reply, step, words, (begins, _) in zip(replies, steps, audible, told.said, strict=False):
        where = f"turn {reply['index']}"
        assert not (step.cuts_in_s is None and reply["interrupted"]), f"{where}: cut by {step}"
        late_s = words[-1].end - begins if words and reply["interrupted"] else 0.0
        assert late_s <= gone_s, f"{where}: heard for {late_s:.3f} s over the caller"
    history: list[tuple[str, str]] = []
    for turn in turns:
        where = f"turn {turn['index']}"
        if turn["speaker"] == "caller":
            _check_shown(answers, turn["text"], history, where)
            history.append(("user", turn["text"]))
            continue
        words = [word.text for word in audible.pop(0) if word.whole]
        assert words == plain(turn["heard"]), f"{where}: the record does not say what was heard"
        assert turn["done"] and (turn["interrupted"] or words == plain(turn["text"])), turn
        history.append(("assistant", " ".join(turn["text"].split()[: len(words)])))


def _check_shown(
    answers: Answers, said: str, history: Sequence[tuple[str, str]], where: str
) -> None:
    """Check what the model was shown before the caller's words, whenever it was asked for them.

    An answer may be begun to words that the ear writes in another way when it is sure of them.
    """
    requests = [r for r in answers.requests if plain(r[-1][1]) == plain(said)]
    assert requests, f"{where}: the model was never asked"
    for request in requests:
        past = [message for message in request[:-1] if message[0] != "system"]
        left_out = next((int(m[1]) for _, text in request if (m := _LEFT_OUT.match(text))), 0)
        if left_out:
            _check_summary(past.pop(0), history[:left_out], where)
            assert len(history) - left_out >= _LEAST_SHOWN, f"{where}: the model was shown less"
        shown = _merged(history[left_out:])
        assert past == shown, f"{where}: the model was shown another past"


def _check_summary(message: tuple[str, str], turns: Sequence[tuple[str, str]], where: str) -> None:
    """Check that what stands for the turns that are not shown was heard in them, in their order."""
    role, text = message
    heard = " ".join(text for _, text in turns)
    assert role == "user" and text.startswith("Data of the call"), f"{where}: no summary"
    for entry in json.loads(text[text.index("{") :])["earlier"]:
        words = entry.split(": ", 1)[1]
        assert words in heard, f"{where}: nobody said {words!r}"
        heard = heard[heard.index(words) :]


def _by_reply(
    heard: Sequence[ReadWord], replies: Sequence[dict[str, Any]], told: Told
) -> list[list[ReadWord]]:
    """Share out what was heard among the replies, each in order, nothing twice and nothing left.

    A word that was cut off was not heard: who hears "harb" of "harbour" knows nothing of it. It may
    only be the next word of a reply that was interrupted, and ends what is heard of it. One that
    begins when the caller has answered already is of the next reply.
    """
    at = 0
    found: list[list[ReadWord]] = []
    for reply, (_, answered) in zip(replies, [*told.said, (math.inf, math.inf)], strict=True):
        mine: list[ReadWord] = []
        for wanted in plain(reply["text"]):
            word = heard[at] if at < len(heard) else None
            if word is None or not wanted.startswith(word.text):
                break
            if word.whole and word.text != wanted:
                break
            if not word.whole and (not reply["interrupted"] or word.start >= answered):
                break
            mine.append(word)
            at += 1
            if not word.whole:
                break
        found.append(mine)
    left = [(word.text, word.whole, round(word.start, 3)) for word in heard[at:]]
    assert not left, f"heard, but of no reply in its order: {left[:5]}"
    return found


def _merged(history: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return one message for each change of speaker, without those who were not heard."""
    merged: list[tuple[str, str]] = []
    for role, text in history:
        if merged and text and merged[-1][0] == role:
            merged[-1] = (role, f"{merged[-1][1]} {text}")
        elif text:
            merged.append((role, text))
    return merged
