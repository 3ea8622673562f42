"""One answer to the caller, which may yet turn out never to have been given.

The answer to a caller's turn is begun before the turn is surely over. A draft thinks, and its words
may be turned into sound, but until it is committed it changes nothing but its own copy of the
conversation: a tool with effects waits inside it. A draft that is closed uncommitted was never.

What the caller said goes to the model; keys, silence and results go to the rules, which need no
model to be right. When the model fails, even in the middle of its answer, the rules go on in the
same step with the same slots.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from audiosocket_agent import briefing, toolbox
from audiosocket_agent.conversation import (
    Booked,
    BookingFailed,
    Carry,
    Event,
    Heard,
    Looked,
    Offer,
    Phase,
    Reply,
    State,
    Stuck,
    advance,
    answers_offer,
    attended,
    booking_request,
    gets_nowhere,
    proceed,
)
from audiosocket_agent.errands import Errand, Told, comfort, in_json, told_late
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.guard import Guard
from audiosocket_agent.guard_call import agrees, known_in_call, tells
from audiosocket_agent.guard_facts import Known
from audiosocket_agent.journal import Speaker
from audiosocket_agent.memory import budget, left_out, shown_from
from audiosocket_agent.prefill import prefill
from audiosocket_agent.repeating import replied
from audiosocket_agent.roles import agreement
from audiosocket_agent.scene import Late, Prompt, Scene
from audiosocket_agent.seams import (
    ChatRequest,
    Expectation,
    Expects,
    LanguageModel,
    Message,
    Role,
    ToolCall,
    Usage,
)
from audiosocket_agent.situation import NOTHING_RECORDED, situation
from audiosocket_agent.speech import Line
from audiosocket_agent.tokens import sum_of, tokens_of_request, tokens_of_text
from audiosocket_agent.toolbox import Worked
from audiosocket_agent.tools import built_in
from audiosocket_agent.understanding import NO, YES, plain_words, value_in
from audiosocket_agent.walk import question
from audiosocket_agent.workflow import Does, Outcome, Step

log = logging.getLogger(__name__)

MOST_ROUNDS = 4  # model, tools, model again: more than this is a model that goes in circles
MOST_ARGUMENT_CHARS = 4000
MOST_TOLD = 20  # answers of tools that the guard goes by
NOT_AGREED: Told = {"booked": False, "why": "the caller has not said yes: ask again, and wait"}

Piece = str | Line | Reply


class Draft:
    """An answer under way; made by `Dialogue.draft`, made real by `Dialogue.commit`.

    Args:
        scene: What all answers of the call have in common.
        state: Where the conversation stands as the answer begins.
        reference: Of the call's booking, "" while there is none.
        prompt: What is answered.
        spend: Called with what the model costs as it costs it; takes back what was estimated too
            high.

    Attributes:
        state: Where the conversation stands if this answer is given.
        reference: Of the call's booking; who interrupts it may ask for it again.
        end: How the call ends if this answer is given.
        cost: Tokens so far: estimated until the vendor tells.
    """

    def __init__(
        self,
        scene: Scene,
        state: State,
        reference: str,
        prompt: Prompt,
        spend: Callable[[Usage], None],
    ) -> None:
        self.state = state
        self.reference = reference
        self.end: Outcome | None = None
        self.cost = Usage(0, 0)
        self._late: list[Late] = []  # tools that came to their end late; the model is told of them
        self._scene = scene
        self._facts = scene.facts
        self._prompt = prompt
        self._spend = spend
        self._committed = asyncio.Event()
        self._kept = state  # what is read back of it is kept already
        # What was written down of the words before the model was asked, until a tool was called.
        self._recorded = NOTHING_RECORDED
        self._over = False  # whether the model has nothing more to say
        self._code: list[str] = []  # the code's own sentences of this turn
        self._guard: Guard | None = None
        self._untold: list[str] = []  # facts that came of it and of tools, until the model has told

    @property
    def committed(self) -> bool:
        """Whether the answer is given."""
        return self._committed.is_set()

    def commit(self) -> None:
        """Let the tools that waited do their work; called by `Dialogue.commit` only."""
        self._committed.set()
        self._retire()
        self._hold()

    def listening(self) -> Reply:
        """Return what to listen for after the model's own words, or while they are on their way."""
        if self.state.step is Step.CLOSE or self.state.phase is not Phase.ASKING:
            return Reply((), self.state.step, (self.state.step,))
        _, reply = proceed(self.state, self._facts, ())
        return replace(reply, say=(), book=None, seek=None, end=None)

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Answer; one consumer, once. Closing it early closes the model's answer at once.

        Yields:
            Text as it comes (`str`), whole sentences (`Line`), and exactly one `Reply`: first where
            the rules speak, so that its question is in force while it is asked, last otherwise.
            What a reply wants done (a booking, an end) is for the call to do after the commit.

        Raises:
            IllegalEvent: If the conversation does not accept the event in its phase (our bug).
        """
        event = self._prompt.event
        model = self._scene.mind.model
        if model is None or not isinstance(event, Heard) or not self._is_for_a_model(event.text):
            async with aclosing(self._by_rules_alone(self._answering_the_code(event))) as rules:
                async for piece in rules:
                    yield piece
            self._hold()
            return
        before = self.state
        asked = self._asked_aloud()
        sure = event.confidence >= self._facts.company.workflow.unsure_below
        state, self._recorded = prefill(event.text, before, self._facts, asked=asked, sure=sure)
        self.state = begun = attended(state)
        self._untold = list(self._recorded.tell)
        taken_in = bool(self._recorded.values)
        try:
            begun_in = before.step if asked else Step.GREET
            said = ""
            async with aclosing(self._by_model(model, event, begun_in)) as pieces:
                async for piece in pieces:
                    said += piece if isinstance(piece, str) else _line_of(piece)
                    yield piece
            if self.state.phase is Phase.ASKING:
                # A question of the code's own has its answer taken by the tool that asked it.
                self.state = replied(self.state, "" if self._over else said)
            self._note_stops()
            self._hold()
            return
        except ProviderError as error:
            extra = {"call_id": self._scene.call_id}
            log.error("no language model answers: %s", error, extra=extra)
        instead = self._taken_over(event, before, taken_in or self.state is not begun)
        for piece in self._by_rules(instead, self._untold):
            yield piece
        self._hold()

    def _hold(self) -> None:
        """Have the time kept that is read back, once the answer is given and if it leads there."""
        scene, step = self._scene, self.state.step
        same = (step, self.state.slots) == (self._kept.step, self._kept.slots)
        if scene.hold is None or same or not self.committed or self.state.phase is not Phase.ASKING:
            return
        if self._facts.company.workflow.steps[step].does is Does.BOOK:
            self._kept = self.state
            scene.hold(booking_request(self.state, self._facts))

    def _retire(self) -> None:
        """What came late has been told, if this answer is given; once is enough."""
        if self.committed:
            self._scene.late[:] = [late for late in self._scene.late if late not in self._late]

    def _is_for_a_model(self, text: str) -> bool:
        if not text or not self._prompt.free_speech or gets_nowhere(self.state, self._facts):
            return False
        return not answers_offer(self.state, text)

    def _answering_the_code(self, event: Event) -> Event:
        """Return what the rules take up in the middle of a model's talk.

        A yes to some question of the model's agrees to no booking: the rules ask for it again.
        """
        asked, facts = self.state.asked, self._facts
        if not isinstance(event, Heard) or not gets_nowhere(self.state, facts):
            return event
        if asked is None or not agreement(facts.company.workflow, asked):
            return event
        if self.state.offer is Offer.OPEN:
            return event
        turns = reversed(self._prompt.history)
        heard = next((text for who, text in turns if who is Speaker.AGENT), "")
        put = plain_words(" ".join(question(self.state, facts)))
        yes = value_in(asked, event.text, facts.company, facts.today) == "yes"
        agreed = yes and put not in plain_words(heard)
        return replace(event, text="") if agreed else event

    def _asked_aloud(self) -> bool:
        """Whether the open question was heard, if only its beginning; nobody agrees to another."""
        turns = reversed(self._prompt.history)
        return next((text for who, text in turns if who is Speaker.AGENT), "nothing yet") != ""

    def _taken_over(self, event: Event, before: State, taken_in: bool) -> Event:
        """Return what the rules go on with where the model failed."""
        if not taken_in:
            self.state = before
        elif self.state.phase is not Phase.ASKING:
            self.state = replace(self.state, phase=Phase.ASKING)
        if not self._scene.mind.rules:
            return Stuck()
        return Carry() if taken_in else event  # what was taken in is not taken in again

    def _by_rules(self, event: Event, first: Sequence[str] = ()) -> list[Piece]:
        """Let the rules answer, after what the model did not come to tell: a price, a reference."""
        self.state, reply = advance(self.state, event, self._facts)
        self.end = reply.end
        if isinstance(event, Booked):
            self.reference = event.reference
        reply = replace(reply, say=(*first, *reply.say))
        return [reply, *map(Line, reply.say)]

    async def _by_rules_alone(self, event: Event) -> AsyncGenerator[Piece, None]:
        """Let the rules answer, and run what they want run before they say what came of it.

        Nothing is run on a guess: a reference heard by half would be a miss in the diary.
        """
        reply, *lines = self._by_rules(event)
        assert isinstance(reply, Reply)  # it comes first
        if reply.run is None:
            for piece in (reply, *lines):
                yield piece
            return
        for piece in lines:
            yield piece
        await self._committed.wait()  # its owner commits or closes this draft
        call = ToolCall("", reply.run.name, "")
        errand = Errand(self._scene, call, reply.run, self._committed)
        said = (event.text if isinstance(event, Heard) else YES[0]) if reply.agreed else ""
        running = errand.run(said, self._prompt.history, " ".join(reply.say))
        try:
            async with aclosing(running) as comforts:
                async for line in comforts:
                    yield line
        finally:  # no model has called it: none is told of it late
            self._scene.late[:] = [late for late in self._scene.late if late.call is not call]
        error = str(errand.told.get("error", ""))
        facts = () if error else tuple(errand.untold)
        result = errand.told.get("result")
        known = result if isinstance(result, Mapping) else {}
        of = {name: str(known.get(name, "")) for name in ("service", "area")}
        for piece in self._by_rules(Looked(errand.question, error, facts, **of)):
            yield piece

    async def _by_model(
        self, model: LanguageModel, heard: Heard, begun_in: Step
    ) -> AsyncGenerator[Piece, None]:
        stands = situation(self.state, self._facts, self._recorded, self.reference)
        talk = self._talk(model, stands, heard.text)
        self._late = [late for late in self._scene.late if late.work.done()]
        talk[-2:-2] = [message for late in self._late for message in told_late(late)]
        self._retire()
        self._code = [*self._recorded.tell, *_sentences(stands)]
        guard = self._guard = Guard(self._known(heard.text))
        spoken, apart = "", False  # words after a tool, or after a sentence, are another sentence
        for _ in range(MOST_ROUNDS):
            words, calls = "", list[ToolCall]()
            async with aclosing(self._asked(model, talk)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, ToolCall):
                        calls.append(piece)
                    elif sayable := guard.feed(piece):
                        if apart:
                            yield " "
                        apart, words = False, words + sayable
                        yield sayable
            if rest := guard.finish():
                words += rest
                yield f" {rest}" if apart else rest
            spoken += words
            if not calls:
                for line in self._left_out(spoken):
                    yield line
                yield self.listening()
                return
            apart = apart or bool(words)
            talk.append(Message(Role.ASSISTANT, words, tool_calls=tuple(calls)))
            for call in calls:
                async with aclosing(self._worked(call, begun_in, heard, spoken)) as worked:
                    async for done in worked:
                        if isinstance(done, Message):
                            talk.append(done)
                            continue
                        apart = True
                        yield done
                guard.learn(self._known(heard.text))
                if self._over or self.state.phase is not Phase.ASKING:
                    return  # the model's part is over: the caller or a result speaks, or nobody
        raise ProviderError("llm", f"still calling tools after {MOST_ROUNDS} rounds")

    def _talk(self, model: LanguageModel, stands: Mapping[str, object], said: str) -> list[Message]:
        """Return the conversation as the model is shown it: the newest part, if it is long."""
        history = self._prompt.history
        bare = ChatRequest(
            briefing.messages(self._facts, stands, (), said), toolbox.tools(self._facts)
        )
        tokens = budget(
            model.traits.context_tokens, tokens_of_request(bare), self._scene.mind.talk_tokens
        )
        start = shown_from(history, tokens)
        talk = list(briefing.messages(self._facts, stands, history[start:], said))
        talk[1:1] = left_out(history[:start], tokens, briefing.DATA)
        return talk

    def _known(self, said: str) -> Known:
        """Return what the model may say now."""
        scene = self._scene
        assert scene.guarded is not None  # there is a model
        return known_in_call(
            scene.guarded, self._facts, self.state, scene.told, scene.done, self._code,
            self._prompt.history, said, self.reference,
        )  # fmt: skip

    def _left_out(self, spoken: str) -> list[Line]:
        """Return what the model had to tell and has not: a price, a read-back, a reference.

        The open question too, where it comes after that, or the model was not let speak on to it.
        """
        missing = self._not_told(spoken)
        kept_silent = self._guard is not None and self._guard.silent
        if (missing or kept_silent) and self.state.asked is not None:
            missing += [s for s in question(self.state, self._facts) if s not in spoken]
        return [Line(fact) for fact in missing]

    def _not_told(self, spoken: str) -> list[str]:
        silent = not spoken.strip()
        missing = [fact for fact in self._untold if silent or not tells(spoken, fact)]
        self._untold.clear()
        return missing

    def _note_stops(self) -> None:
        """Put on record that something was not said, and of what kind; never what."""
        if self._guard is not None and self._guard.stopped:
            kinds = ", ".join(kind.value for kind in self._guard.stopped)
            extra = {"call_id": self._scene.call_id}
            log.warning("the model was kept from saying: %s", kinds, extra=extra)

    async def _asked(
        self, model: LanguageModel, talk: Sequence[Message]
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Ask the model once, and count what it costs."""
        request = ChatRequest(tuple(talk), toolbox.tools(self._facts))
        told = Usage(tokens_of_request(request), 0)
        self._charge(told.prompt_tokens, 0)
        async with aclosing(model.stream(request)) as pieces:
            async for piece in pieces:
                self._prompt.on_first_token()
                if isinstance(piece, Usage):
                    self._charge(
                        piece.prompt_tokens - told.prompt_tokens,
                        piece.completion_tokens - told.completion_tokens,
                    )
                    told = piece
                    continue
                written = (
                    1 if isinstance(piece, str) else tokens_of_text(piece.name + piece.arguments)
                )
                self._charge(0, written)
                told = Usage(told.prompt_tokens, told.completion_tokens + written)
                yield piece

    async def _worked(
        self, call: ToolCall, begun_in: Step, heard: Heard, spoken: str
    ) -> AsyncGenerator[Piece | Message, None]:
        """Do one tool call: yield what the model is told, or the last pieces if the call ends."""
        clipped = replace(call, arguments=call.arguments[:MOST_ARGUMENT_CHARS])
        worked = toolbox.work(
            clipped, self.state, begun_in, heard.text, self._facts,
            confidence=heard.confidence, reference=self.reference,
        )  # fmt: skip
        if worked.book is not None and not agrees(heard.text):
            yield self._answer(call, NOT_AGREED)
            return
        if worked.book is not None:
            await self._committed.wait()  # its owner commits or closes this draft
            self.state = worked.state
            booking = asyncio.ensure_future(self._scene.book(worked.book))
            after_s = self._facts.company.comfort_after_s
            async with aclosing(comfort(booking, after_s, spoken)) as lines:
                async for line in lines:
                    yield line
            result = booking.result()
            if isinstance(result, BookingFailed):
                for piece in self._by_rules(result):
                    yield piece
                return
            self.reference = result.reference
            worked = toolbox.booked(
                self.state, result.reference, self._facts, confirmed=result.confirmed
            )
        self.state = worked.state
        if worked.run is not None:
            errand = Errand(self._scene, call, worked.run, self._committed)
            async with aclosing(errand.run(heard.text, self._prompt.history, spoken)) as lines:
                async for line in lines:
                    yield line
            if errand.question:
                self._over = True
                yield Line(errand.question)
                yield self._listening_for_yes()
                return
            self._untold += errand.untold
            self._scene.told.append(in_json(errand.told))
            del self._scene.told[:-MOST_TOLD]
            if worked.run.name in built_in.NAMES:
                self._scene.done.append(in_json(errand.told))
                del self._scene.done[:-MOST_TOLD]
            yield self._answer(call, errand.told)
            return
        if worked.leads is not None:
            self.end = worked.leads.end
            if self.end is not None:  # what it had to tell can be told later no more
                for fact in self._not_told(spoken):
                    yield Line(fact)
            if worked.insists or not spoken.strip():
                for sentence in worked.leads.say:
                    yield Line(sentence)
            yield replace(worked.leads, say=())
            return
        yield self._answer(call, self._told_of(worked))

    def _told_of(self, worked: Worked) -> Told:
        told = dict(worked.answer)
        if worked.facts:
            self._untold = worked.facts
        elif "facts" in told:  # a model that records again what is recorded is told again
            told["facts"] = list(self._recorded.tell)
        self._recorded = NOTHING_RECORDED
        self._code += _sentences(told)
        return told

    def _answer(self, call: ToolCall, told: Told) -> Message:
        return Message(Role.TOOL, in_json(told), tool_call_id=call.id)

    def _listening_for_yes(self) -> Reply:
        """Return what to listen for after a question whose answer is yes or no."""
        return replace(self.listening(), listen=Expectation(Expects.YES_NO, (*YES, *NO)))

    def _charge(self, prompt_tokens: int, completion_tokens: int) -> None:
        more = Usage(prompt_tokens, completion_tokens)
        self.cost = sum_of(self.cost, more)
        self._spend(more)


def _line_of(piece: Piece) -> str:
    return f" {piece.text} " if isinstance(piece, Line) else ""


def _sentences(told: Mapping[str, object]) -> list[str]:
    """Return the sentences in what a model is told: all of them are the code's own."""
    found: list[str] = []
    for name in ("ask", "tell", "facts", "available", "free"):
        value = told.get(name, ())
        found += [value] if isinstance(value, str) else []
        found += [str(item) for item in value] if isinstance(value, list) else []
    return found
