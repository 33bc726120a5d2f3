"""Lists of what is waited for: subscriptions and what is due, of instances and start events."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Integer, String, cast, literal, null, select, union_all

from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store.columns import BIG_KEY, UtcDateTime
from bpmn_engine.store.listing import Listed
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.tables import (
    deployment,
    job,
    process_definition,
    process_instance,
    start_subscription,
    start_timer,
    subscription,
    timer,
)
from bpmn_engine.views.runtime_records import DueKind, DueRecord, SubscriptionRecord

_NO_KEY: Final = cast(null(), BIG_KEY)
_NO_NUMBER: Final = cast(null(), Integer)
_NO_TEXT: Final = cast(null(), String)
_START: Final = start_subscription.c
_OPEN: Final = "created"
"""The state of what is due and no job."""

_EVENTS: Final = union_all(
    select(
        subscription.c.kind,
        subscription.c.name,
        subscription.c.element_id,
        subscription.c.definition_key,
        subscription.c.instance_key,
        subscription.c.wait,
        subscription.c.visit,
        subscription.c.created_at,
    ),
    select(
        _START.kind,
        _START.name,
        _START.element_id,
        _START.definition_key,
        _NO_KEY,
        _NO_NUMBER,
        _NO_NUMBER,
        deployment.c.deployed_at,
    )
    .join(process_definition, process_definition.c.key == _START.definition_key)
    .join(deployment, deployment.c.key == process_definition.c.deployment_key),
).subquery("event")
_EVENT: Final = _EVENTS.c


def _subscription(row: AnyRow) -> SubscriptionRecord:
    return SubscriptionRecord(
        kind=WaitKind(row.kind),
        name=row.name,
        element_id=row.element_id,
        definition_key=row.definition_key,
        instance_key=row.instance_key,
        wait=row.wait,
        visit=row.visit,
        created_at=row.created_at,
    )


SUBSCRIPTIONS: Final = Listed(
    statement=select(_EVENTS),
    keys=(_EVENT.created_at, _EVENT.definition_key, _EVENT.instance_key, _EVENT.wait, _EVENT.name),
    fields={
        name: _EVENT[name]
        for name in (
            "kind",
            "name",
            "element_id",
            "definition_key",
            "instance_key",
            "wait",
            "visit",
            "created_at",
        )
    },
    related={},
    read=_subscription,
)

_DUES: Final = union_all(
    select(
        literal(DueKind.JOB.value, String).label("due_kind"),
        cast(job.c.key, String).label("id"),
        job.c.key,
        job.c.instance_key,
        job.c.wait,
        job.c.visit,
        job.c.element_id,
        job.c.process_id,
        job.c.definition_key,
        job.c.due_at,
        job.c.state,
        job.c.retries_left,
        job.c.last_failure,
        job.c.priority,
        job.c.is_held,
        job.c.locked_until,
        job.c.created_at,
    ),
    select(
        literal(DueKind.TIMER.value, String),
        cast(timer.c.instance_key, String) + ":" + cast(timer.c.wait, String),
        _NO_KEY,
        timer.c.instance_key,
        timer.c.wait,
        timer.c.visit,
        timer.c.element_id,
        process_instance.c.process_id,
        process_instance.c.definition_key,
        timer.c.due_at,
        literal(_OPEN, String),
        literal(1, Integer),
        _NO_TEXT,
        literal(0, Integer),
        timer.c.is_held,
        cast(null(), UtcDateTime),
        timer.c.created_at,
    ).join(process_instance, process_instance.c.key == timer.c.instance_key),
    select(
        literal(DueKind.START.value, String),
        cast(start_timer.c.key, String),
        start_timer.c.key,
        _NO_KEY,
        _NO_NUMBER,
        _NO_NUMBER,
        start_timer.c.element_id,
        start_timer.c.process_id,
        start_timer.c.definition_key,
        start_timer.c.due_at,
        literal(_OPEN, String),
        literal(1, Integer),
        _NO_TEXT,
        literal(0, Integer),
        start_timer.c.is_held,
        cast(null(), UtcDateTime),
        cast(null(), UtcDateTime),
    ),
).subquery("due")
_DUE: Final = _DUES.c


def _due(row: AnyRow) -> DueRecord:
    return DueRecord(
        kind=DueKind(row.due_kind),
        id=row.id,
        key=row.key,
        instance_key=row.instance_key,
        wait=row.wait,
        visit=row.visit,
        element_id=row.element_id,
        process_id=row.process_id,
        definition_key=row.definition_key,
        version=row.definition_version,
        due_at=row.due_at,
        # The attempts of a failed job are spent, whatever is stored.
        retries_left=0 if row.state == "failed" else row.retries_left,
        failure=row.last_failure,
        priority=row.priority,
        is_suspended=row.is_held,
        created_at=row.created_at,
    )


DUES: Final = Listed(
    statement=select(_DUES, process_definition.c.version.label("definition_version")).join(
        process_definition, process_definition.c.key == _DUE.definition_key
    ),
    keys=(cast(_DUE.due_kind, String), _DUE.instance_key, _DUE.wait, _DUE.key),
    fields={
        name: _DUE[name]
        for name in (
            "due_kind",
            "id",
            "key",
            "instance_key",
            "wait",
            "visit",
            "element_id",
            "process_id",
            "definition_key",
            "due_at",
            "state",
            "retries_left",
            "last_failure",
            "priority",
            "is_held",
            "locked_until",
            "created_at",
        )
    },
    related={},
    read=_due,
)
