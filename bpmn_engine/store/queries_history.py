"""Read models of one instance's history: its visits and its journal."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.store.columns import JsonText, UtcDateTime
from bpmn_engine.store.journal_words import fact_lines, summary
from bpmn_engine.store.paging import SortKey, page_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.tables import element_visit, journal, open_visit
from bpmn_engine.views.instances import JournalView, VisitView
from bpmn_engine.views.paging import Page, PageRequest

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
        return [_visit(graph, row) for row in rows]

    return page_of(session, select(both), (SortKey(both.c.visit),), page, read)


def journal_page(session: Session, instance_key: Key, page: PageRequest) -> Page[JournalView]:
    """Return a page of the journal, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    entries = select(journal).where(journal.c.instance_key == instance_key)
    order = (SortKey(journal.c.sequence, is_descending=True),)
    return page_of(session, entries, order, page, _entries)


def journal_of_wait(
    session: Session, instance_key: Key, wait: ElementKey
) -> tuple[JournalView, ...]:
    """Return what was done about one wait, such as a user task, newest first."""
    entries = (
        select(journal)
        .where(journal.c.instance_key == instance_key, journal.c.wait == wait)
        .order_by(journal.c.sequence.desc())
    )
    return tuple(_entries(session.execute(entries)))


def _visit(graph: ProcessGraph, row: AnyRow) -> VisitView:
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


def _entries(rows: Iterable[AnyRow]) -> list[JournalView]:
    return [
        JournalView(
            sequence=row.sequence,
            at=row.at,
            actor=row.actor,
            command=row.action,
            summary=summary(row.action, row.element_id, row.detail),
            reason=row.reason,
            facts=fact_lines(row.facts),
        )
        for row in rows
    ]
