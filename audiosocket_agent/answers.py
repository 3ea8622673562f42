"""One answer on its way to the caller: thought, spoken, and until it is committed only held.

An answer owns its draft of the conversation, the text and the sound that come of it, and the record
of when each came. Before `commit` nobody hears it and nothing is written down; after it, everything
that happened meanwhile is made good at once, and what follows happens as it comes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from audiosocket_agent.conversation import Event, Reply
from audiosocket_agent.dialogue import Dialogue
from audiosocket_agent.draft import Draft
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.journal import Spent
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.seams import Usage
from audiosocket_agent.speech import Line, Mouth


@dataclass(frozen=True, slots=True)
class Stage:
    """What all answers of a call share.

    Attributes:
        dialogue: The conversation.
        mouth: Speaks.
        minutes: Takes it down.
        now_ms: The call's clock.
        asks: Called with what a committed answer asks for, as far as that is known.
        lead: Called with where it leads.
    """

    dialogue: Dialogue
    mouth: Mouth
    minutes: Minutes
    now_ms: Callable[[], float]
    asks: Callable[[Reply], None]
    lead: Callable[[Reply], None]


class Answer:
    """The answer to one event.

    Args:
        stage: What all answers of the call share.
        event: What is answered.
        free_speech: Whether the ear can follow free speech.

    Attributes:
        event: What is answered.
        reply: Where it leads; None until that is known.
        text: What it says, as far as that is known.
        error: Why it could not be made before it was committed; None if nothing went wrong.
    """

    def __init__(self, stage: Stage, event: Event, *, free_speech: bool) -> None:
        self.event = event
        self.reply: Reply | None = None
        self.text = ""
        self.error: ProviderError | None = None
        self._stage = stage
        self._marks_ms: dict[str, int] = {}
        self.mark("draft")
        self._draft: Draft = stage.dialogue.draft(
            event,
            tuple(stage.minutes.history),
            free_speech=free_speech,
            on_first_token=lambda: self.mark("llm_first_token"),
        )

    @property
    def committed(self) -> bool:
        """Whether it is being given."""
        return self._draft.committed

    @property
    def question(self) -> Reply:
        """What it asks for; until that is known, what is open when it begins."""
        return self.reply or self._draft.listening()

    @property
    def tokens(self) -> int:
        """What it has cost so far, read and written."""
        return self._draft.cost.prompt_tokens + self._draft.cost.completion_tokens

    def commit(self, marks_ms: dict[str, int]) -> None:
        """Give it: what was held is heard from now on.

        Args:
            marks_ms: The waterfall of the caller's turn, which this answer's continues.
        """
        stage = self._stage
        step = stage.dialogue.state.step
        self._marks_ms = marks_ms | self._marks_ms
        stage.dialogue.commit(self._draft)
        stage.minutes.agent_begins(step, stage.now_ms(), self._marks_ms)
        if self.text:
            stage.minutes.agent_says(self.text)
        if self.reply is None:
            stage.asks(self.question)
        else:
            stage.lead(self.reply)
        stage.mouth.release()

    async def speak(self) -> None:
        """Think and speak; returns when the last of it was heard.

        Raises:
            ProviderError: If nobody can speak or think any more. Before the commit it is only kept
                in `error`: nobody is waiting for this answer yet.
        """
        try:
            await self._stage.mouth.speak(
                self._pieces(), lambda: self.mark("tts_first_byte"), held=not self.committed
            )
        except ProviderError as error:
            if self.committed:
                raise
            self.error = error

    def mark(self, name: str) -> None:
        """Note when something first happened."""
        self._marks_ms.setdefault(name, round(self._stage.now_ms()))

    async def _pieces(self) -> AsyncGenerator[str | Line, None]:
        announced = False
        async with aclosing(self._draft.pieces()) as pieces:
            async for piece in pieces:
                if isinstance(piece, Reply):
                    if piece.say:  # the rules' sentences follow one by one
                        self._says(" " + " ".join(piece.say))
                        announced = True
                    self.reply = piece
                    if self.committed:
                        self._stage.lead(piece)
                    continue
                if not announced:
                    self._says(piece if isinstance(piece, str) else " " + piece.text)
                yield piece

    def _says(self, text: str) -> None:
        if not self.text and self.reply is None and self.committed:
            self._stage.asks(self.question)  # keys pressed from now on may answer it
        self.mark("reply_text")
        self.text += text
        if self.committed:
            self._stage.minutes.agent_says(text)


@dataclass(slots=True)
class Spending:
    """What the answers of a call have cost so far.

    Attributes:
        most_discarded: Tokens that may be thrown away before no answer is begun early any more.
    """

    most_discarded: int
    _drafts: int = 0
    _drafts_discarded: int = 0
    _tokens_discarded: int = 0
    _letters: int = 0
    _letters_discarded: int = 0

    @property
    def may_speculate(self) -> bool:
        """Whether an answer may be begun before it is surely wanted."""
        return self._tokens_discarded < self.most_discarded

    def count(self, answer: Answer) -> None:
        """Count an answer that is over: given, if only in part, or thrown away unheard."""
        self._drafts += 1
        self._letters += len(answer.text)
        if not answer.committed:
            self._drafts_discarded += 1
            self._tokens_discarded += answer.tokens
            self._letters_discarded += len(answer.text)

    def total(self, tokens: Usage) -> Spent:
        """Return it for the record.

        Args:
            tokens: What the model has cost in all.
        """
        return Spent(
            self._drafts,
            self._drafts_discarded,
            tokens.prompt_tokens + tokens.completion_tokens,
            self._tokens_discarded,
            self._letters,
            self._letters_discarded,
        )
