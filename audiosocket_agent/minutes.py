"""Taking down a call while it happens: its turns, and where the time of each went."""

from __future__ import annotations

import uuid
from dataclasses import replace

from audiosocket_agent.conversation import Reply, State
from audiosocket_agent.journal import Journal, Speaker, Turn
from audiosocket_agent.workflow import Step


class Minutes:
    """Writes one call's turns into the journal as they begin and end.

    Attributes:
        history: Finished turns in order; an agent's turn holds only the words that were heard.
    """

    def __init__(self, call_id: uuid.UUID, journal: Journal) -> None:
        self._call_id = call_id
        self._journal = journal
        self._next = 0
        self._agent: Turn | None = None
        self._marks_ms: dict[str, int] = {}
        self._partial_ms: float | None = None
        self.history: list[tuple[Speaker, str]] = []

    def caller_stopped(self, last_voice_ms: float, now_ms: float) -> None:
        """The caller's turn was judged over; the waterfall of our answer begins."""
        self._marks_ms = {"speech_end": round(last_voice_ms), "decision": round(now_ms)}

    def caller_heard(self, now_ms: float) -> None:
        """The caller's words so far came; only the last time before the final counts."""
        self._partial_ms = now_ms

    def caller_said(self, text: str, state: State, last_voice_ms: float, now_ms: float) -> None:
        """The final transcript is in, asked for by `caller_stopped` or by the ear's own judgement.

        Args:
            text: The words.
            state: Where the conversation stands.
            last_voice_ms: When the caller's voice was last heard.
            now_ms: Now.
        """
        if "decision" not in self._marks_ms:
            self.caller_stopped(last_voice_ms, now_ms)
        if self._partial_ms is not None:
            self._marks_ms["stt_partial"] = round(self._partial_ms)
            self._partial_ms = None
        self._marks_ms["stt_final"] = round(now_ms)
        self._caller(text, state, self._marks_ms["speech_end"])

    def caller_keyed(self, keys: str, state: State, now_ms: float) -> None:
        """A run of keys is complete."""
        self._marks_ms = {"speech_end": round(now_ms), "decision": round(now_ms)}
        self._caller(f"[keys {keys}]", state, round(now_ms))

    def agent_begins(self, step: Step, now_ms: float) -> None:
        """An answer is on its way; `agent_says` and `agent_asks` tell what it is."""
        marks_ms, self._marks_ms = self._marks_ms, {}
        self._agent = Turn(
            index=self._take_index(),
            speaker=Speaker.AGENT,
            step=step.value,
            done=False,
            at_ms=round(now_ms),
            marks_ms=marks_ms,
        )

    def agent_says(self, text: str, now_ms: float) -> None:
        """More of the answer's text is known."""
        if self._agent is not None:
            self.mark_once("reply_text", now_ms)
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

    def close(self) -> None:
        """The call is over; a reply still open was not heard to its end."""
        self.agent_ends("", interrupted=True)

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
        self._journal.turn(self._call_id, replace(turn, marks_ms=dict(turn.marks_ms)))
