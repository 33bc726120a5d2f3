"""The tree of activity instances: where a process instance is, each activity inside its scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Response

from bpmn_engine.service.listing import INCIDENTS
from bpmn_engine.service.visit_tree import VisitNode
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Condition, Listing
from bpmn_engine.views.runtime_records import IncidentRecord, InstanceRecord
from web.camunda.dialect import answer, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven.ids import activity_instance_id, execution_id
from web.camunda.seven.process_instances import PREFIX, found_instance
from web.context import service

_TYPES: Final[Mapping[str, str]] = {
    "adHocSubProcess": "adHocSubProcess",
    "boundaryEvent": "boundaryEvent",
    "endEvent": "noneEndEvent",
    "intermediateCatchEvent": "intermediateCatchEvent",
    "startEvent": "startEvent",
    "subProcess": "subProcess",
    "transaction": "transaction",
}
"""Camunda's word for the type of an element, where it is another than the XML's."""
_BODY: Final = "#multiInstanceBody"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    instance: InstanceRecord
    nodes: Sequence[VisitNode]
    incidents: Mapping[int | None, Sequence[IncidentRecord]]


@ENGINE_REST.get(f"{PREFIX}/<instance_id>/activity-instances")
def activity_instances(instance_id: str) -> Response:
    """Return the tree of a process instance, itself the root."""
    found = found_instance(instance_id)
    nodes = unless_problem(service().visit_tree(found.key))
    of_instance = Listing(conditions=(Condition(field="instance_key", value=found.key),))
    incidents: dict[int | None, list[IncidentRecord]] = {}
    for each in service().listed(INCIDENTS, of_instance):
        incidents.setdefault(each.visit, []).append(each)
    tree = _Tree(instance=found, nodes=nodes, incidents=incidents)
    root: dict[str, JsonValue] = {
        "id": str(found.key),
        "parentActivityInstanceId": None,
        "activityId": definition_id(found.process_id, found.version, found.definition_key),
        "activityType": "processDefinition",
        "activityName": None,
        "name": None,
        "executionIds": [execution_id(found.key, None)],
    }
    return answer(_with_rest(tree, root, 0))


def _child(tree: _Tree, node: VisitNode, parent: str) -> JsonValue:
    name = node.name
    written: dict[str, JsonValue] = {
        "id": activity_instance_id(node.element_id, tree.instance.key, node.visit),
        "parentActivityInstanceId": parent,
        "activityId": f"{node.element_id}{_BODY}" if node.is_loop_body else node.element_id,
        "activityType": "multiInstanceBody"
        if node.is_loop_body
        else _TYPES.get(node.element_type, node.element_type),
        "activityName": name,
        "name": name,
        "executionIds": [execution_id(tree.instance.key, node.visit)],
    }
    return _with_rest(tree, written, node.visit)


def _with_rest(tree: _Tree, written: dict[str, JsonValue], visit: int) -> dict[str, JsonValue]:
    own = tree.incidents.get(visit or None, ())
    children = [
        _child(tree, node, str(written["id"])) for node in tree.nodes if node.scope == visit
    ]
    instance = tree.instance
    return {
        **written,
        "processInstanceId": str(instance.key),
        "processDefinitionId": definition_id(
            instance.process_id, instance.version, instance.definition_key
        ),
        "childActivityInstances": children,
        "childTransitionInstances": [],
        "incidentIds": [str(each.key) for each in own],
        "incidents": [{"id": str(each.key), "activityId": each.element_id} for each in own],
    }
