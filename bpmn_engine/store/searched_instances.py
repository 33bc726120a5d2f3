"""Searching process instances, open and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, func, or_, select

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.queries_instances import visible_instances
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.searches import Fields, counted, cut, related, searched, sorted_by
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    element_visit,
    incident,
    instance_restart,
    job,
    journal,
    open_visit,
    process_definition,
    process_instance,
)
from bpmn_engine.views.found_history import FoundInstance, InstanceOrigin
from bpmn_engine.views.found_work import Place
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work_search import Search

_INSTANCE: Final = process_instance.c
_DEFINITION: Final = process_definition.c
_ENDED: Final = element_visit.c
_OPEN: Final = open_visit.c
_INCIDENT: Final = incident.c
_CHILD: Final = process_instance.alias("child")

_INCIDENTS: Final = select(_INCIDENT.key).where(_INCIDENT.instance_key == _INSTANCE.key)
_VISITED: Final = select(_ENDED.visit).where(_ENDED.instance_key == _INSTANCE.key)
_ACTIVE: Final = select(_OPEN.visit).where(
    _OPEN.instance_key == _INSTANCE.key, _OPEN.is_loop_body.is_(False)
)

FIELDS: Final[Fields] = {
    "key": _INSTANCE.key,
    "definition_key": _INSTANCE.definition_key,
    "process_id": _INSTANCE.process_id,
    "process_name": _DEFINITION.name,
    "version": _DEFINITION.version,
    "business_key": _INSTANCE.business_key,
    "status": _INSTANCE.status,
    "started_at": _INSTANCE.started_at,
    "started_by": _INSTANCE.started_by,
    "ended_at": _INSTANCE.ended_at,
    "duration": _INSTANCE.duration_ms,
    "parent_key": _INSTANCE.parent_key,
    "root_key": _INSTANCE.root_key,
    "child_key": related(
        select(_CHILD.c.key).where(_CHILD.c.parent_key == _INSTANCE.key), _CHILD.c.key
    ),
    "retrying_job": related(
        select(job.c.key).where(
            job.c.instance_key == _INSTANCE.key,
            job.c.last_failure.is_not(None),
            job.c.retries_left > 0,
        )
    ),
    "incident": related(_INCIDENTS, _INCIDENT.key),
    "incident_kind": related(_INCIDENTS, _INCIDENT.kind),
    "incident_message": related(_INCIDENTS, _INCIDENT.message),
    "open_incident": related(_INCIDENTS.where(_INCIDENT.resolved_at.is_(None))),
    "resolved_incident": related(_INCIDENTS.where(_INCIDENT.resolved_at.is_not(None))),
    "active_element": related(_ACTIVE, _OPEN.element_id),
    "visited_element": lambda condition: or_(
        related(_VISITED, _ENDED.element_id)(condition),
        related(_ACTIVE, _OPEN.element_id)(condition),
    ),
    "executed_element": related(_VISITED, _ENDED.element_id),
    "activity_at": lambda condition: or_(
        related(_VISITED, _ENDED.entered_at)(condition),
        related(_ACTIVE, _OPEN.entered_at)(condition),
    ),
}
"""What a search for process instances may name."""


def find(session: Session, search: Search, caller: Caller) -> tuple[FoundInstance, ...]:
    """Return the instances that a search without variables finds, the wanted part."""
    wanted = sorted_by(_wanted(session, search, caller, _select()), FIELDS, search, _INSTANCE.key)
    return tuple(_found(row) for row in session.execute(cut(wanted, search)))


def count(session: Session, search: Search, caller: Caller) -> int:
    """Return how many instances a search without variables finds."""
    return counted(session, _wanted(session, search, caller, _joined(select(_INSTANCE.key))))


def places(
    session: Session, search: Search, caller: Caller, *, limit: int | None = None
) -> list[Place]:
    """Return the instances that a search finds apart from variables, in its order."""
    wanted = _wanted(session, search, caller, _joined(select(_INSTANCE.key)))
    ordered = sorted_by(wanted, FIELDS, search, _INSTANCE.key)
    rows = session.execute(ordered if limit is None else ordered.limit(limit))
    return [Place(key=row.key, instance_key=row.key) for row in rows]


def load(session: Session, keys: Sequence[int]) -> tuple[FoundInstance, ...]:
    """Return instances by key, in the order of the keys; those that are gone are left out."""
    found = {
        row.key: _found(row)
        for part in in_parts(keys)
        for row in session.execute(_select().where(_INSTANCE.key.in_(part)))
    }
    return tuple(found[key] for key in keys if key in found)


def origins(session: Session, keys: Sequence[int]) -> dict[int, InstanceOrigin]:
    """Return what is shown of instances beside their entries, by key."""
    statement = _joined(
        select(
            _INSTANCE.key,
            _INSTANCE.root_key,
            _INSTANCE.definition_key,
            _INSTANCE.process_id,
            _INSTANCE.ended_at,
            _DEFINITION.version,
            _DEFINITION.deployment_key,
        )
    )
    return {
        row.key: InstanceOrigin(
            key=row.key,
            root_key=row.root_key,
            definition_key=row.definition_key,
            process_id=row.process_id,
            version=row.version,
            deployment_key=row.deployment_key,
            is_ended=row.ended_at is not None,
        )
        for part in in_parts(keys)
        for row in session.execute(statement.where(_INSTANCE.key.in_(part)))
    }


def _wanted(
    session: Session, search: Search, caller: Caller, statement: Select[*tuple[object, ...]]
) -> Select[*tuple[object, ...]]:
    visible = visible_instances(session, caller)
    if visible is not None:
        statement = statement.where(_INSTANCE.key.in_(visible))
    return searched(statement, FIELDS, search)


def _joined(statement: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    return statement.join(process_definition, _DEFINITION.key == _INSTANCE.definition_key)


def _select() -> Select[*tuple[object, ...]]:
    ended_first = (
        select(_ENDED.element_id)
        .where(_ENDED.instance_key == _INSTANCE.key)
        .order_by(_ENDED.visit)
        .limit(1)
    )
    open_first = (
        select(_OPEN.element_id)
        .where(_OPEN.instance_key == _INSTANCE.key)
        .order_by(_OPEN.visit)
        .limit(1)
    )
    reason = (
        select(journal.c.reason)
        .where(journal.c.instance_key == _INSTANCE.key, journal.c.action == "CancelInstance")
        .limit(1)
    )
    restarted = select(instance_restart.c.restarted_key).where(
        instance_restart.c.instance_key == _INSTANCE.key
    )
    return _joined(
        select(
            *(column for column in _INSTANCE if column.name != "snapshot"),
            _DEFINITION.name.label("process_name"),
            _DEFINITION.version.label("definition_version"),
            func.coalesce(
                ended_first.correlate(process_instance).scalar_subquery(),
                open_first.correlate(process_instance).scalar_subquery(),
            ).label("first_element"),
            reason.correlate(process_instance).scalar_subquery().label("end_reason"),
            restarted.correlate(process_instance).scalar_subquery().label("restart_of"),
        )
    )


def _found(row: AnyRow) -> FoundInstance:
    return FoundInstance(
        key=row.key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_name=row.process_name,
        version=row.definition_version,
        business_key=row.business_key,
        status=InstanceStatus(row.status),
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        duration_ms=row.duration_ms,
        parent_key=row.parent_key,
        root_key=row.root_key,
        first_element=row.first_element,
        end_reason=row.end_reason,
        restart_of=row.restart_of,
    )
