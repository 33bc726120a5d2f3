"""Rules about link events: the two ends of a flow that is not drawn (BPMN 2.0.2, 10.5.5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Severity, Violation
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.event_elements import definition_elements
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import children, element_id_of, local_name, text_of
from bpmn_engine.parser.structure import Scope, Structure

_LINK = "linkEventDefinition"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """One end of a link."""

    event: Element
    name: str  #: empty if it has none
    definition_id: str | None
    partners: frozenset[str]  #: ids of the definitions that it names as its source or target
    dangling: tuple[str, ...]  #: what it names and is no link event definition


def must_link_to_each_other(structure: Structure) -> list[Violation]:
    """Each throwing link leads to the one catching link of its name in its own scope.

    The two ends are joined by their name; references between their definitions are held to, but
    join nothing by themselves.
    """
    found: list[Violation] = []
    for scope in structure.scopes:
        throwing = _links(structure.diagram, scope, "intermediateThrowEvent")
        catching = _links(structure.diagram, scope, "intermediateCatchEvent")
        found += _flow_problems(scope, throwing, catching)
        for link in (*throwing, *catching):
            found += _own_problems(link)
        found += _repeated(catching)
        found += _without_partner(throwing, catching, "catch")
        found += [
            dataclasses.replace(one, severity=Severity.WARNING) if structure.is_lenient else one
            for one in _without_partner(catching, throwing, "throw")
        ]
    return found


def _links(diagram: Diagram, scope: Scope, kind: str) -> tuple[_Link, ...]:
    return tuple(
        _link(diagram, event, definition)
        for event in scope.nodes
        if local_name(event) == kind
        for definition in definition_elements(diagram, event)
        if local_name(definition) == _LINK
    )


def _link(diagram: Diagram, event: Element, definition: Element) -> _Link:
    named = [strip_prefix(one, text_of(one)) for one in children(definition, "source", "target")]
    known = {one for one in named if _is_link(diagram.by_id.get(one))}
    return _Link(
        event=event,
        name=(definition.get("name") or "").strip(),
        definition_id=definition.get("id"),
        partners=frozenset(known),
        dangling=tuple(one for one in named if one not in known),
    )


def _is_link(element: Element | None) -> bool:
    return element is not None and local_name(element) == _LINK


def _flow_problems(
    scope: Scope, throwing: tuple[_Link, ...], catching: tuple[_Link, ...]
) -> Iterator[Violation]:
    for link in throwing:
        if scope.flows_out_of(link.event):
            yield violation(
                link.event,
                "link-flow",
                "The token jumps from here to the link's target, so that no flow may leave the "
                "event. Remove the flow.",
                "10.5.5",
            )
    for link in catching:
        if scope.flows_into(link.event):
            yield violation(
                link.event,
                "link-flow",
                "The token comes from the link's source, so that no flow may enter the event. "
                "Remove the flow.",
                "10.5.5",
            )


def _own_problems(link: _Link) -> Iterator[Violation]:
    if not link.name:
        yield violation(
            link.event,
            "missing-name",
            "Expected the link to have a name, by which its two ends find each other, but it has "
            "none. Name it in the properties panel.",
            "10.5.5",
        )
    for text in link.dangling:
        yield violation(
            link.event,
            "dangling-reference",
            f"Expected the link to name another link, but {text!r} is none. "
            "Give both link events the same name.",
            "10.5.5",
        )


def _repeated(catching: tuple[_Link, ...]) -> Iterator[Violation]:
    seen: set[str] = set()
    for link in catching:
        if link.name and link.name in seen:
            yield violation(
                link.event,
                "link",
                f"Two link events catch {link.name!r} in this scope; a link has one target. "
                "Rename one of them, or remove it.",
                "10.5.5",
            )
        seen.add(link.name)


def _without_partner(
    links: tuple[_Link, ...], others: tuple[_Link, ...], missing: str
) -> Iterator[Violation]:
    names = {other.name for other in others}
    named = {partner for other in others for partner in other.partners}
    ids = {other.definition_id for other in others}
    for link in links:
        if not link.name or link.name in names or link.dangling:
            continue
        if link.definition_id in named or not link.partners.isdisjoint(ids):
            yield violation(
                link.event,
                "unsupported-element",
                f"{element_id_of(link.event)} is joined to its other end by a reference only; "
                "here links are joined by their name. Give both link events the same name.",
                "10.5.5",
            )
        else:
            yield violation(
                link.event,
                "link",
                f"Expected a link event of this scope to {missing} {link.name!r}, but there is "
                "none. Draw it beside this one, or draw a sequence flow instead.",
                "10.5.5",
            )
