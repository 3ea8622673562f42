"""From judged calls to tables: what was to be reached, what was, and what the vendors alone cost.

Pure. Hard utterances, whose end nobody could know, count in no figure but their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audiosocket_agent.simulators.delays import Delays
from bench.corpus import KINDS
from bench.phases import Judged
from bench.report import Row, Share
from bench.turn_analysis import LATE_S, Answered, late, unanswered
from bench.turn_records import spans

_FRAME_MS = 20
_FINALIZE_MS = 100  # of silence, until Nova is asked for its words
_NAIVE_MS = 400  # of silence, in a chain that does one thing after the other
BARGE_IN_FLOOR = "vendors take no part in it; a frame in and a frame out are up to 40"


@dataclass(frozen=True, slots=True)
class Ear:
    """What is expected with one ear.

    Attributes:
        name: For people.
        p50_ms: Target of the response gap.
        p95_ms: Target of the response gap.
        floor_ms: What the vendors' delays alone make of it.
        floor: The same in words.
    """

    name: str
    p50_ms: float | None
    p95_ms: float | None
    floor_ms: float
    floor: str


def ears(delays: Delays) -> dict[str, Ear]:
    """Return the ears by the names of their engines; `naive` is a chain without speculation."""
    answer = delays.llm_first + delays.tts_first
    flux = delays.flux_eager + answer
    nova = _FINALIZE_MS + delays.nova_final + answer
    naive = _NAIVE_MS + delays.nova_final + answer
    speech = f"{delays.llm_first:g} model + {delays.tts_first:g} voice"
    return {
        "deepgram_flux": Ear(
            "Flux", 300, 450, flux + _FRAME_MS,
            f"{delays.flux_eager:g} EagerEndOfTurn + {speech} = {flux:g}, + {_FRAME_MS} frame; "
            f"who waits for EndOfTurn: {delays.flux_eot + _FRAME_MS:g}",
        ),
        "deepgram": Ear(
            "Nova-3", 380, 550, nova + _FRAME_MS,
            f"{_FINALIZE_MS} silence + {delays.nova_final:g} final + {speech} = {nova:g}, "
            f"+ {_FRAME_MS} frame",
        ),
        "naive": Ear(
            "naive chain", None, None, naive + _FRAME_MS,
            f"{_NAIVE_MS} silence + {delays.nova_final:g} final + {speech} = {naive:g}, "
            f"+ {_FRAME_MS} frame",
        ),
    }  # fmt: skip


def fair(judged: Judged) -> list[Answered]:
    """Return the answers to utterances whose end could be known."""
    return [a for a in judged.answers if not a.said.hard]


def gaps_ms(answers: Sequence[Answered]) -> list[float]:
    """Return the gaps that could be measured."""
    return [a.gap_ms for a in answers if a.gap_ms is not None]


def barge_ins_ms(judged: Judged) -> list[float]:
    """Return how long the agent was still heard after interruptions it was heard at."""
    return [stopped.stopped_ms for stopped, _ in judged.stops if stopped.into_speech]


def rows(judged: Judged, ear: Ear) -> list[Row]:
    """Return the times of a phase."""
    name, answers = judged.name, fair(judged)
    gaps = gaps_ms(answers)
    others = gaps_ms([a for a in answers if a.said.kind != "one word"])
    found = [
        Row(f"{name}: response gap", gaps, target=ear.p50_ms, statistic="p50", floor=ear.floor),
        Row(f"{name}: response gap", gaps, target=ear.p95_ms, statistic="p95"),
    ]
    for kind in KINDS:
        of_kind = gaps_ms([a for a in answers if a.said.kind == kind])
        # No slower than the rest, give or take the frame that nobody hears.
        rest = float(np.median(others)) + _FRAME_MS if others and kind == "one word" else None
        if of_kind:
            found.append(Row(f"{name}: gap, {kind}", of_kind, target=rest, statistic="p50"))
    stops = barge_ins_ms(judged)
    # Where words were lost there is no return to wait for: those are counted among the shares.
    into = [d for d, lost in judged.disturbances if d.into_speech and not lost]
    holes = [d.hole_ms for d in into]
    back = [d.resumed_ms for d in into if d.resumed_ms is not None]
    found += [
        Row(f"{name}: barge-in, onset to our last sound", stops, target=100, statistic="p50",
            floor=BARGE_IN_FLOOR),
        Row(f"{name}: barge-in, onset to our last sound", stops, target=160, statistic="p95"),
        Row(f"{name}: hole in our voice after a cough, click or backchannel", holes),
        Row(f"{name}: end of that sound to our voice", back, target=300, statistic="p95"),
        Row(f"{name}: 200 OK to the greeting", judged.greetings_ms, target=150, statistic="p95"),
        Row(f"{name}: the phone's own latest frame of each call", judged.late_ms),
    ]  # fmt: skip
    return found


def shares(judged: Judged) -> list[Share]:
    """Return how often things happened in a phase."""
    if judged.echoes:
        lost = sum(lost for _, lost in judged.echoes)
        what = "replies that their own echo cost words"
        return [Share(f"{judged.name}: {what}", lost, len(judged.echoes), 2.0)]
    name, answers = judged.name, fair(judged)
    hard = [a for a in judged.answers if a.said.hard]
    asked = [a for a in answers if not a.talked_over]
    waited = [a for a in answers if a.measured]
    into = [lost for d, lost in judged.disturbances if d.into_speech]
    done = len(judged.answers)
    found = [
        Share(f"{name}: false cut-ins", sum(a.cut_in for a in asked), len(asked), 2.0),
        Share(f"{name}: cut-ins where nobody could know", sum(a.cut_in for a in hard), len(hard)),
        Share(f"{name}: answers after {LATE_S:g} s", late(waited), len(waited), 1.0),
        Share(f"{name}: no answer within 4 s", unanswered(waited), len(waited), 1.0),
        Share(f"{name}: interruptions obeyed", sum(o for _, o in judged.stops),
              len(judged.stops), 100.0, at_least=True),
        Share(f"{name}: false stops that lost words", sum(into), len(into), 2.0),
        Share(f"{name}: utterances not reached", judged.planned - done, judged.planned,
              note=f"{judged.ended_early} of {judged.calls} calls ended by the agent, "
                   f"{len(judged.errors)} lost, {judged.misheard} with other words on record"),
    ]  # fmt: skip
    return found + _costs(judged)


def _costs(judged: Judged) -> list[Share]:
    """What speculation threw away, if the agent wrote it down."""
    costs, found = judged.costs, []
    for what, said in (("drafts", "answers begun in vain"), ("tokens", "the model's tokens")):
        if what in costs and f"{what}_discarded" in costs:
            thrown = costs[f"{what}_discarded"]
            found.append(Share(f"{judged.name}: thrown away of {said}", thrown, costs[what]))
    return found


def degradation(few: Judged, many: Judged) -> Row:
    """Return how much worse the gap's p95 is with many calls at once.

    The two phases say different things, and some take longer to answer: so each answer of the many
    is held against what the same words took with few.
    """
    before: dict[str, list[float]] = {}
    for answered in fair(few):
        if answered.gap_ms is not None:
            before.setdefault(answered.said.text, []).append(answered.gap_ms)
    pairs = [
        (answered.gap_ms, float(np.median(before[answered.said.text])))
        for answered in fair(many)
        if answered.gap_ms is not None and answered.said.text in before
    ]
    p95 = np.percentile(np.array(pairs), 95, axis=0) if pairs else None
    worse = [] if p95 is None else [float(p95[0] - p95[1])]
    note = f"{len(pairs)} answers to the same words"
    name = f"{many.name}: gap's p95, more than with few"
    return Row(name, worse, target=20, statistic="max", note=note)


def summary(phases: Sequence[tuple[Judged, Ear]]) -> str:
    """Return the table for the front page: a line for each figure, a column for each phase."""
    heads = [judged.name for judged, _ in phases]
    lines = [
        "| at the caller's ear | target | " + " | ".join(heads) + " |",
        "|---|---|" + "---|" * len(heads),
    ]
    for title, target, figure in _FIGURES:
        cells = [figure(judged, ear) for judged, ear in phases]
        lines.append(f"| {title} | {target} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _percentiles(values: Sequence[float], *wanted: int) -> str:
    if not values:
        return "-"
    return " / ".join(f"{np.percentile(values, p):.0f}" for p in wanted)


def _share(judged: Judged, title: str) -> str:
    found = next((s for s in shares(judged) if s.name.endswith(title)), None)
    return "-" if found is None or found.percent is None else f"{found.percent:g} %"


_Figure = Callable[[Judged, Ear], str]
_FIGURES: tuple[tuple[str, str, _Figure], ...] = (
    ("turns", "", lambda j, e: str(len(j.answers))),
    ("response gap p50 / p95, ms", "Flux 300 / 450, Nova-3 380 / 550",
     lambda j, e: _percentiles(gaps_ms(fair(j)), 50, 95)),
    ("its floor (the vendors alone), ms", "", lambda j, e: f"{e.floor_ms:.0f}"),
    ("one-word answers p50, ms", "no slower than the rest",
     lambda j, e: _percentiles(gaps_ms([a for a in fair(j) if a.said.kind == "one word"]), 50)),
    ("false cut-ins", "<= 2 %", lambda j, e: _share(j, ": false cut-ins")),
    ("answers after 1.2 s", "<= 1 %", lambda j, e: _share(j, f": answers after {LATE_S:g} s")),
    ("barge-in p50 / p95, ms", "100 / 160", lambda j, e: _percentiles(barge_ins_ms(j), 50, 95)),
    ("interruptions obeyed", "100 %", lambda j, e: _share(j, ": interruptions obeyed")),
    ("false stops that lost words", "<= 2 %",
     lambda j, e: _share(j, ": false stops that lost words")),
    ("200 OK to the greeting p95, ms", "150", lambda j, e: _percentiles(j.greetings_ms, 95)),
)  # fmt: skip


def waterfall(answered: Answered, marks_ms: Mapping[str, int]) -> str:
    """Return one answer's steps as text."""
    gap = f"{answered.gap_ms:.0f}" if answered.gap_ms is not None else "-"
    lines = [f"{answered.said.kind}, {len(answered.said.text.split())} words: gap {gap} ms"]
    for name, start, end in spans(dict(marks_ms)):
        lines.append(f"  {name:<18}{end:>7.0f} ms  (+{end - start:.0f})")
    return "\n".join(lines)


def extremes(
    found: Sequence[tuple[Answered, dict[str, int]]],
) -> list[tuple[str, Answered, dict[str, int]]]:
    """Return the median and the worst of the answers whose waterfall is on record."""
    ordered = sorted(
        (entry for entry in found if entry[0].gap_ms is not None and not entry[0].said.hard),
        key=lambda entry: entry[0].gap_ms or 0.0,
    )
    if not ordered:
        return []
    median, worst = ordered[(len(ordered) - 1) // 2], ordered[-1]
    return [("median", *median), ("worst", *worst)]
