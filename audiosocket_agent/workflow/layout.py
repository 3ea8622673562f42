"""Where the boxes and lines of a drawing go: a small layered layout, top to bottom. Pure.

Theory of operation, after Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of
Hierarchical System Structures" (1981). Each box goes into the row after the last of those that lead
to it. A line that crosses rows gets a bend in each, which takes part in what follows like a box.
The order within a row is that of the mean of the neighbours' places, found in a few sweeps; then
each is put below what leads to it, as far as the others in its row allow. Lines that lead back take
no part: they run in lanes of their own at the left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ROW_GAP, BOX_GAP, LANE, BEND = 46.0, 44.0, 28.0, 20.0
_SWEEPS = 8

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A box to be placed, in pixels."""

    name: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be drawn: from the bottom of one box to the top of another.

    Attributes:
        begin: Name of a box.
        end: Name of a box.
        back: Whether it leads back: then it joins their left sides.
    """

    begin: str
    end: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything is, in pixels from the left top.

    Attributes:
        at: The left top corner of each box.
        ways: The points of each line.
        width: Of the drawing.
        height: Likewise.
    """

    at: Mapping[str, Point]
    ways: Mapping[Line, tuple[Point, ...]]
    width: float
    height: float


def place(boxes: Sequence[Box], lines: Iterable[Line]) -> Placed:
    """Lay out boxes and lines; without those that are `back`, no line may lead to its own begin."""
    lines = tuple(dict.fromkeys(lines))
    down = [line for line in lines if not line.back]
    rows_of = _rows(boxes, down)
    sizes = {box.name: (box.width, box.height) for box in boxes}
    rows: list[list[str]] = [[] for _ in range(1 + max(rows_of.values(), default=0))]
    for box in boxes:
        rows[rows_of[box.name]].append(box.name)
    bends = _bends(rows, down, rows_of, sizes)
    _order(rows, bends.values())
    back = [line for line in lines if line.back]
    left = LANE * (len(back) + 1) if back else 0.0
    middle = _middles(rows, bends.values(), sizes)
    shift = left - min((middle[n] - sizes[n][0] / 2 for row in rows for n in row), default=0.0)
    tops, height = _tops(rows, sizes)
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    at = {n: (middle[n] + shift - sizes[n][0] / 2, tops[row_of[n]]) for n in sizes}
    ways = {line: _down(path, at, sizes, rows, row_of, tops) for line, path in bends.items()}
    for lane, line in enumerate(back, start=1):
        ways[line] = _back(line, at, sizes, LANE * lane)
    width = max((x + sizes[n][0] for n, (x, _) in at.items()), default=0.0)
    return Placed({box.name: at[box.name] for box in boxes}, ways, width, height)


def _rows(boxes: Sequence[Box], down: Sequence[Line]) -> dict[str, int]:
    """Return the row of each box: the one after the last of those that lead to it."""
    row = {box.name: 0 for box in boxes}
    for _ in boxes:
        for line in down:
            row[line.end] = max(row[line.end], row[line.begin] + 1)
    return row


def _bends(
    rows: list[list[str]],
    down: Sequence[Line],
    row_of: Mapping[str, int],
    sizes: dict[str, tuple[float, float]],
) -> dict[Line, list[str]]:
    """Put a bend into each row that a line crosses; returns what each line passes, ends too."""
    paths = {}
    for number, line in enumerate(down):
        path = [line.begin]
        for row in range(row_of[line.begin] + 1, row_of[line.end]):
            bend = f"{number}:{row}"  # no name of a box has a colon
            rows[row].append(bend)
            sizes[bend] = (BEND, 0.0)
            path.append(bend)
        paths[line] = [*path, line.end]
    return paths


