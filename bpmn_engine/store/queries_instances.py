"""Read models of process instances: lists, counts over the diagram, called instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import CompoundSelect, Select, bindparam, false, func, select, union

from bpmn_engine.graph.links import is_link
from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.queries_tasks import instances_seen_by
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    IS_STUCK,
    element_visit,
    incident,
    open_visit,
    process_definition,
    process_instance,
)
from bpmn_engine.views.definitions import ElementCounts
from bpmn_engine.views.instances import InstanceFilter, InstanceSummary
from bpmn_engine.views.paging import COUNT_LIMIT, Caller, Page, PageRequest

_NEWEST_FIRST: Final = (
    SortKey(process_instance.c.started_at, SortType.MOMENT, is_descending=True),
    SortKey(process_instance.c.key, is_descending=True),
)

CHILDREN_SHOWN = 200
ELEMENTS_SHOWN: Final = 3

_COLUMNS = process_instance.c
_SELECT = select(
    _COLUMNS.key,
    _COLUMNS.definition_key,
    _COLUMNS.process_id,
    _COLUMNS.business_key,
    _COLUMNS.status,
    _COLUMNS.started_at,
    _COLUMNS.started_by,
    _COLUMNS.updated_at,
    _COLUMNS.version.label("revision"),
    _COLUMNS.ended_at,
    _COLUMNS.incident_count,
    _COLUMNS.error_code,
    _COLUMNS.parent_key,
    _COLUMNS.root_key,
    process_definition.c.name.label("process_name"),
    process_definition.c.version,
).join(process_definition, process_definition.c.key == _COLUMNS.definition_key)

_BY_KEYS: Final = _SELECT.where(_COLUMNS.key.in_(bindparam("keys", expanding=True)))
_CALLED: Final = (
    _SELECT.where(_COLUMNS.parent_key == bindparam("parent_key"))
    .order_by(_COLUMNS.started_at, _COLUMNS.key)
    .limit(CHILDREN_SHOWN)
)


def instances(session: Session, where: InstanceFilter, page: PageRequest) -> Page[InstanceSummary]:
    """Return a page of instances, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    return page_of(
        session,
        _filtered(session, where),
        _NEWEST_FIRST,
        page,
        lambda rows: _summaries(session, list(rows)),
    )


def keys(session: Session, where: InstanceFilter) -> list[Key]:
    """Return the keys of all instances that match, oldest first."""
    return sorted(
        {
            Key(key)
            for wanted in _filtered(session, where)
            for key in session.scalars(wanted.with_only_columns(_COLUMNS.key))
        }
    )


def find_instances(session: Session, keys: Iterable[Key]) -> dict[Key, InstanceSummary]:
    """Return instances by key; those that do not exist are left out."""
    return {
        Key(summary.key): summary
        for part in in_parts(sorted(set(keys)))
        for summary in _summaries(session, session.execute(_BY_KEYS, {"keys": part}).all())
    }


def children(session: Session, parent_key: Key) -> tuple[InstanceSummary, ...]:
    """Return what an instance has called, oldest first, at most CHILDREN_SHOWN."""
    rows = session.execute(_CALLED, {"parent_key": parent_key}).all()
    return tuple(_summaries(session, rows))


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
    """Return where the open instances of a definition are, by element id.

    Each is counted to COUNT_LIMIT; one more than that means more.
    """
    active = _counts_at(session, definition_key)
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


def _counts_at(session: Session, definition_key: Key) -> Counter[str]:
    """Return how many visits are open at each element, from one element to the next."""
    counts: Counter[str] = Counter()
    columns = open_visit.c
    of_definition = columns.definition_key == definition_key
    element_id = session.scalar(select(func.min(columns.element_id)).where(of_definition))
    while element_id is not None:
        visits = select(columns.instance_key).where(
            of_definition, columns.element_id == element_id, columns.is_loop_body.is_(False)
        )
        limited = visits.limit(COUNT_LIMIT + 1).subquery()
        count = session.scalar(select(func.count()).select_from(limited)) or 0
        if count:
            counts[element_id] = count
        element_id = session.scalar(
            select(func.min(columns.element_id)).where(
                of_definition, columns.element_id > element_id
            )
        )
    return counts


def taken_flows(session: Session, instance_key: Key) -> dict[str, int]:
    """Return how often the tokens of an instance took each drawn flow, by flow id."""
    taken = session.scalars(
        select(element_visit.c.flows).where(
            element_visit.c.instance_key == instance_key, element_visit.c.flows.is_not(None)
        )
    )
    counted = Counter(flow_id for flows in taken for flow_id in flows if not is_link(flow_id))
    return dict(sorted(counted.items()))


