"""The REST API of Camunda 7.24, as far as the Modeler and external task clients use it.

Sources: docs.camunda.org/rest/camunda-bpm-platform/7.24 and what the clients send.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request
from marshmallow import fields

from bpmn_engine.service.views import (
    DeployedDefinition,
    DeploymentResult,
    InstanceSummary,
    MessageOutcome,
    Problem,
    ProblemKind,
)
from bpmn_engine.values import JsonValue
from web.api.uploads import read_files
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, dialect, no_content, unless_problem
from web.camunda.seven.failures import SevenError
from web.camunda.typed_values import read_variables
from web.context import principal, service
from web.errors import ProblemError

CAMUNDA_VERSION: Final = "7.24.0"
"""The release whose API this is; clients ask for it."""

_EXCEPTIONS: Final = {
    HTTPStatus.BAD_REQUEST: "InvalidRequestException",
    HTTPStatus.UNAUTHORIZED: "AuthenticationException",
    HTTPStatus.FORBIDDEN: "AuthorizationException",
    HTTPStatus.NOT_FOUND: "InvalidRequestException",
    HTTPStatus.UNPROCESSABLE_ENTITY: "InvalidRequestException",
    HTTPStatus.NOT_IMPLEMENTED: "NotImplementedException",
}
_PARSE_ERROR: Final = "ENGINE-09005 Could not parse BPMN process. Errors:"
"""What the Modeler looks for, to show the message as one about the diagram."""


def _error(error: ProblemError) -> JsonValue:
    """Write an error as Camunda 7 does: `type`, `message` and `code`."""
    if isinstance(error, SevenError):
        return error.body
    violations = error.extra.get("violations")
    if isinstance(violations, list):
        lines = "".join(f"\n* {_finding(each)}" for each in violations if isinstance(each, dict))
        return {
            "type": "ParseException",
            "message": f"{_PARSE_ERROR}{lines}",
            "code": 0,
            "details": error.extra,
        }
    kind = _EXCEPTIONS.get(error.status, "RestException")
    return {"type": kind, "message": error.detail, "code": None}


def _finding(violation: dict[str, JsonValue]) -> str:
    place = f" | line {violation.get('line')} | {violation.get('element_id')}"
    return f"{violation.get('message')}{place}"


ENGINE_REST: Final[Blueprint] = dialect("engine-rest", "/engine-rest", _error)


class StartBody(Body):
    """What starts an instance."""

    variables = fields.Raw(load_default=None, allow_none=True)
    business_key = fields.String(load_default=None, allow_none=True)


class MessageBody(Body):
    """A message to correlate."""

    message_name = fields.String(required=True)
    business_key = fields.String(load_default=None, allow_none=True)
    correlation_keys = fields.Raw(load_default=None, allow_none=True)
    process_variables = fields.Raw(load_default=None, allow_none=True)
    result_enabled = fields.Boolean(load_default=False)


@ENGINE_REST.get("/version")
def version() -> Response:
    """Say which release of Camunda this speaks like."""
    return answer({"version": CAMUNDA_VERSION})


@ENGINE_REST.get("/engine")
def engines() -> Response:
    """List the engines: there is one."""
    return answer([{"name": "default"}])


@ENGINE_REST.get("/deployment")
def deployments() -> Response:
    """Answer the Modeler's question whether anybody is here, which wants no deployment listed."""
    if request.args.get("maxResults") != "0":
        raise ProblemError(
            HTTPStatus.NOT_IMPLEMENTED,
            "Expected maxResults=0, which only asks whether the engine answers: deployments are "
            "listed by /api/v1/process-definitions.",
        )
    return answer([])


@ENGINE_REST.post("/deployment/create")
def deploy() -> Response:
    """Deploy the files of a form; what the analysis warns of is in `warnings`."""
    parts = [part for _field, part in request.files.items(multi=True)]
    result = unless_problem(
        service().deploy(
            read_files(parts),
            name=request.form.get("deployment-name") or None,
            actor=principal().user_id,
        )
    )
    return answer(_deployment(result, source=request.form.get("deployment-source")))


@ENGINE_REST.post("/process-definition/key/<process_id>/start")
def start_by_key(process_id: str) -> Response:
    """Start an instance of the latest version of a process."""
    return _start(process_id=process_id)


