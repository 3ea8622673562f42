"""Taking down a call while it happens: its turns, and where the time of each went."""

from __future__ import annotations

import uuid
from dataclasses import replace

from audiosocket_agent.away import Away
from audiosocket_agent.conversation import Reply, State
from audiosocket_agent.journal import Journal, Speaker, Spent, Turn
from audiosocket_agent.workflow import Step


class Minutes:
    """Writes one call's turns into the journal as they begin and end.

    Args:
        record_id: The call's record.
        journal: Where they go.
        before: The conversation so far, of a caller who comes back from people.

    Attributes:
        history: Finished turns in order; an agent's turn holds only the words that were heard.
    """

    def __init__(self, record_id: uuid.UUID, journal: Journal, before: Away | None = None) -> None:
        self._record_id = record_id
        self._journal = journal
        self._next = 0 if before is None else before.next_turn
        self._spent = Spent() if before is None else before.spent
        self._agent: Turn | None = None
        self.history: list[tuple[Speaker, str]] = [] if before is None else list(before.history)

    @property
    def next_turn(self) -> int:
        """The index the next turn gets."""
        return self._next

    @property
    def spent(self) -> Spent:
        """What the answers have cost, as far as it was told by `close`."""
        return self._spent

    def wanted(self, why: str) -> None:
        """A person is wanted; `why` is one word."""
        self._journal.wanted(self._record_id, why)

    def caller_said(self, text: str, state: State, at_ms: float) -> None:
        """The caller's turn is over.

        Args:
            text: The words.
            state: Where the conversation stands.
            at_ms: When the caller's voice was last heard.
        """
        self._caller(text, state, round(at_ms))

    def caller_keyed(self, keys: str, state: State, now_ms: float) -> None:
        """A run of keys is complete."""
        self._caller(f"[keys {keys}]", state, round(now_ms))

    def agent_begins(self, step: Step, now_ms: float, marks_ms: dict[str, int]) -> None:
        """An answer is being given; `agent_says` and `agent_asks` tell what it is.

        Args:
            step: Where the conversation stands.
            now_ms: Now.
            marks_ms: Its waterfall so far; may still grow.
        """
        self._agent = Turn(
            index=self._take_index(),
            speaker=Speaker.AGENT,
            step=step.value,
            done=False,
            at_ms=round(now_ms),
            marks_ms=marks_ms,
        )

    def agent_says(self, text: str) -> None:
        """More of the answer's text is known."""
        if self._agent is not None:
            self._agent.text = (self._agent.text + text).lstrip()

    def agent_asks(self, reply: Reply) -> None:
        """What the answer leads to is known: the turn goes on record as it is now."""
        if self._agent is not None:
            self._agent.step = reply.step.value
            self._agent.asks = reply.asks.value if reply.asks else ""
            self._write(self._agent)

    def mark_once(self, mark: str, now_ms: float) -> None:
        """Note when something first happened in the agent's current turn."""
        if self._agent is not None and mark not in self._agent.marks_ms:
            self._agent.marks_ms[mark] = round(now_ms)

    def agent_ends(self, heard: str, *, interrupted: bool) -> None:
        """A reply was spoken to its end, or cut short."""
        turn, self._agent = self._agent, None
        if turn is None:
            return
        turn.text = turn.text.strip()
        turn.heard = heard if interrupted else turn.text
        turn.interrupted, turn.done = interrupted, True
        self.history.append((Speaker.AGENT, turn.heard))
        self._write(turn)

    def close(self, spent: Spent) -> None:
        """The call is over; a reply still open was not heard to its end."""
        self.agent_ends("", interrupted=True)
        self._spent += spent
        self._journal.spent(self._record_id, self._spent)

    def _caller(self, text: str, state: State, at_ms: int) -> None:
        turn = Turn(
            index=self._take_index(),
            speaker=Speaker.CALLER,
            step=state.step.value,
            asks=state.asked.value if state.asked else "",
            text=text,
            heard=text,
            at_ms=at_ms,
        )
        self.history.append((Speaker.CALLER, text))
        self._write(turn)

    def _take_index(self) -> int:
        self._next += 1
        return self._next - 1

    def _write(self, turn: Turn) -> None:
        # A copy: the turn goes on changing here while the journal writes it elsewhere.
        self._journal.turn(self._record_id, replace(turn, marks_ms=dict(turn.marks_ms)))