def _counts(session: Session, statement: Select[str, int]) -> Counter[str]:
    return Counter({row[0]: row[1] for row in session.execute(statement)})


def _filtered(session: Session, where: InstanceFilter) -> list[Select[*tuple[object, ...]]]:
    """Return the statements that together give what a filter lets through."""
    wanted = _SELECT
    for column, value in (
        (_COLUMNS.process_id, where.process_id),
        (_COLUMNS.definition_key, where.definition_key),
        (_COLUMNS.business_key, where.business_key),
        (_COLUMNS.started_by, where.started_by),
        (_COLUMNS.parent_key, where.parent_key),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if where.has_incident is not None:
        wanted = wanted.where(IS_STUCK if where.has_incident else ~IS_STUCK)
    if where.started_after is not None:
        wanted = wanted.where(_COLUMNS.started_at >= where.started_after)
    if where.started_before is not None:
        wanted = wanted.where(_COLUMNS.started_at < where.started_before)
    if where.keys is not None:
        wanted = wanted.where(_COLUMNS.key.in_(sorted(where.keys)))
    return [
        seen for one in _by_status(wanted, where) for seen in _seen(session, one, where.visible_to)
    ]


def _by_status(
    wanted: Select[*tuple[object, ...]], where: InstanceFilter
) -> list[Select[*tuple[object, ...]]]:
    """Return a statement for each status: a list of several has no order in an index."""
    if where.statuses is None:
        return [wanted]
    statuses = sorted(status.value for status in where.statuses)
    if not statuses:
        return [wanted.where(false())]
    return [wanted.where(_COLUMNS.status == status) for status in statuses]


def _seen(
    session: Session, wanted: Select[*tuple[object, ...]], caller: Caller | None
) -> list[Select[*tuple[object, ...]]]:
    """Return statements for the instances a person started, and for those of their tasks."""
    if caller is None or caller.sees_all:
        return [wanted]
    return [
        wanted.where(_COLUMNS.started_by == caller.user_id),
        *(wanted.where(_COLUMNS.key.in_(keys)) for keys in instances_seen_by(session, caller)),
    ]


def visible_instances(session: Session, caller: Caller) -> CompoundSelect[int] | None:
    """Return the keys of the instances that a person sees; None when they see all."""
    return None if caller.sees_all else visible_to(session, caller)


def visible_to(session: Session, caller: Caller) -> CompoundSelect[int]:
    """Return a statement for the keys of the instances that a person may see."""
    started = process_instance.alias("started").c
    return union(
        select(started.key).where(started.started_by == caller.user_id),
        *instances_seen_by(session, caller),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an instance is."""

    names: tuple[str, ...] = ()
    count: int = 0


def _find_places() -> Select[*tuple[object, ...]]:
    columns = open_visit.c
    elements = (
        select(
            columns.instance_key,
            func.coalesce(func.max(columns.element_name), columns.element_id).label("name"),
            func.max(columns.visit).label("reached"),
        )
        .where(
            columns.instance_key.in_(bindparam("keys", expanding=True)),
            columns.is_scope.is_(False),
        )
        .group_by(columns.instance_key, columns.element_id)
        .subquery()
    )
    of_instance = elements.c.instance_key
    latest_first = elements.c.reached.desc()
    ranked = select(
        of_instance,
        elements.c.name,
        func.count().over(partition_by=of_instance).label("total"),
        func.row_number().over(partition_by=of_instance, order_by=latest_first).label("rank"),
    ).subquery()
    shown = select(ranked).where(ranked.c.rank <= ELEMENTS_SHOWN)
    return shown.order_by(ranked.c.instance_key, ranked.c.rank)


_PLACES: Final = _find_places()


def _places(session: Session, keys: Sequence[int]) -> dict[int, _Place]:
    """Return where instances are, all in one query; those that are nowhere are left out."""
    if not keys:
        return {}
    found: dict[int, _Place] = {}
    for row in session.execute(_PLACES, {"keys": keys}):
        names = found.get(row.instance_key, _Place()).names
        found[row.instance_key] = _Place(names=(*names, row.name), count=row.total)
    return found


def _summaries(session: Session, rows: Sequence[AnyRow]) -> list[InstanceSummary]:
    places = _places(session, [row.key for row in rows if row.ended_at is None])
    return [_summary(row, places.get(row.key, _Place())) for row in rows]


def _summary(row: AnyRow, place: _Place) -> InstanceSummary:
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
        updated_at=row.updated_at,
        revision=row.revision,
        ended_at=row.ended_at,
        incident_count=row.incident_count,
        error_code=row.error_code,
        parent_key=row.parent_key,
        root_key=row.root_key,
        active_elements=place.names,
        active_count=place.count,
    )
