"""Looking at elements of a DMN file, whatever its edition: names, texts, places, references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.dmn.expressions import Place, Text, Variable
from bpmn_engine.dmn.model import Reference
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation

EDITIONS: Final = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
"""The namespaces of the editions of DMN that are read."""

CAMUNDA: Final = "http://camunda.org/schema/1.0/dmn"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"

_TRUE = {"true", "1"}


class Findings:
    """A mutable notebook that lives while one file is read."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace  #: of the file's own elements
        self.violations: list[Violation] = []

    def violate(self, element: Element, rule: str, message: str) -> None:
        """Note an ERROR about an element of the file."""
        place = place_of(element)
        self.violations.append(
            Violation(
                rule=rule,
                message=message,
                element_id=ElementId(place.element_id),
                line=place.line or None,
            )
        )


def local_name(element: Element) -> str:
    """Return the element's name without its namespace; empty for what is not of DMN."""
    namespace, _, name = str(element.tag).rpartition("}")
    return name if namespace.removeprefix("{") in EDITIONS else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Yield the DMN children of these names, in document order; all of DMN without names."""
    for child in element:
        name = local_name(child)
        if name and (not names or name in names):
            yield child


def child(element: Element, *names: str) -> Element | None:
    """Return the first DMN child of one of these names."""
    return next(children(element, *names), None)


def place_of(element: Element) -> Place:
    """Return where the element stands."""
    line = element.sourceline or 0
    name = str(element.tag).rpartition("}")[2]
    return Place(element_id=element.get("id") or f"{name}@{line}", line=line)


def text_of(element: Element) -> str:
    """Return the text of the child `text`."""
    found = child(element, "text")
    return "" if found is None else "".join(str(piece) for piece in found.itertext())


def text_child(element: Element, name: str) -> Text | None:
    """Return the text inside the child of this name, if it is there and says something."""
    found = child(element, name)
    if found is None:
        return None
    text = read_text(found)
    return text if text.source.strip() else None


def read_text(element: Element) -> Text:
    """Return the text of a literal expression or a cell, with its place and language."""
    return Text(
        place=place_of(element),
        source=text_of(element),
        language=element.get("expressionLanguage"),
    )


def content_of(element: Element, name: str) -> str | None:
    """Return the character content of the child of this name, stripped; None without any."""
    found = child(element, name)
    if found is None:
        return None
    return "".join(str(piece) for piece in found.itertext()).strip() or None


def type_ref_of(element: Element) -> str | None:
    """Return the attribute `typeRef`."""
    return clean_type(element.get("typeRef"))


def clean_type(name: str | None) -> str | None:
    """Return the name of a type without white space around; None when it says nothing."""
    stripped = (name or "").strip()
    return stripped or None


def is_true(element: Element, attribute: str) -> bool:
    """Tell whether a boolean attribute is set to true."""
    return (element.get(attribute) or "").strip() in _TRUE


def clean_name(name: str | None) -> str:
    """Return a name with each run of white space as one blank."""
    return " ".join((name or "").split())


def read_variable(element: Element, *, fallback: str = "") -> Variable:
    """Return the name and type an element gives; `fallback` is the name when it gives none."""
    return Variable(
        place=place_of(element),
        name=clean_name(element.get("name")) or fallback,
        type_ref=type_ref_of(element),
    )


def read_reference(element: Element, findings: Findings) -> Reference | None:
    """Return what `href` refers to, or note that it refers to nothing."""
    href = (element.get("href") or "").strip()
    namespace, mark, element_id = href.rpartition("#")
    if not mark or not element_id:
        message = f'Expected href="#id" to refer to an element, but found "{href}".'
        findings.violate(element, "dangling-reference", message)
        return None
    return Reference(
        place=place_of(element),
        namespace=namespace or findings.namespace,
        element_id=element_id,
    )
