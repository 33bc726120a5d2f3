"""Expressions, evaluated with variables or in a scope of an instance."""

from __future__ import annotations

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.views import Language, Problem, SyntaxFailure, TrialRequest
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, object_or_empty, read_body
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.elements import element_of
from web.camunda.eight.instances import check_tenant
from web.camunda.eight.searches import refuse
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION, definition_key
from web.context import principal, service
from web.errors import ProblemError


class ExpressionBody(Body):
    """An expression, and what it may read."""

    expression = fields.String(required=True, validate=validate.Length(1))
    variables = fields.Raw(load_default=None, allow_none=True)
    scope_key = fields.Raw(load_default=None, allow_none=True)
    tenant_id = fields.String(load_default=None, allow_none=True)


@ORCHESTRATION.post("/expression/evaluation")
@partly("secrets are not known")
def evaluate_expression() -> Response:
    """Evaluate an expression in FEEL, with an equals sign before it or without."""
    body = read_body(ExpressionBody)
    check_tenant(body["tenant_id"])
    text = str(body["expression"])
    scope = definition_key(body["scope_key"])
    if scope is not None and not principal().may_operate:
        raise ProblemError(403, "Expected an operator to read the variables of an instance.")
    record = None if scope is None else element_of(scope)
    trial = service().evaluate_in_scope(
        TrialRequest(
            text=text.removeprefix("="),
            language=Language.FEEL,
            variables=object_or_empty(body["variables"], "variables"),
        ),
        instance_key=None if record is None else record.instance_key,
        visit=0 if record is None else record.visit,
        sees_cluster=principal().may_operate,
    )
    if isinstance(trial, Problem):
        return unless_problem(trial)
    if isinstance(trial, SyntaxFailure):
        refuse(f"Expected an expression: {trial.message}")
    if trial.failure is not None:
        refuse(trial.failure.message)
    warnings: list[JsonValue] = [{"message": each.message} for each in trial.warnings]
    return answer(
        {
            "expression": text,
            "result": trial.value,
            "warnings": warnings,
            "referencedSecrets": [],
        }
    )
