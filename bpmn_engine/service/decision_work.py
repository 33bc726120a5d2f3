"""Called decisions: evaluated in the transaction that comes to them.

A business rule task that calls a decision waits for a job of a type of our own. The unit of work
answers it at once, with the result or with why there is none, so that the job never reaches the
database unless it fails: then it is an incident, and resolving that asks again.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from bpmn_engine.dmn.json_values import JsonResult, evaluate_json
from bpmn_engine.dmn.problems import ProblemKind, RulesHit
from bpmn_engine.expressions.expression import Language
from bpmn_engine.expressions.language import (
    EvaluationFailure,
    SyntaxFailure,
    compile_expression,
)
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import CompleteJob, FailJob
from bpmn_engine.kernel.effects import CreateJob, RetryJob
from bpmn_engine.kernel.state import ROOT, InstanceState
from bpmn_engine.kernel.step import Step
from bpmn_engine.kernel.variables import VisibleVariables
from bpmn_engine.model.called_decision import DECISION_JOB, CalledDecision, called_decision
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.service.decision_cache import DecisionCache
from bpmn_engine.service.decision_results import mapped
from bpmn_engine.store import decisions, definitions
from bpmn_engine.store.database import Session
from bpmn_engine.store.decisions import DecisionRow
from bpmn_engine.values import Variables

MOST_DECISIONS: Final = 1_000
"""Decisions that one command may lead to; more is an endless loop."""

_TELLS_NO_VALUE: Final = frozenset({ProblemKind.WARNING, ProblemKind.NO_RULE})
"""Problems that a result may have: a part of it, or all, is null because there is no value."""

_SHOWN_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDecision:
    """An instance that may wait for a decision."""

    definition_key: Key
    instance_key: Key
    graph: ProcessGraph
    state: InstanceState
    wait: ElementKey
    functions: FunctionTable = NO_FUNCTIONS  #: that the expression of a decision's id may call


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of a wait, and why, for the journal."""

    command: CompleteJob | FailJob
    reason: str | None = None


def asked(done: Step) -> deque[ElementKey]:
    """Return the waits of a step that may be for decisions: new jobs, and jobs tried again."""
    return deque(
        effect.wait
        for effect in done.effects
        if isinstance(effect, RetryJob)
        or (isinstance(effect, CreateJob) and effect.job_type == DECISION_JOB)
    )


