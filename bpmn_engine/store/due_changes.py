"""What operators change by hand in jobs, start timers and incidents, beside any command."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.store.rows import changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import incident, job, start_timer, timer


def set_job_due(session: Session, key: Key, due_at: dt.datetime) -> bool:
    """Set before when nobody takes a job; False when there is none."""
    statement = update(job).where(job.c.key == key).values(due_at=due_at)
    return changed_count(session.execute(statement)) == 1


def set_job_priority(session: Session, key: Key, priority: int) -> bool:
    """Set how urgent a job is; False when there is none."""
    statement = update(job).where(job.c.key == key).values(priority=priority)
    return changed_count(session.execute(statement)) == 1


def hold(session: Session, instance_key: Key, wait: ElementKey, *, is_held: bool) -> bool:
    """Hold the job or the timer of a wait, or let it go on; False when there is none."""
    count = 0
    for table in (job, timer):
        statement = update(table).where(table.c.instance_key == instance_key, table.c.wait == wait)
        count += changed_count(session.execute(statement.values(is_held=is_held)))
    return count == 1


def set_start_due(session: Session, key: Key, due_at: dt.datetime) -> bool:
    """Set when a start timer fires next; False when there is none."""
    statement = update(start_timer).where(start_timer.c.key == key).values(due_at=due_at)
    return changed_count(session.execute(statement)) == 1


def hold_start(session: Session, key: Key, *, is_held: bool) -> bool:
    """Hold a start timer, or let it go on; False when there is none."""
    statement = update(start_timer).where(start_timer.c.key == key).values(is_held=is_held)
    return changed_count(session.execute(statement)) == 1


def annotate_incident(session: Session, key: Key, text: str | None) -> bool:
    """Write a note on an incident, or remove it; False when there is no such incident."""
    statement = update(incident).where(incident.c.key == key).values(annotation=text)
    return changed_count(session.execute(statement)) == 1
