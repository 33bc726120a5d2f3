"""How much the engine was used between two moments."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import distinct, func, or_, select

from bpmn_engine.store.search_decisions import DECISION_INSTANCES
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import process_instance, user_task
from bpmn_engine.views.wait_records import UsageFigures


def figures(session: Session, since: dt.datetime, until: dt.datetime) -> UsageFigures:
    """Return instances that began, decisions that were made, and people who had tasks."""
    instance, task = process_instance.c, user_task.c
    decided = DECISION_INSTANCES.statement.subquery()
    return UsageFigures(
        instances=session.scalar(
            select(func.count()).where(
                instance.started_at >= since,
                instance.started_at < until,
                instance.parent_key.is_(None),
            )
        )
        or 0,
        decisions=session.scalar(
            select(func.count())
            .select_from(decided)
            .where(decided.c.at >= since, decided.c.at < until)
        )
        or 0,
        assignees=session.scalar(
            select(func.count(distinct(task.assignee))).where(
                task.assignee.is_not(None),
                task.created_at < until,
                or_(task.ended_at.is_(None), task.ended_at >= since),
            )
        )
        or 0,
    )
