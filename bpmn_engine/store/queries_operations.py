"""Read models for operators: incidents, one by one and grouped, and jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Integer, Select, bindparam, func, select

from bpmn_engine.ids import Key
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.store.paging import SortKey, counting, page_of
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import incident, job, process_definition
from bpmn_engine.views.operations import IncidentFilter, IncidentGroup, IncidentView
from bpmn_engine.views.paging import COUNT_LIMIT, Page, PageRequest
from bpmn_engine.views.work import JobFilter, JobPhase, JobState, JobView

GROUPS_SHOWN = 200
KEYS_SHOWN = 500

_INCIDENT = incident.c
_SELECT_INCIDENT = select(
    *_INCIDENT, process_definition.c.name.label("process_name"), process_definition.c.version
).join(process_definition, process_definition.c.key == _INCIDENT.definition_key)


_BY_KEYS: Final = _SELECT_INCIDENT.where(_INCIDENT.key.in_(bindparam("keys", expanding=True)))
_KEYS_OF_GROUP: Final = (
    select(_INCIDENT.key)
    .where(_INCIDENT.group_id == bindparam("group_id"), _INCIDENT.resolved_at.is_(None))
    .order_by(_INCIDENT.key.desc())
    .limit(bindparam("most", type_=Integer()))
)
_OPEN_COUNT: Final = counting(
    [select(_INCIDENT.key).where(_INCIDENT.resolved_at.is_(None))],
    (SortKey(_INCIDENT.key, is_descending=True),),
    limit=COUNT_LIMIT + 1,
)


def incidents(session: Session, where: IncidentFilter, page: PageRequest) -> Page[IncidentView]:
    """Return a page of incidents, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    order = (SortKey(_INCIDENT.key, is_descending=True),)
    return page_of(session, _filtered(where), order, page, _incidents)


def open_incident_count(session: Session) -> int:
    """Return how many incidents are open, counted to COUNT_LIMIT."""
    return session.scalar(_OPEN_COUNT) or 0


def incident_view(session: Session, key: Key) -> IncidentView | None:
    """Return an incident, open or resolved."""
    row = session.execute(_SELECT_INCIDENT.where(_INCIDENT.key == key)).one_or_none()
    return None if row is None else incident_of(row)


def incidents_by_key(session: Session, keys: Sequence[int]) -> dict[int, IncidentView]:
    """Return incidents by key; those that do not exist are left out."""
    return {
        row.key: incident_of(row)
        for part in in_parts(keys)
        for row in session.execute(_BY_KEYS, {"keys": part})
    }


def incident_groups(
    session: Session,
    *,
    process_id: str | None = None,
    search: str | None = None,
    keys_shown: int = KEYS_SHOWN,
) -> tuple[IncidentGroup, ...]:
    """Return open incidents by cause, the largest group first, at most GROUPS_SHOWN."""
    counted = (
        select(
            _INCIDENT.group_id,
            func.count().label("incident_count"),
            func.min(_INCIDENT.created_at).label("first_at"),
            func.max(_INCIDENT.created_at).label("last_at"),
            func.max(_INCIDENT.key).label("newest"),
        )
        .where(_INCIDENT.resolved_at.is_(None))
        .group_by(_INCIDENT.group_id)
    )
    if process_id is not None:
        counted = counted.where(_INCIDENT.process_id == process_id)
    if search:
        counted = counted.where(_INCIDENT.message.icontains(search, autoescape=True))
    counted = counted.order_by(func.count().desc(), _INCIDENT.group_id).limit(GROUPS_SHOWN)
    rows = session.execute(counted).all()
    newest = _newest(session, rows)
    versions = _versions(session, rows)
    return tuple(
        _group(
            row,
            newest[row.newest],
            versions[row.group_id],
            session.scalars(_KEYS_OF_GROUP, {"group_id": row.group_id, "most": keys_shown}).all(),
        )
        for row in rows
    )


def _newest(session: Session, groups: Sequence[AnyRow]) -> dict[int, AnyRow]:
    """Return the newest incident of each group, all in one query."""
    keys = [row.newest for row in groups]
    return {row.key: row for row in session.execute(_BY_KEYS, {"keys": keys})}


