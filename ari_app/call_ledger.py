"""The calls that are on now, as the controller knows them, and what each event means. Pure.

A call is named by its record (`call_id`); Asterisk names it by the caller's channel (`uniqueid`).
Whoever tells first that it is over decides how that is put down; everything told later is ignored.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ari_app.routing import Load, RouteKind

_CAUSES = range(1, 128)  # Q.850
MOST_LOOKS = 4  # one a second: the dialplan may be asking the gate, or playing a consent line
_WHO = 128  # letters of a member's name that are kept
_PLACES = ("extension", "outside")  # a queue tells by its own events who answered


@dataclass(slots=True)
class LiveCall:
    """One call.

    Attributes:
        call_id: Its record.
        company: The company's key, "" if nobody's.
        uniqueid: Asterisk's id of the caller's channel.
        with_agent: Whether the agent talks to the caller.
        part: The UUID under which it does, or did last.
        next: What the dialplan was told to do after the agent, "" so far.
        requested: Whether the other side hung up.
        answered: Whether a person took the caller.
        admin: Whether somebody ended it from the command line.
        looks: How often in a row the media process did not hold it.
    """

    call_id: uuid.UUID
    company: str
    uniqueid: str
    with_agent: bool
    part: str = ""
    next: str = ""
    requested: bool = False
    answered: bool = False
    admin: bool = False
    looks: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A change of a call's record.

    Attributes:
        call_id: Which call.
        values: Columns to set; a time is left to the writer: `NOW`.
        over: Whether it tells the end: only the first such note counts.
    """

    call_id: uuid.UUID
    values: Mapping[str, object]
    over: bool = False


NOW = object()  # stands for the time at which a note is written


@dataclass(slots=True)
class CallLedger:
    """All calls that are on."""

    _calls: dict[str, LiveCall] = field(default_factory=dict)  # by uniqueid

    def begin(self, call: LiveCall) -> Note | None:
        """A call is on.

        Returns:
            The end of the call the same channel was before: somebody sent the caller here again.
        """
        before = self._calls.get(call.uniqueid)
        note = None if before is None or before.call_id == call.call_id else self.over(before)
        self._calls[call.uniqueid] = call
        return note

    def of(self, call_id: uuid.UUID) -> LiveCall | None:
        """Return a call by its record."""
        return next((call for call in self._calls.values() if call.call_id == call_id), None)

    def knows(self, uniqueid: str) -> bool:
        """Whether a channel is a call's."""
        return uniqueid in self._calls

    def of_part(self, part: str) -> LiveCall | None:
        """Return a call by the UUID of its newest part with the agent."""
        return next((call for call in self._calls.values() if call.part == part), None)

    def live(self) -> list[LiveCall]:
        """Return all calls."""
        return list(self._calls.values())

    def load(self) -> Load:
        """Count the calls with the agent."""
        by_company: dict[str, int] = {}
        for call in self._calls.values():
            if call.with_agent:
                by_company[call.company] = by_company.get(call.company, 0) + 1
        return Load(sum(by_company.values()), by_company)

    def routed(self, uniqueid: str, kind: RouteKind) -> None:
        """The dialplan was told where a call goes."""
        if (call := self._calls.get(uniqueid)) is not None:
            call.with_agent = kind is RouteKind.AGENT

    def leaves(self, call_id: uuid.UUID, following: str) -> None:
        """The agent's part is over; `following` is what the dialplan does next."""
        if (call := self.of(call_id)) is not None:
            call.with_agent = False
            call.next = following

    def agent_takes(self, call_id: uuid.UUID, part: str) -> None:
        """The caller is with the agent, perhaps again."""
        if (call := self.of(call_id)) is not None:
            call.with_agent, call.part, call.next = True, part, ""

    def held(self, records: Collection[str]) -> list[LiveCall]:
        """Take what the media process holds: it alone knows whether the agent talks to somebody.

        Args:
            records: The calls it holds.

        Returns:
            Calls that are not with the agent any more, or never were.
        """
        left = []
        for call in self._calls.values():
            if not call.with_agent or str(call.call_id) in records:
                call.looks = 0
                continue
            call.looks += 1
            if call.looks >= MOST_LOOKS:
                call.with_agent = False
                left.append(call)
        return left

    def event(self, event: Mapping[str, str]) -> Note | None:
        """Take an event of AMI; hostile: any field may be missing or odd.

        Returns:
            What it changes of a record; None if nothing.
        """
        call = self._calls.get(event.get("Uniqueid", ""))
        if call is None:
            return None
        match event.get("Event"):
            case "HangupRequest":
                call.requested = True
            case "QueueCallerJoin":
                queue = event.get("Queue", "")[:_WHO]
                call.next = "queue"  # also after a place where nobody answered
                call.with_agent = False  # also if the agent did not take it
                return Note(call.call_id, {"handed_to": f"queue {queue}", "queued_at": NOW})
            case "AgentConnect":
                who = event.get("MemberName", "")[:_WHO]
                call.answered = True
                return Note(call.call_id, {"answered_at": NOW, "answered_by": who})
            case "DialBegin" if call.next in _PLACES:
                number = event.get("DialString", "").partition("@")[0][:_WHO]
                return Note(call.call_id, {"handed_to": f"{call.next} {number}"})
            case "DialEnd" if event.get("DialStatus") == "ANSWER" and call.next in _PLACES:
                who = event.get("DestChannel", "").rpartition("-")[0][:_WHO]
                call.answered = True
                return Note(call.call_id, {"answered_at": NOW, "answered_by": who})
            case "Hangup":
                return self.over(call, event.get("Cause", ""))
        return None

    def over(self, call: LiveCall, cause: str = "", by: str = "") -> Note:
        """A call's channel is gone.

        Args:
            call: Which.
            cause: Q.850, as Asterisk writes it; "" if nobody knows.
            by: Who ended it; "": judged by what was seen.
        """
        if self._calls.get(call.uniqueid) is call:
            del self._calls[call.uniqueid]
        q850 = int(cause) if cause.isascii() and cause.isdigit() and len(cause) < 4 else None
        values: dict[str, object] = {"hung_up_at": NOW, "hung_up_by": by or _who_ended(call)}
        if q850 in _CAUSES:
            values["cause"] = q850
        return Note(call.call_id, values, over=True)

    def reconcile(self, before: Iterable[LiveCall], channels: frozenset[str]) -> list[Note]:
        """Compare with the channels Asterisk has: calls without one are over, unnoticed.

        Args:
            before: The calls that were on when Asterisk was asked.
            channels: The ids it told.
        """
        gone = [
            call
            for call in before
            if call.uniqueid not in channels and self._calls.get(call.uniqueid) is call
        ]
        return [self.over(call, by="unknown") for call in gone]


def _who_ended(call: LiveCall) -> str:
    """Tell who ended a call: an admin, the caller, the agent, the person, or the dialplan.

    A queue's own word, AgentComplete, is no help: it may come after the caller's Hangup.
    """
    if call.admin:
        return "admin"
    if call.requested:
        return "caller"
    if call.answered:
        return "person"
    return "agent" if call.next == "hangup" else "pbx"
