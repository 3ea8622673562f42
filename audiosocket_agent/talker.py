"""Our side of a call: one answer at a time, begun early, given, cut short, or thrown away.

The turn policy says when; this file holds what is being said and knows what may be done to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Protocol

from audiosocket_agent import wording
from audiosocket_agent.answers import Answer, Spending, Stage
from audiosocket_agent.completeness import same_words
from audiosocket_agent.conversation import (
    Booked,
    BookingFailed,
    BookingRequest,
    Event,
    Heard,
    Phase,
    Reply,
    State,
)
from audiosocket_agent.conversation_state import (
    WAITING,
    CallbackRequest,
    Noted,
    NotNoted,
    Seek,
    Sought,
)
from audiosocket_agent.dialogue import Dialogue
from audiosocket_agent.errands import COMFORT_EVERY_S
from audiosocket_agent.journal import Spent
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.playout import Playout
from audiosocket_agent.speech import Line, Mouth, heard_text
from audiosocket_agent.workflow import Outcome

Booking = asyncio.Task[Booked | BookingFailed]
Search = asyncio.Task[Sought]
Noting = asyncio.Task[Noted | NotNoted]
Work = Booking | Search | Noting


class Floor(Protocol):
    """What our side needs of the call."""

    @property
    def free_speech(self) -> bool:
        """Whether the ear can follow free speech."""

    def now_ms(self) -> float:
        """Return the call's clock."""

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start a task that ends with the call, and whose failure ends it."""

    def asks(self, reply: Reply) -> None:
        """An answer is given; this is what it asks for, as far as is known."""

    def listens(self) -> None:
        """What was asked has been spoken to its end."""

    def collects(self, secret: str) -> None:
        """Keys are to be collected unseen from now on, while they are still being asked for.

        `SecretDone` is to follow.

        Args:
            secret: Whose, by key in the company's `secrets`.
        """

    def ends(self, outcome: Outcome, target: str) -> None:
        """The last words of the call have been spoken to their end.

        Args:
            outcome: How it ends.
            target: With an extension or an outside number: it.
        """


class Talker:
    """What the agent says in one call.

    Args:
        floor: The call.
        dialogue: What is to be said.
        mouth: Says it.
        playout: Where it waits to be sent.
        minutes: Takes it down.
        book: Begins to make a booking.
        seek: Begins to look for a person; the task never fails.
        note: Begins to write a wish to be called back down; the task never fails.
        comfort_after_s: How long each may take before the caller is told that we are at it.
        most_discarded: Tokens that may be spent on answers nobody hears.
    """

    def __init__(
        self,
        floor: Floor,
        dialogue: Dialogue,
        mouth: Mouth,
        playout: Playout,
        minutes: Minutes,
        book: Callable[[BookingRequest], Booking],
        seek: Callable[[Seek], Search],
        note: Callable[[CallbackRequest], Noting],
        *,
        comfort_after_s: float,
        most_discarded: int,
    ) -> None:
        self._floor = floor
        self._dialogue = dialogue
        self._mouth = mouth
        self._playout = playout
        self._minutes = minutes
        self._book = book
        self._seek = seek
        self._note = note
        self._comfort_after_s = comfort_after_s
        self._spending = Spending(most_discarded)
        self._stage = Stage(dialogue, mouth, minutes, floor.now_ms, floor.asks, self._lead)
        self._answer: Answer | None = None  # being given, or only held
        self._speaking: asyncio.Task[None] | None = None  # whose task this is
        self._work: Work | None = None  # its result speaks next

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self._dialogue.state

    @property
    def spent(self) -> Spent:
        """What the answers have cost so far."""
        return self._spending.total(self._dialogue.tokens)

    @property
    def may_speculate(self) -> bool:
        """Whether an answer may be begun before it is surely wanted."""
        return self._spending.may_speculate

    @property
    def silent(self) -> bool:
        """Whether nothing is being said, held, or waited for."""
        return self._answer is None and not self._busy

    @property
    def left_ms(self) -> float | None:
        """How much is left of an answer that the caller may cut short; None if none is on."""
        answer = self._answer
        if answer is None or not answer.committed or self.state.phase in WAITING:
            return None
        reply = answer.reply
        if reply is not None and (
            reply.works or reply.secret or reply.end not in (None, Outcome.HANGUP)
        ):
            return None  # a booking that was agreed to, and the way to a person, go on
        return self._playout.left_ms

    # --- the caller's turns ----------------------------------------------------------------------

    def think_ahead(self, text: str, confidence: float = 1.0) -> None:
        """Begin an answer that is held until the caller is surely done.

        Args:
            text: The words so far.
            confidence: How sure the ear is of them, 0.0 to 1.0.
        """
        if self.state.phase is Phase.ASKING and not self._busy:
            self._begin(Heard(text, confidence))

    def think_again(self) -> None:
        """Throw away an answer that is only held."""
        if self._answer is not None and not self._answer.committed:
            self.stop()

    def hear(
        self, text: str, at_ms: float, marks_ms: dict[str, int], confidence: float = 1.0
    ) -> None:
        """Answer what the caller has said: with what was begun, if it fits.

        Args:
            text: The words.
            at_ms: When the caller's voice was last heard.
            marks_ms: The waterfall of the caller's turn.
            confidence: How sure the ear is of the words, 0.0 to 1.0.
        """
        if not self._dialogue.takes(text) or self._busy:
            return  # said while the booking is being made, or after the end
        answer = self._begun_to(text, confidence)
        if answer is None:
            self.stop()
            answer = self._begin(Heard(text, confidence))
        self._minutes.caller_said(text, self.state, at_ms)
        answer.commit(marks_ms)

    def on(self, event: Event, marks_ms: dict[str, int] | None = None) -> None:
        """Answer an event that is sure."""
        if not self._dialogue.accepts(event):
            return  # said while something is being done, whose result speaks next, or after the end
        self.stop()
        last = self._dialogue.settle(event)
        if last is not None and last.end is not None:
            self._floor.ends(last.end, last.target)
            return
        self._begin(event).commit(marks_ms or {})

    # --- our voice -------------------------------------------------------------------------------

    def hold(self) -> None:
        """Let our voice wait where it is."""
        self._mouth.hold()

    def release(self) -> None:
        """Let it go on from there; an answer that is only held stays so."""
        if self._answer is None or self._answer.committed:
            self._mouth.release()

    def give_way(self) -> None:
        """The caller speaks over us: stop, and remember only what was heard."""
        if self.left_ms is not None:
            self.stop()
            self._dialogue.reopen()  # a goodbye that was spoken over is none

    def stop(self) -> None:
        """End whatever is being said, or only held."""
        answer, self._answer = self._answer, None
        speaking, self._speaking = self._speaking, None
        if speaking is not None and not speaking.done():
            speaking.cancel()
        if answer is not None:
            self._spending.count(answer)
        self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=True)
        self._mouth.stop()
        self._work = None  # what is under way goes on at its desk; nobody here waits for it

    # --- one answer ------------------------------------------------------------------------------

    def _begun_to(self, text: str, confidence: float) -> Answer | None:
        """Return the answer that is held, if it answers these words and is still good."""
        answer, speaking = self._answer, self._speaking
        if answer is None or not isinstance(answer.event, Heard):
            return None
        if speaking is None or speaking.done() or answer.error is not None:
            return None
        if answer.event.confidence != confidence:
            return None
        return answer if same_words(answer.event.text, text) else None

    def _begin(self, event: Event) -> Answer:
        """Begin an answer; it is only held until it is given."""
        self._answer = Answer(self._stage, event, free_speech=self._floor.free_speech)
        self._speaking = self._floor.spawn(self._speak(self._answer))
        return self._answer

    def _lead(self, reply: Reply) -> None:
        """Take over where an answer leads: what to listen for, and how the call goes on."""
        self._minutes.agent_asks(reply)
        self._floor.asks(reply)
        if reply.book is not None:  # made while its announcement is spoken, whoever hangs up
            self._work = self._book(reply.book)
        elif reply.seek is not None:
            self._work = self._seek(reply.seek)
        elif reply.note is not None:
            self._work = self._note(reply.note)
        elif reply.secret:
            self._floor.collects(reply.secret)

    async def _speak(self, answer: Answer) -> None:
        await answer.speak()
        if not answer.committed:
            return  # it could not be made; should it be wanted, it is begun again
        self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=False)
        self._spending.count(answer)
        self._answer = None
        reply = answer.reply
        assert reply is not None  # every answer ends with one
        if self._work is not None:
            work, self._work = self._work, None
            await self._comfort_until(work)
            result = await asyncio.shield(work)
            self._speaking = None  # this task goes on to start its successor
            self.on(result)
        elif reply.end is not None:
            self._floor.ends(reply.end, reply.target)
        elif not reply.secret:  # then keys are listened to already
            self._floor.listens()

    async def _comfort_until(self, work: Work) -> None:
        """Tell the caller now and then that we are at it."""
        wait_s = self._comfort_after_s
        for sentence in wording.COMFORT:
            await asyncio.wait((work,), timeout=wait_s)
            if work.done():
                return
            self._minutes.agent_begins(self.state.step, self._floor.now_ms(), {})
            self._minutes.agent_says(sentence)
            await self._mouth.speak(_one(Line(sentence)), lambda: None)
            self._minutes.agent_ends(sentence, interrupted=False)
            wait_s = COMFORT_EVERY_S

    @property
    def _busy(self) -> bool:
        """Whether an answer is being given that the caller cannot cut short, or its work done.

        Words said meanwhile are not answered.
        """
        if self._speaking is None or self._speaking.done():
            return False
        return self._answer is None or (self._answer.committed and self.left_ms is None)


async def _one(line: Line) -> AsyncGenerator[str | Line, None]:
    yield line
