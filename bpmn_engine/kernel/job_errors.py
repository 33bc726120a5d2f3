"""Answers of a worker that the diagram makes BPMN errors (`camunda:errorEventDefinition`).

As in Camunda 7 the conditions are asked when the worker completes its job and at each attempt
that fails; the first true one throws its error instead. They see the variables of the element and
`externalTask`, whose texts are empty where nothing failed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.graph.nodes import Node, ProcessGraph
from bpmn_engine.graph.specs import JobErrorSpec, JobSpec
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import ThrowBpmnError
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.state import InstanceState, Wait
from bpmn_engine.kernel.variables import Scopes, VisibleVariables, offered
from bpmn_engine.values import JsonValue, Variables

EXTERNAL_TASK = "externalTask"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """What a worker reported."""

    wait: ElementKey  #: the job
    message: str
    retries_left: int
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Everything that the conditions are evaluated with."""

    scopes: Scopes
    scope: ElementKey  #: that the element sees
    now: dt.datetime
    instance_key: Key | None
    business_key: str | None
    extra: dict[str, JsonValue] = field(default_factory=dict)

    def value(self, expression: Expression) -> JsonValue | EvaluationFailure:
        extra = offered(expression, self.instance_key, self.business_key, self.extra)
        view = VisibleVariables(self.scopes, self.scope, extra)
        return expression.evaluate(view, self.now)


def error_of_completion(
    draft: Draft, wait: Wait, spec: JobSpec, variables: Variables
) -> ThrowBpmnError | EvaluationFailure | None:
    """Return the error that a completion is; None for a plain one."""
    memory, node = draft.memory, draft.graph.nodes[wait.node]
    asking = _Asking(
        scopes=memory,
        scope=draft.scope_seen_by(wait.visit),
        now=draft.now,
        instance_key=memory.instance_key,
        business_key=memory.business_key,
    )
    task = _external_task(node, wait, asking)
    asking.extra.update(variables, **{EXTERNAL_TASK: task})
    return _first_true(spec.errors, asking, wait.key, variables)


def error_of_failure(
    graph: ProcessGraph, state: InstanceState, attempt: FailedAttempt, now: dt.datetime
) -> ThrowBpmnError | EvaluationFailure | None:
    """Return the error that a failed attempt is; None for a plain failure."""
    wait = state.waits.get(attempt.wait)
    if wait is None:
        return None
    node = graph.nodes[wait.node]
    if not isinstance(node.spec, JobSpec) or not node.spec.errors:
        return None
    asking = _Asking(
        scopes=state,
        scope=wait.visit if wait.visit in state.scopes else state.visits[wait.visit].scope,
        now=now,
        instance_key=state.instance_key,
        business_key=state.business_key,
    )
    task = _external_task(node, wait, asking)
    said: dict[str, JsonValue] = {
        "errorMessage": attempt.message,
        "errorDetails": attempt.message,
        "retries": attempt.retries_left,
        "workerId": attempt.worker,
    }
    asking.extra[EXTERNAL_TASK] = {**task, **said}
    return _first_true(node.spec.errors, asking, wait.key, {})


def _external_task(node: Node, wait: Wait, asking: _Asking) -> dict[str, JsonValue]:
    return {
        "topicName": wait.name,
        "activityId": str(node.element_id),
        "processInstanceId": None if asking.instance_key is None else str(asking.instance_key),
        "businessKey": asking.business_key,
        "errorMessage": "",
        "errorDetails": "",
        "retries": None,
        "workerId": None,
    }


def _first_true(
    errors: tuple[JobErrorSpec, ...], asking: _Asking, wait: ElementKey, variables: Variables
) -> ThrowBpmnError | EvaluationFailure | None:
    for error in errors:
        holds = asking.value(error.condition)
        if isinstance(holds, EvaluationFailure):
            return holds
        if holds is not True:
            continue
        code = "" if error.code is None else asking.value(error.code)
        if isinstance(code, EvaluationFailure):
            return code
        return ThrowBpmnError(
            wait=wait, error_code=str(code), message=error.message, variables=variables
        )
    return None
