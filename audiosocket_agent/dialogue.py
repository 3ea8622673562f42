"""The conversation of one call: where it stands, and the answers that take it further.

An answer is a `Draft`. It may be begun on a guess that the caller is done, and thrown away unheard:
the conversation only moves when a draft is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from audiosocket_agent.agenda import Agenda
from audiosocket_agent.conversation import (
    LEGAL,
    BookingRequest,
    Event,
    Facts,
    Phase,
    Reply,
    State,
    advance,
    takes_words,
)
from audiosocket_agent.draft import Draft, Piece
from audiosocket_agent.errors import IllegalEvent
from audiosocket_agent.guard_facts import company_facts
from audiosocket_agent.journal import Speaker
from audiosocket_agent.scene import MakeBooking, Mind, Prompt, Scene
from audiosocket_agent.seams import Usage
from audiosocket_agent.tokens import sum_of
from audiosocket_agent.tools import ToolRunner
from audiosocket_agent.workflow import Outcome, Step

__all__ = ["Dialogue", "Draft", "MakeBooking", "Mind", "Piece"]


class Dialogue:
    """The conversation of one call.

    Args:
        mind: What thinks.
        facts: The company and what is known of the caller.
        book: Makes a booking; never raises.
        call_id: For logs.
        begin: Where it stands at first: of a caller who comes back, where it stood.
        tools: Runs tools that need the world.
        hold: Keeps a time while its caller decides, beside the talk.
    """

    def __init__(
        self,
        mind: Mind,
        facts: Facts,
        book: MakeBooking,
        call_id: str,
        begin: State | None = None,
        tools: ToolRunner | None = None,
        hold: Callable[[BookingRequest], object] | None = None,
    ) -> None:
        guarded = None if mind.model is None else company_facts(facts.company, facts.today)
        self._scene = Scene(mind, facts, book, call_id, tools, hold, guarded=guarded)
        self._begin = State(step=facts.company.workflow.first) if begin is None else begin
        self._given: Draft | None = None  # the newest committed answer: it moves the conversation
        self._tokens = Usage(0, 0)

    @property
    def state(self) -> State:
        """Where the conversation stands; drafts that are not committed do not count."""
        return self._begin if self._given is None else self._given.state

    @property
    def tokens(self) -> Usage:
        """What the model has cost so far, drafts that were thrown away included."""
        return self._tokens

    def know(self, agenda: Agenda | None) -> None:
        """Take what is free now; answers that are under way go on with what was free then."""
        self._scene = replace(self._scene, facts=replace(self._scene.facts, agenda=agenda))

    def accepts(self, event: Event) -> bool:
        """Whether an event may be answered now."""
        return type(event) in LEGAL[self.state.phase]

    def takes(self, text: str) -> bool:
        """Whether the caller's words count now: while keys are collected, only a wish."""
        return takes_words(self.state, text, self._scene.facts)

    def draft(
        self,
        event: Event,
        history: Sequence[tuple[Speaker, str]],
        *,
        free_speech: bool,
        on_first_token: Callable[[], None] = lambda: None,
    ) -> Draft:
        """Begin to answer an event, from where the conversation stands now.

        No two drafts are thought at once: the one before, if it was not given, is closed first.

        Args:
            event: What happened; must be legal in the state's phase.
            history: The turns before it.
            free_speech: Whether the ear can follow free speech.
            on_first_token: Called with every piece of the model's, words or tool calls.
        """
        prompt = Prompt(event, tuple(history), free_speech, on_first_token)
        reference = "" if self._given is None else self._given.reference
        return Draft(self._scene, self.state, reference, prompt, self._spend)

    def settle(self, event: Event) -> Reply | None:
        """Take an event that ends the call without another word.

        Returns:
            How it ends; None if there is something to say, and nothing was taken.
        """
        state, reply = advance(self.state, event, self._scene.facts)
        if reply.say or reply.end is None:
            return None
        draft = self.draft(event, (), free_speech=False)
        draft.state, draft.end = state, reply.end
        self.commit(draft)
        return reply

    def commit(self, draft: Draft) -> None:
        """Give an answer: what it did to the conversation is real, and what it still does.

        Raises:
            IllegalEvent: If it was given before (our bug).
        """
        if draft.committed:
            raise IllegalEvent("committed", "commit")
        self._given = draft
        draft.commit()

    def reopen(self) -> bool:
        """Take a goodbye back: the caller spoke over it.

        Returns:
            Whether the conversation goes on; it does not when the caller is on the way to a person,
            or when nobody has said goodbye.
        """
        given = self._given
        if given is None or given.end is not Outcome.HANGUP:
            return False
        given.state = replace(given.state, step=Step.CLOSE, phase=Phase.ASKING, asked=None)
        given.end = None
        return True

    def _spend(self, usage: Usage) -> None:
        self._tokens = sum_of(self._tokens, usage)
