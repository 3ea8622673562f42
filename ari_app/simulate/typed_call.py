"""A call without sound: the agent's whole side of the talk, with typed words for spoken ones.

It is the real `Talker` and everything behind it (drafts, tools, bookings, the way to people); only
its mouth writes, and nobody waits for speech to be over. `say`, `press` and `keep_silent` return
when the agent has answered and it is the caller's turn, or when the call is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import TypeVar

from ari_app.simulate.world import Desks
from audiosocket_agent import person
from audiosocket_agent.conversation import Facts, Keyed, Reply, SecretDone, Silent, Started
from audiosocket_agent.conversation_state import BookingRequest, CallbackRequest, Seek, State
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.journal import Journal
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.playout import Playout
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.speech import Line, Mouth
from audiosocket_agent.talker import Booking, Noting, Search, Talker
from audiosocket_agent.workflow import Outcome

T = TypeVar("T")
SPECULATION_TOKENS = 0  # nothing is guessed: typed words are whole when they come


class WritingMouth(Mouth):
    """Writes what would be spoken.

    Args:
        write: Called with every piece of text as it comes.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    async def speak(
        self,
        text: AsyncGenerator[str | Line, None],
        on_first_byte: Callable[[], None],
        *,
        held: bool = False,
    ) -> None:
        """See `Mouth.speak`."""
        async with aclosing(text) as pieces:
            async for piece in pieces:
                on_first_byte()
                self._write(piece if isinstance(piece, str) else f" {piece.text} ")

    def hold(self) -> None:
        """See `Mouth.hold`; what is written is written."""

    def release(self) -> None:
        """See `Mouth.release`."""

    def stop(self) -> tuple[()]:
        """See `Mouth.stop`."""
        return ()


class TypedCall:
    """One call; a `Floor`.

    Args:
        info: Who calls.
        facts: The company and what is known of the caller.
        mind: What thinks.
        desks: Where its work is done.
        journal: Where notes go.
        write: Called with every piece of the agent's words as it comes.
        on_reply: Called with what the agent asks for, as far as it is known.
        on_work: Called with what came of work at a desk: a booking, a look for people, a note.

    Attributes:
        outcome: How it ended; None while it goes on.
        target: With an extension or an outside number: it.
    """

    def __init__(
        self,
        info: CallInfo,
        facts: Facts,
        mind: Mind,
        desks: Desks,
        journal: Journal,
        write: Callable[[str], None],
        on_reply: Callable[[Reply], None] = lambda reply: None,
        on_work: Callable[[object], None] = lambda result: None,
    ) -> None:
        self._info = info
        self._facts = facts
        self._desks = desks
        self._on_reply = on_reply
        self._on_work = on_work
        self._minutes = Minutes(info.record_id, journal)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._secret = ""
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self.outcome: Outcome | None = None
        self.target = ""
        self._dialogue = Dialogue(
            mind,
            facts,
            self._book,
            str(info.call_id),
            tools=desks.tools.of_call(info.record_id, facts, self._note),
            hold=lambda request: desks.booking_desk.hold(info.record_id, facts.company, request),
        )
        self._talker = Talker(
            self,
            self._dialogue,
            WritingMouth(write),
            Playout(),
            self._minutes,
            self._book,
            self._seek,
            self._note,
            comfort_after_s=facts.company.comfort_after_s,
            most_discarded=SPECULATION_TOKENS,
        )

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self._talker.state

    async def begin(self) -> None:
        """Let the agent greet."""
        await self._after(lambda: self._talker.on(Started(open_question=True)))

    async def say(self, text: str) -> None:
        """Say words; none at all are what an ear makes of a noise."""
        await self._after(lambda: self._talker.hear(text, self.now_ms(), {}))

    async def press(self, keys: str) -> None:
        """Press keys; a hash ends a run of them."""
        run = keys.removesuffix("#")
        if self._secret:
            name, self._secret = self._secret, ""
            secret = self._facts.company.secrets[name]
            ok = run.isdigit() and secret.least <= len(run) <= secret.most
            await self._after(lambda: self._talker.on(SecretDone(name, ok=ok)))
            return
        self._minutes.caller_keyed(run, self.state, self.now_ms())
        await self._after(lambda: self._talker.on(Keyed(run)))

    async def keep_silent(self) -> None:
        """Say nothing for as long as the agent waits."""
        await self._after(lambda: self._talker.on(Silent()))

    async def close(self) -> None:
        """Hang up, if the call is not over, and hold nothing; what is under way goes on."""
        self._talker.stop()
        self._minutes.close(self._talker.spent)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._desks.booking_desk.release(self._info.record_id)
        wish = person.left_behind(self.state, self._facts) if self.outcome is None else None
        if wish is not None:
            await self._note(wish)

    async def _after(self, do: Callable[[], None]) -> None:
        """Do something and wait until it is the caller's turn again.

        Raises:
            ProviderError: If nobody can think any more.
        """
        company = self._facts.company
        if company.calendar is not None:
            diary = self._desks.booking_desk.diary
            self._dialogue.know(await diary.agenda(company, self._info.record_id))
        do()
        while self._tasks:  # what an answer leads to is begun before the answer's own task ends
            await asyncio.wait(set(self._tasks))
        if self._failure is not None:
            raise self._failure

    # --- what the talk needs (`Floor`) -----------------------------------------------------------

    @property
    def free_speech(self) -> bool:
        """See `Floor.free_speech`."""
        return True

    def now_ms(self) -> float:
        """See `Floor.now_ms`."""
        return (self._loop.time() - self._began_s) * 1000

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """See `Floor.spawn`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    def asks(self, reply: Reply) -> None:
        """See `Floor.asks`."""
        if not reply.secret:
            self._secret = ""
        self._on_reply(reply)

    def listens(self) -> None:
        """See `Floor.listens`."""

    def collects(self, secret: str) -> None:
        """See `Floor.collects`; no receiver is told: this is no real call."""
        self._secret = secret

    def ends(self, outcome: Outcome, target: str) -> None:
        """See `Floor.ends`."""
        self.outcome, self.target = outcome, target

    # --- its desks -------------------------------------------------------------------------------

    def _book(self, request: BookingRequest) -> Booking:
        company = self._facts.company
        return self._shown(self._desks.booking_desk.begin(self._info.record_id, company, request))

    def _seek(self, seek: Seek) -> Search:
        self._minutes.wanted(seek.why.value)
        return self._shown(self._desks.people.seek(self._facts.company, seek))

    def _note(self, wish: CallbackRequest) -> Noting:
        return self._shown(self._desks.people.note(self._info, self._facts.company, wish))

    def _shown(self, work: asyncio.Task[T]) -> asyncio.Task[T]:
        """Let the result of work be shown; it never raises."""
        work.add_done_callback(lambda done: done.cancelled() or self._on_work(done.result()))
        return work
