"""Process definitions, deployments, forms and deployed files."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.service.searches import (
    Condition,
    DecisionRecord,
    DefinitionRecord,
    ResourceRecord,
    Search,
)
from bpmn_engine.service.views import DeploymentResult, FormKind, FormView
from bpmn_engine.values import JsonValue
from web.api.uploads import read_files
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.error_hashes import with_messages
from web.camunda.eight.filters import TENANT, TENANTS, Filter, Filters, flag, integer, key
from web.camunda.eight.instances import INSTANCE_FILTERS, check_tenant
from web.camunda.eight.searches import SearchBody, answer_found, read_criteria, read_search
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import principal, service
from web.errors import ProblemError

_DEFINITIONS: Final[Filters] = {
    "processDefinitionKey": key("key"),
    "processDefinitionId": Filter("process_id"),
    "name": Filter("name"),
    "version": integer("version"),
    "versionTag": Filter("version_tag"),
    "resourceName": Filter("resource_name"),
    "isLatestVersion": flag("is_latest"),
    "hasStartForm": flag("has_start_form"),
    **TENANTS,
}
_EXECUTED: Final = (".bpmn", ".bpmn20.xml", ".dmn", ".form")
"""What the names of files end in that are more than kept."""

_CONTENT_TYPES: Final = {"form": "application/json", "bpmn": "text/xml", "dmn": "text/xml"}
"""Kind of a deployed file -> what is answered; whatever else there is, nobody may show."""

_RESOURCES: Final[Filters] = {
    "resourceKey": key("key"),
    "resourceName": Filter("name"),
    "resourceId": Filter("name"),
    "deploymentKey": key("deployment_key"),
    **TENANTS,
}


@ORCHESTRATION.post("/deployments")
@partly("files that are no BPMN, DMN or form are kept beside such, and refused alone")
def deploy() -> Response:
    """Deploy the files of a form; what the analysis warns of is in `warnings`."""
    check_tenant(request.form.get("tenantId"))
    files = read_files(request.files.getlist("resources"))
    executed = [file for file in files if file.name.lower().endswith(_EXECUTED)]
    result = unless_problem(
        service().deploy(
            executed or files,
            name=None,
            attachments=[file for file in files if executed and file not in executed],
            actor=principal().user_id,
        )
    )
    return answer(_deployment(result))


@ORCHESTRATION.get("/process-definitions/<key:key>")
def get_definition(key: int) -> Response:
    """Return one process definition."""
    return answer(_definition(_one(key)))


@ORCHESTRATION.get("/process-definitions/<key:key>/xml")
def definition_xml(key: int) -> Response:
    """Return the diagram, byte for byte as it was deployed."""
    return Response(unless_problem(service().definition_xml(key)), content_type="text/xml")


@ORCHESTRATION.get("/process-definitions/<key:key>/form")
def start_form(key: int) -> Response:
    """Return the form of the start event; 204 when it has none."""
    _one(key)
    return form_answer(unless_problem(service().start_form(key)), None)


@ORCHESTRATION.post("/process-definitions/search")
def search_definitions() -> Response:
    """Return process definitions, all versions."""
    return answer_found(service().search_definitions(read_search(_DEFINITIONS)), _definition)


@ORCHESTRATION.post("/process-definitions/<key:key>/statistics/element-instances")
@partly("beside variables other filters have to leave at most 1,000 instances")
def definition_statistics(key: int) -> Response:
    """Return how often the instances of a definition, or those that are meant, were where."""
    given = read_body(SearchBody)["filter"]
    criteria = with_messages(read_criteria(given, INSTANCE_FILTERS))
    figures = unless_problem(service().figures_of_elements(key, criteria))
    items: list[JsonValue] = [
        {
            "elementId": one.element_id,
            "active": one.active,
            "canceled": one.terminated,
            "incidents": one.open_incidents,
            "completed": one.completed,
        }
        for one in figures
    ]
    return answer({"items": items})


@ORCHESTRATION.get("/forms/<key:key>")
def get_form(key: int) -> Response:
    """Return a deployed form."""
    form = service().form_by_key(key)
    if form is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"Expected the form {key}, but there is none.")
    return answer(
        {
            "formKey": str(form.form_key),
            "formId": form.form_id,
            "version": form.version,
            "schema": form.schema,
            "tenantId": TENANT,
        }
    )


@ORCHESTRATION.post("/resources/search")
def search_resources() -> Response:
    """Return deployed files."""
    return answer_found(service().search_resources(read_search(_RESOURCES)), _resource)


@ORCHESTRATION.get("/resources/<key:key>")
def get_resource(key: int) -> Response:
    """Return what is known of a deployed file."""
    return answer(_resource(_file(key)))


@ORCHESTRATION.get("/resources/<key:key>/content")
def resource_content(key: int) -> Response:
    """Return a deployed file as it is; Camunda gives files of JSON only."""
    kind = _CONTENT_TYPES.get(_file(key).kind, "application/octet-stream")
    return Response(service().resource_content(key), content_type=kind)


@ORCHESTRATION.get("/resources/<key:key>/content/binary")
def resource_binary(key: int) -> Response:
    """Return a deployed file, byte for byte."""
    _file(key)
    content = service().resource_content(key)
    return Response(content, content_type="application/octet-stream")


@ORCHESTRATION.post("/resources/<key:key>/deletion")
@partly("refused while an instance has not ended, unless deleteHistory, which cancels it too")
def delete_resource(key: int) -> Response:
    """Delete a process definition, a form, or a DMN file with its decisions."""
    body = read_body(_DeletionBody)
    unless_problem(
        service().delete_resource(
            key, is_cascading=body["delete_history"] is True, actor=principal().user_id
        )
    )
    return answer({"resourceKey": str(key), "batchOperation": None})


class _DeletionBody(Body):
    """Whether history goes too."""

    delete_history = fields.Boolean(load_default=False, allow_none=True)


def form_answer(view: FormView, form_key: int | None) -> Response:
    """Answer the form of a task or of a start event; 204 when it has none."""
    if view.kind is FormKind.NONE:
        return Response(status=HTTPStatus.NO_CONTENT)
    return answer(
        {
            "formKey": "0" if form_key is None else str(form_key),
            "formId": str(view.schema.get("id") or "generated"),
            "version": 1,
            "schema": json.dumps(view.schema),
            "tenantId": TENANT,
        }
    )


def requirements_of(record: DecisionRecord) -> dict[str, JsonValue]:
    """Return the DMN file that a decision stands in, as Camunda's decision requirements."""
    return {
        "decisionRequirementsId": record.resource_name,
        "decisionRequirementsKey": str(record.requirements_key),
        "decisionRequirementsName": record.resource_name,
        "decisionRequirementsVersion": record.version,
    }


