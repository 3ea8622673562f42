"""From raw measurements to figures and a Markdown table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_REACHED = {True: "yes", False: "**no**", None: ""}
_MOST_VALUES = 1000  # gaps come by the ten thousand: beyond this their distribution is kept


@dataclass(frozen=True, slots=True)
class Row:
    """One measured quantity.

    Attributes:
        name: What was measured.
        values: Every single measurement, in `unit`.
        unit: `ms`, `s` or a plain count.
        target: What it should not exceed, with the percentile that counts; None without a target.
        statistic: The percentile the target is about: `p50`, `p95`, `p99` or `max`.
        note: What a reader has to know beside the figure.
        floor: What the vendors' delays alone make of it, in words; empty where they do not count.
    """

    name: str
    values: Sequence[float]
    unit: str = "ms"
    target: float | None = None
    statistic: str = "p95"
    note: str = ""
    floor: str = ""

    def figures(self) -> dict[str, float]:
        """The percentiles, rounded to what is meaningful; empty without a measurement."""
        if not len(self.values):
            return {}
        found = {f"p{p}": float(np.percentile(self.values, p)) for p in (50, 95, 99)}
        found["max"] = float(np.max(self.values))
        return {name: round(value, 1) for name, value in found.items()}

    def met(self) -> bool | None:
        """Whether the target was reached; None when there is nothing to compare."""
        figures = self.figures()
        if self.target is None or not figures:
            return None
        return figures[self.statistic] <= self.target


@dataclass(frozen=True, slots=True)
class Share:
    """How often something happened.

    Attributes:
        name: What.
        hits: How often.
        of: Of how many.
        target: Percent it should not exceed or, `at_least`, not fall short of; None without one.
        at_least: Whether more is better.
        note: What a reader has to know beside the figure.
    """

    name: str
    hits: int
    of: int
    target: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def percent(self) -> float | None:
        """The share; None of nothing."""
        return round(100.0 * self.hits / self.of, 2) if self.of else None

    def met(self) -> bool | None:
        """Whether the target was reached; None when there is nothing to compare."""
        if self.target is None or self.percent is None:
            return None
        return self.percent >= self.target if self.at_least else self.percent <= self.target


def shares_table(shares: Sequence[Share]) -> str:
    """A Markdown table of how often things happened."""
    lines = ["| how often | share | of | target | reached |", "|---|---|---|---|---|"]
    for share in shares:
        sign = ">=" if share.at_least else "<="
        target = f"{sign} {share.target:g} %" if share.target is not None else ""
        percent = "-" if share.percent is None else f"{share.percent:g} %"
        name = share.name + (f" ({share.note})" if share.note else "")
        cells = [name, percent, f"{share.hits} of {share.of}", target, _REACHED[share.met()]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def table(rows: Sequence[Row], heading: str = "measured at the phone") -> str:
    """A Markdown table of percentiles, targets last; with a column of floors if there are any."""
    floors = any(row.floor for row in rows)
    lines = [
        f"| {heading} | n | p50 | p95 | p99 | max | target | reached |" + " floor |" * floors,
        "|---|---|---|---|---|---|---|---|" + "---|" * floors,
    ]
    for row in rows:
        figures = row.figures()
        cells = [f"{figures[k]:g}" if k in figures else "-" for k in ("p50", "p95", "p99", "max")]
        target = f"{row.statistic} <= {row.target:g}" if row.target is not None else ""
        name = f"{row.name}, {row.unit}" + (f" ({row.note})" if row.note else "")
        cells = [name, str(len(row.values)), *cells, target, _REACHED[row.met()]]
        cells += [row.floor] * floors
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def as_json(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The rows with what plots need: each value or, when there are many, how many of each."""
    return [
        {
            "name": row.name,
            "unit": row.unit,
            **row.figures(),
            "n": len(row.values),
            "target": row.target,
            "statistic": row.statistic if row.target is not None else None,
            "met": row.met(),
            "note": row.note,
            "floor": row.floor,
            **_raw(row.values),
        }
        for row in rows
    ]


def _raw(values: Sequence[float]) -> dict[str, object]:
    if len(values) <= _MOST_VALUES:
        return {"values": [round(float(value), 3) for value in values]}
    whole, counts = np.unique(np.floor(values).astype(int), return_counts=True)
    return {"histogram": dict(zip(whole.tolist(), counts.tolist(), strict=True))}


def document(
    machine: Mapping[str, object],
    rows: Sequence[Row],
    title: str = "Calls, measured at the phone",
    heading: str = "measured at the phone",
) -> str:
    """The Markdown page: the table and what it was measured on."""
    about = ", ".join(f"{name} {value}" for name, value in machine.items())
    return f"# {title}\n\n{table(rows, heading)}\nMeasured on: {about}.\n"
