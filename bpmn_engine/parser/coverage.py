"""The coverage certificate: what became of each element and extension of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Certificate, Coverage, CoverageEntry, Severity
from bpmn_engine.parser.data_coverage import DATA_ELEMENTS, data_fate
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.document import is_drawing
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.item_definitions import XSD as SCHEMA
from bpmn_engine.parser.namespaces import (
    CAMUNDA,
    XSI,
    ZEEBE,
    children,
    element_id_of,
    full_name,
    is_bpmn,
    is_true,
    line_of,
    local_name,
    namespace_of,
    short_name,
)
from bpmn_engine.parser.support import (
    CHOREOGRAPHIES,
    DOCUMENTED_ELEMENTS,
    DOCUMENTED_EXTENSIONS,
    EXECUTED_ELEMENTS,
    NO_EFFECT_HERE,
    REFUSED_EXTENSIONS,
    WARNED_EXTENSIONS,
)

_Fate = tuple[Coverage, str | None]
_OURS = frozenset({CAMUNDA, ZEEBE})
_ROLES = frozenset({"performer", "humanPerformer", "potentialOwner"})
_EXECUTED_IF_USED = _ROLES | {
    "message",
    "signal",
    "error",
    "escalation",
    "association",
    "laneSet",
    "childLaneSet",
    "lane",
    "partitionElement",
    "resourceAssignmentExpression",
    "resourceParameterBinding",
    "expression",
    "formalExpression",
    "correlationSubscription",
    "correlationPropertyBinding",
    "dataPath",
}
_NOT_EXECUTABLE = "the process is not executable"
_OTHER_VENDOR = "an extension of another vendor; not read"
_OUTSIDE = "stands outside any executable process"


def refuse_unsupported(diagram: Diagram) -> None:
    """Note every element of an executable process whose kind is not executed."""
    for extension in children(diagram.root, "extension"):
        if is_true(extension, "mustUnderstand"):
            diagram.findings.refuse_kind(
                extension,
                "The file says that an extension of another vendor must be understood, but it is "
                "not. Remove the extension, or set mustUnderstand to false.",
                "8.3.2",
            )
    for process in diagram.executable:
        for element in process.iter():
            if not is_bpmn(element):
                continue
            name = local_name(element)
            if name in CHOREOGRAPHIES:
                diagram.findings.refuse_kind(
                    element,
                    f"A {name} belongs to a choreography and may not stand in a process. "
                    "Draw a task, or a message between pools.",
                    "10.3.5",
                    rule="choreography-in-process",
                )


def refuse_extensions(diagram: Diagram) -> None:
    """Note every extension of Camunda that has an effect and was not read.

    Called after everything has been read. Extensions of other vendors are documentation.
    """
    for element in _live_elements(diagram):
        for name in element.attrib:
            if namespace_of(str(name)) in _OURS:
                _refuse_extension(diagram, element, short_name(str(name), element))
        if namespace_of(str(element.tag)) in _OURS and _is_top(element):
            _refuse_extension(diagram, element, short_name(str(element.tag), element))


def _refuse_extension(diagram: Diagram, element: Element, short: str) -> None:
    findings = diagram.findings
    if (element, short) in findings.read_parts or (element, short) in findings.refused_parts:
        return
    if short in DOCUMENTED_EXTENSIONS:
        return
    if short in WARNED_EXTENSIONS:
        findings.warn(
            owner_of(element), "extension-without-effect", f"{short}: {WARNED_EXTENSIONS[short]}."
        )
        return
    reason = REFUSED_EXTENSIONS.get(short)
    if reason is None and short not in NO_EFFECT_HERE:
        reason = "The engine does not know this extension. Remove it."
    if reason is not None:
        findings.refuse_part(element, short, reason)


def _live_elements(diagram: Diagram) -> Iterator[Element]:
    """Yield the elements whose extensions count: executed processes and what they use."""
    yield diagram.root
    for process in diagram.executable:
        for element in process.iter():
            if not _stands_in_refused(diagram, element):
                yield element
    for element in diagram.findings.used:
        if element.getparent() is diagram.root:
            yield from element.iter()


def _stands_in_refused(diagram: Diagram, element: Element) -> bool:
    refused = diagram.findings.refused_kinds
    return bool(refused) and any(ancestor in refused for ancestor in element.iterancestors())


def _is_top(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == full_name("extensionElements")


def certify(diagram: Diagram) -> Certificate:
    """Return what became of every element that has an id or an effect, in document order."""
    wrong: dict[tuple[str | None, int | None], str] = {
        (found.element_id, found.line): found.message
        for found in reversed(diagram.findings.violations)
        if found.severity is Severity.ERROR
    }
    fates: dict[Element, _Fate | None] = {}
    executable = frozenset(diagram.executable)
    entries: list[CoverageEntry] = []
    for element in diagram.root.iter():
        parent = element.getparent()
        above = None if parent is None else fates[parent]
        if is_drawing(element) or (parent is not None and _is_skipped(fates, parent)):
            fates[element] = _SKIPPED
            continue
        if is_bpmn(element):
            inherited = above or _scope_fate(element, executable)
            fates[element] = inherited
            entries += _element_entry(diagram, element, inherited, wrong)
        else:
            fates[element] = above
            entries += _extension_entry(diagram, element, above)
        entries += _attribute_entries(diagram, element, fates[element])
    return Certificate(entries=tuple(entries))


_SKIPPED: _Fate = (Coverage.DOCUMENTATION, "drawing")


def _is_skipped(fates: dict[Element, _Fate | None], parent: Element) -> bool:
    """Drawings, and what is inside another vendor's extension, are not listed one by one."""
    if fates[parent] is _SKIPPED:
        return True
    return not is_bpmn(parent) and namespace_of(str(parent.tag)) not in _OURS


