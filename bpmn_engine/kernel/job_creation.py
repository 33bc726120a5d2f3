"""Jobs: the wait of an element instance, or of one of its listeners, and what a worker is told."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.expressions.timers import parse_retry_cycle
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.job_headers import headers_of
from bpmn_engine.kernel.state import ListenerAt, Wait, WaitKind
from bpmn_engine.kernel.waiting import text_of

_JOB: Final = WaitKind.JOB


@checked_frozen()
class _Retries:
    """How often a job is tried, and how long it rests between the attempts."""

    attempts: int | None
    waits: tuple[dt.timedelta, ...]


_AS_THE_ENGINE_SAYS: Final = _Retries(None, ())


def create_job(
    draft: Draft, key: ElementKey, node: Node, spec: JobSpec, listener: ListenerAt | None = None
) -> Failure | None:
    """Open the wait of a visit for a job; a returned failure has opened nothing."""
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
    wait = Wait(draft.next_key(), key, node.index, _JOB, name=job_type, listener=listener)
    draft.record(WaitOpened(wait))
    draft.effects.append(
        CreateJob(
            wait.key,
            key,
            node.index,
            job_type,
            retries.attempts,
            retries.waits,
            priority or 0,
            headers,
        )
    )
    return None


def _retries(draft: Draft, key: ElementKey, spec: JobSpec) -> _Retries | Failure:
    if spec.retries is None and spec.retry_cycle is None:
        return _AS_THE_ENGINE_SAYS
    attempts = _whole_number(draft, key, spec.retries, "The number of retries")
    if isinstance(attempts, Failure):
        return attempts
    if spec.retry_cycle is None:
        return _Retries(attempts, ())
    text = text_of(draft, key, spec.retry_cycle, "The retry cycle")
    if isinstance(text, Failure):
        return text
    waits = parse_retry_cycle(text)
    if isinstance(waits, EvaluationFailure):
        return of_expression(waits, "The retry cycle")
    return _Retries(len(waits) if attempts is None else attempts, waits)


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
