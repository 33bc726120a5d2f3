"""Read models of process instances: lists, counts over the diagram, called instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.store.paging import SortKey, page_of
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.tables import (
    element_visit,
    incident,
    open_visit,
    process_definition,
    process_instance,
)
from bpmn_engine.views.definitions import ElementCounts
from bpmn_engine.views.instances import InstanceFilter, InstanceSummary
from bpmn_engine.views.paging import Page, PageRequest

CHILDREN_SHOWN = 200

_COLUMNS = process_instance.c
_SELECT = select(
    _COLUMNS.key,
    _COLUMNS.definition_key,
    _COLUMNS.process_id,
    _COLUMNS.business_key,
    _COLUMNS.status,
    _COLUMNS.started_at,
    _COLUMNS.started_by,
    _COLUMNS.ended_at,
    _COLUMNS.incident_count,
    _COLUMNS.error_code,
    _COLUMNS.parent_key,
    _COLUMNS.root_key,
    process_definition.c.name.label("process_name"),
    process_definition.c.version,
).join(process_definition, process_definition.c.key == _COLUMNS.definition_key)


def instances(session: Session, where: InstanceFilter, page: PageRequest) -> Page[InstanceSummary]:
    """Return a page of instances, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    order = (SortKey(_COLUMNS.key, is_descending=True),)
    return page_of(session, _filtered(where), order, page, _summaries)


def find_instances(session: Session, keys: Iterable[Key]) -> dict[Key, InstanceSummary]:
    """Return instances by key; those that do not exist are left out."""
    return {
        Key(row.key): _summary(row)
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(_SELECT.where(_COLUMNS.key.in_(part)))
    }


def children(session: Session, parent_key: Key) -> tuple[InstanceSummary, ...]:
    """Return what an instance has called, oldest first, at most CHILDREN_SHOWN."""
    called = _SELECT.where(_COLUMNS.parent_key == parent_key).order_by(_COLUMNS.key)
    return tuple(_summary(row) for row in session.execute(called.limit(CHILDREN_SHOWN)))


def instance_counts(session: Session, instance_key: Key) -> dict[str, ElementCounts]:
    """Return what happens and happened at the elements of one instance, by element id.

    Every instance of a multi-instance activity counts, its body does not.
    """
    active = _counts(
        session,
        select(open_visit.c.element_id, func.count().label("count"))
        .where(open_visit.c.instance_key == instance_key, open_visit.c.is_loop_body.is_(False))
        .group_by(open_visit.c.element_id),
    )
    incidents = _counts(
        session,
        select(incident.c.element_id, func.count().label("count"))
        .where(incident.c.instance_key == instance_key, incident.c.resolved_at.is_(None))
        .group_by(incident.c.element_id),
    )
    ended = {
        state: _counts(
            session,
            select(element_visit.c.element_id, func.count().label("count"))
            .where(
                element_visit.c.instance_key == instance_key,
                element_visit.c.state == state.value,
                element_visit.c.is_loop_body.is_(False),
            )
            .group_by(element_visit.c.element_id),
        )
        for state in (ElementState.COMPLETED, ElementState.TERMINATED)
    }
    completed, terminated = ended[ElementState.COMPLETED], ended[ElementState.TERMINATED]
    return {
        element_id: ElementCounts(
            active=active[element_id],
            incidents=incidents[element_id],
            completed=completed[element_id],
            terminated=terminated[element_id],
        )
        for element_id in sorted({*active, *incidents, *completed, *terminated})
    }


def definition_counts(session: Session, definition_key: Key) -> dict[str, ElementCounts]:
    """Return where the open instances of a definition are, by element id."""
    active = _counts(
        session,
        select(open_visit.c.element_id, func.count().label("count"))
        .where(open_visit.c.definition_key == definition_key, open_visit.c.is_loop_body.is_(False))
        .group_by(open_visit.c.element_id),
    )
    incidents = _counts(
        session,
        select(incident.c.element_id, func.count().label("count"))
        .where(incident.c.definition_key == definition_key, incident.c.resolved_at.is_(None))
        .group_by(incident.c.element_id),
    )
    return {
        element_id: ElementCounts(active=active[element_id], incidents=incidents[element_id])
        for element_id in sorted({*active, *incidents})
    }


def taken_flows(session: Session, instance_key: Key) -> dict[str, int]:
    """Return how often the tokens of an instance took each flow, by flow id."""
    taken = session.scalars(
        select(element_visit.c.flows).where(
            element_visit.c.instance_key == instance_key, element_visit.c.flows.is_not(None)
        )
    )
    return dict(sorted(Counter(flow_id for flows in taken for flow_id in flows).items()))


def _counts(session: Session, statement: Select[str, int]) -> Counter[str]:
    return Counter({row[0]: row[1] for row in session.execute(statement)})


def _filtered(where: InstanceFilter) -> Select[*tuple[object, ...]]:
    wanted = _SELECT
    for column, value in (
        (_COLUMNS.process_id, where.process_id),
        (_COLUMNS.definition_key, where.definition_key),
        (_COLUMNS.business_key, where.business_key),
        (_COLUMNS.parent_key, where.parent_key),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if where.statuses is not None:
        statuses = sorted(status.value for status in where.statuses)
        wanted = wanted.where(_COLUMNS.status.in_(statuses))
    if where.has_incident is not None:
        is_stuck = _COLUMNS.incident_count > 0
        wanted = wanted.where(is_stuck if where.has_incident else ~is_stuck)
    if where.started_after is not None:
        wanted = wanted.where(_COLUMNS.started_at >= where.started_after)
    if where.started_before is not None:
        wanted = wanted.where(_COLUMNS.started_at < where.started_before)
    if where.keys is not None:
        wanted = wanted.where(_COLUMNS.key.in_(sorted(where.keys)))
    return wanted


def _summaries(rows: Iterable[AnyRow]) -> list[InstanceSummary]:
    return [_summary(row) for row in rows]


def _summary(row: AnyRow) -> InstanceSummary:
    return InstanceSummary(
        key=row.key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_name=row.process_name,
        version=row.version,
        business_key=row.business_key,
        status=InstanceStatus(row.status),
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        incident_count=row.incident_count,
        error_code=row.error_code,
        parent_key=row.parent_key,
        root_key=row.root_key,
    )
