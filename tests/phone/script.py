"""A caller who answers questions, from a list of what to say or key to each.

The caller knows what is asked from the live record of the call, as a person would from the words,
but goes by its own ears for when to speak: it waits until the agent has been silent on the phone
for a moment. Asked the same thing again, it gives its next answer to it, the last one for ever
after, and gives up when that has happened too often.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from audiosocket_agent import wording
from tests.phone import heard, voice
from tests.phone.call import Call
from tests.phone.g711 import Pcm
from tests.phone.outcome import CallEnded, Ended
from tests.phone.voice import CALLERS, Voice

ANYTHING = "*"
"""The key of the answers to whatever else is asked."""
QUIET_S = 0.4  # how long the agent must have been silent before a polite caller speaks


@dataclass(frozen=True, slots=True)
class Question:
    """Something the agent asked.

    Attributes:
        number: Position in the call; grows.
        step: Name of the conversation step.
        asks: Name of what is asked for; empty when nothing is.
        text: The agent's words.
    """

    number: int
    step: str
    asks: str
    text: str


class LiveCall(Protocol):
    """The record of a call while it goes on."""

    async def next_question(self) -> Question | None:
        """Wait for the next question; None once the call is over."""
        ...

    async def spoken(self, question: Question) -> None:
        """Wait until the agent has said all of it, or has been interrupted."""
        ...


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these words."""

    text: str


@dataclass(frozen=True, slots=True)
class Keys:
    """Press these keys."""

    digits: str


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Make this sound; arrays have no single equality, so each is equal to itself only."""

    pcm: Pcm


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing and wait for the next question."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Put the phone down instead of answering."""


Answer = Say | Keys | Sound | Silence | HangUp
NO_PERSON = Keys("2")  # to the offer of one: this caller wants to be understood
Answers = Mapping[str, Sequence[Answer]]


class GaveUp(RuntimeError):
    """The caller was asked the same thing too often, or something it has no answer to."""

    def __init__(self, question: Question, times: int) -> None:
        super().__init__(question, times)
        self.question = question
        self.times = times

    def __str__(self) -> str:
        return f"asked {self.times} times for {self.question.asks!r}: {self.question.text}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer.

    Attributes:
        question: What was asked.
        answer: What was answered.
        started_at: When the answer's first frame was sent; None for silence.
        ended_at: When its last was.
    """

    question: Question
    answer: Answer
    started_at: float | None = None
    ended_at: float | None = None


@dataclass(slots=True)
class Story:
    """How a scripted call went.

    Attributes:
        exchanges: Every question with its answer, in order.
        ended: How the call ended.
        person_at: When a person was heard, which ends the caller's part; None if none was.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    ended: Ended | None = None
    person_at: float | None = None

    def responses_ms(self, call: Call) -> list[float | None]:
        """From the last frame the caller sent to the first sound of the agent, each exchange.

        None where the caller kept silent, or nothing more was heard.
        """
        sound = call.sound()
        found: list[float | None] = []
        for exchange in self.exchanges:
            ended_at = exchange.ended_at
            first = None if ended_at is None else heard.first_sound_at(sound, ended_at)
            found.append(None if first is None or ended_at is None else (first - ended_at) * 1000)
        return found


BOOKING: Answers = {
    "service": (Say("a leaking tap"), Say("leaking tap"), Keys("2")),
    "area": (Keys("871122#"),),  # TR1 1AA
    "wanted": (Say("yes please"), Say("yes"), Keys("1")),
    "day": (Say("tuesday"), Say("on tuesday"), Keys("2")),
    "part": (Say("in the morning"), Say("morning"), Keys("1")),
    "callback": (Say("yes"), Say("yes please"), Keys("1")),
    "phone": (Keys("07700900123#"),),
    "agreed": (Say("yes"), Say("that's right"), Keys("1")),
}
"""Books a leaking tap at the sample company, with the keypad as the last resort."""


