"""What becomes of each data element, for the coverage certificate (BPMN 2.0.2, section 10.4)."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Coverage
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.item_definitions import why_unchecked
from bpmn_engine.parser.namespaces import children, local_name

Fate = tuple[Coverage, str | None]

_HOLDERS: Final = frozenset(
    {
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "dataInput",
        "dataOutput",
        "property",
    }
)
_PARTS: Final = frozenset(
    {
        "ioSpecification",
        "inputSet",
        "outputSet",
        "dataInputAssociation",
        "dataOutputAssociation",
        "assignment",
        "transformation",
        "from",
        "to",
    }
)
DATA_ELEMENTS: Final = _HOLDERS | _PARTS | {"dataStore", "dataState", "itemDefinition"}
"""The elements that `data_fate` knows."""

_EXECUTED: Final[Fate] = (Coverage.EXECUTED, None)
_CAMUNDA: Final = "as in Camunda's engines, data is drawn for the reader and has no effect"
_DRAWN: Final = "nothing in the diagram reads or writes it: it is drawn for the reader"
_STATE: Final = "the state is a word for the reader (section 13.1)"
_OPEN_END: Final = "an end of it is no data: it is drawn for the reader"


def data_fate(diagram: Diagram, element: Element) -> Fate:
    """Return what becomes of a data element, an association, or a part of one."""
    name = local_name(element)
    if name == "dataState":
        return (Coverage.DOCUMENTATION, _STATE)
    if diagram.data.is_camunda:
        return (Coverage.DOCUMENTATION, _CAMUNDA)
    if name in _HOLDERS:
        is_executed = diagram.data.is_executed(element)
        return _EXECUTED if is_executed else (Coverage.DOCUMENTATION, _DRAWN)
    if name == "dataStore":
        return _EXECUTED if _is_used(diagram, element) else (Coverage.DOCUMENTATION, _DRAWN)
    if name == "itemDefinition":
        is_checked = _is_checked(diagram, element)
        return _EXECUTED if is_checked else (Coverage.DOCUMENTATION, why_unchecked(element))
    return _part_fate(diagram, element)


def _is_used(diagram: Diagram, store: Element) -> bool:
    return store.get("id") in diagram.data.used


def _is_checked(diagram: Diagram, item: Element) -> bool:
    """Tell whether an executed data element holds values that are checked for the item."""
    executed = (one for one in diagram.data.elements.values() if one.id in diagram.data.used)
    return any(one.item is not None and one.item.id == item.get("id") for one in executed)


def _part_fate(diagram: Diagram, element: Element) -> Fate:
    """An association is executed or not; the rest goes with what it stands in, or has in it."""
    current: Element | None = element
    while current is not None and local_name(current) in _PARTS:
        if current in diagram.data.associations:
            return _EXECUTED
        if local_name(current) == "ioSpecification":
            held = children(current, "dataInput", "dataOutput")
            if any(diagram.data.is_executed(data) for data in held):
                return _EXECUTED
            return (Coverage.DOCUMENTATION, _DRAWN)
        current = current.getparent()
    is_set = local_name(element) in {"inputSet", "outputSet"}
    if is_set and current is not None and _holds_data(diagram, current):
        return _EXECUTED
    return (Coverage.DOCUMENTATION, _DRAWN if is_set else _OPEN_END)


def _holds_data(diagram: Diagram, event: Element) -> bool:
    held = children(event, "dataInput", "dataOutput")
    return any(diagram.data.is_executed(data) for data in held)
