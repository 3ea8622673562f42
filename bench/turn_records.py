"""What the agent wrote down of the benchmark's calls, laid on the clock of the telephone.

The record counts milliseconds from when the call was connected; the telephone knows when it heard
the greeting. The first frame of the greeting is on both, so one gives the other.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

COSTS = ("drafts", "drafts_discarded", "tokens", "tokens_discarded")
_SAME_S = 0.3  # a reply's first frame and its first sound are closer than this


@dataclass(frozen=True, slots=True)
class Reply:
    """A turn of the agent's.

    Attributes:
        text: What it set out to say.
        heard: What the agent believes was heard.
        interrupted: Whether it was cut short.
        marks_ms: Its waterfall, in milliseconds since the call was connected.
        first_at: When its first frame was sent, on the telephone's clock; None if none was.
    """

    text: str
    heard: str
    interrupted: bool
    marks_ms: dict[str, int]
    first_at: float | None

    @property
    def whole(self) -> bool:
        """Whether the agent believes that all of it was heard."""
        return not self.interrupted and self.text.split() == self.heard.split()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call on record.

    Attributes:
        replies: The agent's turns, in order.
        caller: What the agent understood, in order.
        costs: Of `COSTS`, those that are on record.
        end_reason: How it ended.
    """

    replies: tuple[Reply, ...] = ()
    caller: tuple[str, ...] = ()
    costs: dict[str, int] = field(default_factory=dict)
    end_reason: str = ""

    def reply_at(self, moment: float) -> Reply | None:
        """Return the reply whose first sound was heard at a moment."""
        near = [r for r in self._sent() if abs(r[0] - moment) <= _SAME_S]
        return min(near, key=lambda r: abs(r[0] - moment))[1] if near else None

    def reply_before(self, moment: float) -> Reply | None:
        """Return the reply that was the last to begin before a moment."""
        earlier = [r for r in self._sent() if r[0] <= moment + _SAME_S / 2]
        return max(earlier, key=lambda r: r[0])[1] if earlier else None

    def next_begins(self, reply: Reply) -> float:
        """Return when the reply after one began; infinity for the last."""
        assert reply.first_at is not None
        return min((at for at, _ in self._sent() if at > reply.first_at), default=float("inf"))

    def understood(self, words: str) -> float:
        """Return which share of some words, 0..1, it understood in their order."""
        wanted, got = _plain(words), _plain(" ".join(self.caller))
        matches = SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
        return sum(block.size for block in matches) / len(wanted) if wanted else 1.0

    def _sent(self) -> list[tuple[float, Reply]]:
        return [(r.first_at, r) for r in self.replies if r.first_at is not None]


def read(database: Path, greetings: dict[str, float | None]) -> dict[str, Recorded]:
    """Read the records of calls.

    Args:
        database: The agent's.
        greetings: The numbers that called, each with when the greeting was first heard.

    Returns:
        What is on record of each number's last call; numbers without a call are left out.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=3.0)) as db:
        db.row_factory = sqlite3.Row
        calls = db.execute("SELECT * FROM calls ORDER BY registered_at").fetchall()
        last = {row["caller"]: dict(row) for row in calls if row["caller"] in greetings}
        found = {}
        for number, call in last.items():
            query = 'SELECT * FROM turns WHERE call_id = ? ORDER BY "index"'
            turns = [dict(row) for row in db.execute(query, (call["call_id"],))]
            found[number] = recorded(call, turns, greetings[number])
    return found


def recorded(
    call: dict[str, object], turns: Sequence[dict[str, object]], greeted_at: float | None
) -> Recorded:
    """Lay one call's rows on the telephone's clock.

    Args:
        call: Its row.
        turns: The rows of its turns, in order.
        greeted_at: When the greeting was first heard; None if it never was.
    """
    marks = [json.loads(str(turn["marks_ms"])) for turn in turns]
    greeting = next((m["first_frame"] for m in marks if "first_frame" in m), None)
    zero = None if greeting is None or greeted_at is None else greeted_at - greeting / 1000
    replies = tuple(
        Reply(
            str(turn["text"]),
            str(turn["heard"]),
            bool(turn["interrupted"]),
            found,
            zero + found["first_frame"] / 1000 if zero is not None and "first_frame" in found
            else None,
        )
        for turn, found in zip(turns, marks, strict=True)
        if turn["speaker"] == "agent"
    )  # fmt: skip
    caller = tuple(str(turn["text"]) for turn in turns if turn["speaker"] == "caller")
    costs = {name: int(str(call[name])) for name in COSTS if call.get(name) is not None}
    return Recorded(replies, caller, costs, str(call.get("end_reason") or ""))


def spans(marks_ms: dict[str, int]) -> list[tuple[str, float, float]]:
    """Return a waterfall as steps, each from the mark before it, in ms after the speech's end.

    Marks that lie before the end of the speech are work done ahead of it and come as they are.
    """
    zero = marks_ms.get("speech_end", min(marks_ms.values(), default=0))
    ordered = sorted(marks_ms.items(), key=lambda mark: mark[1])
    steps = []
    for n, (name, at) in enumerate(ordered):
        before = ordered[n - 1][1] if n else at
        steps.append((name, float(before - zero), float(at - zero)))
    return steps


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))
