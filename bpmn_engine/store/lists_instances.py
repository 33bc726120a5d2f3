"""Lists of what runs: process instances, their executions and incidents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, Integer, String, cast, literal, null, select, union_all

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.store.listing import AnyColumn, Listed, Related
from bpmn_engine.store.queries_instances import visible_to
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    incident,
    open_visit,
    process_definition,
    process_instance,
    subscription,
)
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.runtime_records import ExecutionRecord, IncidentRecord, InstanceRecord

_INSTANCE: Final = process_instance.c
_CHILD: Final = process_instance.alias("child").c
_IS_OPEN: Final = _INSTANCE.ended_at.is_(None)


def _instance(row: AnyRow) -> InstanceRecord:
    return InstanceRecord(
        key=row.key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        version=row.definition_version,
        business_key=row.business_key,
        status=InstanceStatus(row.status),
    )


def _execution(row: AnyRow) -> ExecutionRecord:
    return ExecutionRecord(instance_key=row.instance_key, visit=row.visit)


def _incident(row: AnyRow) -> IncidentRecord:
    return IncidentRecord(
        key=row.key,
        instance_key=row.instance_key,
        kind=row.kind,
        visit=row.visit,
        element_id=row.element_id,
        process_id=row.process_id,
        definition_key=row.definition_key,
        version=row.definition_version,
        message=row.message,
        job_key=row.job_key,
        created_at=row.created_at,
        annotation=row.annotation,
        name=row.error_code if row.kind == IncidentKind.REPORTED.value else None,
        configuration=_configuration(row),
    )


def _configuration(row: AnyRow) -> str | None:
    is_reported = row.kind == IncidentKind.REPORTED.value
    given = row.given_values.get("configuration") if is_reported else None
    return None if given is None else str(given)


def _of_incident(column: AnyColumn, instance_key: AnyColumn) -> Related:
    def is_there(compared: Callable[[AnyColumn], ColumnElement[bool]]) -> ColumnElement[bool]:
        found = select(incident.c.instance_key).where(
            incident.c.resolved_at.is_(None), compared(column)
        )
        return instance_key.in_(found)

    return is_there


def _at_element(compared: Callable[[AnyColumn], ColumnElement[bool]]) -> ColumnElement[bool]:
    return _INSTANCE.key.in_(
        select(open_visit.c.instance_key).where(compared(open_visit.c.element_id))
    )


def _calls(compared: Callable[[AnyColumn], ColumnElement[bool]]) -> ColumnElement[bool]:
    return _INSTANCE.key.in_(select(_CHILD.parent_key).where(compared(_CHILD.key)))


def _is_visible(session: Session, caller: Caller) -> ColumnElement[bool]:
    return _INSTANCE.key.in_(visible_to(session, caller))


INSTANCES: Final = Listed(
    statement=select(
        _INSTANCE.key,
        _INSTANCE.definition_key,
        _INSTANCE.process_id,
        _INSTANCE.business_key,
        _INSTANCE.status,
        process_definition.c.version.label("definition_version"),
    )
    .join(process_definition, process_definition.c.key == _INSTANCE.definition_key)
    .where(_IS_OPEN),
    keys=(_INSTANCE.key,),
    fields={
        **{
            name: _INSTANCE[name]
            for name in (
                "key",
                "definition_key",
                "process_id",
                "business_key",
                "status",
                "parent_key",
                "root_key",
                "incident_count",
            )
        },
        "deployment_key": process_definition.c.deployment_key,
        "calls_something": select(_CHILD.key)
        .where(_CHILD.parent_key == _INSTANCE.key, _CHILD.ended_at.is_(None))
        .correlate(process_instance)
        .exists(),
    },
    related={
        "child_key": _calls,
        "element_id": _at_element,
        "incident_key": _of_incident(incident.c.key, _INSTANCE.key),
        "incident_kind": _of_incident(incident.c.kind, _INSTANCE.key),
        "incident_message": _of_incident(incident.c.message, _INSTANCE.key),
    },
    read=_instance,
    visible=_is_visible,
)

_PLACES: Final = union_all(
    select(
        _INSTANCE.key.label("instance_key"),
        literal(0, Integer).label("visit"),
        cast(null(), String).label("element_id"),
    ).where(_IS_OPEN),
    select(open_visit.c.instance_key, open_visit.c.visit, open_visit.c.element_id),
).subquery("place")
_PLACE: Final = _PLACES.c


def _of_subscription(kind: str) -> Related:
    waiting = subscription.c

    def is_there(compared: Callable[[AnyColumn], ColumnElement[bool]]) -> ColumnElement[bool]:
        return (
            select(waiting.wait)
            .where(
                waiting.kind == kind,
                waiting.instance_key == _PLACE.instance_key,
                waiting.visit == _PLACE.visit,
                compared(waiting.name),
            )
            .correlate(_PLACES)
            .exists()
        )

    return is_there


EXECUTIONS: Final = Listed(
    statement=select(_PLACE.instance_key, _PLACE.visit)
    .join(process_instance, _INSTANCE.key == _PLACE.instance_key)
    .join(process_definition, process_definition.c.key == _INSTANCE.definition_key),
    keys=(_PLACE.instance_key, _PLACE.visit),
    fields={
        "instance_key": _PLACE.instance_key,
        "visit": _PLACE.visit,
        "element_id": _PLACE.element_id,
        "business_key": _INSTANCE.business_key,
        "definition_key": _INSTANCE.definition_key,
        "process_id": _INSTANCE.process_id,
        "status": _INSTANCE.status,
    },
    related={
        "message_name": _of_subscription("message"),
        "signal_name": _of_subscription("signal"),
        "incident_key": _of_incident(incident.c.key, _PLACE.instance_key),
        "incident_kind": _of_incident(incident.c.kind, _PLACE.instance_key),
        "incident_message": _of_incident(incident.c.message, _PLACE.instance_key),
    },
    read=_execution,
    visible=_is_visible,
)

INCIDENTS: Final = Listed(
    statement=select(
        incident.c.key,
        incident.c.instance_key,
        incident.c.kind,
        incident.c.visit,
        incident.c.element_id,
        incident.c.process_id,
        incident.c.definition_key,
        incident.c.message,
        incident.c.job_key,
        incident.c.created_at,
        incident.c.annotation,
        incident.c.error_code,
        incident.c["values"].label("given_values"),
        process_definition.c.version.label("definition_version"),
    )
    .join(process_definition, process_definition.c.key == incident.c.definition_key)
    .where(incident.c.resolved_at.is_(None)),
    keys=(incident.c.key,),
    fields={
        name: incident.c[name]
        for name in (
            "key",
            "instance_key",
            "kind",
            "visit",
            "element_id",
            "process_id",
            "definition_key",
            "message",
            "job_key",
            "created_at",
            "error_code",
        )
    },
    related={},
    read=_incident,
)
