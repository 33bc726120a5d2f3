"""Draws one shape of a diagram as SVG, without its colours: those come from its class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from bpmn_engine.model.diagram_interchange import Bounds, DrawnShape

_LETTER: Final = 6.0  # units, on average, of one at _SIZE
_SIZE: Final = 11
_LINE: Final = 13.0
_MOST_LINES: Final = 12
_TASK_WORDS: Final = {
    "userTask": "user",
    "serviceTask": "service",
    "scriptTask": "script",
    "sendTask": "send",
    "receiveTask": "receive",
    "manualTask": "manual",
    "businessRuleTask": "rule",
    "callActivity": "call",
}
_CONTAINERS: Final = frozenset({"participant", "lane", "group"})
_SUB_PROCESSES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})


def draw_shape(group: ET.Element, shape: DrawnShape) -> None:
    """Draw a shape with its name into a group."""
    kind = shape.element_type
    if kind.endswith("Event"):
        _event(group, shape)
    elif kind.endswith("Gateway"):
        _gateway(group, shape)
    elif kind in _CONTAINERS:
        _box(group, shape.bounds, radius=0)
        draw_text(group, shape.name, _top(shape.bounds))
    elif kind in _SUB_PROCESSES and shape.is_expanded:
        _box(group, shape.bounds, radius=10)
        draw_text(group, shape.name, _top(shape.bounds))
    elif kind.lower().endswith("task") or kind in _SUB_PROCESSES or kind == "callActivity":
        _activity(group, shape)
    elif kind == "textAnnotation":
        _box(group, shape.bounds, radius=2)
        draw_text(group, shape.name, shape.bounds)
    else:
        _box(group, shape.bounds, radius=2)
        draw_text(group, shape.name, shape.label or _below(shape.bounds))


def draw_text(group: ET.Element, text: str | None, bounds: Bounds, css: str = "name") -> None:
    """Write a text into a rectangle: centred, in lines."""
    if not text:
        return
    lines = list(_lines(text, max(bounds.width, _LETTER * 4)))
    middle = bounds.y + bounds.height / 2 - (len(lines) - 1) * _LINE / 2 + _SIZE / 3
    x = bounds.x + bounds.width / 2
    for number, line in enumerate(lines):
        written = _add(group, "text", x=x, y=middle + number * _LINE)
        written.set("class", css)
        written.text = line


def number_text(value: float) -> str:
    """Return a number for an SVG attribute."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _event(group: ET.Element, shape: DrawnShape) -> None:
    bounds = shape.bounds
    radius = min(bounds.width, bounds.height) / 2
    x, y = bounds.x + bounds.width / 2, bounds.y + bounds.height / 2
    outer = _add(group, "circle", cx=x, cy=y, r=radius)
    outer.set("class", "end shape" if shape.element_type == "endEvent" else "shape")
    if shape.element_type not in {"startEvent", "endEvent"}:
        inner = _add(group, "circle", cx=x, cy=y, r=max(radius - 4, 1))
        inner.set("class", "line")
    if not shape.is_interrupting:
        outer.set("stroke-dasharray", "6 3")
    if shape.trigger is not None:
        word = Bounds(x=bounds.x, y=bounds.y, width=bounds.width, height=bounds.height)
        draw_text(group, _TRIGGERS.get(shape.trigger, shape.trigger[:3]), word, "symbol")
    draw_text(group, shape.name, shape.label or _below(bounds))


_TRIGGERS: Final = {
    "timer": "time",
    "message": "mail",
    "signal": "sig",
    "error": "err",
    "escalation": "esc",
    "conditional": "if",
    "compensate": "undo",
    "terminate": "stop",
    "link": "link",
    "cancel": "x",
}
"""What stands in an event's circle: words, which any font has."""


def _gateway(group: ET.Element, shape: DrawnShape) -> None:
    box = shape.bounds
    x, y = box.x + box.width / 2, box.y + box.height / 2
    corners = ((x, box.y), (box.x + box.width, y), (x, box.y + box.height), (box.x, y))
    diamond = ET.SubElement(group, "polygon")
    diamond.set("points", " ".join(f"{number_text(a)},{number_text(b)}" for a, b in corners))
    diamond.set("class", "shape")
    arm = min(box.width, box.height) / 5
    kind = shape.element_type
    if kind in {"exclusiveGateway", "complexGateway"}:
        _stroke(group, (x - arm, y - arm), (x + arm, y + arm))
        _stroke(group, (x - arm, y + arm), (x + arm, y - arm))
    if kind in {"parallelGateway", "complexGateway"}:
        _stroke(group, (x - arm * 1.3, y), (x + arm * 1.3, y))
        _stroke(group, (x, y - arm * 1.3), (x, y + arm * 1.3))
    if kind in {"inclusiveGateway", "eventBasedGateway"}:
        _add(group, "circle", cx=x, cy=y, r=arm * 1.2).set("class", "line")
    if kind == "eventBasedGateway":
        _add(group, "circle", cx=x, cy=y, r=arm * 0.8).set("class", "line")
    draw_text(group, shape.name, shape.label or _below(box))


def _activity(group: ET.Element, shape: DrawnShape) -> None:
    box = shape.bounds
    frame = _box(group, box, radius=8)
    if shape.element_type == "callActivity":
        frame.set("class", "end shape")
    draw_text(group, shape.name, box)
    word = _TASK_WORDS.get(shape.element_type)
    if word is not None:
        written = _add(group, "text", x=box.x + 5, y=box.y + 11)
        written.set("class", "kind")
        written.text = word
    mark = "|||" if shape.is_multi_instance else "[+]"
    if shape.is_multi_instance or shape.element_type in _SUB_PROCESSES:
        below = Bounds(x=box.x, y=box.y + box.height - 16, width=box.width, height=16)
        draw_text(group, mark, below, "symbol")


def _box(group: ET.Element, box: Bounds, *, radius: float) -> ET.Element:
    frame = _add(group, "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=radius)
    frame.set("class", "shape")
    return frame


def _stroke(group: ET.Element, start: tuple[float, float], end: tuple[float, float]) -> None:
    line = _add(group, "line", x1=start[0], y1=start[1], x2=end[0], y2=end[1])
    line.set("class", "line")


def _add(group: ET.Element, tag: str, **numbers: float) -> ET.Element:
    return ET.SubElement(group, tag, {name: number_text(value) for name, value in numbers.items()})


def _below(box: Bounds) -> Bounds:
    return Bounds(
        x=box.x + box.width / 2 - 45, y=box.y + box.height + 4, width=90, height=_LINE * 2
    )


def _top(box: Bounds) -> Bounds:
    return Bounds(x=box.x, y=box.y + 3, width=box.width, height=_LINE + 4)


def _lines(text: str, width: float) -> Iterator[str]:
    """Break a text between words; a word that is too long alone has a line of its own."""
    most = max(int(width / _LETTER), 4)
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}".strip()
        if line and len(joined) > most:
            lines.append(line)
            line = word
        else:
            line = joined
    lines.append(line)
    yield from lines[:_MOST_LINES]