@ENGINE_REST.post("/process-definition/<definition_id>/start")
def start(definition_id: str) -> Response:
    """Start an instance of one version of a process."""
    key = definition_id.rpartition(":")[2]
    if not (key.isascii() and key.isdigit()):
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"Expected the id of a process definition, but got {definition_id}.",
        )
    return _start(definition_key=int(key))


@ENGINE_REST.post("/message")
def correlate() -> Response:
    """Correlate a message; one correlation key at most, which is the one of the subscription."""
    body = read_body(MessageBody)
    keys = read_variables(body["correlation_keys"], field="correlationKeys")
    if len(keys) > 1:
        raise ProblemError(
            HTTPStatus.NOT_IMPLEMENTED,
            "Expected one correlation key at most: a message finds its receiver by one value.",
        )
    result = service().correlate_message(
        str(body["message_name"]),
        correlation_key=next((str(value) for value in keys.values()), None),
        business_key=text_or_none(body["business_key"]),
        variables=read_variables(body["process_variables"], field="processVariables"),
        actor=principal().user_id,
    )
    if isinstance(result, Problem) and result.kind is ProblemKind.NOT_FOUND:
        raise ProblemError(HTTPStatus.BAD_REQUEST, result.message)  # as Camunda 7 does
    result = unless_problem(result)
    if not body["result_enabled"]:
        return no_content()
    kind = "Execution" if result.outcome is MessageOutcome.DELIVERED else "ProcessDefinition"
    return answer(
        [
            {"resultType": kind, "execution": None, "processInstance": {"id": str(key)}}
            for key in result.instance_keys
        ]
    )


def _start(*, process_id: str | None = None, definition_key: int | None = None) -> Response:
    body = read_body(StartBody)
    summary = unless_problem(
        service().start_instance(
            process_id,
            definition_key=definition_key,
            variables=read_variables(body["variables"]),
            business_key=text_or_none(body["business_key"]),
            actor=principal().user_id,
            caller=principal().caller,
        )
    )
    return answer(_instance(summary))


def definition_id(process_id: str, version: int, key: int) -> str:
    """Return the id of a process definition as Camunda 7 writes one."""
    return f"{process_id}:{version}:{key}"


def written_time(at: dt.datetime) -> str:
    """Return a time as Camunda 7 writes it: `2026-01-05T09:00:00.000+0000`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}{at:%z}"


def _deployment(result: DeploymentResult, *, source: str | None) -> JsonValue:
    new = {
        definition_id(each.process_id, each.version, each.definition_key): _definition(
            each, result.deployment_key
        )
        for each in result.definitions
        if each.is_new
    }
    return {
        "id": str(result.deployment_key),
        "name": result.name,
        "source": source,
        "deploymentTime": written_time(result.deployed_at),
        "tenantId": None,
        "links": [],
        "deployedProcessDefinitions": dict(new) or None,
        "deployedCaseDefinitions": None,
        "deployedDecisionDefinitions": None,
        "deployedDecisionRequirementsDefinitions": None,
        "warnings": [
            {"message": each.message, "elementId": each.element_id, "line": each.line}
            for each in result.warnings
        ],
    }


def _definition(definition: DeployedDefinition, deployment_key: int) -> JsonValue:
    return {
        "id": definition_id(definition.process_id, definition.version, definition.definition_key),
        "key": definition.process_id,
        "category": None,
        "description": None,
        "name": definition.name,
        "version": definition.version,
        "resource": definition.resource_name,
        "deploymentId": str(deployment_key),
        "diagram": None,
        "suspended": False,
        "tenantId": None,
        "versionTag": definition.version_tag,
        "historyTimeToLive": None,
        "startableInTasklist": True,
    }


def _instance(summary: InstanceSummary) -> JsonValue:
    return {
        "links": [],
        "id": str(summary.key),
        "definitionId": definition_id(summary.process_id, summary.version, summary.definition_key),
        "definitionKey": summary.process_id,
        "businessKey": summary.business_key,
        "caseInstanceId": None,
        "ended": summary.ended_at is not None,
        "suspended": False,
        "tenantId": None,
    }