def _versions(session: Session, groups: Sequence[AnyRow]) -> dict[str, tuple[int, ...]]:
    """Return the versions that each group is of, all in one query."""
    definition = process_definition.c
    wanted = (
        select(_INCIDENT.group_id, definition.version)
        .join(process_definition, definition.key == _INCIDENT.definition_key)
        .where(
            _INCIDENT.resolved_at.is_(None),
            _INCIDENT.group_id.in_([row.group_id for row in groups]),
        )
        .distinct()
    )
    found: dict[str, set[int]] = {}
    for row in session.execute(wanted):
        found.setdefault(row.group_id, set()).add(row.version)
    return {group_id: tuple(sorted(versions)) for group_id, versions in found.items()}


def _group(
    counted: AnyRow, newest: AnyRow, versions: tuple[int, ...], keys: Sequence[int]
) -> IncidentGroup:
    return IncidentGroup(
        group_id=counted.group_id,
        message=newest.message,
        kind=IncidentKind(newest.kind),
        process_id=newest.process_id,
        process_name=newest.process_name,
        element_id=newest.element_id,
        element_name=newest.element_name,
        versions=versions,
        count=counted.incident_count,
        first_at=counted.first_at,
        last_at=counted.last_at,
        keys=tuple(keys),
    )


def _filtered(where: IncidentFilter) -> Select[*tuple[object, ...]]:
    wanted = _SELECT_INCIDENT
    for column, value in (
        (_INCIDENT.process_id, where.process_id),
        (_INCIDENT.definition_key, where.definition_key),
        (_INCIDENT.instance_key, where.instance_key),
        (_INCIDENT.element_id, where.element_id),
        (_INCIDENT.kind, None if where.kind is None else where.kind.value),
        (_INCIDENT.message, where.message),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if where.is_open is not None:
        is_open = _INCIDENT.resolved_at.is_(None)
        wanted = wanted.where(is_open if where.is_open else ~is_open)
    if where.search:
        wanted = wanted.where(_INCIDENT.message.icontains(where.search, autoescape=True))
    return wanted


def _incidents(rows: Iterable[AnyRow]) -> list[IncidentView]:
    return [incident_of(row) for row in rows]


def incident_of(row: AnyRow) -> IncidentView:
    """Return the read model of a row that also names its process and version."""
    position = row.position
    return IncidentView(
        key=row.key,
        instance_key=row.instance_key,
        incident=row.incident,
        kind=IncidentKind(row.kind),
        message=row.message,
        process_id=row.process_id,
        process_name=row.process_name,
        definition_key=row.definition_key,
        version=row.version,
        business_key=row.business_key,
        element_id=row.element_id,
        element_name=row.element_name,
        created_at=row.created_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
        job_key=row.job_key,
        job_type=row.job_type,
        error_code=row.error_code,
        expression=row.expression,
        position=None if position is None else (position[0], position[1]),
        # `values` is also a method of the row.
        values=row._mapping[_INCIDENT["values"]],  # noqa: SLF001 -- its public name
    )


def jobs(session: Session, where: JobFilter, page: PageRequest) -> Page[JobView]:
    """Return a page of jobs, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    wanted = select(job)
    for column, value in (
        (job.c.job_type, where.job_type),
        (job.c.instance_key, where.instance_key),
        (job.c.process_id, where.process_id),
        (job.c.element_id, where.element_id),
        (job.c.state, None if where.state is None else where.state.value),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if where.keys is not None:
        wanted = wanted.where(job.c.key.in_(sorted(where.keys)))
    return page_of(session, wanted, (SortKey(job.c.key, is_descending=True),), page, _jobs)


def job_view(session: Session, key: Key) -> JobView | None:
    """Return a job that has not ended."""
    row = session.execute(select(job).where(job.c.key == key)).one_or_none()
    return None if row is None else job_of(row)


def _jobs(rows: Iterable[AnyRow]) -> list[JobView]:
    return [job_of(row) for row in rows]


def job_of(row: AnyRow) -> JobView:
    """Return the read model of a row with all columns of a job."""
    return JobView(
        key=row.key,
        job_type=row.job_type,
        state=JobState(row.state),
        instance_key=row.instance_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        element_id=row.element_id,
        element_name=row.element_name,
        element_key=row.visit,
        business_key=row.business_key,
        priority=row.priority,
        retries_left=row.retries_left,
        attempt=row.attempt,
        due_at=row.due_at,
        created_at=row.created_at,
        locked_by=row.locked_by,
        locked_until=row.locked_until,
        last_failure=row.last_failure,
        phase=JobPhase(row.phase),
        next_poll_at=row.next_poll_at,
        is_suspended=row.is_held,
    )
