"""Process and decision definitions as Camunda 7 writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bpmn_engine.service.decision_listing import DecisionGraph
from bpmn_engine.service.views import InstanceStatus, InstanceSummary
from bpmn_engine.values import JsonValue
from bpmn_engine.views.runtime_records import DecisionRecord, DefinitionRecord, InstanceRecord
from web.camunda.engine_rest import definition_id

_UNKNOWN: Final[Mapping[str, int | None]] = {}
_OPEN: Final = frozenset({InstanceStatus.CREATED, InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED})


def definition_json(
    record: DefinitionRecord, kept: Mapping[str, int | None] = _UNKNOWN
) -> dict[str, JsonValue]:
    """Write a process definition; `kept` says for how many days its instances are."""
    return {
        "id": definition_id(record.process_id, record.version, record.key),
        "key": record.process_id,
        "category": None,
        "description": record.documentation,
        "name": record.name,
        "version": record.version,
        "resource": record.resource_name,
        "deploymentId": str(record.deployment_key),
        "diagram": None,
        "suspended": record.is_suspended,
        "tenantId": None,
        "versionTag": record.version_tag,
        "historyTimeToLive": kept.get(record.process_id),
        "startableInTasklist": record.is_startable,
    }


def graph_id(graph: DecisionGraph) -> str:
    """Return the id of a decision requirements definition."""
    return definition_id(graph.graph_id, graph.version, graph.resource_key)


def graph_json(graph: DecisionGraph) -> dict[str, JsonValue]:
    """Write a decision requirements definition."""
    return {
        "id": graph_id(graph),
        "key": graph.graph_id,
        "category": None,
        "name": graph.name,
        "version": graph.version,
        "resource": graph.resource_name,
        "deploymentId": str(graph.deployment_key),
        "tenantId": None,
    }


def decision_json(
    record: DecisionRecord, graphs: Mapping[int, DecisionGraph]
) -> dict[str, JsonValue]:
    """Write a decision definition; `graphs` are those that decisions stand in, by file."""
    graph = graphs.get(record.resource_key)
    return {
        "id": definition_id(record.decision_id, record.version, record.key),
        "key": record.decision_id,
        "category": None,
        "name": record.name,
        "version": record.version,
        "resource": record.resource_name,
        "deploymentId": str(record.deployment_key),
        "tenantId": None,
        "decisionRequirementsDefinitionId": None if graph is None else graph_id(graph),
        "decisionRequirementsDefinitionKey": None if graph is None else graph.graph_id,
        "historyTimeToLive": None,
        "versionTag": record.version_tag,
    }


def instance_json(record: InstanceRecord | InstanceSummary) -> dict[str, JsonValue]:
    """Write a process instance; one that is read by a command may have ended."""
    return {
        "links": [],
        "id": str(record.key),
        "definitionId": definition_id(record.process_id, record.version, record.definition_key),
        "definitionKey": record.process_id,
        "businessKey": record.business_key,
        "caseInstanceId": None,
        "ended": record.status not in _OPEN,
        "suspended": record.status is InstanceStatus.SUSPENDED,
        "tenantId": None,
    }
