"""Process instances: created, found, cancelled, moved, and what they did."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.searches import (
    BatchType,
    Comparison,
    Condition,
    InstanceRecord,
    Search,
)
from bpmn_engine.service.views import (
    ElementCounts,
    InstanceStatus,
    InstanceSummary,
    InstanceView,
    StartRequest,
)
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, milliseconds, object_or_empty, read_body, text_or_none
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.eight.error_hashes import ERROR_HASH, with_messages
from web.camunda.eight.filters import (
    TENANT,
    TENANTS,
    Filter,
    Filters,
    Kind,
    exact,
    flag,
    integer,
    key,
    moment,
    tags,
    variables,
)
from web.camunda.eight.incidents import INCIDENT_FILTERS, incident_json
from web.camunda.eight.searches import answer_found, narrowed, read_search, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION, definition_key
from web.context import principal, service
from web.errors import ProblemError

LONGEST_AWAIT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.1
_OPEN: Final = frozenset({InstanceStatus.CREATED, InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED})

INSTANCE_FILTERS: Final[Filters] = {
    "processInstanceKey": key("key"),
    "processDefinitionId": Filter("process_id"),
    "processDefinitionName": Filter("process_name"),
    "processDefinitionVersion": integer("version"),
    "processDefinitionVersionTag": Filter("version_tag"),
    "processDefinitionKey": key("definition_key"),
    "parentProcessInstanceKey": key("parent_key"),
    "rootProcessInstanceKey": key("root_key"),
    "startDate": moment("started_at"),
    "endDate": moment("ended_at"),
    "suspendedDate": moment("suspended_at"),
    "state": Filter("state"),
    "hasIncident": flag("has_incident"),
    "businessId": Filter("business_key"),
    "errorMessage": exact("message"),
    "incidentErrorHashCode": exact(ERROR_HASH, Kind.INTEGER),
    "variables": variables(),
    "tags": tags(),
    "elementId": exact("element_id"),
    "elementInstanceState": exact("element_state"),
    "hasElementInstanceIncident": Filter(
        "element_incident",
        Kind.FLAG,
        frozenset({Comparison.EQUAL, Comparison.NOT_EQUAL}),
        is_sortable=False,
    ),
    "parentElementInstanceKey": exact("parent_element_key", Kind.KEY),
    "hasRetriesLeft": Filter(
        "has_retries_left", Kind.FLAG, frozenset({Comparison.EQUAL}), is_sortable=False
    ),
    "batchOperationId": exact("batch_key", Kind.KEY),
    "batchOperationKey": exact("batch_key", Kind.KEY),
    **TENANTS,
}
"""Filters of process instances."""


class CreateInstanceBody(Body):
    """What starts an instance: an id or a key."""

    process_definition_id = fields.String(load_default=None, allow_none=True)
    process_definition_key = fields.Raw(load_default=None, allow_none=True)
    process_definition_version = fields.Integer(load_default=-1, allow_none=True)
    process_definition_version_tag = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)
    business_id = fields.String(load_default=None, allow_none=True)
    start_instructions = fields.List(fields.Raw(), load_default=list, allow_none=True)
    runtime_instructions = fields.List(fields.Raw(), load_default=list, allow_none=True)
    await_completion = fields.Boolean(load_default=False, allow_none=True)
    fetch_variables = fields.List(fields.String(), load_default=None, allow_none=True)
    request_timeout = fields.Integer(load_default=0, allow_none=True, validate=validate.Range(0))
    tags = fields.List(fields.String(), load_default=list, allow_none=True)
    tenant_id = fields.String(load_default=None, allow_none=True)


@ORCHESTRATION.post("/process-instances")
def create_instance() -> Response:
    """Start an instance, on request only a part of it, or until it has ended."""
    body = read_body(CreateInstanceBody)
    check_tenant(body["tenant_id"])
    given = body["tags"]
    tags_ = tuple(str(tag) for tag in (given if isinstance(given, list) else ()))
    values = object_or_empty(body["variables"], "variables")
    elements = _named(body["start_instructions"], "elementId", "startInstructions")
    ends_after = _named(body["runtime_instructions"], "afterElementId", "runtimeInstructions")
    request = StartRequest(
        process_id=text_or_none(body["process_definition_id"]),
        definition_key=definition_key(body["process_definition_key"]),
        version=_version(body["process_definition_version"]),
        version_tag=text_or_none(body["process_definition_version_tag"]),
        variables=values,
        business_key=text_or_none(body["business_id"]),
    )
    who = principal()
    summary = unless_problem(
        service().start_part(
            request,
            elements=elements,
            ends_after=ends_after,
            tags=tags_,
            actor=who.user_id,
            caller=who.caller,
        )
    )
    if body["await_completion"]:
        timeout = milliseconds(body["request_timeout"]).total_seconds()
        view = _awaited(summary.key, timeout or LONGEST_AWAIT_SECONDS)
        return answer(_created(summary, _fetched(view, body["fetch_variables"]), tags_))
    return answer(_created(summary, {}, tags_))


@ORCHESTRATION.get("/process-instances/<key:key>")
def get_instance(key: int) -> Response:
    """Return one instance."""
    return answer(instance_json(_one(key)))


@ORCHESTRATION.post("/process-instances/search")
@partly("beside variables other filters have to leave at most 1,000 instances")
def search_instances() -> Response:
    """Return instances, oldest first."""
    search = read_search(INSTANCE_FILTERS)
    search = replace(search, criteria=with_messages(search.criteria))
    return answer_found(service().search_instances(search), instance_json)


@ORCHESTRATION.post("/process-instances/<key:key>/cancellation")
def cancel(key: int) -> Response:
    """End an instance and what it has called."""
    unless_problem(service().cancel_instance(key, actor=principal().user_id))
    return no_content()


@ORCHESTRATION.post("/process-instances/<key:key>/suspension")
def suspend_instance(key: int) -> Response:
    """Hold an instance."""
    unless_problem(service().suspend_instance(key, actor=principal().user_id))
    return no_content()


@ORCHESTRATION.post("/process-instances/<key:key>/resumption")
def resume_instance(key: int) -> Response:
    """Let a suspended instance go on."""
    unless_problem(service().resume_instance(key, actor=principal().user_id))
    return no_content()


@ORCHESTRATION.post("/process-instances/<key:key>/deletion")
def delete_instance(key: int) -> Response:
    """Delete an instance that has ended, with its history."""
    return done(service().change_instance(BatchType.DELETE, key, actor=principal().user_id))


@ORCHESTRATION.get("/process-instances/<key:key>/sequence-flows")
def sequence_flows(key: int) -> Response:
    """Return the sequence flows that tokens of an instance took."""
    record = _one(key)
    diagram = unless_problem(service().instance_diagram(key))
    return answer(
        {
            "items": [
                {
                    "sequenceFlowId": f"{key}_{flow_id}",
                    "processInstanceKey": str(key),
                    "rootProcessInstanceKey": str(record.root_key),
                    "processDefinitionKey": str(record.definition_key),
                    "processDefinitionId": record.process_id,
                    "elementId": flow_id,
                    "tenantId": TENANT,
                }
                for flow_id in diagram.taken_flows
            ]
        }
    )


@ORCHESTRATION.get("/process-instances/<key:key>/call-hierarchy")
def call_hierarchy(key: int) -> Response:
    """Return who called an instance, the first caller first, itself last."""
    chain = [_one(key)]
    while chain[0].parent_key is not None:
        chain.insert(0, _one(chain[0].parent_key))
    return answer(
        [
            {
                "processInstanceKey": str(one.key),
                "processDefinitionKey": str(one.definition_key),
                "processDefinitionName": one.process_name or one.process_id,
            }
            for one in chain
        ]
    )


@ORCHESTRATION.get("/process-instances/<key:key>/statistics/element-instances")
def instance_statistics(key: int) -> Response:
    """Return how often an instance has been at each element."""
    diagram = unless_problem(service().instance_diagram(key))
    return answer({"items": [counts_json(*each) for each in diagram.elements.items()]})


@ORCHESTRATION.post("/process-instances/<key:key>/incidents/search")
def instance_incidents(key: int) -> Response:
    """Return the incidents of an instance and of those it has called."""
    _one(key)
    search = narrowed(read_search(INCIDENT_FILTERS), Condition(field="called_from", value=key))
    return answer_found(service().search_incidents(search), incident_json)


def counts_json(element_id: str, counts: ElementCounts) -> JsonValue:
    """Return what happens at one element of a diagram."""
    return {
        "elementId": element_id,
        "active": counts.active,
        "canceled": counts.terminated,
        "incidents": counts.incidents,
        "completed": counts.completed,
    }


def instance_json(record: InstanceRecord) -> JsonValue:
    """Return an instance as the API writes it."""
    return {
        "processInstanceKey": str(record.key),
        "processDefinitionId": record.process_id,
        "processDefinitionName": record.process_name,
        "processDefinitionVersion": record.version,
        "processDefinitionVersionTag": record.version_tag,
        "processDefinitionKey": str(record.definition_key),
        "parentProcessInstanceKey": _text(record.parent_key),
        "parentElementInstanceKey": _text(record.parent_element_key),
        "rootProcessInstanceKey": str(record.root_key),
        "startDate": written(record.started_at),
        "endDate": written(record.ended_at),
        "suspendedDate": written(record.suspended_at),
        "state": record.state,
        "hasIncident": record.has_incident,
        "tenantId": TENANT,
        "tags": list(record.tags),
        "businessId": record.business_key,
    }


def check_tenant(given: JsonValue) -> None:
    """Refuse any tenant but the one there is.

    Raises:
        ProblemError: it is another one (400).
    """
    if given not in {None, "", TENANT}:
        refuse(f"Expected the tenant {TENANT}, the only one there is, but got {given}.")


def _one(key: int) -> InstanceRecord:
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    found = unless_problem(service().search_instances(search)).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the process instance {key}, but there is none."
        )
    return found[0]


def _named(instructions: JsonValue, member: str, name: str) -> list[str]:
    listed_ = instructions if isinstance(instructions, Sequence) else ()
    named: list[str] = []
    for one in listed_:
        value = one.get(member) if isinstance(one, Mapping) else None
        kind = one.get("type") if isinstance(one, Mapping) else None
        if not isinstance(value, str) or not value:
            refuse(f"Expected {member} in each of {name}.")
        if kind not in {None, "TERMINATE_PROCESS_INSTANCE"}:
            refuse(f"Expected TERMINATE_PROCESS_INSTANCE as the type in {name}, but got {kind}.")
        named.append(value)
    return named


def _awaited(key: int, timeout: float) -> InstanceView:
    give_up_at = time.monotonic() + min(timeout, LONGEST_AWAIT_SECONDS)
    while True:
        view = unless_problem(service().instance(key))
        if view.summary.status not in _OPEN:
            break
        if time.monotonic() >= give_up_at:
            raise ProblemError(
                HTTPStatus.GATEWAY_TIMEOUT,
                f"Expected the process instance {key} to end in time, but it still runs.",
            )
        time.sleep(_PAUSE_SECONDS)
    if view.summary.status is not InstanceStatus.COMPLETED:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            f"Expected the process instance {key} to complete, but it is "
            f"{view.summary.status.value}.",
        )
    return view


def _fetched(view: InstanceView, names: JsonValue) -> dict[str, JsonValue]:
    wanted = names if isinstance(names, Sequence) and names else None
    return {
        name: value for name, value in view.variables.items() if wanted is None or name in wanted
    }


def _created(
    summary: InstanceSummary, variables: dict[str, JsonValue], tags_: Sequence[str]
) -> JsonValue:
    return {
        "processDefinitionId": summary.process_id,
        "processDefinitionVersion": summary.version,
        "processDefinitionKey": str(summary.definition_key),
        "processInstanceKey": str(summary.key),
        "tenantId": TENANT,
        "variables": variables,
        "tags": list(tags_),
        "businessId": summary.business_key,
    }


def _version(given: JsonValue) -> int | None:
    return given if isinstance(given, int) and given > 0 else None


def _text(given: int | None) -> str | None:
    return None if given is None else str(given)
