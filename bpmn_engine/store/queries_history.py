"""Read models of one instance's history: its visits and its journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import literal, select, union_all

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import ModifyInstance, StartElsewhere
from bpmn_engine.store.columns import JsonText, UtcDateTime
from bpmn_engine.store.journal_words import (
    fact_lines,
    modification,
    start_elsewhere,
    summary,
)
from bpmn_engine.store.paging import SortKey, page_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import element_visit, journal, open_visit
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import JsonValue
from bpmn_engine.views.instances import JournalView, VisitView
from bpmn_engine.views.paging import Page, PageRequest
from bpmn_engine.views.work import TaskAction, TaskEvent

OPEN = "active"
"""The state shown for a visit that has not ended."""


def visits(
    session: Session, graph: ProcessGraph, instance_key: Key, page: PageRequest
) -> Page[VisitView]:
    """Return a page of visits, open ones included, in the order of entry.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    ended, still_open = element_visit.c, open_visit.c
    both = union_all(
        select(
            ended.visit,
            ended.element_id,
            ended.state,
            ended.entered_at,
            ended.ended_at,
            ended.flows,
        ).where(ended.instance_key == instance_key),
        select(
            still_open.visit,
            still_open.element_id,
            literal(OPEN).label("state"),
            still_open.entered_at,
            literal(None, UtcDateTime).label("ended_at"),
            literal(None, JsonText).label("flows"),
        ).where(still_open.instance_key == instance_key),
    ).subquery()

    def read(rows: Iterable[AnyRow]) -> list[VisitView]:
        return [visit_view(graph, row) for row in rows]

    return page_of(session, select(both), (SortKey(both.c.visit),), page, read)


def journal_page(
    session: Session, graph: ProcessGraph, instance_key: Key, page: PageRequest
) -> Page[JournalView]:
    """Return a page of the journal, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    entries = select(journal).where(journal.c.instance_key == instance_key)
    order = (SortKey(journal.c.sequence, is_descending=True),)

    def read(rows: Iterable[AnyRow]) -> list[JournalView]:
        return [journal_view(graph, row) for row in rows]

    return page_of(session, entries, order, page, read)


def visited_elements(session: Session, instance_key: Key) -> frozenset[str]:
    """Return the ids of the elements that an instance has been at, or is."""
    return frozenset(
        element_id
        for table in (element_visit, open_visit)
        for element_id in session.scalars(
            select(table.c.element_id).where(table.c.instance_key == instance_key).distinct()
        )
    )


def task_events(session: Session, task: UserTaskRow) -> tuple[TaskEvent, ...]:
    """Return what people did with a user task, newest first."""
    entries = (
        select(journal)
        .where(
            journal.c.instance_key == task.instance_key,
            journal.c.wait == task.wait,
            journal.c.action.in_(_TASK_ACTIONS),
        )
        .order_by(journal.c.sequence.desc())
    )
    return tuple(_task_event(row) for row in session.execute(entries))


_TASK_ACTIONS: Final = {
    "ClaimUserTask": TaskAction.CLAIMED,
    "UnclaimUserTask": TaskAction.RELEASED,
    "AssignUserTask": TaskAction.ASSIGNED,
    "CompleteUserTask": TaskAction.COMPLETED,
    "ThrowBpmnError": TaskAction.ERROR_THROWN,
}
"""Action in the journal -> what it does to a user task."""


def _task_event(row: AnyRow) -> TaskEvent:
    detail: Mapping[str, JsonValue] = row.detail
    return TaskEvent(
        at=row.at,
        actor=row.actor,
        action=_TASK_ACTIONS[row.action],
        assignee=_text(detail.get("assignee")),
        error_code=_text(detail.get("error_code")),
        reason=row.reason,
    )


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def visit_view(graph: ProcessGraph, row: AnyRow) -> VisitView:
    """Return the read model of a visit."""
    node = graph.node(row.element_id)
    return VisitView(
        key=row.visit,
        element_id=row.element_id,
        element_name=None if node is None else node.name,
        element_type="" if node is None else node.element_type,
        state=row.state,
        entered_at=row.entered_at,
        ended_at=row.ended_at,
        taken_flows=tuple(row.flows or ()),
    )


def journal_view(graph: ProcessGraph, row: AnyRow) -> JournalView:
    """Return the read model of an entry of the journal."""
    node = None if row.element_id is None else graph.node(row.element_id)
    name = None if node is None else node.name
    return JournalView(
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        command=row.action,
        summary=_summary(graph, row, name or row.element_id),
        element_id=row.element_id,
        element_name=name,
        reason=row.reason,
        facts=fact_lines(row.facts),
        cost=row.detail.get("cost", {}),
    )


def _summary(graph: ProcessGraph, row: AnyRow, element: str | None) -> str:
    if row.action not in _MOVED:
        return summary(row.action, element, row.detail)

    def name_of(ref: str) -> str:
        node = graph.node(ref)
        return ref if node is None else node.name or node.element_id

    if row.action == StartElsewhere.__name__:
        return start_elsewhere(row.detail, name_of)
    return modification(row.detail, row.facts, name_of)


_MOVED: Final = frozenset({ModifyInstance.__name__, StartElsewhere.__name__})
