"""Executions: the process instance, and each open visit of an element in it."""

from __future__ import annotations

from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.listing import EXECUTIONS, SUBSCRIPTIONS
from bpmn_engine.service.variable_reading import ExecutionTests
from bpmn_engine.service.views import WaitKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Comparison, Condition, Listing
from bpmn_engine.views.runtime_records import ExecutionRecord
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, done, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven import queries
from web.camunda.seven.event_subscriptions import subscription_json
from web.camunda.seven.ids import execution_id as written_id
from web.camunda.seven.ids import missing, read_execution
from web.camunda.seven.incident_kinds import incident_kinds
from web.camunda.seven.queries import Query, QueryTable, bounded, read_query
from web.camunda.seven.variable_tests import variable_tests
from web.camunda.typed_values import read_variables
from web.context import principal, service

PREFIX: Final = "/execution"

_SUSPENDED: Final = "suspended"
_QUERIES: Final = QueryTable(
    parameters={
        "businessKey": queries.text("business_key"),
        "processDefinitionId": queries.definition("definition_key"),
        "processDefinitionKey": queries.text("process_id"),
        "processInstanceId": queries.key("instance_key"),
        "activityId": queries.text("element_id"),
        "signalEventSubscriptionName": queries.text("signal_name"),
        "messageEventSubscriptionName": queries.text("message_name"),
        "active": queries.flag("status", _SUSPENDED, Comparison.UNEQUAL),
        "suspended": queries.flag("status", _SUSPENDED),
        "incidentId": queries.key("incident_key"),
        "incidentMessage": queries.text("incident_message"),
        "incidentMessageLike": queries.like("incident_message"),
        "tenantIdIn": queries.TENANTS,
        "variables": queries.APART,
        "processVariables": queries.APART,
        "variableNamesIgnoreCase": queries.APART,
        "variableValuesIgnoreCase": queries.APART,
    },
    sorts={
        "instanceId": "instance_key",
        "definitionKey": "process_id",
        "definitionId": "definition_key",
        "tenantId": "instance_key",
    },
    special={"incidentType": incident_kinds("incident_kind")},
)


class TriggerBody(Body):
    """What comes with an event."""

    variables = fields.Raw(load_default=None, allow_none=True)


@ENGINE_REST.route(PREFIX, methods=["GET", "POST"])
def executions() -> Response:
    """List executions."""
    return answer([execution_json(each) for each in bounded(_matching(read_query()))])


@ENGINE_REST.route(f"{PREFIX}/count", methods=["GET", "POST"])
def count_executions() -> Response:
    """Count executions."""
    query = read_query()
    if "variables" in query or "processVariables" in query:
        apart = {name: value for name, value in query.items() if name not in queries.PAGING}
        return answer({"count": len(_matching(apart))})
    return answer({"count": service().listed_count(EXECUTIONS, _QUERIES.listing(query))})


@ENGINE_REST.get(f"{PREFIX}/<execution_id>")
def execution(execution_id: str) -> Response:
    """Return an execution."""
    return answer(execution_json(_found(execution_id)))


@ENGINE_REST.post(f"{PREFIX}/<execution_id>/signal")
def signal_execution(execution_id: str) -> Response:
    """Let an execution go on that waits for one message or signal, as a receive task does."""
    found, body = _found(execution_id), read_body(TriggerBody)
    return done(
        service().trigger_execution(
            found.instance_key,
            found.visit,
            variables=read_variables(body["variables"]),
            actor=principal().user_id,
        )
    )


@ENGINE_REST.get(f"{PREFIX}/<execution_id>/messageSubscriptions/<name>")
def message_subscription(execution_id: str, name: str) -> Response:
    """Return the wait of an execution for a message."""
    place = read_execution(execution_id) or (0, 0)
    wanted = [
        Condition(field="kind", value=WaitKind.MESSAGE.value),
        Condition(field="name", value=name),
        Condition(field="instance_key", value=place[0]),
    ]
    if place[1]:
        wanted.append(Condition(field="visit", value=place[1]))
    found = service().listed(SUBSCRIPTIONS, Listing(conditions=tuple(wanted)))
    if not found:
        raise missing(
            f"Message event subscription for execution {execution_id} named {name} does not exist"
        )
    return answer(subscription_json(found[0]))


@ENGINE_REST.post(f"{PREFIX}/<execution_id>/messageSubscriptions/<name>/trigger")
def trigger_message(execution_id: str, name: str) -> Response:
    """Bring a message to an execution that waits for it."""
    found, body = _found(execution_id), read_body(TriggerBody)
    return done(
        service().trigger_execution(
            found.instance_key,
            found.visit,
            kind=WaitKind.MESSAGE,
            name=name,
            variables=read_variables(body["variables"]),
            actor=principal().user_id,
        )
    )


def execution_json(record: ExecutionRecord) -> JsonValue:
    """Write an execution."""
    return {
        "id": written_id(record.instance_key, record.visit),
        "processInstanceId": str(record.instance_key),
        "ended": False,
        "tenantId": None,
    }


def _matching(query: Query) -> tuple[ExecutionRecord, ...]:
    listing = _QUERIES.listing(query)
    own = variable_tests(query, "variables")
    of_instance = variable_tests(query, "processVariables")
    if not (own or of_instance):
        return service().listed(EXECUTIONS, listing)
    tests = ExecutionTests(own=own, of_instance=of_instance)
    return unless_problem(service().executions_with(listing, tests))


def _found(execution_id: str) -> ExecutionRecord:
    place = read_execution(execution_id) or (0, 0)
    wanted = (
        Condition(field="instance_key", value=place[0]),
        Condition(field="visit", value=place[1]),
    )
    found = service().listed(EXECUTIONS, Listing(conditions=wanted))
    if not found:
        raise missing(f"Execution with id {execution_id} does not exist")
    return found[0]
