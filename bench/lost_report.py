"""What became of callers while the control side was being broken. Pure: verdicts, rows, page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report import Row, Share, shares_table, table

NO_FAULT = "nothing broken"
BY_AMI = "told ahead, over AMI"
BY_QUESTION = "asked for by the dialplan"
STRAIGHT = "people at once, without the agent"
OTHERWISE = "otherwise"
WAYS = (BY_AMI, BY_QUESTION, STRAIGHT, OTHERWISE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something broken on purpose; times are the loop's.

    Attributes:
        kind: What.
        begun_s: When it was broken.
        well_s: When the agent was seen well again, all its links included.
    """

    kind: str
    begun_s: float
    well_s: float


@dataclass(frozen=True, slots=True)
class Called:
    """One caller, as the phone, Asterisk's queue and the records tell; times are the loop's.

    Attributes:
        caller: The number.
        dialed_s: When the call was placed.
        key_s: When the key for a person was pressed; None if nobody answered.
        person_s: When the person's tone began; None if it never did.
        went_wrong: How the call was lost, "" if it was not.
        joined: How often the call entered the queue.
        records: Rows of the records, after everything was over.
    """

    caller: str
    dialed_s: float
    key_s: float | None
    person_s: float | None
    went_wrong: str
    joined: int
    records: Sequence[Mapping[str, Any]]

    @property
    def lost(self) -> bool:
        """Whether the caller never reached a person."""
        return self.person_s is None

    @property
    def was_held(self) -> bool:
        """Whether the agent had the call."""
        return any(row["connected_at"] for row in self.records)


def way_of(called: Called, asked: Collection[str]) -> str:
    """Tell which way a caller reached a person.

    Args:
        called: The caller.
        asked: Ids of the calls that the dialplan could not be told about ahead.
    """
    held = [row for row in called.records if row["connected_at"]]
    if not held:
        return STRAIGHT
    if held[0]["end_reason"] != "handed_over":
        return OTHERWISE
    return BY_QUESTION if held[0]["call_id"] in asked else BY_AMI


def fault_of(called: Called, faults: Sequence[Fault]) -> str:
    """Name what was broken first between a caller's key and the person.

    Of who came to people without the agent: between dialling and the person.
    """
    begun_s = called.key_s if called.was_held and called.key_s is not None else called.dialed_s
    until_s = float("inf") if called.person_s is None else called.person_s
    during = [it for it in faults if it.begun_s < until_s and it.well_s > begun_s]
    return min(during, key=lambda it: it.begun_s).kind if during else NO_FAULT


def is_open(called: Called) -> bool:
    """Whether a record was left without an end."""
    return any(not row["ended_at"] or not row["hung_up_at"] for row in called.records)


def rows_of(calls: Sequence[Called], faults: Sequence[Fault]) -> list[Row]:
    """Measure how long callers took to a person, by what was broken meanwhile."""
    kinds = [*sorted({fault.kind for fault in faults}), NO_FAULT]
    asked: dict[str, list[float]] = {kind: [] for kind in kinds}
    straight: dict[str, list[float]] = {kind: [] for kind in kinds}
    for it in calls:
        if it.person_s is None:
            continue
        if it.was_held and it.key_s is not None:
            asked[fault_of(it, faults)].append(it.person_s - it.key_s)
        else:
            straight[fault_of(it, faults)].append(it.person_s - it.dialed_s)
    rows = [
        Row(f"{name}, {kind}", found[kind], unit="s")
        for name, found in (
            ("key to person", asked),
            ("dialling to person, without the agent", straight),
        )
        for kind in kinds
        if found[kind]
    ]
    for kind in kinds[:-1]:
        took_s = [fault.well_s - fault.begun_s for fault in faults if fault.kind == kind]
        rows.append(Row(f"broken until well again, {kind}", took_s, unit="s"))
    return rows


def shares_of(calls: Sequence[Called], asked: Collection[str]) -> list[Share]:
    """Count the lost, the ways people were reached, and what is wrong with the records."""
    count, many = len(calls), Counter(way_of(it, asked) for it in calls if not it.lost)
    held = [it for it in calls if it.was_held]
    ways = [Share(f"reached a person: {way}", many[way], count) for way in WAYS]
    return [
        Share("callers lost", sum(it.lost for it in calls), count, target=0),
        *ways,
        Share("entered the queue more than once", sum(it.joined > 1 for it in calls), count, 0),
        Share("more than one record", sum(len(it.records) > 1 for it in calls), count, 0),
        Share("a record without an end", sum(is_open(it) for it in calls), count, 0),
        Share(
            "handed over by the agent, and the record does not say so",
            sum(row["end_reason"] != "handed_over" for it in held for row in it.records),
            len(held),
        ),
        Share("no record: the controller was away", sum(not it.records for it in calls), count),
    ]


def document(
    machine: Mapping[str, object], rows: Sequence[Row], shares: Sequence[Share], left: int
) -> str:
    """The Markdown page."""
    about = ", ".join(f"{name} {value}" for name, value in machine.items())
    return (
        "# Lost callers\n\n"
        f"{shares_table(shares)}\n{table(rows)}\n"
        f"Channels left in Asterisk afterwards: {left}. Measured on: {about}.\n"
    )
