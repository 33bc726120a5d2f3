"""Tasks and throwing events that a worker does (BPMN 2.0.2, section 13.3.3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.expressions.timers import parse_retry_cycle
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import CreateJob, RetryJob
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.job_errors import error_of_completion
from bpmn_engine.kernel.job_headers import headers_of
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.propagation import throw_error
from bpmn_engine.kernel.state import Incident, Wait, WaitKind
from bpmn_engine.kernel.waiting import text_of
from bpmn_engine.values import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retries:
    """How often a job is tried, and how long it rests between the attempts."""

    attempts: int | None
    waits: tuple[dt.timedelta, ...]


class JobBehavior(PlainBehavior):
    """Waits, active, until its job is completed."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Create the job."""
        spec = node.spec
        if not isinstance(spec, JobSpec):
            raise TypeError(f"Expected {node.element_id} to have a job, but it has none.")
        job_type = text_of(draft, key, spec.type, "The job type")
        if isinstance(job_type, Failure):
            return job_type
        retries = _retries(draft, key, spec)
        if isinstance(retries, Failure):
            return retries
        priority = _whole_number(draft, key, spec.priority, "The job's priority")
        if isinstance(priority, Failure):
            return priority
        headers = headers_of(draft, key, spec)
        if isinstance(headers, Failure):
            return headers
        wait = Wait(
            key=draft.next_key(), visit=key, node=node.index, kind=WaitKind.JOB, name=job_type
        )
        draft.record(WaitOpened(wait))
        draft.effects.append(
            CreateJob(
                wait=wait.key,
                visit=key,
                node=node.index,
                job_type=job_type,
                retries=retries.attempts,
                retry_waits=retries.waits,
                priority=priority or 0,
                headers=headers,
            )
        )
        return None

    @override
    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """Take the results, or throw the error that the diagram makes of them."""
        spec = draft.node_of(wait.visit).spec
        if isinstance(spec, JobSpec) and (spec.errors or spec.is_connector):
            _answer(draft, wait, spec, variables)
        else:
            complete(draft, wait.visit, variables, answered=wait.key)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Give the job new attempts, or create it if that is what failed."""
        if incident.wait is None:
            super().on_resolve(draft, key, node, incident)


def retry_job(draft: Draft, wait: ElementKey, retries: int) -> None:
    """Give a failed job new attempts."""
    draft.effects.append(RetryJob(wait=wait, retries=retries))


def _answer(draft: Draft, wait: Wait, spec: JobSpec, variables: Variables) -> None:
    error = error_of_completion(draft, wait, spec, variables) if spec.errors else None
    failure: Failure | None = None
    if error is None:
        is_lost = spec.is_connector and not draft.node_of(wait.visit).outputs
        complete(draft, wait.visit, NOTHING if is_lost else variables, answered=wait.key)
    elif isinstance(error, EvaluationFailure):
        failure = of_expression(error, "The condition of an error")
    else:
        failure = throw_error(draft, wait.visit, error.error_code, error.message, error.variables)
    if failure is not None:
        draft.clear_incidents(wait.visit)
        draft.raise_incident(wait.visit, replace(failure, wait=wait.key))


def _retries(draft: Draft, key: ElementKey, spec: JobSpec) -> _Retries | Failure:
    attempts = _whole_number(draft, key, spec.retries, "The number of retries")
    if isinstance(attempts, Failure):
        return attempts
    if spec.retry_cycle is None:
        return _Retries(attempts=attempts, waits=())
    text = text_of(draft, key, spec.retry_cycle, "The retry cycle")
    if isinstance(text, Failure):
        return text
    waits = parse_retry_cycle(text)
    if isinstance(waits, EvaluationFailure):
        return of_expression(waits, "The retry cycle")
    return _Retries(attempts=len(waits) if attempts is None else attempts, waits=waits)


def _whole_number(
    draft: Draft, key: ElementKey, expression: Expression | None, purpose: str
) -> int | Failure | None:
    if expression is None:
        return None
    value = draft.evaluate(expression, draft.scope_seen_by(key))
    if isinstance(value, EvaluationFailure):
        return of_expression(value, purpose)
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return of_value(expression.source, purpose, "a whole number from 0", value)
