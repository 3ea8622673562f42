"""Who answers the caller: the language model within the workflow, or the workflow's own rules.

`Dialogue.answer` turns one event into a stream of things to say, ending with the `Reply` that tells
what comes next. What the caller said goes to the model; keys, silence and results go to the rules,
which need no model to be right. When the model fails, even in the middle of its answer, the rules
go on in the same step with the same slots.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from audiosocket_agent import briefing, toolbox
from audiosocket_agent.conversation import (
    Booked,
    BookingFailed,
    BookingRequest,
    Carry,
    Event,
    Facts,
    Heard,
    Phase,
    Reply,
    State,
    Stuck,
    advance,
    proceed,
)
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import ChatRequest, LanguageModel, Message, Role, ToolCall, Usage
from audiosocket_agent.speech import Line
from audiosocket_agent.workflow import Step

log = logging.getLogger(__name__)

MOST_ROUNDS = 4  # model, tools, model again: more than this is a model that goes in circles
MOST_ARGUMENT_CHARS = 4000

Piece = str | Line | Reply
MakeBooking = Callable[[BookingRequest], Awaitable[Booked | BookingFailed]]


@dataclass(frozen=True, slots=True)
class Mind:
    """What thinks for the process's calls.

    Attributes:
        model: The language model, or several behind one seam; None: the rules alone.
        rules: Whether the rules take over when the model fails; else a person does.
    """

    model: LanguageModel | None = None
    rules: bool = True


class Dialogue:
    """The conversation of one call.

    Args:
        mind: What thinks.
        facts: The company and what is known of the caller.
        book: Makes a booking; never raises.
        call_id: For logs.

    Attributes:
        state: Where the conversation stands.
        tokens: What the model has cost so far.
    """

    def __init__(self, mind: Mind, facts: Facts, book: MakeBooking, call_id: str) -> None:
        self.state = State()
        self.tokens = Usage(0, 0)
        self._mind = mind
        self._facts = facts
        self._book = book
        self._extra = {"call_id": call_id}
        self._untold: list[str] = []  # facts the tools returned, until the model has spoken of them

    async def answer(
        self,
        event: Event,
        history: Sequence[tuple[Speaker, str]],
        *,
        free_speech: bool,
        on_first_token: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[Piece, None]:
        """Answer one event.

        Args:
            event: What happened; must be legal in the state's phase.
            history: The turns before it.
            free_speech: Whether the ear can follow free speech: what the model asks is no use to
                one that only knows the phrases it is told to expect.
            on_first_token: Called with every piece of the model's, words or tool calls.

        Yields:
            Text as it comes (`str`), whole sentences (`Line`), and exactly one `Reply`: first where
            the rules speak, so that its question is in force while it is asked, last otherwise.
        """
        model = self._mind.model
        if model is None or not free_speech or not isinstance(event, Heard) or not event.text:
            for piece in self._by_rules(event):
                yield piece
            return
        before = self.state
        self._untold.clear()
        try:
            answer = self._by_model(model, event.text, history, on_first_token)
            async with aclosing(answer) as pieces:
                async for piece in pieces:
                    yield piece
            return
        except ProviderError as error:
            log.error("no language model answers: %s", error, extra=self._extra)
        if self.state.phase is not Phase.ASKING:
            self.state = replace(self.state, phase=Phase.ASKING)
        if not self._mind.rules:
            event = Stuck()
        elif self.state is not before:
            event = Carry()  # its tools have already taken the words in
        # A price or a booking's reference that the model did not come to tell is told first.
        for piece in self._by_rules(event, self._untold):
            yield piece

    def decide(self, event: Event) -> Reply:
        """Let the rules decide; see `conversation.advance`."""
        self.state, reply = advance(self.state, event, self._facts)
        return reply

    def _by_rules(self, event: Event, first: Sequence[str] = ()) -> list[Piece]:
        reply = self.decide(event)
        reply = replace(reply, say=(*first, *reply.say))
        return [reply, *map(Line, reply.say)]

    async def _by_model(
        self,
        model: LanguageModel,
        said: str,
        history: Sequence[tuple[Speaker, str]],
        on_first_token: Callable[[], None],
    ) -> AsyncGenerator[Piece, None]:
        begun_in = self.state.step
        tools = toolbox.tools(self._facts)
        talk = list(briefing.messages(self._facts, self.state, history, said))
        spoken = ""
        for _ in range(MOST_ROUNDS):
            words, calls = "", list[ToolCall]()
            async with aclosing(model.stream(ChatRequest(tuple(talk), tools))) as pieces:
                async for piece in pieces:
                    on_first_token()
                    if isinstance(piece, str):
                        words += piece
                        yield piece
                    elif isinstance(piece, ToolCall):
                        calls.append(piece)
                    else:
                        self._count(piece)
            spoken += words
            if not calls:
                self._untold.clear()
                yield self._listening()
                return
            if words:
                yield " "  # what follows the tools is another sentence
            talk.append(Message(Role.ASSISTANT, words, tool_calls=tuple(calls)))
            for call in calls:
                worked, ending = await self._work(call, begun_in, said, spoken)
                for last in ending:
                    yield last
                if ending:
                    return
                self._untold += worked.facts
                answer = json.dumps(worked.answer, separators=(",", ":"))
                talk.append(Message(Role.TOOL, answer, tool_call_id=call.id))
        raise ProviderError("llm", f"still calling tools after {MOST_ROUNDS} rounds")

    async def _work(
        self, call: ToolCall, begun_in: Step, said: str, spoken: str
    ) -> tuple[toolbox.Worked, list[Piece]]:
        """Do one tool call; returns what it came to, and the last pieces if the call ends."""
        clipped = replace(call, arguments=call.arguments[:MOST_ARGUMENT_CHARS])
        worked = toolbox.work(clipped, self.state, begun_in, said, self._facts)
        self.state = worked.state
        if worked.book is not None:
            result = await asyncio.shield(asyncio.ensure_future(self._book(worked.book)))
            if isinstance(result, BookingFailed):
                return worked, self._by_rules(result)
            worked = toolbox.booked(self.state, result.reference)
            self.state = worked.state
        if worked.end is None:
            return worked, []
        farewell: list[Piece] = [] if spoken.strip() else [Line(worked.farewell)]
        step = self.state.step
        return worked, [*farewell, Reply((), step, (step,), end=worked.end)]

    def _listening(self) -> Reply:
        """Return what to listen for after the model's own words."""
        if self.state.step is Step.CLOSE:
            return Reply((), self.state.step, (self.state.step,))
        _, reply = proceed(self.state, self._facts, ())
        return replace(reply, say=())

    def _count(self, usage: Usage) -> None:
        self.tokens = Usage(
            self.tokens.prompt_tokens + usage.prompt_tokens,
            self.tokens.completion_tokens + usage.completion_tokens,
        )
