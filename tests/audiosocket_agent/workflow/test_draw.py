import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent.company_yaml import read_yaml
from audiosocket_agent.workflow import Workflow, trade, trades
from audiosocket_agent.workflow.draw import mermaid, svg
from audiosocket_agent.workflow.layout import Box, Line, place
from audiosocket_agent.workflow.load import TRADES, whole

SVG = "{http://www.w3.org/2000/svg}"


def boxes(drawing):
    found = [e for e in ElementTree.fromstring(drawing).iter(f"{SVG}rect") if "x" in e.attrib]
    return [tuple(float(e.attrib[name]) for name in ("x", "y", "width", "height")) for e in found]


@pytest.mark.parametrize("name", trades())
def test_a_drawing_has_every_step_and_what_it_asks(name):
    workflow = trade(name)
    drawing = svg(workflow)
    root = ElementTree.fromstring(drawing)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert set(workflow.steps) <= set(texts)
    assert len(boxes(drawing)) == len(workflow.steps)
    told = " ".join(text or "" for text in texts)
    for rule in workflow.steps.values():
        assert all(slot in told for slot in rule.needs)
    assert texts.count("no") == sum(rule.if_no is not None for rule in workflow.steps.values())


@pytest.mark.parametrize("name", trades())
def test_no_text_leaves_its_box(name):
    longest = max(len(e.text or "") for e in ElementTree.fromstring(svg(trade(name))).iter(
        f"{SVG}text") if e.get("class") in (None, "small") and float(e.attrib["x"]) > 40
        and float(e.attrib["y"]) > 0)  # fmt: skip
    assert longest * 6.6 < 264  # the mean width of a letter at 13 pixels, and a box


def test_what_people_write_is_text_in_a_drawing():
    data = read_yaml((TRADES / "garage.yaml").read_text())
    data["steps"]["greet"]["goal"] = 'Say "<b>hello</b>" & hi.'
    workflow = Workflow.model_validate(whole(data))
    ElementTree.fromstring(svg(workflow))
    assert "&lt;b&gt;hello&lt;/b&gt;" in svg(workflow)
    assert "#quot;&lt;b&gt;hello" in mermaid(workflow)


def test_mermaid_names_the_ways():
    source = mermaid(trade("home_services"))
    assert source.splitlines()[1] == "flowchart TD"
    assert "    quote_ --> collect_\n" in source and "    quote_ -.->|no| close_\n" in source
    assert "    book_ -.->|no| collect_\n" in source
    nodes = set(re.findall(r"^ +(\w+_)\[", source, re.MULTILINE))
    named = set(re.findall(r"^ +(\w+_) -.*> ?(?:\|\w+\| )?(\w+_)$", source, re.MULTILINE))
    assert {node for pair in named for node in pair} <= nodes


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    sizes = draw(st.lists(st.integers(20, 200), min_size=count, max_size=count))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw(st.lists(ends, max_size=20))
    lines = [Line(f"n{min(p)}", f"n{max(p)}") for p in pairs if p[0] != p[1]]
    back = draw(st.lists(ends, max_size=4))
    lines += [Line(f"n{max(p)}", f"n{min(p)}", back=True) for p in back]
    return [Box(f"n{n}", 100.0, float(size)) for n, size in enumerate(sizes)], lines


@settings(deadline=None)
@given(graphs())
def test_boxes_do_not_overlap_and_lines_lead_down(graph):
    boxes_, lines = graph
    placed = place(boxes_, lines)
    sizes = {box.name: (box.width, box.height) for box in boxes_}
    spots = [(placed.at[name], sizes[name]) for name in sizes]
    for n, ((x, y), (w, h)) in enumerate(spots):
        assert x >= 0 and y >= 0 and x + w <= placed.width + 1e-6 and y + h <= placed.height + 1e-6
        for (x2, y2), (w2, h2) in spots[n + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    for line, points in placed.ways.items():
        heights = [y for _, y in points]
        if not line.back:
            assert heights == sorted(heights) and placed.at[line.begin][1] < placed.at[line.end][1]
    assert set(placed.ways) == set(lines)


def test_the_drawings_in_the_guide_are_current():
    """If not: voiceagent workflow draw home_services, into docs/workflows.md, and as SVG."""
    docs = Path(__file__).parents[3] / "docs"
    workflow = trade("home_services")
    assert f"```mermaid\n{mermaid(workflow)}```\n" in (docs / "workflows.md").read_text()
    assert (docs / "home_services.svg").read_text() == svg(workflow)