def _one(key: int) -> DefinitionRecord:
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    found = unless_problem(service().search_definitions(search)).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the process definition {key}, but there is none."
        )
    return found[0]


def _file(key: int) -> ResourceRecord:
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    found = unless_problem(service().search_resources(search)).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the resource {key}, but there is none."
        )
    return found[0]


def _definition(record: DefinitionRecord) -> JsonValue:
    return {
        "processDefinitionKey": str(record.key),
        "processDefinitionId": record.process_id,
        "name": record.name,
        "resourceName": record.resource_name,
        "version": record.version,
        "versionTag": record.version_tag,
        "hasStartForm": record.has_start_form,
        "state": "ACTIVE",
        "tenantId": TENANT,
    }


def _resource(record: ResourceRecord) -> JsonValue:
    return {
        "resourceKey": str(record.key),
        "resourceName": record.name,
        "resourceId": record.name,
        "version": 1,
        "versionTag": None,
        "tenantId": TENANT,
    }


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
    deployed += _decisions(result, empty)
    deployed += [{**empty, "resource": _resource(one)} for one in _attachments(result)]
    return {
        "deploymentKey": str(result.deployment_key),
        "tenantId": TENANT,
        "deployments": deployed,
        "warnings": [
            {"message": each.message, "elementId": each.element_id, "line": each.line}
            for each in result.warnings
        ],
    }


def _attachments(result: DeploymentResult) -> tuple[ResourceRecord, ...]:
    """Return the files that are kept beside those that are executed."""
    criteria = (
        Condition(field="deployment_key", value=result.deployment_key),
        Condition(field="kind", value="attachment"),
    )
    return unless_problem(service().search_resources(Search(criteria=criteria))).items


def _decisions(result: DeploymentResult, empty: dict[str, JsonValue]) -> list[JsonValue]:
    """Return the decisions of a deployment, and each of their files once."""
    written: list[JsonValue] = []
    files: dict[int, dict[str, JsonValue]] = {}
    for each in result.decisions:
        search = Search(criteria=(Condition(field="key", value=each.decision_key),), limit=1)
        for record in unless_problem(service().search_decisions(search)).items:
            requirements = requirements_of(record)
            files[record.requirements_key] = {
                "decisionRequirementsId": requirements["decisionRequirementsId"],
                "decisionRequirementsName": requirements["decisionRequirementsName"],
                "decisionRequirementsKey": requirements["decisionRequirementsKey"],
                "version": record.version,
                "resourceName": record.resource_name,
                "tenantId": TENANT,
            }
            decision: JsonValue = {
                "decisionDefinitionId": record.decision_id,
                "decisionDefinitionKey": str(record.key),
                "decisionRequirementsId": requirements["decisionRequirementsId"],
                "decisionRequirementsKey": requirements["decisionRequirementsKey"],
                "name": record.name or record.decision_id,
                "version": record.version,
                "tenantId": TENANT,
            }
            written.append({**empty, "decisionDefinition": decision})
    return [*written, *({**empty, "decisionRequirements": one} for one in files.values())]
