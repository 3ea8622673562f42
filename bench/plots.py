"""The benchmark's pictures: how gaps and stops are distributed, and where two turns' time went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.turn_analysis import Answered
from bench.turn_records import spans

_DPI = 110
_COLOURS = ("#1b6ca8", "#c8553d", "#5aa9e6", "#e8a598", "#777777", "#2a9d8f")
_LATEST_MS = 1300.0


def distribution(
    path: Path,
    title: str,
    label: str,
    curves: Mapping[str, Sequence[float]],
    targets: Mapping[str, tuple[float, float]],
    latest_ms: float = _LATEST_MS,
) -> None:
    """Draw which share of some times is below each, with their targets.

    Args:
        path: The PNG to write.
        title: Over the picture.
        label: What the times are, with their unit.
        curves: The times of each phase, by its name.
        targets: For a curve's name, its p50 and p95 target.
        latest_ms: Where the axis ends at the latest; what lies beyond is told in the legend.
    """
    if not any(curves.values()):
        return
    figure, axes = plt.subplots(figsize=(8, 5.6))
    for colour, (name, values) in zip(_COLOURS, curves.items(), strict=False):
        if not values:
            continue
        ordered = np.sort(np.asarray(values, dtype=np.float64))
        shares = np.arange(1, len(ordered) + 1) / len(ordered) * 100
        p50, p95 = np.percentile(ordered, [50, 95])
        beyond = int((ordered > latest_ms).sum())
        legend = f"{name}: p50 {p50:.0f}, p95 {p95:.0f} (n = {len(ordered)})"
        legend += f", {beyond} beyond" if beyond else ""
        axes.step(ordered, shares, where="post", color=colour, label=legend, linewidth=1.6)
        if name in targets:
            at = np.array(targets[name], dtype=np.float64)
            axes.plot(at, [50, 95], "<", color=colour, markersize=9, markeredgecolor="black",
                      label=f"{name}'s targets: {at[0]:.0f} and {at[1]:.0f}")  # fmt: skip
    axes.set(xlabel=label, ylabel="share of them, %", title=title, ylim=(0, 101))
    everything = [v for values in curves.values() for v in values]
    most = min(latest_ms, max(everything, default=latest_ms) * 1.05)
    axes.set_xlim(0, max([most, *(t[1] * 1.1 for t in targets.values())]))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.13), ncols=2, frameon=False)
    _save(path)
    plt.close(figure)


def waterfalls(
    path: Path, turns: Sequence[tuple[str, Answered, Mapping[str, int]]], ear: str
) -> None:
    """Draw where the time of some turns went, one picture below the other.

    Args:
        path: The PNG to write.
        turns: A name, the answer as it was heard, and its marks on record.
        ear: Which ear, for the title.
    """
    if not turns:
        return
    rows = [len(marks) for _, _, marks in turns]
    figure, plots = plt.subplots(
        len(turns), 1, figsize=(8, 1.6 + 0.28 * sum(rows)), height_ratios=rows, squeeze=False
    )
    for axes, (name, answered, marks) in zip(plots[:, 0], turns, strict=True):
        _waterfall(axes, dict(marks))
        assert answered.gap_ms is not None
        axes.set_title(
            f"{ear}, {name} turn ({answered.said.kind}): heard after {answered.gap_ms:.0f} ms",
            fontsize=10,
        )
    plots[-1, 0].set_xlabel("ms after the agent last heard the caller's voice")
    figure.tight_layout()
    _save(path)
    plt.close(figure)


def _waterfall(axes: Axes, marks: dict[str, int]) -> None:
    steps = spans(marks)
    names = [name for name, _, _ in steps]
    for row, (_, start, end) in enumerate(steps):
        ahead = end < 0
        axes.barh(row, end - start, left=start, color="#bbbbbb" if ahead else _COLOURS[0])
        axes.plot(end, row, "|", color="black", markersize=12)
        axes.annotate(f"{end:.0f} (+{end - start:.0f})", (end, row), xytext=(5, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    first, last = min(s for _, s, _ in steps), max(e for _, _, e in steps)
    axes.set_xlim(min(first, 0) - 10, last + (last - first) * 0.18 + 20)
    axes.grid(axis="x", alpha=0.3)


def _save(path: Path) -> None:
    plt.tight_layout()
    plt.savefig(path, dpi=_DPI, metadata={"Software": None})
