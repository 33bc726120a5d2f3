"""The rows that effects become."""

from __future__ import annotations

import datetime as dt
from hashlib import blake2b
from typing import Final, TypedDict, cast

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.effects import (
    CreateJob,
    CreateUserTask,
    OpenSubscription,
    ScheduleTimer,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import Incident, WaitKind
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.codec_model import form_record
from bpmn_engine.store.effect_batch import EffectBatch, Values, WaitId
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.tables import USER
from bpmn_engine.store.waits import SubscriptionRow
from bpmn_engine.views.work import JobPhase, JobState, TaskState

_LOWEST_INT: Final = -(2**31)
_HIGHEST_INT: Final = 2**31 - 1


class _SubscriptionValues(TypedDict):
    instance_key: Key
    wait: ElementKey
    visit: ElementKey
    element_id: str
    process_id: str
    definition_key: Key
    kind: str
    name: str
    correlation_key: str | None
    business_key: str | None
    created_at: dt.datetime


class _JobValues(TypedDict):
    key: Key
    instance_key: Key
    wait: ElementKey
    visit: ElementKey
    element_id: str
    element_name: str | None
    process_id: str
    definition_key: Key
    business_key: str | None
    job_type: str
    priority: int
    retries_left: int
    attempt: int
    business_attempt: int
    retry_waits: list[float]
    headers: dict[str, str]
    due_at: dt.datetime
    state: str
    phase: str
    is_held: bool
    locked_by: str | None
    locked_until: dt.datetime | None
    lock_token: int | None
    created_at: dt.datetime


def job_values(batch: EffectBatch, step: AppliedStep, effect: CreateJob) -> Values:
    """Return the row of a new job."""
    node = step.graph.nodes[effect.node]
    retries = batch.retries if effect.retries is None else effect.retries
    return {
        "key": batch.keys.next(),
        "instance_key": step.instance.key,
        "wait": effect.wait,
        "visit": effect.visit,
        "element_id": node.element_id,
        "element_name": node.name,
        "process_id": step.instance.process_id,
        "definition_key": step.instance.definition_key,
        "business_key": step.instance.business_key,
        "job_type": effect.job_type,
        "priority": _bounded(effect.priority),
        "retries_left": _bounded(max(retries, 1)),
        "attempt": 0,
        "business_attempt": 1,
        "retry_waits": [wait.total_seconds() for wait in effect.retry_waits],
        "headers": dict(effect.headers),
        "due_at": step.at,
        "state": JobState.CREATED.value,
        "phase": JobPhase.PREPARED.value,
        "is_held": _is_held(step),
        "locked_by": None,
        "locked_until": None,
        "lock_token": None,
        "created_at": step.at,
    }


def new_job(values: Values) -> JobRow:
    """Return the job that a new row holds."""
    row = cast("_JobValues", values)
    return JobRow(
        key=row["key"],
        instance_key=row["instance_key"],
        wait=row["wait"],
        visit=row["visit"],
        element_id=row["element_id"],
        element_name=row["element_name"],
        process_id=row["process_id"],
        definition_key=row["definition_key"],
        business_key=row["business_key"],
        job_type=row["job_type"],
        priority=row["priority"],
        retries_left=row["retries_left"],
        attempt=row["attempt"],
        business_attempt=row["business_attempt"],
        retry_waits=tuple(dt.timedelta(seconds=each) for each in row["retry_waits"]),
        headers=row["headers"],
        due_at=row["due_at"],
        state=JobState(row["state"]),
        phase=JobPhase(row["phase"]),
        handle=None,
        next_poll_at=None,
        is_held=row["is_held"],
        locked_by=row["locked_by"],
        locked_until=row["locked_until"],
        lock_token=row["lock_token"],
        last_failure=None,
        created_at=row["created_at"],
    )


def user_task_values(batch: EffectBatch, step: AppliedStep, effect: CreateUserTask) -> Values:
    """Return the row of a new user task."""
    node = step.graph.nodes[effect.node]
    name = node.name or node.element_id
    business_key = step.instance.business_key
    return {
        "key": batch.keys.next(),
        "instance_key": step.instance.key,
        "wait": effect.wait,
        "visit": effect.visit,
        "element_id": node.element_id,
        "name": name,
        "search_text": f"{name}\n{business_key or ''}".lower(),
        "process_id": step.instance.process_id,
        "definition_key": step.instance.definition_key,
        "business_key": business_key,
        "state": TaskState.CREATED.value,
        "assignee": effect.assignee or None,
        "candidate_users": list(effect.candidate_users),
        "candidate_groups": list(effect.candidate_groups),
        "priority": _bounded(effect.priority),
        "due_at": effect.due_at,
        "follow_up_at": effect.follow_up_at,
        "form": form_record(effect.form),
        "created_at": step.at,
    }


def candidate_values(task: Values, *, group_kind: str) -> list[Values]:
    """Return the rows that say to whom a new user task is offered."""
    users = cast("list[str]", task["candidate_users"])
    groups = cast("list[str]", task["candidate_groups"])
    return [
        {"task_key": task["key"], "kind": kind, "candidate": candidate}
        for kind, candidates in ((USER, users), (group_kind, groups))
        for candidate in dict.fromkeys(candidates)
    ]


def timer_values(step: AppliedStep, effect: ScheduleTimer) -> Values:
    """Return the row of a timer."""
    return {
        "instance_key": step.instance.key,
        "wait": effect.wait,
        "visit": effect.visit,
        "element_id": step.graph.nodes[effect.node].element_id,
        "due_at": effect.due_at,
        "is_held": _is_held(step),
        "created_at": step.at,
    }


def subscription_values(step: AppliedStep, effect: OpenSubscription) -> Values:
    """Return the row of a subscription; without a key of its own it has the business key."""
    business_key = step.instance.business_key
    correlation_key = effect.correlation_key
    if effect.kind is WaitKind.MESSAGE and correlation_key is None:
        correlation_key = business_key
    return {
        "instance_key": step.instance.key,
        "wait": effect.wait,
        "visit": effect.visit,
        "element_id": step.graph.nodes[effect.node].element_id,
        "process_id": step.instance.process_id,
        "definition_key": step.instance.definition_key,
        "kind": effect.kind.value,
        "name": effect.name,
        "correlation_key": correlation_key,
        "business_key": business_key,
        "is_held": _is_held(step),
        "created_at": step.at,
    }


def subscription(values: Values) -> SubscriptionRow:
    """Return the subscription that a new row holds."""
    row = cast("_SubscriptionValues", values)
    return SubscriptionRow(
        instance_key=row["instance_key"],
        wait=row["wait"],
        visit=row["visit"],
        element_id=row["element_id"],
        process_id=row["process_id"],
        definition_key=row["definition_key"],
        kind=WaitKind(row["kind"]),
        name=row["name"],
        correlation_key=row["correlation_key"],
        business_key=row["business_key"],
        created_at=row["created_at"],
    )


def incident_values(batch: EffectBatch, step: AppliedStep, incident: Incident) -> Values:
    """Return the row of a new incident; the job's key is found when it is written."""
    node = step.graph.nodes[incident.node]
    process_id = step.instance.process_id
    cause = "\0".join((process_id, node.element_id, incident.kind.value, incident.message))
    wait = None if incident.wait is None else step.state.waits.get(incident.wait)
    return {
        "key": batch.keys.next(),
        "instance_key": step.instance.key,
        "incident": incident.key,
        "kind": incident.kind.value,
        "visit": incident.visit,
        "element_id": node.element_id,
        "element_name": node.name,
        "process_id": process_id,
        "definition_key": step.instance.definition_key,
        "business_key": step.instance.business_key,
        "group_id": blake2b(cause.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        "message": incident.message,
        "wait": incident.wait,
        "job_key": None,
        "job_type": wait.name if wait is not None and wait.kind is WaitKind.JOB else None,
        "error_code": incident.error_code,
        "expression": incident.expression,
        "position": incident.position,
        "values": dict(incident.values),
        "created_at": step.at,
    }


def job_of(incident: Values) -> WaitId | None:
    """Return the wait of the job that a new incident is about."""
    if incident["job_type"] is None:
        return None
    return WaitId(cast("Key", incident["instance_key"]), cast("ElementKey", incident["wait"]))


def _is_held(step: AppliedStep) -> bool:
    return step.state.status is InstanceStatus.SUSPENDED


def _bounded(number: int) -> int:
    """Return a number from a diagram's expression, brought into what a column holds."""
    return min(max(number, _LOWEST_INT), _HIGHEST_INT)
