"""Counts over all process definitions: open instances, and open incidents by kind."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from bpmn_engine.ids import Key
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import incident, process_instance


def open_instances(session: Session) -> Counter[Key]:
    """Return how many instances of each definition have not ended."""
    columns = process_instance.c
    rows = session.execute(
        select(columns.definition_key, func.count())
        .where(columns.ended_at.is_(None))
        .group_by(columns.definition_key)
    )
    return Counter({Key(row[0]): row[1] for row in rows})


def open_incidents(session: Session) -> Counter[tuple[Key, str, str]]:
    """Return how many incidents are open, by definition, element and kind."""
    columns = incident.c
    rows = session.execute(
        select(columns.definition_key, columns.element_id, columns.kind, func.count())
        .where(columns.resolved_at.is_(None))
        .group_by(columns.definition_key, columns.element_id, columns.kind)
    )
    return Counter({(Key(row[0]), row[1], row[2]): row[3] for row in rows})
