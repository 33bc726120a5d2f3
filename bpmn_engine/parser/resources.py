"""Who does the work: resource roles and lanes (BPMN 2.0.2, sections 10.3.1 and 10.8).

The innermost word holds: a role of the task itself, then of a call activity or sub-process around
it, then its lane, then the process. In diagrams for Camunda only the expressions of a task's own
human performer and potential owners count, as there.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression, Resource
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.formal_expressions import read_expression
from bpmn_engine.parser.namespaces import (
    children,
    first_child,
    full_name,
    is_for_camunda,
    local_name,
    text_of,
)
from bpmn_engine.parser.support import SCOPES

ROLES = ("performer", "humanPerformer", "potentialOwner")


def index_lanes(executable: tuple[Element, ...]) -> dict[str, tuple[Element, ...]]:
    """Return the lanes that each node stands in, the innermost first, of the first lane set."""
    found: dict[str, tuple[Element, ...]] = {}
    for process in executable:
        if is_for_camunda(process):
            continue
        for lane_set in process.iter(full_name("laneSet")):
            for lane in children(lane_set, "lane"):
                _index_lane(lane, (), found)
    return found


def _index_lane(
    lane: Element, around: tuple[Element, ...], found: dict[str, tuple[Element, ...]]
) -> None:
    path = (lane, *around)
    for inner in children(lane, "childLaneSet"):
        for child in children(inner, "lane"):
            _index_lane(child, path, found)
    for reference in children(lane, "flowNodeRef"):
        found.setdefault(text_of(reference), path)


def role_owner(diagram: Diagram, element: Element, drawn: Element) -> Element | None:
    """Return the innermost element whose roles say who does a user task; None for a lane.

    Args:
        diagram: the file.
        element: the user task; or the global one that is called.
        drawn: the user task, or the call activity that calls it.
    """
    if is_for_camunda(diagram.root):
        return element
    around = _activities_around(drawn)
    for owner in (drawn, element, *around):
        if _roles(owner):
            return owner
    if lane_group(diagram, drawn) is not None:
        return None
    process = next(drawn.iterancestors(full_name("process")), None)
    return process if process is not None and _roles(process) else element


def read_resources(diagram: Diagram, owner: Element) -> tuple[Resource, ...]:
    """Return the resources that the roles of an element name."""
    if is_for_camunda(diagram.root):
        return ()
    found: list[Resource] = []
    for role in children(owner, *ROLES):
        reference = first_child(role, "resourceRef")
        if reference is None:
            continue
        diagram.findings.used.add(role)
        resource = diagram.resolve(role, text_of(reference), "resource")
        name = "" if resource is None else (resource.get("name") or "").strip()
        if resource is not None and name:
            parameters = tuple(_parameters(diagram, role, resource))
            found.append(Resource(name=name, parameters=parameters))
    return tuple(found)


def read_lane(diagram: Diagram, drawn: Element) -> tuple[Resource, ...]:
    """Return the group that the lane of a node names."""
    group = lane_group(diagram, drawn)
    if group is None:
        return ()
    lane, name = group
    diagram.findings.used.add(lane)
    parent = lane.getparent()
    while parent is not None and local_name(parent) not in SCOPES:
        diagram.findings.used.add(parent)
        parent = parent.getparent()
    return (Resource(name=name, is_lane=True),)


def lane_group(diagram: Diagram, drawn: Element) -> tuple[Element, str] | None:
    """Return the innermost lane around a node that names somebody, and whom.

    A lane names the resource that it partitions by; else its own name counts.
    """
    if not diagram.lanes:
        return None
    for node in (drawn, *_activities_around(drawn)):
        for lane in diagram.lanes.get(node.get("id") or "", ()):
            name = _partition_name(diagram, lane) or (lane.get("name") or "").strip()
            if name:
                return lane, name
    return None


def assigns(role: Element) -> bool:
    """Tell whether a role says anybody."""
    return (
        first_child(role, "resourceRef") is not None
        or first_child(role, "resourceAssignmentExpression") is not None
    )


def _roles(owner: Element) -> list[Element]:
    return [role for role in children(owner, *ROLES) if assigns(role)]


def _activities_around(node: Element) -> list[Element]:
    """Return the sub-processes around a node, the innermost first."""
    return [
        owner
        for owner in node.iterancestors()
        if local_name(owner) in SCOPES and local_name(owner) != "process"
    ]


def _parameters(diagram: Diagram, role: Element, resource: Element) -> Iterator[FormalExpression]:
    """Yield the parameters that a role binds, in the order the resource declares them."""
    declared = children(resource, "resourceParameter")
    bindings = {
        strip_prefix(binding, binding.get("parameterRef") or ""): binding
        for binding in children(role, "resourceParameterBinding")
    }
    for parameter in declared:
        binding = bindings.pop(parameter.get("id") or "", None)
        value = None if binding is None else _bound_expression(binding)
        if binding is not None and value is not None:
            diagram.findings.used.update((binding, value, parameter))
            expression = read_expression(diagram, value)
            if expression is not None:
                yield expression
    for binding in bindings.values():
        diagram.findings.violate(
            binding,
            "dangling-reference",
            f"Expected a parameter of the resource {resource.get('name')!r} with the id "
            f"{binding.get('parameterRef')!r}, but there is none. Bind one that it declares.",
            "10.3.1",
        )


def _bound_expression(binding: Element) -> Element | None:
    return next(iter(children(binding, "expression", "formalExpression")), None)


def _partition_name(diagram: Diagram, lane: Element) -> str:
    """Return the name of the resource that a lane stands for; empty for anything else."""
    reference = strip_prefix(lane, lane.get("partitionElementRef") or "")
    target = diagram.by_id.get(reference) if reference else first_child(lane, "partitionElement")
    if target is None:
        return ""
    named = first_child(target, "resourceRef")
    if named is not None:
        target = diagram.by_id.get(strip_prefix(named, text_of(named)))
    is_resource = target is not None and local_name(target) in {"resource", "partitionElement"}
    if target is None or not is_resource:
        return ""
    diagram.findings.used.add(target)
    return (target.get("name") or "").strip()
