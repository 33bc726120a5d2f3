"""What operators and clients change about jobs that are open."""

from __future__ import annotations

from sqlalchemy import update

from bpmn_engine.ids import Key
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import job


def set_retries(session: Session, key: Key, retries: int) -> None:
    """Give a job a number of attempts; one that has failed is tried when that is resolved."""
    session.execute(update(job).where(job.c.key == key).values(retries_left=retries))


def set_priority(session: Session, key: Key, priority: int) -> None:
    """Give a job another priority; higher ones are handed out first."""
    session.execute(update(job).where(job.c.key == key).values(priority=priority))
