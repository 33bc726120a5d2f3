"""The REST API of Camunda 8.8 (`/v2`), as far as the Modeler and job workers use it.

Every answer holds the superset of members that the released clients ask for; keys are strings.
Source: docs.camunda.io/docs/apis-tools/orchestration-cluster-api-rest.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request
from marshmallow import fields, validate

from bpmn_engine.service.views import (
    DeploymentResult,
    InstanceSummary,
    Problem,
    ProblemKind,
)
from bpmn_engine.values import JsonValue
from web.api.uploads import read_files
from web.camunda.bodies import Body, milliseconds, object_or_empty, read_body, text_or_none
from web.camunda.dialect import answer, dialect, no_content, unless_problem
from web.context import principal, service
from web.errors import PROBLEM_TYPE, ProblemError, problem_body
from web.keys import read_key

GATEWAY_VERSION: Final = "8.8.0"
"""The release whose API this is; the Modeler compares it with the diagram's."""

TENANT: Final = "<default>"
"""The only tenant, by Camunda's name for it."""

_NO_KEY: Final = "0"
"""The key of what is not kept."""


def _error(error: ProblemError) -> JsonValue:
    """Write a problem document; violations of a diagram are told in its detail."""
    body = problem_body(error)
    violations = error.extra.get("violations")
    lines = [
        f"{each.get('element_id')}: {each.get('message')}"
        for each in (violations if isinstance(violations, list) else ())
        if isinstance(each, dict)
    ]
    return {**body, "detail": "\n".join(lines) or error.detail, "instance": request.path}


ORCHESTRATION: Final[Blueprint] = dialect("orchestration", "/v2", _error, error_type=PROBLEM_TYPE)


class CreateInstanceBody(Body):
    """What starts an instance: an id or a key."""

    process_definition_id = fields.String(load_default=None, allow_none=True)
    process_definition_key = fields.Raw(load_default=None, allow_none=True)
    process_definition_version = fields.Integer(load_default=-1)
    variables = fields.Raw(load_default=None, allow_none=True)
    business_id = fields.String(load_default=None, allow_none=True)
    start_instructions = fields.List(fields.Raw(), load_default=list)
    runtime_instructions = fields.List(fields.Raw(), load_default=list)
    await_completion = fields.Boolean(load_default=False)


class PublishBody(Body):
    """A message, kept for a while."""

    name = fields.String(required=True, validate=validate.Length(1))
    correlation_key = fields.String(load_default="")
    time_to_live = fields.Integer(load_default=0, validate=validate.Range(0))
    message_id = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class BroadcastBody(Body):
    """A signal."""

    signal_name = fields.String(required=True, validate=validate.Length(1))
    variables = fields.Raw(load_default=None, allow_none=True)


@ORCHESTRATION.get("/topology")
def topology() -> Response:
    """Describe the cluster: one broker with one partition, which is this engine."""
    partition: JsonValue = {
        "partitionId": 1,
        "role": "leader",
        "health": "healthy",
        "state": "active",
    }
    broker: JsonValue = {
        "nodeId": 0,
        "brokerId": "0",
        "host": "localhost",
        "port": 0,
        "partitions": [partition],
        "version": GATEWAY_VERSION,
    }
    return answer(
        {
            "brokers": [broker],
            "clusterId": None,
            "clusterSize": 1,
            "partitionsCount": 1,
            "replicationFactor": 1,
            "gatewayVersion": GATEWAY_VERSION,
            "lastCompletedChangeId": "-1",
        }
    )


@ORCHESTRATION.get("/status")
def status() -> Response:
    """Say that the engine works."""
    service().latest_change()
    return no_content()


@ORCHESTRATION.get("/license")
def license_() -> Response:
    """Say that no licence is needed."""
    return answer(
        {"validLicense": True, "licenseType": "open", "isCommercial": False, "expiresAt": None}
    )


@ORCHESTRATION.get("/authentication/me")
def me() -> Response:
    """Say who asks."""
    who = principal()
    return answer(
        {
            "username": who.user_id,
            "displayName": who.display_name,
            "email": None,
            "authorizedComponents": ["*"],
            "tenants": [{"tenantId": TENANT, "name": "Default"}],
            "groups": sorted(who.groups),
            "roles": [who.role.word],
            "salesPlanType": "",
            "c8Links": {},
            "canLogout": False,
        }
    )


@ORCHESTRATION.post("/deployments")
def deploy() -> Response:
    """Deploy the files of a form; what the analysis warns of is in `warnings`."""
    result = unless_problem(
        service().deploy(
            read_files(request.files.getlist("resources")), name=None, actor=principal().user_id
        )
    )
    return answer(_deployment(result))