def _scope_fate(element: Element, executable: frozenset[Element]) -> _Fate | None:
    """Return what becomes of everything inside a process."""
    name = local_name(element)
    if name == "process" and element not in executable:
        return (Coverage.DOCUMENTATION, _NOT_EXECUTABLE)
    return None


def _element_entry(
    diagram: Diagram,
    element: Element,
    inherited: _Fate | None,
    wrong: Mapping[tuple[str | None, int | None], str],
) -> list[CoverageEntry]:
    element_id, line = element_id_of(element), line_of(element)
    message = diagram.findings.refused_kinds.get(element) or wrong.get((element_id, line))
    if message is None and element.get("id") is None:
        return []
    fate = inherited or _own_fate(diagram, element)
    coverage, reason = fate if message is None else (Coverage.REFUSED, message)
    return [
        CoverageEntry(
            element_id=element_id,
            element_type=short_name(str(element.tag), element),
            line=line,
            coverage=coverage,
            reason=reason,
        )
    ]


def _own_fate(diagram: Diagram, element: Element) -> _Fate:
    name = local_name(element)
    if name in DATA_ELEMENTS:
        return data_fate(diagram, element)
    used = element in diagram.findings.used
    in_process = _process_of(element) is not None
    if (name in _EXECUTED_IF_USED or not in_process) and used:
        return (Coverage.EXECUTED, None)
    if name in EXECUTED_ELEMENTS:
        return (Coverage.EXECUTED, None) if in_process else (Coverage.DOCUMENTATION, _OUTSIDE)
    parent = element.getparent()
    if parent is not None and local_name(parent) in EXECUTED_ELEMENTS | _ROLES:
        return (
            Coverage.DOCUMENTATION,
            DOCUMENTED_ELEMENTS.get(name, f"part of {local_name(parent)}"),
        )
    return (Coverage.DOCUMENTATION, DOCUMENTED_ELEMENTS.get(name, _OUTSIDE))


def _process_of(element: Element) -> Element | None:
    current: Element | None = element
    while current is not None and current.tag != full_name("process"):
        current = current.getparent()
    return current


def _extension_entry(
    diagram: Diagram, element: Element, above: _Fate | None
) -> list[CoverageEntry]:
    short = short_name(str(element.tag), element)
    if not _is_top(element) and (element, short) not in diagram.findings.refused_parts:
        return []
    return [_entry(diagram, element, short, above, namespace_of(str(element.tag)))]


def _attribute_entries(
    diagram: Diagram, element: Element, above: _Fate | None
) -> list[CoverageEntry]:
    names = [str(name) for name in element.attrib if str(name).startswith("{")]
    return [
        _entry(diagram, element, short_name(name, element), above, namespace_of(name))
        for name in names
        if namespace_of(name) not in {XSI, "http://www.w3.org/XML/1998/namespace"}
    ]


def _entry(
    diagram: Diagram, element: Element, short: str, above: _Fate | None, uri: str
) -> CoverageEntry:
    coverage, reason = _extension_fate(diagram, element, short, above, uri)
    return CoverageEntry(
        element_id=element_id_of(owner_of(element)),
        element_type=short,
        line=line_of(element),
        coverage=coverage,
        reason=reason,
    )


def _extension_fate(
    diagram: Diagram, element: Element, short: str, above: _Fate | None, uri: str
) -> _Fate:
    refused = diagram.findings.refused_parts.get((element, short))
    if refused is not None:
        return (Coverage.REFUSED, refused)
    if above is not None:
        return above
    if uri == SCHEMA and local_name(owner_of(element)) == "itemDefinition":
        return data_fate(diagram, owner_of(element))
    if uri not in _OURS:
        return (Coverage.DOCUMENTATION, _OTHER_VENDOR)
    if (element, short) in diagram.findings.read_parts:
        return (Coverage.EXECUTED, None)
    return (
        Coverage.DOCUMENTATION,
        DOCUMENTED_EXTENSIONS.get(short)
        or WARNED_EXTENSIONS.get(short)
        or NO_EFFECT_HERE.get(short)
        or _OUTSIDE,
    )
