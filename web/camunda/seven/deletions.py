"""Deleting deployments and process definitions, with or without their instances."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from bpmn_engine.service.views import DeletionView, Problem, ProblemKind
from web.camunda.dialect import no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.notes import partly
from web.camunda.seven.definitions_found import PREFIX, found_definition
from web.camunda.seven.failures import engine_error
from web.camunda.seven.ids import key_or_none, missing, refuse
from web.camunda.seven.queries import is_true
from web.context import principal, service

_SKIPS: Final = ("skipCustomListeners", "skipIoMappings")
_LEFT_OUT: Final = "without skipCustomListeners and skipIoMappings"


@ENGINE_REST.delete("/deployment/<deployment_id>")
@partly(_LEFT_OUT)
def delete_deployment(deployment_id: str) -> Response:
    """Delete a deployment with everything in it; with `cascade` the instances, too."""
    key = key_or_none(deployment_id)
    is_cascading = _is_cascading()
    if key is None:
        raise missing(f"Deployment with id '{deployment_id}' do not exist")
    deleted = service().delete_deployment(
        key, is_cascading=is_cascading, actor=principal().user_id
    )
    if isinstance(deleted, Problem) and deleted.kind is ProblemKind.NOT_FOUND:
        raise missing(f"Deployment with id '{deployment_id}' do not exist")
    return _answer(deleted)


@ENGINE_REST.delete(f"{PREFIX}/<definition_id>")
@partly(_LEFT_OUT)
def delete_process_definition(definition_id: str) -> Response:
    """Delete one version of a process; with `cascade` its instances, too."""
    is_cascading = _is_cascading()
    found = found_definition(definition_id=definition_id)
    return _answer(
        service().delete_definitions(
            [found.key], is_cascading=is_cascading, actor=principal().user_id
        )
    )


@ENGINE_REST.delete(f"{PREFIX}/key/<key>")
@ENGINE_REST.delete(f"{PREFIX}/key/<key>/tenant-id/<tenant_id>")
@partly(_LEFT_OUT)
def delete_process_definition_versions(key: str, tenant_id: str | None = None) -> Response:
    """Delete every version of a process; with `cascade` their instances, too."""
    is_cascading = _is_cascading()
    found = found_definition(key=key, tenant_id=tenant_id)
    return _answer(
        service().delete_versions(
            found.process_id, is_cascading=is_cascading, actor=principal().user_id
        )
    )


def _is_cascading() -> bool:
    """Return whether instances go too, as the address says.

    Raises:
        ProblemError: it asks to leave out listeners or mappings (400).
    """
    for name in _SKIPS:
        if is_true(name, request.args.get(name, "false")):
            raise refuse(f"Expected no {name}: what ends tells its listeners.")
    return is_true("cascade", request.args.get("cascade", "false"))


def _answer(deleted: DeletionView | Problem) -> Response:
    if isinstance(deleted, Problem) and deleted.kind is ProblemKind.CONFLICT:
        raise engine_error(deleted.message)
    unless_problem(deleted)
    return no_content()