@ORCHESTRATION.post("/process-instances")
def create_instance() -> Response:
    """Start an instance; `startInstructions` name at most one start event."""
    body = read_body(CreateInstanceBody)
    for name in ("runtime_instructions", "await_completion"):
        if body[name]:
            raise ProblemError(
                HTTPStatus.NOT_IMPLEMENTED, f"Expected no {name}: it is not offered yet."
            )
    summary = unless_problem(
        service().start_instance(
            text_or_none(body["process_definition_id"]),
            definition_key=_definition_key(body["process_definition_key"]),
            version=_version(body["process_definition_version"]),
            variables=object_or_empty(body["variables"], "variables"),
            business_key=text_or_none(body["business_id"]),
            start_element_id=_start_element(body["start_instructions"]),
            actor=principal().user_id,
            caller=principal().caller,
        )
    )
    return answer(_created(summary, object_or_empty(body["variables"], "variables")))


@ORCHESTRATION.post("/process-instances/<key:key>/cancellation")
def cancel(key: int) -> Response:
    """End an instance and what it has called."""
    unless_problem(service().cancel_instance(key, actor=principal().user_id))
    return no_content()


@ORCHESTRATION.post("/messages/publication")
def publish() -> Response:
    """Publish a message, kept for its time to live; that nobody waits for it is no error."""
    body = read_body(PublishBody)
    result = service().correlate_message(
        str(body["name"]),
        correlation_key=text_or_none(body["correlation_key"]) or None,
        variables=object_or_empty(body["variables"], "variables"),
        time_to_live=milliseconds(body["time_to_live"]),
        message_id=text_or_none(body["message_id"]),
        actor=principal().user_id,
    )
    if isinstance(result, Problem) and result.kind is ProblemKind.NOT_FOUND:
        return answer({"messageKey": _NO_KEY, "tenantId": TENANT})
    key = unless_problem(result).message_key
    return answer({"messageKey": _NO_KEY if key is None else str(key), "tenantId": TENANT})


@ORCHESTRATION.post("/signals/broadcast")
def broadcast() -> Response:
    """Deliver a signal to everything that waits for it."""
    body = read_body(BroadcastBody)
    unless_problem(
        service().broadcast_signal(
            str(body["signal_name"]),
            variables=object_or_empty(body["variables"], "variables"),
            actor=principal().user_id,
        )
    )
    return answer({"signalKey": _NO_KEY, "tenantId": TENANT})


def _definition_key(given: JsonValue) -> int | None:
    if given is None:
        return None
    key = read_key(str(given))
    if key is None:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "Expected a key of decimal digits.")
    return key


def _version(given: JsonValue) -> int | None:
    return given if isinstance(given, int) and given > 0 else None


def _start_element(instructions: JsonValue) -> str | None:
    named = instructions if isinstance(instructions, list) else []
    if len(named) > 1:
        raise ProblemError(HTTPStatus.NOT_IMPLEMENTED, "Expected one start instruction at most.")
    return (
        text_or_none(named[0].get("elementId")) if named and isinstance(named[0], dict) else None
    )


def _deployment(result: DeploymentResult) -> JsonValue:
    empty: dict[str, JsonValue] = dict.fromkeys(
        ("processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource")
    )
    deployed: list[JsonValue] = [
        {
            **empty,
            "processDefinition": {
                "processDefinitionId": each.process_id,
                "processDefinitionVersion": each.version,
                "processDefinitionKey": str(each.definition_key),
                "resourceName": each.resource_name,
                "tenantId": TENANT,
            },
        }
        for each in result.definitions
    ]
    deployed += [
        {
            **empty,
            "form": {
                "formId": each.form_id,
                "version": each.version,
                "formKey": str(each.form_key),
                "resourceName": each.resource_name,
                "tenantId": TENANT,
            },
        }
        for each in result.forms
    ]
    return {
        "deploymentKey": str(result.deployment_key),
        "tenantId": TENANT,
        "deployments": deployed,
        "warnings": [
            {"message": each.message, "elementId": each.element_id, "line": each.line}
            for each in result.warnings
        ],
    }


def _created(summary: InstanceSummary, variables: dict[str, JsonValue]) -> JsonValue:
    return {
        "processDefinitionId": summary.process_id,
        "processDefinitionVersion": summary.version,
        "processDefinitionKey": str(summary.definition_key),
        "processInstanceKey": str(summary.key),
        "tenantId": TENANT,
        "variables": variables,
        "tags": [],
        "businessId": summary.business_key,
    }
