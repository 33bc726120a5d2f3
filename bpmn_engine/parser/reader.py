"""The door of this package: bytes in; a model out that may be deployed, or why it may not."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Certificate, Definitions, Refusal, Violation
from bpmn_engine.parser.correlation_keys import index_correlation_keys
from bpmn_engine.parser.coverage import certify, refuse_extensions, refuse_unsupported
from bpmn_engine.parser.data_associations import read_data
from bpmn_engine.parser.diagram import Diagram, index_associations, index_forms, index_ids
from bpmn_engine.parser.document import MAX_BYTES, open_document
from bpmn_engine.parser.findings import Findings
from bpmn_engine.parser.message_flows import index_message_flows
from bpmn_engine.parser.normalise import name_sequence_flows
from bpmn_engine.parser.processes import executable_processes
from bpmn_engine.parser.resources import index_lanes
from bpmn_engine.parser.rules import RULES, RULES_OF_THE_STANDARD
from bpmn_engine.parser.rules_document import must_not_nest_too_deep
from bpmn_engine.parser.spiff import DiagramParser
from bpmn_engine.parser.structure import structure_of


def read_definitions(
    xml: bytes, *, filename: str = "diagram.bpmn", max_bytes: int = MAX_BYTES
) -> Definitions | Refusal:
    """Read one BPMN file; never raises for what is in it.

    Neither another file nor the network is ever read, whatever the file refers to.

    Args:
        xml: the file as it was saved.
        filename: for messages only.
        max_bytes: a larger file is refused unread, in bytes.

    Returns:
        Definitions when no violation of severity ERROR was found; else a Refusal with all of
        them. Both hold the coverage certificate of the whole file.
    """
    root = open_document(xml, max_bytes=max_bytes)
    if isinstance(root, tuple):
        return Refusal(violations=root, certificate=Certificate(entries=()))
    name_sequence_flows(root)
    return _read(_diagram_of(root), filename)


def _diagram_of(root: Element) -> Diagram:
    executable = executable_processes(root)
    by_id = index_ids(root)
    return Diagram(
        root=root,
        by_id=by_id,
        executable=executable,
        forms=index_forms(executable),
        associations=index_associations(root),
        message_flows=index_message_flows(root, by_id, executable),
        correlation_keys=index_correlation_keys(root, by_id),
        lanes=index_lanes(executable),
        findings=Findings(),
    )


def _read(diagram: Diagram, filename: str) -> Definitions | Refusal:
    findings = diagram.findings
    blocking = must_not_nest_too_deep(diagram)
    findings.add(*blocking)
    if blocking:
        return _refusal(diagram)
    refuse_unsupported(diagram)
    read_data(diagram)
    processes = DiagramParser(diagram).read_processes(filename)
    structure = structure_of(diagram)
    for rule in RULES:
        findings.add(*rule(structure))
    for rule in RULES_OF_THE_STANDARD:
        findings.add_unnamed(*rule(structure))
    refuse_extensions(diagram)
    if findings.has_errors():
        return _refusal(diagram)
    return Definitions(
        processes=processes,
        certificate=certify(diagram),
        warnings=_in_order(findings.violations),
        exporter=diagram.root.get("exporter"),
        target_namespace=diagram.root.get("targetNamespace"),
    )


def _refusal(diagram: Diagram) -> Refusal:
    return Refusal(violations=_in_order(diagram.findings.violations), certificate=certify(diagram))


def _in_order(violations: list[Violation]) -> tuple[Violation, ...]:
    return tuple(sorted(violations, key=lambda found: (found.line or 0, found.rule)))
