"""Rules about link events: the two ends of a flow that is not drawn (BPMN 2.0.2, 10.5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.event_elements import (
    definition_elements,
)
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import local_name
from bpmn_engine.parser.structure import Scope, Structure


def must_link_within_a_scope(structure: Structure) -> list[Violation]:
    """Each throwing link leads to one catching link of its name in its own scope."""
    found: list[Violation] = []
    for scope in structure.scopes:
        throwing = list(_links(structure, scope, "intermediateThrowEvent"))
        catching = list(_links(structure, scope, "intermediateCatchEvent"))
        found += _name_problems(throwing, catching)
        found += _unused(structure, throwing, catching)
        found += [
            _flow_problem(event, "lead on from", "outgoing")
            for event, _ in throwing
            if scope.flows_out_of(event)
        ]
        found += [
            _flow_problem(event, "lead to", "incoming")
            for event, _ in catching
            if scope.flows_into(event)
        ]
    return found


def _links(structure: Structure, scope: Scope, kind: str) -> Iterator[tuple[Element, str]]:
    for event in scope.nodes:
        if local_name(event) == kind:
            for definition in definition_elements(structure.diagram, event):
                if local_name(definition) == "linkEventDefinition":
                    yield event, (definition.get("name") or "").strip()


def _name_problems(
    throwing: list[tuple[Element, str]], catching: list[tuple[Element, str]]
) -> Iterator[Violation]:
    targets: dict[str, Element] = {}
    for event, name in catching:
        if name in targets:
            yield violation(
                event,
                "link",
                f"Two link events catch {name!r} in this scope; a link has one target. "
                "Rename one of them, or remove it.",
                "10.5.5",
            )
        targets.setdefault(name, event)
    for event, name in throwing:
        if name and name not in targets:
            yield violation(
                event,
                "link",
                f"Expected a link event that catches {name!r} in the same process or sub-process, "
                "but there is none. Draw it, or draw a sequence flow.",
                "10.5.5",
            )


def _unused(
    structure: Structure, throwing: list[tuple[Element, str]], catching: list[tuple[Element, str]]
) -> Iterator[Violation]:
    thrown = {name for _, name in throwing}
    for event, name in catching:
        if name not in thrown:
            yield structure.lenient(
                event,
                "link",
                f"No link event of this scope throws {name!r}, so that nothing ever leads here. "
                "Draw the throwing event, or remove this one.",
                "10.5.5",
            )


def _flow_problem(event: Element, words: str, name: str) -> Violation:
    return violation(
        event,
        "flow-direction",
        f"No flow may {words} this link event: the link is the flow. Remove its {name} flow.",
        "10.5.5",
    )
