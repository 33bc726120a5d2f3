"""Validation against BPMN's XML schema, by SpiffWorkflow's validator and schema files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.findings import Findings, owner_of
from bpmn_engine.parser.namespaces import element_id_of, full_name, is_bpmn, line_of

_SMALL: Final = 5000
_MOST_PLACED: Final = 50
_NAMESPACE = re.compile(r"\{[^{}]*\}")

# libxml2 makes its tables of built-in types when the first schema is read, and does not keep other
# threads out meanwhile: two that each read their first diagram found half of them, or crashed.
# While this module is imported there is only one.
etree.XMLSchema(etree.XML('<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"/>'))


class SchemaValidator(BpmnValidator):  # type: ignore[misc] # SpiffWorkflow has no types
    """SpiffWorkflow's validator, which notes every violation instead of raising the first.

    The schema is SpiffWorkflow's own, unchanged: BPMN lets attributes of other namespaces pass
    everywhere, and elements of other namespaces inside `extensionElements`.
    """

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self._findings = findings

    def validate(self, bpmn: Element, filename: str | None = None) -> None:
        """Note each violation of the schema with the element and line it is on.

        Args:
            bpmn: the root element of the file.
            filename: not used; the signature is SpiffWorkflow's.
        """
        del filename
        self.preprocess(bpmn)
        schema: etree.XMLSchema = self.validator
        if sum(1 for _ in bpmn.iter()) > _SMALL and _count_errors(schema, bpmn) > _MOST_PLACED:
            self._findings.add(
                Violation(
                    rule="xsd",
                    message=f"Not valid BPMN 2.0: there are more than {_MOST_PLACED} violations "
                    "of the XML schema. Save the diagram in a modeler that writes valid BPMN.",
                    element_id=ElementId(element_id_of(bpmn)),
                    line=line_of(bpmn),
                )
            )
        elif not schema.validate(bpmn):
            self._note(bpmn, list(schema.error_log))

    def _note(self, root: Element, entries: list[etree._LogEntry]) -> None:
        lines = _first_by_line(root)
        for entry in entries[:_MOST_PLACED]:
            element = _element_at(root, entry.path, entry.line, lines)
            self._findings.add(*_violations(entry, element))
        more = len(entries) - _MOST_PLACED
        if more > 0:
            self._findings.add(
                Violation(rule="xsd", message=f"There are {more} more violations of the schema.")
            )


def _count_errors(schema: etree.XMLSchema, root: Element) -> int:
    """Count what is wrong in one pass over the text, and ids given twice.

    Finding the place of each error costs libxml2 time in proportion to the file: for a big file
    with very many errors that would be the square of its size.
    """
    parser = etree.XMLParser(
        schema=schema, resolve_entities=False, no_network=True, load_dtd=False
    )
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    repeated = len(ids) - len(set(ids))
    try:
        etree.fromstring(etree.tostring(root), parser)
    except etree.XMLSyntaxError:
        return len(parser.error_log) + repeated
    return repeated


def _violations(entry: etree._LogEntry, element: Element | None) -> tuple[Violation, ...]:
    if element is not None and _is_expression_in_a_name(element, entry.message):
        return ()
    owner = None if element is None else owner_of(element)
    found = Violation(
        rule="xsd",
        message=f"Not valid BPMN 2.0: {_plain(entry.message)} Save the diagram in a modeler that "
        "writes valid BPMN, or correct the file.",
        element_id=None if owner is None else ElementId(element_id_of(owner)),
        line=entry.line,
        section="8.1",
    )
    return (found,)


def _is_expression_in_a_name(element: Element, message: str) -> bool:
    """Camunda 7 writes `calledElement="${process}"`, which is no XML name, and executes it."""
    called = element.get("calledElement") or ""
    return (
        element.tag == full_name("callActivity")
        and "'calledElement'" in message
        and ("${" in called or "#{" in called or not called)
    )


def _plain(message: str) -> str:
    text = _NAMESPACE.sub("", message).strip()
    return text if text.endswith(".") else f"{text}."


def _first_by_line(root: Element) -> Mapping[int, Element]:
    lines: dict[int, Element] = {}
    for element in root.iter():
        if is_bpmn(element) and element.sourceline is not None:
            lines.setdefault(element.sourceline, element)
    return lines


def _element_at(
    root: Element, path: str | None, line: int, lines: Mapping[int, Element]
) -> Element | None:
    """Return the element of a log entry by its path, else the first one on its line."""
    prefixes = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    if path:
        try:
            found = root.getroottree().xpath(path, namespaces=prefixes)
        except etree.XPathError:
            found = None
        if isinstance(found, list) and found and isinstance(found[0], Element):
            return found[0]
    return lines.get(line)