def answer(
    ask: AskedDecision,
    session: Session,
    cache: DecisionCache,
    now: dt.datetime,
    *,
    count: int,
) -> Answer | None:
    """Return what answers the wait; None when it is over, or for another kind of job.

    Args:
        ask: who waits.
        session: where the decisions are.
        cache: the compiled ones.
        now: the only clock.
        count: how many decisions the command has led to before this one.
    """
    wait = ask.state.waits.get(ask.wait)
    if wait is None or wait.name != DECISION_JOB:
        return None
    spec = ask.graph.nodes[wait.node].spec
    if not isinstance(spec, JobSpec):
        return None
    if count >= MOST_DECISIONS:
        message = f"Expected at most {MOST_DECISIONS} decisions in a row, but there are more."
        return Answer(command=FailJob(wait=ask.wait, message=message))
    call = called_decision(spec.headers)
    variables = visible_variables(ask.state, wait.visit)
    outcome = _evaluate(call, ask, variables, session, cache, now)
    if isinstance(outcome, str):
        return Answer(command=FailJob(wait=ask.wait, message=outcome))
    return Answer(
        command=CompleteJob(wait=ask.wait, variables=outcome.variables), reason=outcome.reason
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evaluated:
    """What a decision gave."""

    variables: Variables
    reason: str


def visible_variables(state: InstanceState, visit: ElementKey) -> VisibleVariables:
    """Return what an open element instance sees: its own variables and those around it."""
    if visit in state.scopes:
        return VisibleVariables(state, visit)
    entered = state.visits.get(visit)
    return VisibleVariables(state, ROOT if entered is None else entered.scope)


def _evaluate(
    call: CalledDecision,
    ask: AskedDecision,
    variables: Variables,
    session: Session,
    cache: DecisionCache,
    now: dt.datetime,
) -> _Evaluated | str:
    """Return what the decision gives, or a sentence why it gives nothing."""
    decision_id = _text(call.decision_id, "decision id", ask.functions, variables, now)
    if isinstance(decision_id, EvaluationFailure):
        return decision_id.message
    if call.binding_value is not None:
        bound = _text(call.binding_value, "version", ask.functions, variables, now)
        if isinstance(bound, EvaluationFailure):
            return bound.message
        call = replace(call, binding_value=bound)
    row = _find(session, call, decision_id, ask.definition_key)
    if isinstance(row, str):
        return row
    model = cache.get(session, row)
    seed = ask.instance_key ^ ask.wait
    result = evaluate_json(model, row.decision_id, variables, now, seed=seed)
    failure = _failure(result)
    if failure is not None:
        return f"The decision {decision_id} (version {row.version}) has no result: {failure}"
    reason = f"Decision {decision_id}, version {row.version}.{_rules_told(result)}"
    if call.result_variable is None:
        return _Evaluated(variables={}, reason=reason)
    value = mapped(result.value, call.mapping, model, row.decision_id)
    if isinstance(value, EvaluationFailure):
        return f"The decision {decision_id} (version {row.version}): {value.message}"
    return _Evaluated(variables={call.result_variable: value}, reason=reason)


def _text(
    text: str, what: str, functions: FunctionTable, variables: Variables, now: dt.datetime
) -> str | EvaluationFailure:
    """Return the text that a text is, or that it gives if it is an expression."""
    expression = compile_expression(text, default=Language.LITERAL, functions=functions)
    if isinstance(expression, SyntaxFailure):
        return _no_text(expression.message, text)
    value = expression.evaluate(variables, now)
    if isinstance(value, str | EvaluationFailure):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _no_text(f"Expected the {what} as a text, but it is {value!r}.", text)


def _no_text(message: str, source: str) -> EvaluationFailure:
    return EvaluationFailure(message=message, source=source, line=1, column=1)


def _find(  # noqa: C901 -- one case a binding
    session: Session, call: CalledDecision, decision_id: str, definition_key: Key
) -> DecisionRow | str:
    """Return the decision that a task means, or a sentence why there is none."""
    value = call.binding_value
    found: DecisionRow | None = None
    match call.binding:
        case Binding.LATEST:
            found = decisions.find_latest(session, decision_id)
        case Binding.DEPLOYMENT:
            own = definitions.find(session, definition_key)
            if own is not None:
                found = decisions.find_in_deployment(session, decision_id, own.deployment_key)
        case Binding.VERSION:
            if value is None or not value.isdecimal():
                return f"Expected a version of {decision_id!r} as a number, but got {value!r}."
            found = decisions.find_version(session, decision_id, int(value))
        case Binding.VERSION_TAG:
            if value is not None:
                found = decisions.find_tagged(session, decision_id, value)
    if found is not None:
        return found
    words = call.binding.value if value is None else f"{call.binding.value} {value}"
    return (
        f"Expected a deployed decision {decision_id!r} ({words}) to evaluate, but there is none. "
        "Deploy it, then resolve this incident."
    )


def _rules_told(result: JsonResult) -> str:
    """Return which rules held; those of a decision that it requires with its name."""
    if len(result.hits) == 1:
        return f" Rules that hold: {_numbers(result.hits[0])}."
    return "".join(f" Rules that hold in {hit.decision}: {_numbers(hit)}." for hit in result.hits)


def _numbers(hit: RulesHit) -> str:
    return ", ".join(str(rule) for rule in hit.rules) or "none"


def _failure(result: JsonResult) -> str | None:
    """Return why a result cannot be used; null alone is one where no rule holds.

    Warnings of parts are no failure. A result that is null because of one is: nothing is lost
    silently.
    """
    serious = [one for one in result.problems if one.kind not in _TELLS_NO_VALUE]
    if not serious and result.value is None:
        kinds = {one.kind for one in result.problems}
        serious = [] if ProblemKind.NO_RULE in kinds else list(result.problems)
    if not serious:
        return None
    return " ".join(str(one) for one in serious[:_SHOWN_PROBLEMS])
