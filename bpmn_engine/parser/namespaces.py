"""The XML namespaces of a diagram, and short names such as `bpmn:userTask`."""

from __future__ import annotations

from functools import lru_cache

from lxml.etree import _Element as Element

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
MODELER = "http://camunda.org/schema/modeler/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DRAWING = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
    }
)
"""Diagram interchange: shapes and edges, without any meaning for execution."""

PREFIXES = {"bpmn": BPMN, "camunda": CAMUNDA, "zeebe": ZEEBE, "modeler": MODELER}
_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}


@lru_cache(maxsize=512)
def full_name(short: str) -> str:
    """Return the name lxml uses for `prefix:local`; a name without prefix is BPMN's own."""
    prefix, _, local = short.rpartition(":")
    return f"{{{PREFIXES[prefix or 'bpmn']}}}{local}"


def local_name(element: Element) -> str:
    """Return the element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace_of(name: str) -> str:
    """Return the namespace of an element's or attribute's full name; empty when it has none."""
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def is_bpmn(element: Element) -> bool:
    """Tell whether the element belongs to BPMN's semantic model."""
    return namespace_of(str(element.tag)) == BPMN


def is_for_camunda(element: Element) -> bool:
    """Tell whether the file declares a namespace of Camunda, so that Camunda's rules hold in it.

    Args:
        element: the root of the file, or an element that declares no namespaces of its own.
    """
    return not {CAMUNDA, ZEEBE, MODELER}.isdisjoint(element.nsmap.values())


def short_name(name: str, owner: Element) -> str:
    """Return `prefix:local` for a full name; other vendors keep the prefix of the file."""
    uri = namespace_of(name)
    local = name.rpartition("}")[2]
    if not uri:
        return local
    known = _PREFIX_OF.get(uri)
    if known is not None:
        return f"{known}:{local}"
    for prefix, declared in owner.nsmap.items():
        if declared == uri and prefix:
            return f"{prefix}:{local}"
    return local


def line_of(element: Element) -> int:
    """Return the line the element starts on, from 1."""
    return int(element.sourceline or 1)


def element_id_of(element: Element) -> str:
    """Return the id, or `tag@line` for an element without one."""
    return element.get("id") or f"{local_name(element)}@{line_of(element)}"


def children(element: Element, *locals_: str) -> list[Element]:
    """Return the direct children with one of these BPMN names, in document order."""
    wanted = {full_name(local) for local in locals_}
    return [child for child in element if child.tag in wanted]


def first_child(element: Element, local: str) -> Element | None:
    """Return the first direct child with this BPMN name."""
    return element.find(full_name(local))


def text_of(element: Element | None) -> str:
    """Return all text inside the element, stripped; empty for None."""
    return "" if element is None else "".join(element.itertext()).strip()


def is_true(element: Element, attribute: str, *, default: bool = False) -> bool:
    """Read an `xs:boolean` attribute."""
    value = element.get(attribute)
    return default if value is None else value.strip() in {"true", "1"}
