"""Reads how a file is drawn, for pictures; what runs does not depend on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.diagram_interchange import Bounds, DrawnEdge, DrawnPlane, DrawnShape
from bpmn_engine.parser.diagram import index_ids, strip_prefix
from bpmn_engine.parser.document import MAX_BYTES, open_document
from bpmn_engine.parser.namespaces import BPMN, local_name

_DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
_DD: Final = "{http://www.omg.org/spec/DD/20100524/DI}"
_BPMN: Final = f"{{{BPMN}}}"
_FARTHEST: Final = 1_000_000.0
_DEFINITION: Final = "EventDefinition"
_TWO: Final = 2


def read_planes(xml: bytes) -> tuple[DrawnPlane, ...]:
    """Return the diagrams of a file, in its order; none of a file that is no BPMN.

    What is drawn without an element, or at places that are no numbers, is left out.
    """
    root = open_document(xml, max_bytes=MAX_BYTES)
    if isinstance(root, tuple):
        return ()
    by_id = index_ids(root)
    return tuple(_plane(plane, by_id) for plane in root.iter(f"{_DI}BPMNPlane"))


def _plane(plane: Element, by_id: Mapping[str, Element]) -> DrawnPlane:
    owner = _element_of(plane, by_id)
    return DrawnPlane(
        element_id="" if owner is None else owner.get("id", ""),
        name=None if owner is None else owner.get("name"),
        shapes=tuple(_shapes(plane, by_id)),
        edges=tuple(_edges(plane, by_id)),
    )


def _shapes(plane: Element, by_id: Mapping[str, Element]) -> Iterator[DrawnShape]:
    for shape in plane.iterchildren(f"{_DI}BPMNShape"):
        element, bounds = _element_of(shape, by_id), _bounds(shape)
        if element is None or bounds is None:
            continue
        is_interrupting = "false" not in {
            element.get("cancelActivity"),
            element.get("isInterrupting"),
        }
        yield DrawnShape(
            element_id=element.get("id", ""),
            element_type=local_name(element),
            name=_name(element),
            bounds=bounds,
            label=_label(shape),
            is_expanded=shape.get("isExpanded") == "true",
            is_interrupting=is_interrupting,
            trigger=_trigger(element),
            is_multi_instance=element.find(f"{_BPMN}multiInstanceLoopCharacteristics") is not None,
        )


def _edges(plane: Element, by_id: Mapping[str, Element]) -> Iterator[DrawnEdge]:
    for edge in plane.iterchildren(f"{_DI}BPMNEdge"):
        element = _element_of(edge, by_id)
        points = [_point(one) for one in edge.iterchildren(f"{_DD}waypoint")]
        waypoints = tuple(point for point in points if point is not None)
        if element is None or len(waypoints) < _TWO:
            continue
        yield DrawnEdge(
            element_id=element.get("id", ""),
            element_type=local_name(element),
            name=_name(element),
            waypoints=waypoints,
            label=_label(edge),
        )


def _element_of(drawn: Element, by_id: Mapping[str, Element]) -> Element | None:
    return by_id.get(strip_prefix(drawn, drawn.get("bpmnElement", "")))


def _name(element: Element) -> str | None:
    if local_name(element) == "textAnnotation":
        return element.findtext(f"{_BPMN}text")
    return element.get("name") or None


def _trigger(element: Element) -> str | None:
    for child in element:
        name = local_name(child)
        if name.endswith(_DEFINITION):
            return name.removesuffix(_DEFINITION)
    return None


def _label(drawn: Element) -> Bounds | None:
    label = drawn.find(f"{_DI}BPMNLabel")
    return None if label is None else _bounds(label)


def _bounds(drawn: Element) -> Bounds | None:
    bounds = drawn.find(f"{_DC}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (_number(bounds, name) for name in ("x", "y", "width", "height"))
    if x is None or y is None or width is None or height is None or min(width, height) < 0:
        return None
    return Bounds(x=x, y=y, width=width, height=height)


def _point(waypoint: Element) -> tuple[float, float] | None:
    x, y = _number(waypoint, "x"), _number(waypoint, "y")
    return None if x is None or y is None else (x, y)


def _number(element: Element, name: str) -> float | None:
    try:
        number = float(element.get(name, ""))
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= _FARTHEST else None
