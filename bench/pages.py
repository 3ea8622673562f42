"""What a run of the turn-taking benchmark leaves behind: JSON, a page, pictures, the front page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from audiosocket_agent.simulators.delays import Delays
from bench import plots
from bench.phases import Judged
from bench.report import Row, Share, as_json, shares_table, table
from bench.turn_analysis import Answered, Disturbed, Stopped
from bench.turn_report import (
    Ear,
    barge_ins_ms,
    degradation,
    ears,
    extremes,
    fair,
    gaps_ms,
    rows,
    shares,
    summary,
    waterfall,
)

BEGIN, END = "<!-- bench:turns -->", "<!-- /bench:turns -->"
Found = Mapping[str, Mapping[str, Judged]]
_BARGE_IN_AXIS_MS = 600.0


def save(
    out: Path, machine: Mapping[str, object], found: Found, delays: Delays, readme: Path | None
) -> str:
    """Write everything a run found; returns the page.

    Args:
        out: The folder.
        machine: What it was measured on.
        found: What was judged, by ear and phase.
        delays: Of the simulated vendors.
        readme: The front page, whose block between the markers is replaced; None for none.
    """
    out.mkdir(parents=True, exist_ok=True)
    every = ears(delays)
    times = {e: _times(phases, every[e]) for e, phases in found.items()}
    often = {e: [s for j in phases.values() for s in shares(j)] for e, phases in found.items()}
    overview = summary([(j, every[e]) for e, ps in found.items() for p, j in ps.items()
                        if p != "echo"])  # fmt: skip
    (out / "turns.json").write_text(_json(machine, found, times, often) + "\n")
    page = _page(machine, found, times, often, overview, every)
    (out / "turns.md").write_text(page)
    _draw(out, found, every)
    if readme is not None:
        text = readme.read_text()
        readme.write_text(replace_block(text, f"{overview}\nMeasured on: {_about(machine)}.\n"))
    return page


def replace_block(text: str, block: str) -> str:
    """Put a block between the markers; a text without them stays as it is."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        return text
    return f"{before}{BEGIN}\n{block.strip()}\n{END}{after}"


def _times(phases: Mapping[str, Judged], ear: Ear) -> list[Row]:
    found = [row for phase, j in phases.items() if phase != "echo" for row in rows(j, ear)]
    if "few" in phases and "fifty" in phases:
        found.append(degradation(phases["few"], phases["fifty"]))
    return found


def _about(machine: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def _page(
    machine: Mapping[str, object],
    found: Found,
    times: Mapping[str, list[Row]],
    often: Mapping[str, list[Share]],
    overview: str,
    every: Mapping[str, Ear],
) -> str:
    parts = ["# Turn-taking, measured at the phone", overview, "## Floors"]
    parts.append("\n".join(f"- {every[e].name}: {every[e].floor}." for e in found))
    for e, phases in found.items():
        parts += [f"## {every[e].name}", table(times[e]), shares_table(often[e])]
        parts.append(
            "\n".join(
                f"- {phase}: percent of a processor: {j.load}." for phase, j in phases.items()
            )
        )
        for judged in phases.values():
            for name, answered, marks in extremes(judged.waterfalls):
                parts.append(
                    f"{judged.name}, the {name} turn:\n\n```\n{waterfall(answered, marks)}\n```"
                )
    parts.append(f"Measured on: {_about(machine)}.\n")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _waterfall(judged: Judged, answered: Answered) -> dict[str, int]:
    """Return an answer's marks since the caller's last sound; empty if it has none."""
    marks = next((m for a, m in judged.waterfalls if a is answered), {})
    since_ms = marks.get("speech_end", 0)
    return {name: at_ms - since_ms for name, at_ms in marks.items()}


def _json(
    machine: Mapping[str, object],
    found: Found,
    times: Mapping[str, list[Row]],
    often: Mapping[str, list[Share]],
) -> str:
    whole = {
        "machine": machine,
        "ears": {
            e: {
                "times": as_json(times[e]),
                "load": {phase: j.load for phase, j in phases.items()},
                "shares": [asdict(s) | {"percent": s.percent, "met": s.met()} for s in often[e]],
                "turns": [
                    {
                        "phase": j.name,
                        "kind": a.said.kind,
                        "mode": a.said.mode.value,
                        "text": a.said.text,
                        "hard": a.said.hard,
                        "cut_in": a.cut_in,
                        "talked_over": a.talked_over,
                        "gap_ms": None if a.gap_ms is None else round(a.gap_ms, 1),
                        "waterfall_ms": _waterfall(j, a),
                    }
                    for j in phases.values()
                    for a in j.answers
                ],
                "interruptions": [
                    {"phase": j.name, "obeyed": obeyed, **_seen(stopped)}
                    for j in phases.values()
                    for stopped, obeyed in j.stops
                ],
                "disturbances": [
                    {"phase": j.name, "lost": lost, **_seen(disturbed)}
                    for j in phases.values()
                    for disturbed, lost in (*j.disturbances, *j.echoes)
                ],
            }
            for e, phases in found.items()
        },
    }
    return json.dumps(whole, indent=1)


def _seen(found: Stopped | Disturbed) -> dict[str, object]:
    """Return what was measured of a sound into a reply, and which sound it was."""
    fields = asdict(found)
    del fields["said"]
    rounded = {k: round(v, 1) if isinstance(v, float) else v for k, v in fields.items()}
    return {"kind": found.said.kind, "text": found.said.text, **rounded}


def _draw(out: Path, found: Found, every: Mapping[str, Ear]) -> None:
    shown = [(e, p, j) for e, ps in found.items() for p, j in ps.items() if p != "echo"]
    targets = {
        every[e].name: (low, high)
        for e in found
        if (low := every[e].p50_ms) is not None and (high := every[e].p95_ms) is not None
    }
    gaps = {j.name: gaps_ms(fair(j)) for _, _, j in shown}
    plots.distribution(out / "turns_gap.png", "From the caller's last sound to our first",
                       "response gap, ms", gaps, targets)  # fmt: skip
    stops = {j.name: barge_ins_ms(j) for e, _, j in shown if e != "naive"}
    first = next(iter(stops), "")
    plots.distribution(out / "turns_barge_in.png", "From the caller's first sound to our last",
                       "barge-in, ms", stops, {first: (100.0, 160.0)},
                       _BARGE_IN_AXIS_MS)  # fmt: skip
    for e, phases in found.items():
        if "few" in phases:
            plots.waterfalls(out / f"turns_waterfall_{e}.png",
                             extremes(phases["few"].waterfalls), every[e].name)  # fmt: skip
