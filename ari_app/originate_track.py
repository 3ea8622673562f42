"""What has become of a call we placed, from what Asterisk and the records tell. Pure.

Two sources, and either alone is enough: AMI events say that it rings, is answered, is hung up and
why; the record says what the agent did. Progress is told once each, as JSON-able fields with
``event``:

    placed       {"placed"}                     Asterisk has taken the order
    ringing      {}
    answered     {}
    call         {"call_id"}                    its record is there
    turn         {"index", "speaker", "text", "heard", "done", "interrupted", "at_ms",
                  "latency_ms"}                 when it begins, and again when it is over
    machine      {}                             an answering machine took it
    handed_over  {"to"}
    person       {"by"}                         a person answered
    blind        {"message"}                    AMI is down; the record is read instead
    sighted      {}                             AMI is back
    ended        {"result", "why", "by", "call_id", "cause", "latencies_ms"}   always the last
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from ari_app.originate_order import Ids

Progress = dict[str, Any]

BUSY_CAUSES = {17}  # Q.850
UNANSWERED_CAUSES = {18, 19}
# Reasons of OriginateResponse are Asterisk's AST_CONTROL numbers of the last thing it saw.
REASON_RINGING, REASON_BUSY = "3", "5"
MACHINE_EVENT = "VoiceAgentMachine"
ENDS = {
    "completed": "the agent said goodbye",
    "handed_over": "handed over to people",
    "caller_hung_up": "the other side hung up",
}
FAILED_ENDS = {"never_connected", "engine_failed", "connection_lost", "agent_stopped", "agent_died"}


class Result(Enum):
    """How a call ended."""

    COMPLETED = "completed"
    BUSY = "busy"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    MACHINE = "machine"
    FAILED = "failed"  # the agent failed, or the caller was lost


class Track:
    """Follows one call.

    Args:
        ids: What it is known by.

    Attributes:
        answered: Whether somebody, or the agent, answered.
        over: Whether the telephone side is over; the record may still be missing its end.
        recorded: Whether the record has its end.
        call_id: The record's id, once it is known.
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.answered = False
        self.over = False
        self.recorded = False
        self.call_id = ""
        self._told: set[str] = set()
        self._turns: dict[int, Progress] = {}
        self._row: Mapping[str, Any] = {}
        self._reason = ""
        self._dial_status = ""
        self._cause: int | None = None
        self._cause_text = ""
        self._lost = ""

    def event(self, fields: Mapping[str, str]) -> list[Progress]:
        """Take an AMI event; those of other calls change nothing."""
        name = fields.get("Event", "")
        if name == "OriginateResponse" and fields.get("ActionID") == self._ids.placed:
            return self._responded(fields)
        if name in ("DialState", "DialEnd") and fields.get("DestUniqueid") == self._ids.channel:
            self._dial_status = fields.get("DialStatus", "")
            return self._once("ringing") if self._dial_status == "RINGING" else []
        mine = fields.get("Uniqueid") in (self._ids.channel, self._ids.other)
        if mine and name == "UserEvent" and fields.get("UserEvent") == MACHINE_EVENT:
            return self._once("machine")
        if mine and name == "Hangup":
            self._hung_up(fields)
        if fields.get("Uniqueid") != self._ids.channel or name != "Newstate":
            return []
        state = fields.get("ChannelState")
        if state == "5":
            return self._once("ringing")
        return self._answer() if state == "6" else []

    def record(
        self, row: Mapping[str, Any] | None, turns: Sequence[Mapping[str, Any]]
    ) -> list[Progress]:
        """Take what is on record now: the call, and its turns in order."""
        if row is None:
            return []
        self._row = row
        self.recorded = row["ended_at"] is not None
        told: list[Progress] = []
        if not self.call_id:
            self.call_id = str(row["call_id"])
            told.append({"event": "call", "call_id": self.call_id})
        if row["connected_at"] is not None and not self.answered:
            told += self._answer()
        for turn in turns:
            told += self._turn(turn)
        # A queue tells that the caller is in it; of other places only the agent's plan is known.
        planned = row["next"] if row["end_reason"] == "handed_over" else None
        if to := row["handed_to"] or (planned if planned != "queue" else None):
            told += self._once("handed_over", str(to), to=to)
        if row["answered_by"]:
            told += self._once("person", str(row["answered_by"]), by=row["answered_by"])
        return told

    def record_says_over(self) -> bool:
        """Say whether the record alone tells that the call is over, for when AMI does not."""
        if not self.recorded:
            return False
        handed_over = self._row["end_reason"] == "handed_over"
        return self._row["hung_up_at"] is not None or not handed_over

    @property
    def settled(self) -> bool:
        """Whether the record has nothing to add: it has its end, or there will never be one."""
        return self.recorded or not self.answered or "machine" in self._told

    @property
    def is_lost(self) -> bool:
        """Whether nobody can tell what became of it: it may be going on still."""
        return bool(self._lost)

    def gone(self) -> None:
        """Asterisk knows no such channel any more; how it ended was not seen."""
        self.over = True

    def lost(self, why: str) -> None:
        """Nobody can tell what became of the call."""
        self.over = True
        self._lost = why

    def ending(self) -> Progress:
        """Return the last word about the call."""
        result, why = self._judge()
        row = self._row
        latencies = [turn["latency_ms"] for _, turn in sorted(self._turns.items())]
        return {
            "event": "ended",
            "result": result.value,
            "why": why,
            "by": row.get("hung_up_by"),
            "call_id": self.call_id,
            "cause": self._cause if self._cause is not None else row.get("cause"),
            "latencies_ms": [ms for ms in latencies if ms is not None],
        }

    def _judge(self) -> tuple[Result, str]:
        if self._lost:
            return Result.FAILED, self._lost
        if not self.answered:
            return self._judge_unanswered()
        if "machine" in self._told:
            return Result.MACHINE, "an answering machine took the call"
        if not self._row:
            return Result.FAILED, "the agent never took the call; is it running?"
        reason, connected = self._row["end_reason"], self._row["connected_at"] is not None
        if reason in FAILED_ENDS:
            return Result.FAILED, f"the agent's part ended badly: {reason}"
        if not connected and self._row["route"] == "agent":
            return Result.FAILED, "it was for the agent, who never took it; people did, if any"
        if reason is None and connected:
            return Result.FAILED, "the record of the call has no end"
        if reason in ENDS:
            return Result.COMPLETED, ENDS[reason]
        return Result.COMPLETED, f"not for the agent: {self._row['route'] or 'people'}"

    def _judge_unanswered(self) -> tuple[Result, str]:
        cause = self._cause
        if self._reason == REASON_BUSY or self._dial_status == "BUSY" or cause in BUSY_CAUSES:
            return Result.BUSY, "busy"
        if self._reason == REASON_RINGING or cause in UNANSWERED_CAUSES:
            return Result.UNANSWERED, "nobody answered"
        if cause:
            return Result.REFUSED, f"refused: {self._cause_text or cause}"
        return Result.REFUSED, "unavailable: no such device, not registered, or it refused"

    def _responded(self, fields: Mapping[str, str]) -> list[Progress]:
        if fields.get("Response") == "Success":
            return self._answer()
        self._reason = fields.get("Reason", "")
        self.over = True
        return []

    def _hung_up(self, fields: Mapping[str, str]) -> None:
        cause = fields.get("Cause", "")
        if cause.isascii() and cause.isdigit() and 0 < int(cause) <= 127:
            self._cause = int(cause)
            self._cause_text = fields.get("Cause-txt", "")[:60]
        if fields.get("Uniqueid") == self._ids.channel:
            self.over = True

    def _answer(self) -> list[Progress]:
        self.answered = True
        return self._once("answered")

    def _turn(self, row: Mapping[str, Any]) -> list[Progress]:
        names = ("index", "speaker", "text", "heard", "done", "interrupted", "at_ms")
        turn = {"event": "turn", **{name: row[name] for name in names}}
        turn["latency_ms"] = row["latency_ms"]
        before = self._turns.get(row["index"])
        self._turns[row["index"]] = turn
        return [turn] if before is None or before["done"] != turn["done"] else []

    def _once(self, event: str, key: str = "", **fields: Any) -> list[Progress]:
        mark = f"{event} {key}".strip()
        if mark in self._told:
            return []
        self._told.add(mark)
        return [{"event": event, **fields}]