@dataclass(frozen=True, slots=True)
class ScriptedCaller:
    """A caller with an answer to everything it expects to be asked.

    Attributes:
        answers: By what is asked for, failing that by step, failing that under `ANYTHING`; one
            after the other.
        voice: How it speaks.
        most_repeats: How often the same thing may be asked before it gives up.
        quiet_s: How long the agent must have been silent before it speaks.
        tell: Called with each question and the answer to it, just before it is given.
    """

    answers: Answers
    voice: Voice = CALLERS[0]
    most_repeats: int = 4
    quiet_s: float = QUIET_S
    tell: Callable[[Question, Answer], None] = lambda question, answer: None

    async def prepare(self) -> None:
        """Make the speech beforehand, so that making it delays no answer."""
        for answer in (a for some in self.answers.values() for a in some):
            if isinstance(answer, Say):
                await voice.spoken(answer.text, self.voice)

    async def run(self, call: Call, live: LiveCall, timeout_s: float = 240.0) -> Story:
        """Hold an answered call to its end, or until a person is reached; then hang up.

        Raises:
            GaveUp: If the agent keeps asking, or asks what there is no answer to; the caller has
                hung up then.
            TimeoutError: If the call does not end in time.
        """
        story = Story()
        async with asyncio.timeout(timeout_s):
            try:
                await self._converse(call, live, story)
            except CallEnded:
                pass  # in mid-answer: the agent's right
            except GaveUp:
                await call.hangup()
                raise
            story.ended = await call.ended(timeout_s)
        return story

    async def _converse(self, call: Call, live: LiveCall, story: Story) -> None:
        """Answer until the call is over, a person is heard, or nothing is asked any more."""
        asked: Counter[str] = Counter()
        person = asyncio.ensure_future(call.person_reached())
        answering = asyncio.ensure_future(self._answer_all(call, live, story, asked))
        try:
            await asyncio.wait((person, answering), return_when=asyncio.FIRST_COMPLETED)
            if not answering.done() or answering.exception() is None:
                # Nothing is asked any more: the agent says goodbye, or a person comes.
                story.person_at = await person
                await call.hangup()
            else:
                await answering
        finally:
            for task in (person, answering):
                task.cancel()
            await asyncio.gather(person, answering, return_exceptions=True)

    async def _answer_all(
        self, call: Call, live: LiveCall, story: Story, asked: Counter[str]
    ) -> None:
        while (question := await self._await_turn(call, live)) is not None:
            answer = self._answer(question, asked)
            self.tell(question, answer)
            story.exchanges.append(await self._give(call, question, answer))
            if isinstance(answer, HangUp):
                return

    async def _await_turn(self, call: Call, live: LiveCall) -> Question | None:
        """Wait until something was asked, said to its end, and followed by quiet."""
        question = await live.next_question()
        if question is not None:
            await live.spoken(question)
            await call.agent_quiet(self.quiet_s, timeout_s=60.0)
        return question

    def _answer(self, question: Question, asked: Counter[str]) -> Answer:
        if wording.OFFER in question.text:
            return NO_PERSON
        named = (question.asks, question.step, ANYTHING)
        name = next((n for n in named if n in self.answers), question.asks)
        asked[name] += 1
        answers = self.answers.get(name, ())
        if not answers or asked[name] > self.most_repeats:
            raise GaveUp(question, asked[name])
        return answers[min(asked[name], len(answers)) - 1]

    async def _give(self, call: Call, question: Question, answer: Answer) -> Exchange:
        started_at = asyncio.get_running_loop().time()
        match answer:
            case Say(text):
                said = await call.say(await voice.spoken(text, self.voice))
                return Exchange(question, answer, said.started_at, said.ended_at)
            case Sound(pcm):
                said = await call.say(pcm)
                return Exchange(question, answer, said.started_at, said.ended_at)
            case Keys(digits):
                await call.send_digits(digits)
                return Exchange(question, answer, started_at, asyncio.get_running_loop().time())
            case HangUp():
                await call.hangup()
                return Exchange(question, answer)
            case Silence():
                return Exchange(question, answer)
