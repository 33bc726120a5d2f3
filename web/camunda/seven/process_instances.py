"""Process instances: query, read, suspend and delete one."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.service.listing import INSTANCES
from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.views.listing import Comparison, Condition, Listing
from bpmn_engine.views.runtime_records import InstanceRecord
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven import queries
from web.camunda.seven.definition_texts import instance_json
from web.camunda.seven.ids import key_or_none, missing, refuse
from web.camunda.seven.incident_kinds import incident_kinds
from web.camunda.seven.queries import Query, QueryTable, bounded, is_true, read_query
from web.camunda.seven.variable_tests import variable_tests
from web.context import principal, service

PREFIX: Final = "/process-instance"

_IS_SUSPENDED: Final = "suspended"
INSTANCE_QUERIES: Final = QueryTable(
    parameters={
        "processInstanceIds": queries.keys("key"),
        "businessKey": queries.text("business_key"),
        "businessKeyLike": queries.like("business_key"),
        "caseInstanceId": queries.NOTHING,
        "processDefinitionId": queries.definition("definition_key"),
        "processDefinitionKey": queries.text("process_id"),
        "processDefinitionKeyIn": queries.texts("process_id"),
        "processDefinitionKeyNotIn": queries.texts("process_id", Comparison.NONE_OF),
        "deploymentId": queries.key("deployment_key"),
        "superProcessInstance": queries.key("parent_key"),
        "subProcessInstance": queries.key("child_key"),
        "superCaseInstance": queries.NOTHING,
        "subCaseInstance": queries.NOTHING,
        "active": queries.flag("status", _IS_SUSPENDED, Comparison.UNEQUAL),
        "suspended": queries.flag("status", _IS_SUSPENDED),
        "withIncident": queries.flag("incident_count", 0, Comparison.GREATER),
        "incidentId": queries.key("incident_key"),
        "incidentMessage": queries.text("incident_message"),
        "incidentMessageLike": queries.like("incident_message"),
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "processDefinitionWithoutTenantId": queries.ANYTHING,
        "activityIdIn": queries.texts("element_id"),
        "rootProcessInstances": queries.flag("parent_key", None),
        "rootProcessInstanceId": queries.key("root_key"),
        "leafProcessInstances": queries.flag("calls_something", value=False),
        "variables": queries.APART,
        "variableNamesIgnoreCase": queries.APART,
        "variableValuesIgnoreCase": queries.APART,
    },
    sorts={
        "instanceId": "key",
        "definitionKey": "process_id",
        "definitionId": "definition_key",
        "tenantId": "key",
        "businessKey": "business_key",
    },
    special={"incidentType": incident_kinds("incident_kind")},
)


class SuspensionBody(Body):
    """Whether an instance is held."""

    suspended = fields.Boolean(required=True)


def matching_instances(query: Query) -> tuple[InstanceRecord, ...]:
    """Return the open instances that a query finds, of those that the caller may see.

    Raises:
        ProblemError: the query is not usable (400).
    """
    listing = INSTANCE_QUERIES.listing(query, visible_to=principal().caller)
    tests = variable_tests(query, "variables")
    if not tests:
        return service().listed(INSTANCES, listing)
    if not principal().may_operate:
        raise refuse("Expected no variables in the query: only operators may read them.")
    return unless_problem(service().instances_with(listing, tests))


def found_instance(instance_id: str) -> InstanceRecord:
    """Return an open instance that the caller may see.

    Raises:
        ProblemError: there is none (404).
    """
    wanted = Condition(field="key", value=key_or_none(instance_id))
    listing = Listing(conditions=(wanted,), visible_to=principal().caller)
    found = service().listed(INSTANCES, listing)
    if not found:
        raise missing(f"Process instance with id {instance_id} does not exist")
    return found[0]


@ENGINE_REST.route(PREFIX, methods=["GET", "POST"])
def process_instances() -> Response:
    """List open process instances; staff see those they started and those of their tasks."""
    found = bounded(matching_instances(read_query()))
    return answer([instance_json(each) for each in found])


@ENGINE_REST.route(f"{PREFIX}/count", methods=["GET", "POST"])
def count_process_instances() -> Response:
    """Count open process instances."""
    query = read_query()
    if variable_tests(query, "variables"):
        apart = {name: value for name, value in query.items() if name not in queries.PAGING}
        return answer({"count": len(matching_instances(apart))})
    listing = INSTANCE_QUERIES.listing(query, visible_to=principal().caller)
    return answer({"count": service().listed_count(INSTANCES, listing)})


@ENGINE_REST.get(f"{PREFIX}/<instance_id>")
def process_instance(instance_id: str) -> Response:
    """Return an open process instance."""
    return answer(instance_json(found_instance(instance_id)))


@ENGINE_REST.delete(f"{PREFIX}/<instance_id>")
def delete_process_instance(instance_id: str) -> Response:
    """End an instance and everything it has called; its history stays."""
    if is_true("skipSubprocesses", request.args.get("skipSubprocesses", "false")):
        raise refuse("Expected no skipSubprocesses: what an instance has called ends with it.")
    is_true("skipIoMappings", request.args.get("skipIoMappings", "false"))  # none is done here
    skips_listeners = is_true(
        "skipCustomListeners", request.args.get("skipCustomListeners", "false")
    )
    key = key_or_none(instance_id)
    if skips_listeners and key is not None and service().has_listeners(key):
        raise refuse(
            "Expected no skipCustomListeners: the process has listeners, which are always called."
        )
    wanted = Listing(conditions=(Condition(field="key", value=key),))
    if key is None or not service().listed(INSTANCES, wanted):
        if not is_true("failIfNotExists", request.args.get("failIfNotExists", "true")):
            return no_content()
        raise missing(f"Process instance with id {instance_id} does not exist")
    unless_problem(service().cancel_instance(key, actor=principal().user_id))
    return no_content()


@ENGINE_REST.put(f"{PREFIX}/<instance_id>/suspended")
def suspend_process_instance(instance_id: str) -> Response:
    """Hold an instance, or let it go on; one that is held already stays so."""
    found, body = found_instance(instance_id), read_body(SuspensionBody)
    hold(found, is_suspended=body["suspended"] is True)
    return no_content()


def hold(record: InstanceRecord, *, is_suspended: bool) -> None:
    """Hold an instance, or let it go on, unless it is so already.

    Raises:
        ProblemError: the service refuses.
    """
    if (record.status.value == _IS_SUSPENDED) is is_suspended:
        return
    change = service().suspend_instance if is_suspended else service().resume_instance
    outcome = change(record.key, actor=principal().user_id)
    if isinstance(outcome, Problem) and outcome.kind is ProblemKind.CONFLICT:
        return  # somebody else was faster
    unless_problem(outcome)