def _neighbours(paths: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for path in paths:
        for one, other in zip(path, path[1:], strict=False):
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    return near


def _order(rows: list[list[str]], paths: Iterable[Sequence[str]]) -> None:
    """Order each row by the mean place of the neighbours in the row before it, up and down."""
    near = _neighbours(paths)
    for sweep in range(_SWEEPS):
        way = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        for number in way:
            before = rows[number - 1 if sweep % 2 == 0 else number + 1]
            place_of = {name: at for at, name in enumerate(before)}
            here = {name: at for at, name in enumerate(rows[number])}

            def mean(
                name: str, here: Mapping[str, int] = here, seen: Mapping[str, int] = place_of
            ) -> tuple[float, bool, int]:
                places = [seen[n] for n in near.get(name, ()) if n in seen]
                # A bend goes to the right of a box in the same place: the main way stays straight.
                about = sum(places) / len(places) if places else float(here[name])
                return about, ":" in name, here[name]

            rows[number].sort(key=mean)


def _middles(
    rows: Sequence[Sequence[str]],
    paths: Iterable[Sequence[str]],
    sizes: Mapping[str, tuple[float, float]],
) -> dict[str, float]:
    """Return the middle of each box and bend, across."""
    paths = list(paths)
    above: dict[str, list[str]] = {}
    for path in paths:
        for one, other in zip(path, path[1:], strict=False):
            above.setdefault(other, []).append(one)
    middle: dict[str, float] = {}
    for row in rows:
        _settle(row, [_below(above.get(name, ()), middle) for name in row], middle, sizes)
    # A line that passes several rows passes them in one lane: the outermost it needs.
    lanes = {bend: max(middle[b] for b in path[1:-1]) for path in paths for bend in path[1:-1]}
    for row in rows:
        _settle(row, [lanes.get(name, middle[name]) for name in row], middle, sizes)
    return middle


def _below(above: Sequence[str], middle: Mapping[str, float]) -> float:
    """Return the middle of what stands above, of boxes rather than bends: ways stay straight."""
    boxes = [name for name in above if ":" not in name] or above
    return sum(middle[name] for name in boxes) / len(boxes) if boxes else float("-inf")


def _settle(
    row: Sequence[str],
    wanted: Sequence[float],
    middle: dict[str, float],
    sizes: Mapping[str, tuple[float, float]],
) -> None:
    """Move each in a row towards where it is wanted, the first ones first, without overlaps."""
    edge = 0.0
    for name, want in zip(row, wanted, strict=True):
        half = sizes[name][0] / 2
        middle[name] = max(want, edge + half)
        edge = middle[name] + half + BOX_GAP


def _tops(
    rows: Sequence[Sequence[str]], sizes: Mapping[str, tuple[float, float]]
) -> tuple[list[float], float]:
    tops, y = [], 0.0
    for row in rows:
        tops.append(y)
        y += max((sizes[name][1] for name in row), default=0.0) + ROW_GAP
    return tops, max(0.0, y - ROW_GAP)


def _down(
    path: Sequence[str],
    at: Mapping[str, Point],
    sizes: Mapping[str, tuple[float, float]],
    rows: Sequence[Sequence[str]],
    row_of: Mapping[str, int],
    tops: Sequence[float],
) -> tuple[Point, ...]:
    """Return the points of a line, from the bottom of its first box through the bends."""
    first, last = path[0], path[-1]
    points = [(at[first][0] + sizes[first][0] / 2, at[first][1] + sizes[first][1])]
    for bend in path[1:-1]:
        x, row = at[bend][0] + BEND / 2, row_of[bend]
        points += [(x, tops[row]), (x, tops[row] + max(sizes[n][1] for n in rows[row]))]
    return (*points, (at[last][0] + sizes[last][0] / 2, at[last][1]))


def _back(
    line: Line,
    at: Mapping[str, Point],
    sizes: Mapping[str, tuple[float, float]],
    lane: float,
) -> tuple[Point, ...]:
    """Return the points of a line that leads back, by a lane at the left."""
    (x1, y1), (x2, y2) = at[line.begin], at[line.end]
    y1 += sizes[line.begin][1] / 2
    y2 += sizes[line.end][1] / 2
    return ((x1, y1), (lane, y1), (lane, y2), (x2, y2))
