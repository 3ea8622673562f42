"""Which calls may come in, which are on, and how each ended. Pure; time comes in as an argument.

A call is *pending* from its registration by the gate until its AudioSocket connection shows the
UUID, then *active*, then *finished*. A finished call is remembered long enough for the dialplan to
ask how it ended.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from audiosocket_agent.errors import AdmissionError, RegistrationError
from audiosocket_agent.workflow import Outcome


@dataclass(frozen=True, slots=True)
class CallInfo:
    """What the gate registered about a call; already through the gate's whitelists.

    Attributes:
        call_id: The AudioSocket UUID.
        did: The dialled number.
        caller: The caller's number, ``""`` if withheld or implausible.
        channel: Asterisk's channel name.
        uniqueid: Asterisk's unique id of the channel.
        record_id: The call's record; not `call_id` when the caller was with people before.
        back: Why the caller comes back from there; "" on a first part.
    """

    call_id: uuid.UUID
    did: str
    caller: str
    channel: str
    uniqueid: str
    record_id: uuid.UUID
    back: str = ""


@dataclass(slots=True)
class _Entry:
    info: CallInfo
    until_s: float  # pending: admission expires; finished: may be forgotten
    active: bool = False
    finished: bool = False
    outcome: Outcome | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Registry:
    """The calls of one media process.

    Attributes:
        capacity: Most calls pending and active together.
        admission_s: Seconds a registered call has to connect.
        memory_s: Seconds a finished call's outcome is kept.
    """

    capacity: int
    admission_s: float = 10.0
    memory_s: float = 120.0
    _entries: dict[uuid.UUID, _Entry] = field(default_factory=dict)

    def register(self, info: CallInfo, now_s: float, later_s: float = 0.0) -> None:
        """Announce a call.

        Args:
            info: It.
            now_s: Now.
            later_s: Seconds it has besides to connect: what the dialplan plays to it first.

        Raises:
            RegistrationError: ``full``, or ``repeated`` for a UUID that was seen before.
        """
        if info.call_id in self._entries:
            raise RegistrationError("repeated")
        if self.load >= self.capacity:
            raise RegistrationError("full")
        self._entries[info.call_id] = _Entry(info, now_s + self.admission_s + later_s)

    def admit(self, call_id: uuid.UUID, now_s: float) -> CallInfo:
        """Let a connection in that shows this UUID: once, and in time.

        Raises:
            AdmissionError: ``unknown``, ``used`` or ``expired``.
        """
        entry = self._entries.get(call_id)
        if entry is None:
            raise AdmissionError("unknown")
        if entry.active or entry.finished:
            raise AdmissionError("used")
        if now_s > entry.until_s:
            raise AdmissionError("expired")
        entry.active = True
        return entry.info

    def finish(
        self,
        call_id: uuid.UUID,
        outcome: Outcome | None,
        now_s: float,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Note how a call ended; the first planned end stays.

        Args:
            call_id: Which.
            outcome: What comes next; None when nobody planned the end.
            now_s: Now.
            variables: What the dialplan needs for it.
        """
        entry = self._entries.get(call_id)
        if entry is None:
            return
        entry.active, entry.finished = False, True
        if entry.outcome is None:
            entry.outcome, entry.variables = outcome, variables or {}
        entry.until_s = now_s + self.memory_s

    def outcome(self, call_id: uuid.UUID) -> Outcome | None:
        """Return the planned outcome of a known call; None if its end was not planned.

        Raises:
            KeyError: If the call is not known here.
        """
        return self._entries[call_id].outcome

    def info(self, call_id: uuid.UUID) -> CallInfo:
        """Return what was registered of a known call.

        Raises:
            KeyError: If the call is not known here.
        """
        return self._entries[call_id].info

    def variables(self, call_id: uuid.UUID) -> Mapping[str, str]:
        """Return what the dialplan needs for a known call's outcome.

        Raises:
            KeyError: If the call is not known here.
        """
        return self._entries[call_id].variables

    def expire(self, now_s: float) -> list[CallInfo]:
        """Drop what is overdue; return the calls that registered and never connected."""
        overdue = [e for e in self._entries.values() if not e.active and now_s > e.until_s]
        for entry in overdue:
            del self._entries[entry.info.call_id]
        return [entry.info for entry in overdue if not entry.finished]

    def live(self) -> list[uuid.UUID]:
        """Return the records of the calls that are pending or active."""
        return [entry.info.record_id for entry in self._entries.values() if not entry.finished]

    @property
    def load(self) -> int:
        """Calls pending and active."""
        return sum(not entry.finished for entry in self._entries.values())
