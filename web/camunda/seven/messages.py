"""Messages, signals and conditions."""

from __future__ import annotations

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.exact_correlation import ExactMessage, Receipt
from bpmn_engine.service.views import MessageOutcome, WaitKind
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.definition_texts import instance_json
from web.camunda.seven.ids import execution_id, key_or_none, read_execution, refuse
from web.camunda.typed_values import read_variables, write_variables
from web.context import principal, service


class TenantBody(Body):
    """What may be for a tenant; there is one, which has no id."""

    tenant_id = fields.String(load_default=None, allow_none=True)
    without_tenant_id = fields.Boolean(load_default=False, allow_none=True)


class MessageBody(TenantBody):
    """A message, and by what its receiver is known."""

    message_name = fields.String(load_default=None, allow_none=True)
    business_key = fields.String(load_default=None, allow_none=True)
    process_instance_id = fields.String(load_default=None, allow_none=True)
    correlation_keys = fields.Raw(load_default=None, allow_none=True)
    local_correlation_keys = fields.Raw(load_default=None, allow_none=True)
    process_variables = fields.Raw(load_default=None, allow_none=True)
    process_variables_local = fields.Raw(load_default=None, allow_none=True)
    process_variables_to_triggered_scope = fields.Raw(load_default=None, allow_none=True)
    all = fields.Boolean(load_default=False, allow_none=True)
    result_enabled = fields.Boolean(load_default=False, allow_none=True)
    variables_in_result_enabled = fields.Boolean(load_default=False, allow_none=True)


class SignalBody(TenantBody):
    """A signal, for all or for one execution."""

    name = fields.String(required=True, validate=validate.Length(1))
    execution_id = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class ConditionBody(TenantBody):
    """Values that conditional start events may wait for."""

    variables = fields.Raw(load_default=None, allow_none=True)
    business_key = fields.String(load_default=None, allow_none=True)
    process_definition_id = fields.String(load_default=None, allow_none=True)


@ENGINE_REST.post("/message")
def correlate() -> Response:
    """Correlate a message to one execution or start, or with `all` to every one that matches."""
    body = read_body(MessageBody)
    name = text_or_none(body["message_name"])
    if not name:
        raise refuse("No message name supplied")
    _refuse_tenant(body["tenant_id"])
    for member in ("process_variables_local", "process_variables_to_triggered_scope"):
        if body[member]:
            raise refuse(
                f"Expected no {member}: what a message brings is set where its output mappings "
                "say, else in the process instance. Send processVariables."
            )
    if body["variables_in_result_enabled"] and not body["result_enabled"]:
        raise refuse(
            "Parameter 'variablesInResultEnabled' cannot be used without 'resultEnabled' set to "
            "true."
        )
    receipts = unless_problem(
        service().correlate_exactly(
            ExactMessage(
                name=name,
                business_key=text_or_none(body["business_key"]),
                instance_key=_instance_key(text_or_none(body["process_instance_id"])),
                correlation=read_variables(body["correlation_keys"], field="correlationKeys"),
                local=read_variables(body["local_correlation_keys"], field="localCorrelationKeys"),
                variables=read_variables(body["process_variables"], field="processVariables"),
                is_for_all=body["all"] is True,
            ),
            actor=principal().user_id,
        )
    )
    if not body["result_enabled"]:
        return no_content()
    has_variables = body["variables_in_result_enabled"] is True
    return answer([_receipt(each, has_variables=has_variables) for each in receipts])


@ENGINE_REST.post("/signal")
def throw_signal() -> Response:
    """Send a signal to all that wait for it, or to one execution."""
    body = read_body(SignalBody)
    _refuse_tenant(body["tenant_id"])
    name, variables = str(body["name"]), read_variables(body["variables"])
    given = text_or_none(body["execution_id"])
    if given is None:
        sent = service().broadcast_signal(name, variables=variables, actor=principal().user_id)
        unless_problem(sent)
        return no_content()
    execution = read_execution(given)
    if execution is None:
        raise refuse(f"Cannot throw signal: execution {given} does not exist")
    return done(
        service().trigger_execution(
            execution[0],
            execution[1],
            kind=WaitKind.SIGNAL,
            name=name,
            variables=variables,
            actor=principal().user_id,
        )
    )


@ENGINE_REST.post("/condition")
def evaluate_condition() -> Response:
    """Start each process whose conditional start event the values meet."""
    body = read_body(ConditionBody)
    _refuse_tenant(body["tenant_id"])
    if body["process_definition_id"] is not None:
        raise refuse("Expected no processDefinitionId: every conditional start event is asked.")
    result = unless_problem(
        service().start_where_conditions_hold(
            read_variables(body["variables"]),
            business_key=text_or_none(body["business_key"]),
            actor=principal().user_id,
        )
    )
    return answer([_instance(key) for key in result.started_keys])


def _refuse_tenant(given: JsonValue) -> None:
    if given is not None:
        raise refuse("Expected no tenantId: an engine has one tenant, which has no id.")


def _instance_key(given: str | None) -> int | None:
    if given is None:
        return None
    key = key_or_none(given)
    if key is None:
        raise refuse(f"Expected the id of a process instance, but got {given}.")
    return key


def _instance(key: int) -> dict[str, JsonValue]:
    return instance_json(unless_problem(service().instance(key)).summary)


def _receipt(receipt: Receipt, *, has_variables: bool) -> JsonValue:
    written: dict[str, JsonValue]
    if receipt.outcome is MessageOutcome.STARTED:
        written = {
            "resultType": "ProcessDefinition",
            "execution": None,
            "processInstance": _instance(receipt.instance_key),
        }
    else:
        execution: JsonValue = {
            "id": execution_id(receipt.instance_key, receipt.visit),
            "processInstanceId": str(receipt.instance_key),
            "ended": False,
            "tenantId": None,
        }
        written = {"resultType": "Execution", "execution": execution, "processInstance": None}
    if has_variables:
        view = unless_problem(service().instance(receipt.instance_key))
        written["variables"] = write_variables(view.variables)
    return written
