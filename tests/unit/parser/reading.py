"""Builds small files around the XML that a test is about, and reads them."""

from __future__ import annotations

import re

from bpmn_engine.model.definitions import (
    Coverage,
    CoverageEntry,
    Definitions,
    Process,
    Refusal,
    Severity,
    Violation,
)
from bpmn_engine.model.flow_nodes import AnyFlowNode
from bpmn_engine.parser.reader import read_definitions

PLAIN = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
)
CAMUNDA = PLAIN + 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
ZEEBE = PLAIN + 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
BOTH = CAMUNDA + 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
_EXTENSIONS = re.compile(r"(?:(?<!\$)\{[^{}]*\})+")


def file(body: str, *, roots: str = "", namespaces: str = BOTH, extra: str = "") -> bytes:
    """Return a file with one executable process; the process stands on line 2."""
    return (
        f'<definitions {namespaces} targetNamespace="http://example.test" id="d" {extra}>{roots}\n'
        f'<process id="p" isExecutable="true">{body}</process></definitions>'
    ).encode()


def expand(body: str) -> str:
    """Turn `{zeebe:a x='1' | zeebe:b}` into extension elements, each inside the one before.

    Several in a row stand beside each other; `${x}` stays as it is.
    """
    return _EXTENSIONS.sub(
        lambda found: f"<extensionElements>{_elements(found[0])}</extensionElements>", body
    )


def _elements(notation: str) -> str:
    return "".join(_nested(one.split("|")) for one in notation[1:-1].split("}{"))


def _nested(parts: list[str]) -> str:
    if not parts:
        return ""
    tag = parts[0].split()[0]
    return f"<{parts[0].strip()}>{_nested(parts[1:])}</{tag}>"


def read(body: str, **options: str) -> Definitions:
    """Read a file that must be accepted."""
    outcome = read_definitions(file(body, **options))
    assert isinstance(outcome, Definitions), outcome.violations
    return outcome


def read_process(body: str, **options: str) -> Process:
    """Read a file with one process that must be accepted."""
    (process,) = read(body, **options).processes
    return process


def read_node(body: str, **options: str) -> AnyFlowNode:
    """Return the node with the id `n` of a file that must be accepted."""
    (node,) = [node for node in read_process(body, **options).nodes if node.id == "n"]
    return node


def refuse(body: str, **options: str) -> Refusal:
    """Read a file that must be refused."""
    outcome = read_definitions(file(body, **options))
    assert isinstance(outcome, Refusal), outcome
    return outcome


def errors(outcome: Refusal) -> list[Violation]:
    """Return what stops the deployment."""
    return [found for found in outcome.violations if found.severity is Severity.ERROR]


def broken_rules(body: str, **options: str) -> set[tuple[str, str | None]]:
    """Return each rule that a refused file breaks, with the element's id."""
    return {(found.rule, found.element_id) for found in errors(refuse(body, **options))}


def entry(outcome: Definitions | Refusal, element_type: str, element_id: str) -> CoverageEntry:
    """Return one line of the certificate."""
    (found,) = [
        one
        for one in outcome.certificate.entries
        if (one.element_type, one.element_id) == (element_type, element_id)
    ]
    return found


def coverage(outcome: Definitions | Refusal, element_type: str, element_id: str) -> Coverage:
    """Return what became of one element."""
    return entry(outcome, element_type, element_id).coverage
