"""The order of files and the cycles of decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bpmn_engine.dmn.elements import CompiledDecision, ElementRef, Elements
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation


def in_order_of_imports(
    definitions: Definitions, files: Mapping[str, Definitions], violations: list[Violation]
) -> list[Definitions]:
    """Return the file with all it imports, at any depth, each after those it imports itself.

    An import of a DMN file that is not there, or that imports this one again, is noted.
    """
    ordered: list[Definitions] = []
    _collect(definitions, files, violations, ordered, ())
    return ordered


def _collect(
    file: Definitions,
    files: Mapping[str, Definitions],
    violations: list[Violation],
    ordered: list[Definitions],
    above: tuple[str, ...],
) -> None:
    if file in ordered:
        return
    path = (*above, file.namespace)
    for one in file.imports:
        if "/DMN/" not in one.import_type and one.import_type:
            continue
        target = files.get(one.namespace)
        if target is None or one.namespace in path:
            what = "is not there" if target is None else "imports this file again"
            message = f"Expected a file of the namespace {one.namespace}, but it {what}."
            violations.append(
                Violation(
                    rule="import",
                    message=message,
                    element_id=ElementId(one.place.element_id),
                    line=one.place.line,
                )
            )
            continue
        _collect(target, files, violations, ordered, path)
    ordered.append(file)


def find_cycles(elements: Elements) -> Iterator[Violation]:
    """Yield a violation for each decision that requires itself, directly or not."""
    for ref, element in elements.items():
        if not isinstance(element, CompiledDecision):
            continue
        path = _path_back(ref, elements)
        if path:
            names = " -> ".join(elements[one].name for one in (ref, *path))
            yield Violation(
                rule="cycle",
                message=f"Expected decisions without a cycle, but {names}.",
                element_id=ElementId(element.ref.id),
                line=element.spot.file_line or None,
            )


def _path_back(start: ElementRef, elements: Elements) -> list[ElementRef]:
    """Return the shortest way from an element back to it; empty when there is none."""
    came_from: dict[ElementRef, ElementRef] = {}
    pending = [start]
    for ref in pending:
        for required in _required_decisions(ref, elements):
            if required == start:
                path = [start]
                while ref != start:
                    path.append(ref)
                    ref = came_from[ref]  # noqa: PLW2901 - the walk back ends the search
                return path[::-1]
            if required not in came_from:
                came_from[required] = ref
                pending.append(required)
    return []


def _required_decisions(ref: ElementRef, elements: Elements) -> Iterator[ElementRef]:
    element = elements.get(ref)
    if isinstance(element, CompiledDecision):
        for requirement in element.requirements:
            if isinstance(elements.get(requirement.ref), CompiledDecision):
                yield requirement.ref
