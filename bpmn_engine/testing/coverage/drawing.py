"""A diagram as SVG with what was passed: said by line, word and colour, never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from xml.etree import ElementTree as ET

from bpmn_engine.model.diagram_interchange import Bounds, DrawnEdge, DrawnPlane, DrawnShape
from bpmn_engine.testing.coverage.symbols import draw_shape, draw_text, number_text
from bpmn_engine.testing.coverage.tally import ProcessCoverage

_MARGIN: Final = 30.0
_HEADER: Final = 70.0
_NARROWEST: Final = 640.0
_SMALL: Final = 60.0

_STYLE: Final = """
text { font: 11px sans-serif; text-anchor: middle; fill: #1a1a1a; }
.heading { font-size: 16px; font-weight: bold; text-anchor: start; }
.legend { text-anchor: start; }
.kind { font-size: 8px; text-anchor: start; fill: #444; }
.symbol { font-size: 9px; }
.badge { font-size: 10px; font-weight: bold; paint-order: stroke; stroke: #fff;
  stroke-width: 3px; }
.shape { stroke-width: 1.5; }
.end { stroke-width: 4; }
.line, .flow { fill: none; stroke-width: 1.5; }
.passed .shape { fill: #e4f3e4; stroke: #17601a; stroke-width: 2.5; }
.passed .end { stroke-width: 4.5; }
.passed .line, .passed .flow { stroke: #17601a; }
.passed .flow { stroke-width: 2.5; }
.passed .badge { fill: #17601a; }
.reached .shape { fill: #fff3d1; stroke: #7a4e00; stroke-dasharray: 9 3; }
.reached .line { stroke: #7a4e00; }
.reached .badge { fill: #7a4e00; }
.missing .shape { fill: url(#hatch); stroke: #9b1c1c; stroke-dasharray: 3 3; }
.missing .line, .missing .flow { stroke: #9b1c1c; }
.missing .flow { stroke-dasharray: 3 4; }
.missing .badge { fill: #9b1c1c; }
.other .shape { fill: none; stroke: #767676; }
.other .line, .other .flow { stroke: #767676; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """How an element or flow is shown."""

    css: str
    badge: str | None
    words: str  #: for those who do not see the picture


_OTHER: Final = _Mark(css="other", badge=None, words="not of this process, or only drawn")
_LEGEND: Final = (
    _Mark(css="passed", badge="3x", words="passed, how often"),
    _Mark(css="reached", badge="reached", words="reached, but never completed"),
    _Mark(css="missing", badge="not passed", words="not passed by any case"),
)


def draw_coverage(coverage: ProcessCoverage, planes: Sequence[DrawnPlane]) -> bytes:
    """Return one picture with all diagrams that show a part of the process, one below the other.

    A diagram that shows none of its elements is left out; without any, only the heading remains.
    """
    elements = coverage.process.elements
    shown = [plane for plane in planes if _shows(plane, coverage)]
    height, width = _HEADER, _NARROWEST
    drawing = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
    title = ET.SubElement(drawing, "title")
    title.text = (
        f"Coverage of {elements.name or elements.process_id}: elements {coverage.element_share}, "
        f"sequence flows {coverage.flow_share}"
    )
    ET.SubElement(drawing, "style").text = _STYLE
    _definitions(drawing)
    ground = ET.SubElement(drawing, "rect", {"fill": "#fff", "width": "100%", "height": "100%"})
    for plane in shown:
        box = _extent(plane)
        group = ET.SubElement(drawing, "g")
        move = f"translate({number_text(_MARGIN - box.x)} {number_text(height - box.y)})"
        group.set("transform", move)
        _plane(group, plane, coverage)
        height += box.height + _MARGIN
        width = max(width, box.width + 2 * _MARGIN)
    _heading(drawing, title.text)
    ground.set("height", number_text(height))
    for name, size in (("width", width), ("height", height)):
        drawing.set(name, number_text(size))
    drawing.set("viewBox", f"0 0 {number_text(width)} {number_text(height)}")
    written: bytes = ET.tostring(drawing, encoding="utf-8", xml_declaration=True)
    return written


def _shows(plane: DrawnPlane, coverage: ProcessCoverage) -> bool:
    return any(shape.element_id in coverage.process.elements.elements for shape in plane.shapes)


def _plane(group: ET.Element, plane: DrawnPlane, coverage: ProcessCoverage) -> None:
    """Draw large shapes first, so that what lies on them is seen; flows between them."""
    ordered = sorted(plane.shapes, key=lambda shape: -shape.bounds.width * shape.bounds.height)
    containers = [shape for shape in ordered if _is_container(shape)]
    for shape in containers:
        _shape(group, shape, coverage)
    for edge in plane.edges:
        _edge(group, edge, coverage)
    for shape in ordered:
        if not _is_container(shape):
            _shape(group, shape, coverage)


def _is_container(shape: DrawnShape) -> bool:
    return shape.is_expanded or shape.element_type in {"participant", "lane", "group"}


def _shape(group: ET.Element, shape: DrawnShape, coverage: ProcessCoverage) -> None:
    mark = _mark_of_element(shape.element_id, coverage)
    drawn = _group(group, mark, f"{shape.name or shape.element_id}: {mark.words}")
    draw_shape(drawn, shape)
    box = shape.bounds
    if min(box.width, box.height) < _SMALL:  # an event or a gateway: its name stands around it
        corner = Bounds(x=box.x + box.width - 8, y=box.y - 6, width=24, height=12)
        badge = "0x" if mark is _LEGEND[2] else mark.badge
    else:
        corner = Bounds(x=box.x + box.width / 2 - 40, y=box.y - 15, width=80, height=12)
        badge = mark.badge
    draw_text(drawn, badge, corner, "badge")


def _edge(group: ET.Element, edge: DrawnEdge, coverage: ProcessCoverage) -> None:
    mark = _mark_of_flow(edge, coverage)
    drawn = _group(group, mark, f"{edge.name or edge.element_id}: {mark.words}")
    line = ET.SubElement(drawn, "polyline")
    line.set("points", " ".join(f"{number_text(x)},{number_text(y)}" for x, y in edge.waypoints))
    line.set("class", "flow")
    if edge.element_type != "association":
        line.set("marker-end", f"url(#arrow-{mark.css})")
    (x, y), (next_x, next_y) = edge.waypoints[0], edge.waypoints[1]
    if edge.label is not None:
        draw_text(drawn, edge.name, edge.label)
    elif edge.name:
        beside = Bounds(x=(x + next_x) / 2 - 40, y=(y + next_y) / 2 - 16, width=80, height=12)
        draw_text(drawn, edge.name, beside)
    if mark.badge is not None:
        before, last = edge.waypoints[-2], edge.waypoints[-1]
        middle = ((before[0] + last[0]) / 2, (before[1] + last[1]) / 2)
        badge = Bounds(x=middle[0] - 20, y=middle[1] + 2, width=40, height=12)
        draw_text(drawn, mark.badge, badge, "badge")


def _mark_of_element(element_id: str, coverage: ProcessCoverage) -> _Mark:
    if element_id not in coverage.process.elements.elements:
        return _OTHER
    count = coverage.passed.get(element_id, 0)
    if count:
        return _Mark(css="passed", badge=f"{count}x", words=f"passed {count} times")
    return _LEGEND[1] if element_id in coverage.reached else _LEGEND[2]


def _mark_of_flow(edge: DrawnEdge, coverage: ProcessCoverage) -> _Mark:
    if edge.element_id not in coverage.process.elements.flows:
        return _OTHER
    count = coverage.flows.get(edge.element_id, 0)
    if count:
        return _Mark(css="passed", badge=f"{count}x", words=f"passed {count} times")
    return replace(_LEGEND[2], badge="0x")


def _group(parent: ET.Element, mark: _Mark, words: str) -> ET.Element:
    group = ET.SubElement(parent, "g", {"class": mark.css})
    ET.SubElement(group, "title").text = words
    return group


def _heading(drawing: ET.Element, text: str) -> None:
    heading = ET.SubElement(drawing, "text", {"x": "20", "y": "26", "class": "heading"})
    heading.text = text
    for number, mark in enumerate(_LEGEND):
        group = ET.SubElement(drawing, "g", {"class": mark.css})
        x = 20 + number * 210
        box = {"x": str(x), "y": "38", "width": "26", "height": "16", "class": "shape"}
        ET.SubElement(group, "rect", box)
        words = ET.SubElement(group, "text", {"x": str(x + 32), "y": "50", "class": "legend"})
        words.text = f"{mark.badge}: {mark.words}" if number == 0 else mark.words


def _definitions(drawing: ET.Element) -> None:
    definitions = ET.SubElement(drawing, "defs")
    hatch = ET.SubElement(
        definitions,
        "pattern",
        {"id": "hatch", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse"},
    )
    ET.SubElement(hatch, "rect", {"width": "6", "height": "6", "fill": "#fff"})
    ET.SubElement(hatch, "path", {"d": "M0 6L6 0", "stroke": "#f3c6c6", "stroke-width": "1.5"})
    for css, colour in (("passed", "#17601a"), ("missing", "#9b1c1c"), ("other", "#767676")):
        arrow = ET.SubElement(
            definitions,
            "marker",
            {
                "id": f"arrow-{css}",
                "viewBox": "0 0 10 10",
                "refX": "9",
                "refY": "5",
                "markerWidth": "9",
                "markerHeight": "9",
                "markerUnits": "userSpaceOnUse",
                "orient": "auto",
            },
        )
        ET.SubElement(arrow, "path", {"d": "M0 0L10 5L0 10z", "fill": colour})


def _extent(plane: DrawnPlane) -> Bounds:
    """Return the rectangle around everything of a diagram, with room for badges."""
    boxes = list(_boxes(plane))
    left, top = min(box.x for box in boxes), min(box.y for box in boxes) - 18
    right = max(box.x + box.width for box in boxes)
    bottom = max(box.y + box.height for box in boxes)
    return Bounds(x=left, y=top, width=right - left, height=bottom - top)


def _boxes(plane: DrawnPlane) -> Iterable[Bounds]:
    for shape in plane.shapes:
        yield shape.bounds
        if shape.label is not None:
            yield shape.label
    for edge in plane.edges:
        yield from (Bounds(x=x, y=y, width=0, height=0) for x, y in edge.waypoints)
        if edge.label is not None:
            yield edge.label
