"""Drawings of a workflow: for Mermaid, and as SVG that needs no other program. Pure.

The steps a call walks through stand at the left. At the right stand the side ways, which every step
leads to; a line to a person from each step would say the same over and over, so of the failures
only those that lead elsewhere are drawn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from html import escape

from audiosocket_agent.workflow import layout
from audiosocket_agent.workflow.graph import Edge, Way, bounded, edges
from audiosocket_agent.workflow.model import PERSON, SIDE_WAYS, Does, Says, Workflow
from audiosocket_agent.workflow.names import Step

_WIDTH, _PAD, _LEADING, _TITLE = 264.0, 12.0, 17.0, 22.0  # of a box, in pixels
_CHARS = 34  # in a line of a box, at 13 pixels
_MARGIN, _BETWEEN, _HEAD = 28.0, 72.0, 74.0
_DASHES = {Way.THEN: "", Way.NO: "6 4", Way.FAILURE: "2 4"}
_LABELS = {Way.THEN: "", Way.NO: "no", Way.FAILURE: "fails"}
_STYLE = """
text { font: 13px system-ui, "Helvetica Neue", Arial, sans-serif; fill: #1c2733; }
.title { font-weight: 600; font-size: 14px; } .head { font-weight: 600; font-size: 18px; }
.small { fill: #55636f; font-size: 12px; } .box { fill: #ffffff; stroke: #51708c; }
.first { fill: #e3f1e7; stroke: #3d7a52; } .books { fill: #fdf0d3; stroke: #a8741a; }
.end { fill: #e8ebef; stroke: #66717c; } .side { fill: #f3eff8; stroke: #6f5a93; }
.line { fill: none; stroke: #51708c; stroke-width: 1.5; }
.label { fill: #1c2733; stroke: #fbfcfd; stroke-width: 4; paint-order: stroke; font-size: 12px; }
"""


def mermaid(workflow: Workflow) -> str:
    """Return the source of a Mermaid flow chart."""
    main, side = _parts(workflow)
    out = [f"%% {workflow.name}: {workflow.about}", "flowchart TD"]
    out += [f"    {_node(workflow, step)}" for step in main]
    out.append('    subgraph side ["from every step: a person is wanted, or the step fails"]')
    out += [f"        {_node(workflow, step)}" for step in side]
    out.append("    end")
    arrows = {Way.THEN: "-->", Way.NO: "-.->|no|", Way.FAILURE: "-.->|fails|"}
    out += [f"    {e.begin}_ {arrows[e.way]} {e.end}_" for e in _drawn(workflow, workflow.steps)]
    return "\n".join(out) + "\n"


def _node(workflow: Workflow, step: Step) -> str:
    # The underscore: "end" and others are words of Mermaid's own.
    text = "<br/>".join(
        escape(line, quote=True).replace("&quot;", "#quot;").replace("&#x27;", "'")
        for line in (str(step), *_told(workflow, step))
    )
    return f'{step}_["{text}"]'


def svg(workflow: Workflow) -> str:
    """Return a drawing as the text of an SVG file."""
    parts, x, height = [], _MARGIN, 0.0
    main, side = _parts(workflow)
    for steps, head in ((main, ""), (side, "From every step, when it fails or a person is wanted")):
        placed, drawn = _lay_out(workflow, steps)
        parts.append(_panel(workflow, placed, drawn, x, head))
        x += max(placed.width, _WIDTH + 80 if head else 0) + _BETWEEN
        height = max(height, placed.height)
    width, height = x - _BETWEEN + _MARGIN, height + _HEAD + _MARGIN
    about = escape(workflow.about)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">\n<title>{workflow.name}</title>\n'
        f"<desc>{about}</desc>\n<style>{_STYLE}</style>\n"
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        'markerHeight="8" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" '
        'fill="#51708c"/></marker></defs>\n'
        f'<rect width="100%" height="100%" fill="#fbfcfd"/>\n'
        f'<text class="head" x="{_MARGIN}" y="30">{workflow.name}</text>\n'
        f'<text class="small" x="{_MARGIN}" y="50">{about}</text>\n' + "".join(parts) + "</svg>\n"
    )


def _parts(workflow: Workflow) -> tuple[list[Step], list[Step]]:
    main = [step for step in workflow.steps if step not in SIDE_WAYS]
    return main, [step for step in workflow.steps if step in SIDE_WAYS]


def _drawn(workflow: Workflow, steps: Iterable[Step]) -> list[Edge]:
    """Return the ways that are drawn among some steps."""
    among = set(steps)
    usual = {s for s, rule in workflow.steps.items() if rule.on_failure == PERSON}
    return [
        edge for edge in edges(workflow)
        if {edge.begin, edge.end} <= among
        and not (edge.way is Way.FAILURE and edge.begin in usual)
    ]  # fmt: skip


def _told(workflow: Workflow, step: Step) -> list[str]:
    """Return the lines of a step's box below its name."""
    rule = workflow.steps[step]
    told = textwrap.wrap(rule.goal, _CHARS)
    said = {Says.QUOTE: "says the price", Says.READ_BACK: "reads back", Says.NOTHING: ""}
    if said[rule.says]:
        told.append(said[rule.says])
    if rule.needs:
        told += textwrap.wrap(f"asks: {', '.join(rule.needs)}", _CHARS)
    if rule.does is Does.BOOK:
        told.append("books")
    _, side = _parts(workflow)
    if step in side and rule.then is not None and rule.then not in side:
        told.append(f"then: {rule.then}")
    if rule.then is None:
        told.append(f"ends: {rule.ends.value}")
    tries = "" if rule.retries is None else f", {rule.retries} tries"
    follows = "a person" if rule.on_failure == PERSON else rule.on_failure.replace("_", " ")
    told.append(f"{rule.timeout_s:g} s{tries}, then {follows}")
    return told


def _lay_out(
    workflow: Workflow, steps: Sequence[Step]
) -> tuple[layout.Placed, dict[layout.Line, Edge]]:
    boxes = [
        layout.Box(step, _WIDTH, 2 * _PAD + _TITLE + _LEADING * (len(_told(workflow, step)) - 0.4))
        for step in steps
    ]
    drawn = {
        layout.Line(edge.begin, edge.end, bounded(workflow, edge)): edge
        for edge in reversed(_drawn(workflow, steps))
    }
    return layout.place(boxes, reversed(drawn)), drawn


def _panel(
    workflow: Workflow,
    placed: layout.Placed,
    drawn: dict[layout.Line, Edge],
    x: float,
    head: str,
) -> str:
    out = [f'<g transform="translate({x:.1f} {_HEAD:.1f})">\n']
    if head:
        out.append(f'<text class="small" x="0" y="-14">{head}</text>\n')
    for line, points in placed.ways.items():
        out.append(_line(points, drawn[line]))
    for name, (left, top) in placed.at.items():
        out.append(_box(workflow, Step(name), left, top))
    return "".join([*out, "</g>\n"])


def _box(workflow: Workflow, step: Step, left: float, top: float) -> str:
    told = _told(workflow, step)
    rule = workflow.steps[step]
    look = "box"
    if step in SIDE_WAYS:
        look = "side"
    elif step is workflow.first:
        look = "first"
    elif rule.does is Does.BOOK:
        look = "books"
    elif rule.then is None:
        look = "end"
    height = 2 * _PAD + _TITLE + _LEADING * (len(told) - 0.4)
    out = [
        f'<rect class="{look}" x="{left:.1f}" y="{top:.1f}" width="{_WIDTH}" '
        f'height="{height:.1f}" rx="7"/>\n'
        f'<text class="title" x="{left + _PAD:.1f}" y="{top + _PAD + 11:.1f}">{step}</text>\n'
    ]
    for number, line in enumerate(told):
        y = top + _PAD + _TITLE + 10 + number * _LEADING
        small = ' class="small"' if number == len(told) - 1 else ""
        out.append(f'<text{small} x="{left + _PAD:.1f}" y="{y:.1f}">{escape(line)}</text>\n')
    return "".join(out)


def _line(points: Sequence[layout.Point], edge: Edge) -> str:
    (x, y), *rest = points
    path = [f"M{x:.1f} {y:.1f}"]
    straight = len(points) == 4 and points[0][1] == points[1][1]  # by a lane, leading back
    for to_x, to_y in rest:
        if straight or x == to_x:
            path.append(f"L{to_x:.1f} {to_y:.1f}")
        else:
            half = (y + to_y) / 2
            path.append(f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    dashes = f' stroke-dasharray="{_DASHES[edge.way]}"' if _DASHES[edge.way] else ""
    drawn = f'<path class="line" d="{" ".join(path)}"{dashes} marker-end="url(#tip)"/>\n'
    label = _LABELS[edge.way]
    if not label:
        return drawn
    (x1, y1), (x2, y2) = points[0], points[1]
    at = (x1 - 20, y1 - 5) if straight else ((x1 + x2) / 2 + 6, (y1 + y2) / 2 + 4)
    return drawn + f'<text class="label" x="{at[0]:.1f}" y="{at[1]:.1f}">{label}</text>\n'
