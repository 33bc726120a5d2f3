"""Changing many process instances with one request, which waits until all are changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.exact_correlation import ExactMessage
from bpmn_engine.service.listing import DUES, INSTANCES
from bpmn_engine.service.views import Problem
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Comparison, Condition, Listing
from bpmn_engine.views.runtime_records import DueKind, InstanceRecord
from web.camunda.bodies import read_body, text_or_none
from web.camunda.dialect import answer, no_content
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.batches import batch_done
from web.camunda.seven.definitions_found import found_definition
from web.camunda.seven.ids import refuse
from web.camunda.seven.instances_meant import InstancesBody, instances_meant
from web.camunda.seven.jobs import ManyRetriesBody, retried
from web.camunda.seven.process_instances import PREFIX, SuspensionBody, hold
from web.camunda.seven.starts import SkippingBody, refuse_skips
from web.camunda.typed_values import read_variables
from web.context import principal, service


class DeletionBody(InstancesBody, SkippingBody):
    """Instances to end, and why."""

    delete_reason = fields.String(load_default=None, allow_none=True)
    skip_subprocesses = fields.Boolean(load_default=False, allow_none=True)


class HoldBody(InstancesBody, SuspensionBody):
    """Instances to hold or to let go on."""


class HoldAllBody(HoldBody):
    """Instances, or all of a process definition, to hold or to let go on."""

    process_definition_id = fields.String(load_default=None, allow_none=True)
    process_definition_key = fields.String(load_default=None, allow_none=True)
    process_definition_tenant_id = fields.String(load_default=None, allow_none=True)
    process_definition_without_tenant_id = fields.Boolean(load_default=False, allow_none=True)


class VariablesBody(InstancesBody):
    """Instances, and what is set in each."""

    variables = fields.Raw(load_default=None, allow_none=True)


class MessageBody(VariablesBody):
    """Instances that each get a message."""

    message_name = fields.String(load_default=None, allow_none=True)


class InstanceRetriesBody(ManyRetriesBody, InstancesBody):
    """Instances whose failed jobs get new attempts."""

    process_instances = fields.List(fields.String(), load_default=None, allow_none=True)


@ENGINE_REST.post(f"{PREFIX}/delete")
def delete_instances() -> Response:
    """End instances; they have when the batch is answered."""
    body = read_body(DeletionBody)
    refuse_skips(body)
    if body["skip_subprocesses"]:
        raise refuse("Expected no skipSubprocesses: what an instance calls ends with it.")
    reason, who = text_or_none(body["delete_reason"]), principal().user_id
    found = instances_meant(body)
    _each(found, lambda one: service().cancel_instance(one.key, reason=reason, actor=who))
    return answer(batch_done("instance-deletion", len(found)))


@ENGINE_REST.put(f"{PREFIX}/suspended")
def suspend_instances() -> Response:
    """Hold instances, or all of a process definition, or let them go on."""
    body = read_body(HoldAllBody)
    if body["process_definition_tenant_id"] is not None:
        raise refuse("Expected no processDefinitionTenantId: there is one tenant without an id.")
    given = text_or_none(body["process_definition_id"])
    named = text_or_none(body["process_definition_key"])
    if given is None and named is None:
        found = instances_meant(body)
    else:
        wanted = (
            Condition(field="process_id", value=named)
            if given is None
            else Condition(field="definition_key", value=found_definition(definition_id=given).key)
        )
        found = service().listed(INSTANCES, Listing(conditions=(wanted,)))
    for each in found:
        hold(each, is_suspended=body["suspended"] is True)
    return no_content()


@ENGINE_REST.post(f"{PREFIX}/suspended-async")
def suspend_instances_async() -> Response:
    """Hold instances, or let them go on; they are when the batch is answered."""
    body = read_body(HoldBody)
    found = instances_meant(body)
    for each in found:
        hold(each, is_suspended=body["suspended"] is True)
    return answer(batch_done("instance-update-suspension-state", len(found)))


@ENGINE_REST.post(f"{PREFIX}/variables-async")
def set_instance_variables() -> Response:
    """Set variables in many instances; they are when the batch is answered."""
    body = read_body(VariablesBody)
    variables = read_variables(body["variables"])
    if not variables:
        raise refuse("variables is empty")
    found, who = instances_meant(body), principal().user_id
    _each(found, lambda one: service().set_variables(one.key, variables, actor=who))
    return answer(batch_done("set-variables", len(found)))


@ENGINE_REST.post(f"{PREFIX}/message-async")
def correlate_to_instances() -> Response:
    """Bring a message to many instances; they have it when the batch is answered."""
    body = read_body(MessageBody)
    name = text_or_none(body["message_name"])
    if not name:
        raise refuse("messageName is null")
    found, who = instances_meant(body), principal().user_id
    variables = read_variables(body["variables"])

    def send(one: InstanceRecord) -> object | Problem:
        message = ExactMessage(name=name, instance_key=one.key, variables=variables)
        return service().correlate_exactly(message, actor=who)

    _each(found, send)
    return answer(batch_done("correlate-message", len(found)))


@ENGINE_REST.post(f"{PREFIX}/job-retries")
def set_instance_job_retries() -> Response:
    """Give the failed jobs of many instances new attempts; they have them when answered."""
    body = read_body(InstanceRetriesBody)
    found = instances_meant(body, ids="process_instances")
    wanted = (
        Condition(
            field="instance_key",
            comparison=Comparison.ANY_OF,
            value=tuple(each.key for each in found),
        ),
        Condition(field="due_kind", value=DueKind.JOB.value),
        _IS_FAILED,
    )
    jobs = service().listed(DUES, Listing(conditions=wanted))
    written: JsonValue = retried(jobs, body)
    return answer(written)


_IS_FAILED: Final = Condition(field="state", value="failed")


def _each(
    found: tuple[InstanceRecord, ...], change: Callable[[InstanceRecord], object | Problem]
) -> None:
    """Change instances one after the other; those that could not be do not hold up the others.

    Raises:
        ProblemError: one or more could not be; the message tells how many were (400).
    """
    problems = [outcome for each in found if isinstance(outcome := change(each), Problem)]
    if problems:
        count = len(found) - len(problems)
        raise refuse(f"{problems[0].message} {count} of {len(found)} were changed.")
